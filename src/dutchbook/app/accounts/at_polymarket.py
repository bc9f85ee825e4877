"""Whether an account at Polymarket can trade, as the venue answers: API key, restrictions, rate, money, approvals."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import aiohttp

from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.polymarket import PolymarketKeys
from dutchbook.app.live.findings import Doubt, Findings
from dutchbook.domain.errors import DutchbookError, VenueError, VenueRefused
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Money, dollars
from dutchbook.venues.budget import Budget
from dutchbook.venues.http import HttpReader
from dutchbook.venues.polymarket.api_keys import ApiKeys, login_headers
from dutchbook.venues.polymarket.contracts import EXCHANGE_V3, NEG_RISK_EXCHANGE, STANDARD_EXCHANGE
from dutchbook.venues.polymarket.credentials import Credentials, Login, RequestSigner
from dutchbook.venues.polymarket.fitness import (
    Holdings,
    PolymarketFitness,
    dollars_of,
    geoblock,
    key_headers,
    signer_rate,
)
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.limits import LIMITS
from dutchbook.venues.polymarket.order_limits import CANCELS, PLACES, Tier, signer_limits
from dutchbook.venues.polymarket.wallets import SignatureType, kind_of_wallet
from dutchbook.venues.surroundings import Surroundings

WEBSITE = "https://polymarket.com"
"""Where the venue tells from where it sees us come; its interface for programs does not."""
MISMATCH = "the order signer address has to be the address of the API KEY"
"""The venue's words for an API key that belongs to another wallet: what most users of deposit wallets meet."""
KINDS = {
    SignatureType.EOA: "wallet",
    SignatureType.PROXY: "proxy wallet",
    SignatureType.SAFE: "Safe",
    SignatureType.DEPOSIT_WALLET: "deposit wallet",
}


class _Proven(NamedTuple):
    """An API key that the venue takes: what it may read, what signs for it, and whose it is in words."""

    reads: PolymarketFitness
    signer: RequestSigner
    words: str


