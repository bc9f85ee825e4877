"""How fast this machine and its line are, measured without a desk: the line to each order host, signing, one turn."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from dutchbook.app.assembly import Terms, assemble
from dutchbook.app.latency import figures
from dutchbook.app.live.event_loop import new_event_loop
from dutchbook.app.live.venues import Where, surroundings
from dutchbook.config.settings import Settings
from dutchbook.domain.book import Level, Side
from dutchbook.domain.errors import VenueUnreachable
from dutchbook.domain.events import BookSnapshot, FrameRef, LevelSet, LevelsSet
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.engine.clocks import RealClock
from dutchbook.engine.desk import Opening
from dutchbook.engine.loop import Loop
from dutchbook.evaluation.snapshot import StageFigures
from dutchbook.storage.journal import Journal
from dutchbook.venues.http import USER_AGENT
from dutchbook.venues.order_line import LineTerms, OrderLine
from dutchbook.venues.polymarket.secret_key import SecretKey

_ASKED = 20
_SIGNED = 200
_TURNS = 300
_CONNECT_S = 5.0
_CALM = Nanos(2 * SECOND)
"""Between two turns that want something: no strategy wants the same again at once."""


def line_times(where: Where) -> list[StageFigures]:
    """Round trips to the hosts that take orders, on connections that stand. Raises VenueUnreachable."""
    loop = new_event_loop()
    try:
        return [loop.run_until_complete(_round_trips(venue, base, path)) for venue, base, path in _hosts(where)]
    finally:
        loop.close()


def signing_times() -> StageFigures:
    """Signatures of digests with a key of nobody's, as each order of Polymarket needs one."""
    key = SecretKey(token_hex(32))
    samples = []
    for number in range(_SIGNED):
        began = time.perf_counter_ns()
        key.sign(number.to_bytes(32))
        samples.append(time.perf_counter_ns() - began)
    return figures("one signature", samples)


def turn_times(settings: Settings) -> StageFigures:
    """Turns of a desk on paper that lead to orders of three legs: books, strategy, all rules, execution, journal."""
    now = RealClock().now()
    markets = [_market(number, now) for number in range(3)]
    question = Question(
        id=QuestionId("speed"),
        venue=Venue.POLYMARKET,
        title="Which of three",
        markets=tuple(market.id for market in markets),
        exclusive=True,
        exhaustive=True,
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal.create(Path(folder) / "journal", settings.storage) as journal,
    ):
        opening = Opening(Money(1_000_000 * DOLLAR), now)
        loop = assemble(settings, (question,), markets, journal, Terms(opening=opening, wired=False)).loop
        return figures("one turn with orders", _turns(loop, markets, now))


def _hosts(where: Where) -> Iterator[tuple[Venue, str, str]]:
    if where.polymarket is not None:
        yield Venue.POLYMARKET, where.polymarket.clob, "/time"
    if where.kalshi is not None:
        parts = urlsplit(where.kalshi.rest)
        yield Venue.KALSHI, f"{parts.scheme}://{parts.netloc}", f"{parts.path}/exchange/status"


async def _round_trips(venue: Venue, base: str, path: str) -> StageFigures:
    line = OrderLine(base, surroundings(RealClock()), LineTerms(warm=2, most=2, ping=path))
    running = asyncio.create_task(line.run())
    host = urlsplit(base).netloc
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: application/json\r\n\r\n"
    try:
        await _ready(line, base)
        samples = []
        for _ in range(_ASKED):
            began = time.perf_counter_ns()
            answer = await line.ask(request.encode())
            if answer.status is None:
                raise VenueUnreachable(f"{base}: {answer.failure} - check the network")
            samples.append(time.perf_counter_ns() - began)
        return figures(f"{venue} there and back", samples)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _ready(line: OrderLine, base: str) -> None:
    try:
        async with asyncio.timeout(_CONNECT_S):
            while not line.ready:  # noqa: ASYNC110 - a line tells nobody
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise VenueUnreachable(f"{base}: no connection within {_CONNECT_S:g} s - check the network") from None


def _turns(loop: Loop, markets: Sequence[Market], now: Nanos) -> list[int]:
    """One outcome of three falls and rises again, each time another; nanoseconds of the turns that wanted something."""
    samples: list[int] = []
    for number in range(_TURNS):
        market = markets[number % len(markets)]
        now = Nanos(now + _CALM)
        for each in markets:  # whole again, whatever our orders took of them
            _snapshot(loop, each, now)
        wanted = loop.counters.intents
        began = time.perf_counter_ns()
        _asked(loop, market, Size((50 + number % 7) * CONTRACT), now)
        if loop.counters.intents > wanted:
            samples.append(time.perf_counter_ns() - began)
    return samples


def _snapshot(loop: Loop, market: Market, now: Nanos) -> None:
    for outcome, bid, ask in ((market.yes, 3_000, 3_400), (market.no, 6_600, 7_000)):
        bids = tuple(Level(Price(bid - 100 * step), Size(60 * CONTRACT)) for step in range(10))
        asks = tuple(Level(Price(ask + 100 * step), Size(60 * CONTRACT)) for step in range(10))
        event = BookSnapshot(outcome, bids, asks, now)
        loop.event(event, FrameRef(0, 0))


def _asked(loop: Loop, market: Market, size: Size, now: Nanos) -> None:
    sets = (
        LevelSet(market.yes, Side.SELL, Price(3_100), size),
        LevelSet(market.no, Side.BUY, Price(6_900), size),
    )
    loop.event(LevelsSet(sets, now), FrameRef(0, 0))


def _market(number: int, now: Nanos) -> Market:
    ends = Nanos(now + 30 * 86_400 * SECOND)
    return Market(
        id=MarketId(f"speed-{number}"),
        venue=Venue.POLYMARKET,
        question=QuestionId("speed"),
        title=f"Outcome {number}",
        yes=OutcomeId(f"speed-{number}-yes"),
        no=OutcomeId(f"speed-{number}-no"),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(5 * CONTRACT),
        fees=NoFees(),
        neg_risk=True,
        closes=ends,
        settles=ends,
    )
