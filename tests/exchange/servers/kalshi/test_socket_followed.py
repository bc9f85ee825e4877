"""Our own reader of Kalshi's socket beside our own Kalshi: equal books, or books known to be lost."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.errors import BookError, WireError
from dutchbook.domain.events import BookLost, BookSnapshot, LevelAdded, MarketEvent
from dutchbook.domain.identity import MarketId, OutcomeId, kalshi_yes
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import ONE, Nanos, Size
from dutchbook.exchange.faults.plan import FaultSpec
from dutchbook.exchange.matching.messages import Refused
from dutchbook.venues.kalshi.codec import MARKET_SOURCE, KalshiCodec
from tests.exchange.faults.stage import fault
from tests.exchange.servers.kalshi.socket_stage import Client, SocketStage, socket_stage
from tests.exchange.servers.kalshi.venue import JIM, LEP

MARKETS = (LEP, JIM)
type Levels = dict[tuple[Side, int], int]


class Follower:
    """What a desk knows of the books: levels, or None for a book that is lost."""

    def __init__(self, *, use_yes_price: bool = False) -> None:
        self.codec = KalshiCodec(use_yes_price=use_yes_price)
        self.books: dict[OutcomeId, Levels | None] = {}
        self.malformed = 0

    def read(self, frames: Iterable[bytes]) -> None:
        for frame in frames:
            try:
                events = self.codec.decode(Frame(MARKET_SOURCE, Nanos(0), frame))
            except WireError:
                self.malformed += 1
                continue
            for event in events:
                self._apply(event)

    def _apply(self, event: MarketEvent) -> None:
        match event:
            case BookLost(outcomes=outcomes):
                self.books |= dict.fromkeys(outcomes)
            case BookSnapshot(outcome=outcome, bids=bids, asks=asks):
                self.books[outcome] = {(Side.BUY, each.price): each.size for each in bids}
                self.books[outcome] |= {(Side.SELL, each.price): each.size for each in asks}  # type: ignore[operator]
            case LevelAdded(outcome=outcome, side=side, price=price, delta=delta):
                self._add(outcome, (side, price), delta)
            case _:
                pass

    def _add(self, outcome: OutcomeId, level: tuple[Side, int], delta: int) -> None:
        book = self.books.get(outcome)
        if book is None:
            return
        left = book.get(level, 0) + delta
        if left < 0:
            raise BookError(f"{outcome}: {level} fell to {left}")
        book[level] = left
        if not left:
            del book[level]


def truth(stage: SocketStage, market: str) -> Levels:
    bids, asks = stage.exchange.book(MarketId(market))
    found: Levels = {(Side.BUY, each.price): each.size for each in bids}
    return found | {(Side.SELL, each.price): each.size for each in asks}


def play(stage: SocketStage, rng: Random, steps: int) -> None:
    """Random orders, cancels and decreases of two members and a maker."""
    mine: list[tuple[str, str]] = []
    for _ in range(steps):
        stage.clock.pass_(rng.random() / 50)
        try:
            if mine and rng.random() < 0.4:
                account, order = mine.pop(rng.randrange(len(mine)))
                shrink_or_cancel(stage, account, order, shrink=rng.random() < 0.3)
                continue
            account, market = rng.choice(("ann", "bob", "maker")), rng.choice(MARKETS)
            price = f"0.{rng.randint(30, 70)}"
            side = rng.choice((Side.BUY, Side.SELL))
            placed = stage.order(account, side, price, rng.randint(1, 300) / 100, market, no=rng.random() < 0.5)
            mine.append((account, placed.new.id))
        except Refused:
            continue  # out of cash, or done: nothing happened


def shrink_or_cancel(stage: SocketStage, account: str, number: str, *, shrink: bool) -> None:
    order = stage.exchange.order(number)
    assert order is not None
    if shrink:
        stage.exchange.decrease(account, number, to=Size(order.remaining // 20_000 * 10_000))
    else:
        stage.exchange.cancel(account, number)


def equal(follower: Follower, stage: SocketStage, markets: Sequence[str] = MARKETS) -> bool:
    return all(follower.books[kalshi_yes(market)] == truth(stage, market) for market in markets)


def known_or_true(follower: Follower, stage: SocketStage) -> bool:
    """No book is wrong without being called lost."""
    books = ((follower.books.get(kalshi_yes(market)), truth(stage, market)) for market in MARKETS)
    return all(book is None or book == true for book, true in books)


async def begun(stage: SocketStage, *, use_yes_price: bool = False) -> tuple[Client, Follower]:
    client, follower = await stage.connect(), Follower(use_yes_price=use_yes_price)
    params = {"channels": ["orderbook_delta", "trade", "ticker"], "market_tickers": MARKETS}
    await client.say({"id": 1, "cmd": "subscribe", "params": {**params, "use_yes_price": use_yes_price}})
    follower.read(await client.frames())
    return client, follower


@pytest.mark.parametrize("seed", range(6))
async def test_the_stream_keeps_books_equal(seed: int) -> None:
    rng = Random(seed)
    async with socket_stage() as stage:
        play(stage, rng, 60)
        client, follower = await begun(stage, use_yes_price=seed % 2 == 0)
        for _ in range(8):
            play(stage, rng, 60)
            follower.read(await client.frames())
            assert equal(follower, stage)
        assert follower.codec.counters.gaps == 0
        assert any(truth(stage, market) for market in MARKETS)


@pytest.mark.parametrize(
    "trouble",
    [
        fault("drop", channel="orderbook_delta", skip=20, chance="3%"),
        fault("reorder", channel="orderbook_delta", skip=20, chance="3%"),
        fault("duplicate", channel="orderbook_delta", skip=20, chance="3%"),
        fault("corrupt", channel="orderbook_delta", skip=20, chance="3%"),
        fault("skip_seq", channel="orderbook_delta", skip=20, chance="3%"),
    ],
    ids=lambda spec: spec.name,
)
async def test_under_faults_no_book_is_wrong_without_being_called_lost(trouble: FaultSpec) -> None:
    rng = Random(11)
    async with socket_stage(trouble) as stage:
        client, follower = await begun(stage)
        lost = 0
        for number in range(25):
            play(stage, rng, 12)
            stage.board.turn_off(trouble.name)
            # What is missing shows at the next message of its subscription.
            stage.order("maker", Side.BUY, "0.01", 0.01, LEP)
            follower.read(await client.frames())
            assert known_or_true(follower, stage)
            if None in follower.books.values():
                lost += 1
                await recover(stage, client, follower, number)
            stage.board.turn_on(fault(trouble.fault, channel="orderbook_delta", chance="5%"))
        assert lost, "the fault struck, so something was lost"
        assert follower.codec.counters.gaps >= lost


async def recover(stage: SocketStage, client: Client, follower: Follower, number: int) -> None:
    """Ask for snapshots, and have true books again."""
    params = {"sid": 1, "action": "get_snapshot", "market_tickers": MARKETS}
    for attempt in (1, 2):  # a frame that was held back may come behind the first snapshot, and spoil it
        await client.say({"id": 100 * attempt + number, "cmd": "update_subscription", "params": params})
        follower.read(await client.frames())
        assert known_or_true(follower, stage)
    assert equal(follower, stage)


async def test_a_frozen_stream_is_not_noticed_by_its_numbers_but_by_its_age() -> None:
    async with socket_stage(fault("freeze", channel="orderbook_delta", skip=2, lasts="60s")) as stage:
        client, follower = await begun(stage)
        stage.order("maker", Side.BUY, "0.20", 1)
        frames = await client.frames()
        follower.read(frames)
        assert not [frame for frame in frames if b"orderbook_delta" in frame], "nothing but tickers came"
        assert follower.codec.counters.gaps == 0
        stage.clock.pass_(60)
        stage.order("maker", Side.BUY, "0.21", 1)
        follower.read(await client.frames())
        assert follower.codec.counters.gaps == 1, "the first message after it shows what was missed"


async def test_prices_of_the_stream_are_those_of_the_exchange() -> None:
    async with socket_stage() as stage:
        client, follower = await begun(stage)
        stage.order("maker", Side.BUY, "0.30", 2, no=True)
        follower.read(await client.frames())
        assert follower.books[kalshi_yes(LEP)] == {(Side.SELL, ONE - 3_000): 2_000_000}


async def test_an_overflow_ends_the_subscription_and_is_known() -> None:
    async with socket_stage(fault("overflow", channel="orderbook_delta", skip=3, times=1)) as stage:
        client, follower = await begun(stage)
        stage.order("maker", Side.BUY, "0.20", 1)
        stage.order("maker", Side.BUY, "0.21", 1)
        frames = await client.frames()
        follower.read(frames)
        assert [frame for frame in frames if b'"code":25' in frame]
        assert follower.books == dict.fromkeys(map(kalshi_yes, MARKETS))
        stage.order("maker", Side.BUY, "0.22", 1)
        assert not [frame for frame in await client.frames() if b"orderbook" in frame], "it is over for good"
        again = await client.subscribe("orderbook_delta", market_tickers=MARKETS)
        assert [(each["type"], each.get("sid"), each.get("seq")) for each in again[1:]] == [
            ("orderbook_snapshot", 4, 1),
            ("orderbook_snapshot", 4, 2),
        ], "a new subscription begins anew"
