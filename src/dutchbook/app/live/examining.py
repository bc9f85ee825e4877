"""Whether venues can be reached and read: each step that a live desk needs, in the order in which it needs them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import aiohttp

from dutchbook.app.accounts.at_kalshi import AtKalshi, time_at
from dutchbook.app.accounts.at_polymarket import AtPolymarket
from dutchbook.app.accounts.in_use import Account
from dutchbook.app.accounts.kalshi import KalshiKeys
from dutchbook.app.accounts.polymarket import PolymarketKeys
from dutchbook.app.live.event_loop import new_event_loop
from dutchbook.app.live.findings import Findings
from dutchbook.app.live.venues import Where, live_kalshi, live_polymarket, surroundings
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos
from dutchbook.engine.clocks import RealClock
from dutchbook.evaluation.snapshot import CheckResult
from dutchbook.venues.feed import Discovered, LiveFeed
from dutchbook.venues.kalshi.discovery import KalshiWanted
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.kalshi.rest import ExchangeStatus
from dutchbook.venues.polymarket.discovery import PolymarketWanted
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.surroundings import Surroundings

_CLOCK_OFF = Nanos(2 * SECOND)
"""Kalshi refuses signatures that are somewhat over 5 s old (protocol section 1.4)."""


def examine(where: Where, accounts: Sequence[Account] = (), subaccount: int = 0) -> list[CheckResult]:
    """The checks of all venues there, and of the accounts at them. Nothing is raised: what fails is a finding.

    `subaccount` is Kalshi's, whose money is looked at.
    """
    loop = new_event_loop()
    try:
        return loop.run_until_complete(examine_all(where, accounts, RealClock(), subaccount=subaccount))
    finally:
        loop.close()


def examine_accounts(where: Where, accounts: Sequence[Account], subaccount: int = 0) -> list[CheckResult]:
    """The checks of accounts alone, the clocks among them: what has to be right before anything is armed."""
    loop = new_event_loop()
    try:
        return loop.run_until_complete(examine_all(where, accounts, RealClock(), markets=False, subaccount=subaccount))
    finally:
        loop.close()


async def examine_all(
    where: Where, accounts: Sequence[Account], clock: Clock, *, markets: bool = True, subaccount: int = 0
) -> list[CheckResult]:
    """See `examine`. Without `markets`, those are not looked at."""
    async with aiohttp.ClientSession() as session:
        examination = _Examination(where, session, surroundings(clock), markets=markets, subaccount=subaccount)
        if where.polymarket is not None:
            wallets = [account for account in accounts if isinstance(account, PolymarketKeys)]
            await examination.polymarket(where.polymarket, wallets)
        if where.kalshi is not None:
            keys = [account for account in accounts if isinstance(account, KalshiKeys)]
            await examination.kalshi(where.kalshi, keys)
    return examination.findings.results


class _Examination:
    """One look at everything, over one session."""

    def __init__(
        self, where: Where, session: aiohttp.ClientSession, around: Surroundings, *, markets: bool, subaccount: int
    ) -> None:
        self.findings = Findings()
        self._subaccount = subaccount
        self._with_markets = markets
        self._where = where
        self._session = session
        self._around = around

    async def polymarket(self, hosts: PolymarketHosts, wallets: Sequence[PolymarketKeys]) -> None:
        """The venue, then each wallet."""
        ask = self.findings.ask
        venue = live_polymarket(hosts, self._session, self._around)
        await ask("polymarket clock", lambda: _offset(venue.rest.time, self._around.clock))
        wanted = PolymarketWanted(most_events=1)
        markets = await self._markets(Venue.POLYMARKET, venue, lambda: venue.discover(wanted))
        for keys in wallets:
            account = AtPolymarket(keys, hosts, self._session, self._around)
            await account.examine(self.findings, markets[0].yes if markets else None)
            if not self._where.sandbox:
                await ask("polymarket network", account.region)

    async def kalshi(self, hosts: KalshiHosts, accounts: Sequence[KalshiKeys]) -> None:
        """The venue, then each key."""
        ask = self.findings.ask
        venue = live_kalshi(hosts, self._where.key, self._session, self._around)
        await ask("kalshi clock", lambda: _offset(lambda: time_at(self._session, hosts), self._around.clock))
        await ask("kalshi exchange", lambda: _kalshi_status(venue.rest.status))
        wanted = KalshiWanted(most_events=1)
        await self._markets(Venue.KALSHI, venue, lambda: venue.discover(wanted))
        for keys in accounts:
            await AtKalshi(keys, hosts, self._session, self._around, self._subaccount).examine(self.findings)

    async def _markets(
        self, venue: Venue, feed: LiveFeed, discover: Callable[[], Awaitable[Discovered]]
    ) -> list[Market]:
        """Whether there are markets, and whether their books arrive. The open ones."""
        found: list[Market] = []

        async def some() -> str:
            listed = await discover()
            found.extend(market for market in listed.markets if market.status is MarketStatus.OPEN)
            return f"{len(listed.markets)} markets"

        if self._with_markets:
            await self.findings.ask(f"{venue} markets", some)
        if found:
            await self.findings.ask(f"{venue} socket", lambda: _first_frame(feed, found[:10]))
        return found


async def _offset(time: Callable[[], Awaitable[Nanos]], clock: Clock) -> str:
    asked = clock.now()
    told = await time()
    took = clock.now() - asked
    # The venue tells whole seconds: between the two readings there is a second of freedom.
    off = max(0, told - clock.now(), asked - told - SECOND)
    if off > _CLOCK_OFF:
        raise DutchbookError(f"this machine's clock is {off / SECOND:.0f} s off - let it follow a time server")
    return f"right, answered in {took / MILLISECOND:.0f} ms"


async def _kalshi_status(status: Callable[[], Awaitable[ExchangeStatus]]) -> str:
    told = await status()
    if not told.exchange_active:
        raise DutchbookError("the exchange is paused - wait until it resumes")
    return "trading" if told.trading_active else "open, but trading is paused"


async def _first_frame(feed: LiveFeed, markets: list[Market]) -> str:
    came = asyncio.Event()
    running = asyncio.create_task(feed.run(markets, lambda _: came.set(), lambda _: None))
    waiting = asyncio.create_task(came.wait())
    try:
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        waiting.cancel()
        running.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)
    return "books arrive"