class AtPolymarket:
    """Asks the venue about one account, and changes nothing; but an account without an API key gets its first one."""

    def __init__(
        self, keys: PolymarketKeys, hosts: PolymarketHosts, session: aiohttp.ClientSession, around: Surroundings
    ) -> None:
        self._keys = keys
        self._clock = around.clock
        self._budget = Budget(LIMITS, around.clock, around.sleep)
        self._around = around
        self._session = session
        self._clob = hosts.clob

    async def examine(self, findings: Findings, outcome: OutcomeId | None) -> None:
        """All checks. `outcome` is of any market with a book: whether shares may be sold is told by outcome."""
        made: list[_Proven] = []

        async def api_key() -> str:
            made.append(await self._signed_reads())
            return made[0].words

        if not await findings.ask("polymarket api key", api_key):
            return
        reads, signer, _ = made[0]
        await findings.ask("polymarket account", lambda: self._account(reads))
        await findings.ask("polymarket rate", lambda: self._rate(signer))
        await findings.ask("polymarket wallet", self._wallet)
        await findings.ask("polymarket balance", lambda: self._balance(reads))
        await findings.ask("polymarket approvals", lambda: self._approvals(reads, outcome))

    async def region(self) -> str:
        """What the venue's website says of this machine's network. Raises DutchbookError if it is blocked."""
        reader = HttpReader(WEBSITE, self._session, self._budget, self._around)
        try:
            seen = await geoblock(reader)
        except VenueError as error:
            raise Doubt(f"not known: {error}") from error
        place = "-".join(part for part in (seen.country, seen.region) if part) or "an unknown place"
        if seen.blocked:
            raise DutchbookError(
                f"the venue sees this machine in {place} and takes no orders from there - see live.region in the "
                "documents; a detour breaks its terms"
            )
        return f"the venue sees this machine in {place} and takes orders"

    async def wallets_with_money(self) -> Mapping[SignatureType, Money]:
        """The dollars in each wallet that the key may sign for, where there are any. Raises VenueError or WireError."""
        reads = (await self._signed_reads()).reads
        found = {kind: dollars_of(await reads.collateral(kind)) for kind in SignatureType}
        return {kind: money for kind, money in found.items() if money}

    async def _signed_reads(self) -> _Proven:
        """The signed reads, proven by one of them."""
        given = self._keys.api
        if given is None:
            credentials, words = await self._own_key(), "made from the private key"
        else:
            secret, passphrase = given.secret.reveal(), given.passphrase.reveal()
            credentials, words = Credentials(key=given.id, secret=secret, passphrase=passphrase), "as configured"
        signer = RequestSigner(self._keys.account.address, credentials)
        reads = PolymarketFitness(self._reader(key_headers(signer, self._clock)))
        try:
            await reads.closed_only()
        except VenueRefused as refused:
            raise _refusal(refused, configured=given is not None) from refused
        return _Proven(reads, signer, f"{words}, accepted for {self._keys.account.address}")

    async def _own_key(self) -> Credentials:
        try:
            login = Login(self._keys.private_key.reveal())
            return await ApiKeys(self._reader(login_headers(login, self._clock))).obtain()
        except VenueRefused as refused:
            if refused.status == 401:
                raise DutchbookError(
                    "the venue does not take the wallet's signature "
                    f"- check {KeyName.POLYMARKET_PRIVATE_KEY} and this machine's clock"
                ) from refused
            raise _refusal(refused, configured=False) from refused

    def _reader(self, headers: Callable[[str, str], Mapping[str, str]]) -> HttpReader:
        return HttpReader(self._clob, self._session, self._budget, self._around, headers=headers)

    async def _account(self, reads: PolymarketFitness) -> str:
        if await reads.closed_only():
            raise DutchbookError(
                "the venue lets this account close positions only - see the account's page on polymarket.com; the "
                "region or a check of the account may be the reason"
            )
        return "may open positions"

    async def _rate(self, signer: RequestSigner) -> str:
        word = await signer_rate(self._session, self._clob, signer, self._clock)
        if word.tier is None:
            raise Doubt(
                f"the venue told no tier that is known: {_pace(Tier.STANDARD)} are assumed, as of the lowest - compare "
                "with the tiers in the venue's documents"
            )
        others = "; its bucket is empty now, which is not held against you yet" if word.warning else ""
        return f"rate tier {word.tier}: {_pace(word.tier)}{others}"

    async def _wallet(self) -> str:
        """Whether funder and key belong together, as far as addresses tell."""
        account = self._keys.account
        kind = KINDS[account.signature_type]
        if kind_of_wallet(account.address, account.funder) is None:
            raise Doubt(
                f'{account.funder} is no {kind} that a factory made for {account.address}: if orders get "{MISMATCH}" '
                f"or invalid signature, key and wallet do not belong together - compare {KeyName.POLYMARKET_FUNDER} "
                "with the address on polymarket.com, and export the key of that account"
            )
        return f"{account.funder}, the {kind} of {account.address} (signature type {int(account.signature_type)})"

    async def _balance(self, reads: PolymarketFitness) -> str:
        account = self._keys.account
        own = dollars_of(await reads.collateral(account.signature_type))
        if own:
            return f"${dollars(own)} in {account.funder}"
        for kind in SignatureType:
            if kind is not account.signature_type and (there := dollars_of(await reads.collateral(kind))):
                raise DutchbookError(
                    f"no money in {account.funder}, but ${dollars(there)} in the {KINDS[kind]} of the same key - set "
                    f"{KeyName.POLYMARKET_SIGNATURE_TYPE}={int(kind)}, and {KeyName.POLYMARKET_FUNDER} to that wallet"
                )
        raise Doubt(f"no money in {account.funder} - pay in on polymarket.com, or check {KeyName.POLYMARKET_FUNDER}")

    async def _approvals(self, reads: PolymarketFitness, outcome: OutcomeId | None) -> str:
        kind = self._keys.account.signature_type
        cash = await reads.collateral(kind)
        _check_approvals(cash, "pay for purchases")
        if outcome is not None:
            _check_approvals(await reads.shares(kind, outcome), "deliver shares that are sold")
        if not _allowed(cash, EXCHANGE_V3):
            raise Doubt("none for the newest exchange contract - approve it before its markets open")
        return "the exchange contracts may settle" + ("" if outcome else " purchases")


def _pace(tier: Tier) -> str:
    limits = signer_limits(tier)
    return f"{limits[PLACES].refill} orders and {limits[CANCELS].refill} cancels a second"


def _check_approvals(holdings: Holdings, what: str) -> None:
    """Raises DutchbookError, or Doubt for an approval that will not last."""
    contracts = {"standard": STANDARD_EXCHANGE, "negRisk": NEG_RISK_EXCHANGE}
    if lacking := [name for name, address in contracts.items() if not _allowed(holdings, address)]:
        raise DutchbookError(
            f"the {' and '.join(lacking)} exchange may not {what}: orders are refused for want of an allowance - trade "
            "once on polymarket.com with this account, which approves, or approve the contracts from the wallet"
        )
    if any(_allowed(holdings, address) < holdings.balance for address in contracts.values()):
        raise Doubt(f"the allowance to {what} is smaller than what there is - raise it before it runs out")


def _allowed(holdings: Holdings, contract: str) -> int:
    by_address = {address.lower(): units for address, units in holdings.allowances.items()}
    return by_address.get(contract.lower(), 0)


def _refusal(refused: VenueRefused, *, configured: bool) -> DutchbookError:
    """What a refused private call means, in words that help."""
    if refused.status == 403:
        return DutchbookError("the venue does not serve this network or region - see `dutchbook doctor` on regions")
    if refused.status == 401 and configured:
        return DutchbookError(
            f'the API key is not one of this wallet: orders would be refused ("{MISMATCH}") - unset '
            f"{KeyName.POLYMARKET_API_KEY}, {KeyName.POLYMARKET_API_SECRET} and {KeyName.POLYMARKET_PASSPHRASE}: the "
            "right one is made from the private key"
        )
    return refused
