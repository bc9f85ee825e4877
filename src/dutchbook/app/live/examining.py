"""Whether venues can be reached and read: each step that a live desk needs, in the order in which it needs them."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp

from dutchbook.app.live.event_loop import new_event_loop
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
from dutchbook.venues.kalshi.rest import ExchangeStatus
from dutchbook.venues.polymarket.discovery import PolymarketWanted

_WITHIN_S = 15.0
_CLOCK_OFF = Nanos(2 * SECOND)
"""Kalshi refuses signatures that are somewhat over 5 s old (protocol section 1.4)."""


def examine(where: Where) -> list[CheckResult]:
    """The checks of all venues there. Nothing is raised: what fails is a finding."""
    loop = new_event_loop()
    try:
        return loop.run_until_complete(_all(where, RealClock()))
    finally:
        loop.close()


async def _all(where: Where, clock: Clock) -> list[CheckResult]:
    around = surroundings(clock)
    results: list[CheckResult] = []
    async with aiohttp.ClientSession() as session:
        if (hosts := where.polymarket) is not None:
            polymarket = live_polymarket(hosts, session, around)
            await _try(results, "polymarket clock", lambda: _offset(polymarket.rest.time, clock))
            found = PolymarketWanted(most_events=1)
            await _markets(results, Venue.POLYMARKET, polymarket, lambda: polymarket.discover(found))
        if where.kalshi is not None:
            kalshi = live_kalshi(where.kalshi, where.key, session, around)
            await _try(results, "kalshi exchange", lambda: _kalshi_status(kalshi.rest.status))
            wanted = KalshiWanted(most_events=1)
            await _markets(results, Venue.KALSHI, kalshi, lambda: kalshi.discover(wanted))
    return results


async def _try(results: list[CheckResult], name: str, check: Callable[[], Awaitable[str]]) -> None:
    """One check; its words if it passes, the error's if not."""
    try:
        found = await asyncio.wait_for(check(), _WITHIN_S)
    except TimeoutError:
        found, fix = f"no answer within {_WITHIN_S:.0f} s", "check the network; the venue may be down"
        results.append(CheckResult(name=name, verdict="fail", found=found, fix=fix))
    except DutchbookError as error:
        what, _, fix = str(error).rpartition(" - ")
        results.append(CheckResult(name=name, verdict="fail", found=what or fix, fix=fix))
    else:
        results.append(CheckResult(name=name, verdict="pass", found=found))


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


async def _markets(
    results: list[CheckResult], venue: Venue, feed: LiveFeed, discover: Callable[[], Awaitable[Discovered]]
) -> None:
    """Whether there are markets, and whether their books arrive."""
    found: list[Market] = []

    async def some() -> str:
        listed = await discover()
        found.extend(market for market in listed.markets if market.status is MarketStatus.OPEN)
        return f"{len(listed.markets)} markets"

    await _try(results, f"{venue} markets", some)
    if found:
        await _try(results, f"{venue} socket", lambda: _first_frame(feed, found[:10]))


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
