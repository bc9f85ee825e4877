"""Whether an account at Kalshi can trade, as the venue answers: key, rights, tier, cash on each shard, clock."""

from email.utils import parsedate_to_datetime

import aiohttp

from dutchbook.app.accounts.kalshi import KalshiKeys
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.live.findings import Doubt, Findings
from dutchbook.domain.errors import DutchbookError, VenueRefused, VenueUnreachable
from dutchbook.domain.units import SECOND, Nanos, dollars
from dutchbook.venues.budget import Budget
from dutchbook.venues.http import USER_AGENT, HttpReader
from dutchbook.venues.kalshi.fitness import KalshiFitness
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.kalshi.limits import COST, LIMITS
from dutchbook.venues.surroundings import Surroundings

_SOON = 7 * 86_400
"""Seconds before the end of an attestation at which it is mentioned."""


class AtKalshi:
    """Asks the venue about one account. Reads only."""

    def __init__(
        self,
        keys: KalshiKeys,
        hosts: KalshiHosts,
        session: aiohttp.ClientSession,
        around: Surroundings,
        subaccount: int = 0,
    ) -> None:
        """Raises ConfigError if the private key is none."""
        self._where = f" in subaccount {subaccount}" if subaccount else ""
        self._keys = keys
        self._clock = around.clock
        budget = Budget(LIMITS, around.clock, around.sleep)
        signer = keys.signer(around.clock)
        self._reads = KalshiFitness(HttpReader(hosts.rest, session, budget, around, headers=signer.headers), subaccount)

    async def examine(self, findings: Findings) -> None:
        """All checks."""
        if await findings.ask("kalshi api key", self._tier):
            await findings.ask("kalshi rights", self._rights)
            await findings.ask("kalshi balance", self._cash)

    async def _tier(self) -> str:
        try:
            limits = await self._reads.limits()
        except VenueRefused as refused:
            raise _refusal(refused) from refused
        reads, orders = limits.read.refill_rate // COST, limits.write.refill_rate // COST
        return f"accepted; rate tier {limits.usage_tier}: {reads} reads and {orders} orders a second"

    async def _rights(self) -> str:
        try:
            rights = await self._reads.rights(self._keys.key_id)
        except VenueRefused as refused:
            raise Doubt("the key may not list keys, so its rights are not known - check them on the page") from refused
        if rights is None:
            raise Doubt("the key is not listed among the account's - check it on the page of API keys")
        if not rights.may_trade:
            raise DutchbookError(
                f"the key may only {' and '.join(rights.scopes)}, not place orders - make one that may trade, unless "
                "you only watch"
            )
        ends = rights.api_key_region_expiration_ts
        if ends is not None and ends - self._clock.now() // SECOND < _SOON:
            raise Doubt("the attestation of your location ends within a week - renew it on Kalshi's page of API keys")
        return "the key may trade"

    async def _cash(self) -> str:
        shards = {shard: cash for shard, cash in (await self._reads.cash()).items() if cash}
        if not shards:
            raise Doubt(f"no money{self._where} - pay in at Kalshi")
        listed = ", ".join(f"${dollars(cash)} on shard {shard}" for shard, cash in sorted(shards.items()))
        return f"{listed}{self._where} (an order is paid from the shard of its market)"


async def time_at(session: aiohttp.ClientSession, hosts: KalshiHosts) -> Nanos:
    """The venue's time to the second, from the head of an answer: Kalshi has no endpoint for it.

    Raises VenueUnreachable.
    """
    url = f"{hosts.rest}/exchange/status"
    try:
        async with session.get(url, headers={"User-Agent": USER_AGENT}, allow_redirects=False) as answer:
            told = answer.headers.get("Date", "")
    except (aiohttp.ClientError, OSError) as error:
        raise VenueUnreachable(f"{url}: {type(error).__name__} - check the network and the host's name") from error
    try:
        return Nanos(int(parsedate_to_datetime(told).timestamp()) * SECOND)
    except ValueError:
        raise Doubt(f"{url} does not say what time it is - compare this machine's clock with a time server") from None


def _refusal(refused: VenueRefused) -> DutchbookError:
    """What a refused private call means, in words that help."""
    said = str(refused)
    if "header_timestamp_expired" in said:
        return DutchbookError("this machine's clock is off: the signature is too old - let it follow a time server")
    if "INCORRECT_API_KEY_SIGNATURE" in said:
        return DutchbookError(
            f"the private key is not the one of this key id - set {KeyName.KALSHI_API_KEY_ID} and "
            f"{KeyName.KALSHI_PRIVATE_KEY_PATH} to the same key"
        )
    if "NOT_FOUND" in said:
        return DutchbookError(
            f"Kalshi knows no key of this id here - check {KeyName.KALSHI_API_KEY_ID}; keys of the demo exchange are "
            "others than those of the real one"
        )
    if refused.status == 403:
        return DutchbookError("the venue does not serve this network or region - see `dutchbook doctor` on regions")
    return refused
