"""What tells whether an account is fit to trade: its restrictions, money, approvals, rate, region (section 2.2)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import aiohttp
import msgspec

from dutchbook.domain.errors import VenueRefused, VenueUnreachable, WireError
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Money
from dutchbook.venues.http import USER_AGENT, HttpReader, Question
from dutchbook.venues.polymarket.credentials import RequestSigner
from dutchbook.venues.polymarket.limits import CLOB, EVERYTHING
from dutchbook.venues.polymarket.order_body import NO_ORDER, ORDER_PATH
from dutchbook.venues.polymarket.signer_pace import RATE_HEADERS, RateWord, rate_word
from dutchbook.venues.polymarket.wallets import SignatureType

_GROUPS = (CLOB, EVERYTHING)


class Holdings(msgspec.Struct, frozen=True):
    """What the venue believes of a wallet: base units of an asset, and how many of them each contract may take."""

    balance: int
    allowances: Mapping[str, int]


class Geoblock(msgspec.Struct, frozen=True):
    """From where the venue sees this machine's requests come, and whether it takes orders from there."""

    blocked: bool
    country: str = ""
    region: str = ""


class _ClosedOnly(msgspec.Struct, frozen=True):
    closed_only: bool


class _Holdings(msgspec.Struct, frozen=True):
    balance: str
    allowances: Mapping[str, str] = {}


def key_headers(signer: RequestSigner, clock: Clock) -> Callable[[str, str], Mapping[str, str]]:
    """The headers of each level-2 request without a body, for `HttpReader(headers=...)`."""
    return lambda method, path: signer.headers(method, path, b"", clock.now())


class PolymarketFitness:
    """What an API key may read of its account. Raises as `HttpReader.read` does."""

    def __init__(self, reader: HttpReader) -> None:
        """`reader` asks the CLOB with `key_headers`."""
        self._reader = reader

    async def closed_only(self) -> bool:
        """Whether the account may only close what it has."""
        question = Question(path="/auth/ban-status/closed-only", groups=_GROUPS)
        return await self._reader.read(question, lambda body: _read(_decode_closed_only, body).closed_only)

    async def collateral(self, kind: SignatureType) -> Holdings:
        """Dollars (millionths) in the wallet that a signature type means, read from the chain anew."""
        return await self._holdings(kind, "COLLATERAL", None)

    async def shares(self, kind: SignatureType, outcome: OutcomeId) -> Holdings:
        """Shares (millionths) of an outcome, and who may move them."""
        return await self._holdings(kind, "CONDITIONAL", outcome)

    async def _holdings(self, kind: SignatureType, asset: str, outcome: OutcomeId | None) -> Holdings:
        parameters = [("asset_type", asset), ("signature_type", str(int(kind)))]
        if outcome is not None:
            parameters.append(("token_id", outcome))
        path, said = "/balance-allowance", tuple(parameters)
        # The venue remembers balances from before a deposit or an approval until it is asked to look again.
        await self._reader.read(Question(path=f"{path}/update", groups=_GROUPS, parameters=said), lambda _: None)
        return await self._reader.read(Question(path=path, groups=_GROUPS, parameters=said), _holdings)


async def geoblock(reader: HttpReader) -> Geoblock:
    """What the venue's own pages would say of this machine. `reader` is one of polymarket.com, not of the CLOB."""
    question = Question(path="/api/geoblock", groups=(EVERYTHING,))
    return await reader.read(question, lambda body: _read(_decode_geoblock, body))


async def signer_rate(session: aiohttp.ClientSession, clob: str, signer: RequestSigner, clock: Clock) -> RateWord:
    """The rate that the venue grants a signer.

    No read tells it, only answers to orders and cancels: so an order that does not exist is cancelled, which changes
    nothing and costs one token of the cancels. Assumption: the venue puts its headers on that answer too. It documents
    them for requests that were evaluated. Raises VenueUnreachable or VenueRefused.
    """
    body = msgspec.json.encode({"orderID": NO_ORDER})
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Content-Type": "application/json"}
    headers |= signer.headers("DELETE", ORDER_PATH, body, clock.now())
    url = clob.rstrip("/") + ORDER_PATH
    try:
        async with session.delete(url, data=body, headers=headers, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.OK:
                raise VenueRefused(f"{url}: {answer.status} to the cancel of no order - ask again later", answer.status)
            return rate_word({name: answer.headers.get(name, "") for name in map(bytes.decode, RATE_HEADERS)})
    except (aiohttp.ClientError, OSError) as error:
        raise VenueUnreachable(f"{url}: {type(error).__name__} - check the network and the host's name") from error


def dollars_of(holdings: Holdings) -> Money:
    """Collateral as money: both count millionths of a dollar."""
    return Money(holdings.balance)


def _holdings(body: bytes) -> Holdings:
    found = _read(_decode_holdings, body)
    try:
        return Holdings(int(found.balance), {spender: int(units) for spender, units in found.allowances.items()})
    except ValueError as error:
        raise WireError(Venue.POLYMARKET, f"no balance: {error}", body) from error


def _read[T](decode: Callable[[bytes], T], body: bytes) -> T:
    """Raises WireError, in place of whatever the decoder raises."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Venue.POLYMARKET, f"no answer of this kind: {error}", body) from error


_decode_closed_only = msgspec.json.Decoder(_ClosedOnly).decode
_decode_holdings = msgspec.json.Decoder(_Holdings).decode
_decode_geoblock = msgspec.json.Decoder(Geoblock).decode
