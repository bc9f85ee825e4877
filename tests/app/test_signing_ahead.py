"""Orders that a near miss may lead to are signed before they are wanted, and are then exactly those that are sent."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.signing_ahead import SigningAhead
from dutchbook.app.trading import Lookups, Trading
from dutchbook.config.load import shipped_settings
from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import AccountStated, BookSnapshot, FrameRef, LevelSet, LevelsSet
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.orders import Order
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.engine.clocks import VirtualClock
from dutchbook.engine.desk import Opening
from dutchbook.storage.journal import Journal
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.order_codec import Listings, PolymarketOrderCodec
from dutchbook.venues.polymarket.order_signing import COARSE_STAMP, PolymarketDrafter, PolymarketSigner, SigningCaps
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.polymarket.own_trades import Identity
from dutchbook.venues.polymarket.secret_key import SecretKey
from dutchbook.venues.trading import Prepared

START = Nanos(1_795_000_000 * SECOND // COARSE_STAMP * COARSE_STAMP)
HERE = FrameRef(0, 0)


class Venuelike:
    """A broker that signs for real and sends to nobody."""

    venue = Venue.POLYMARKET

    def __init__(self) -> None:
        key = SecretKey("0x" + "11" * 32)
        self.account = polymarket_account(address=key.address, salt_seed="test")
        self.drafter = PolymarketDrafter(self.account, stamp=COARSE_STAMP)
        signer = PolymarketSigner(key, self.account, SigningCaps(max_notional=Money(500 * DOLLAR)))
        self.writer = OrderWriter(signer, "owner")
        self.ahead: dict[bytes, Order] = {}
        self.sent: list[Prepared] = []

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:
        return self.drafter.draft(order, market, now)

    def sign_ahead(self, order: Order, market: Market, now: Nanos) -> None:
        content = self.drafter.draft_ahead(order, market, now)
        self.writer.ahead(content)
        self.ahead[content] = order

    def forget_ahead(self) -> None:
        self.drafter.forget_ahead()
        self.writer.forget_ahead()
        self.ahead.clear()

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        self.sent += prepared

    def sweep(self, now: Nanos) -> None: ...
    def query(self, order: Order, now: Nanos) -> None: ...
    def since(self, at: Nanos) -> None: ...
    def guard(self, *, on: bool) -> None: ...
    def cancel(self, orders: Sequence[Order], now: Nanos) -> None: ...
    def cancel_all(self, now: Nanos) -> None: ...
    async def run(self, frames: object, notices: object) -> None: ...


class Stage:
    """A desk that trades, at three outcomes whose YES cost 1.02 dollars together."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(START)
        self.broker = Venuelike()
        self.markets = [market(number) for number in range(3)]
        lookups = Lookups()
        listings = Listings(lookups.market, lookups.holding)
        codec = PolymarketOrderCodec(Identity("owner", self.broker.account.funder), listings)
        self.journal = Journal.create(folder / "journal")
        trading = Trading(brokers={Venue.POLYMARKET: self.broker}, codecs={Venue.POLYMARKET: codec}, lookups=lookups)
        terms = Terms(opening=Opening(Money(0), START, "run-"), trading=trading, wired=False)
        settings = shipped_settings()
        self.parts: Parts = assemble(settings, (question(self.markets),), self.markets, self.journal, terms)
        assert self.parts.gateway is not None
        self.ahead = SigningAhead(
            self.parts.desk, self.parts.strategy.pool, self.parts.gateway, settings.bundle, self.clock
        )
        self.parts.loop.begin((Venue.POLYMARKET,), None)
        self.state_account()
        self.pass_seconds(30)
        self.state_account()
        for each in self.markets:
            for outcome, bid, ask in ((each.yes, 3_000, 3_400), (each.no, 6_600, 7_000)):
                bids, asks = (Level(Price(bid), Size(40 * CONTRACT)),), (Level(Price(ask), Size(40 * CONTRACT)),)
                self.parts.loop.event(BookSnapshot(outcome, bids, asks, self.clock.now()), HERE)

    def state_account(self) -> None:
        now = self.clock.now()
        stated = AccountStated(
            venue=Venue.POLYMARKET, cash=Money(10_000 * DOLLAR), positions=(), orders=(), asked=now, received=now
        )
        self.parts.loop.dispatch(stated, HERE)

    def pass_seconds(self, seconds: int) -> None:
        self.clock.advance(Nanos(self.clock.now() + seconds * SECOND))
        self.parts.loop.advance(self.clock.now(), HERE)

    def work(self) -> int:
        """Do all there is to do ahead; how many pieces that were."""
        pieces = 0
        while self.ahead.work():
            pieces += 1
            assert pieces < 1_000
        return pieces

    def fall(self, number: int, price: int, contracts: int = 90) -> None:
        """The YES of a market is offered at a price."""
        each, size = self.markets[number], Size(contracts * CONTRACT)
        sets = (
            LevelSet(each.yes, Side.SELL, Price(price), size),
            LevelSet(each.no, Side.BUY, Price(10_000 - price), size),
        )
        self.parts.loop.event(LevelsSet(sets, self.clock.now()), HERE)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.journal.close()


def test_a_fall_to_where_it_pays_finds_all_its_orders_signed(stage: Stage) -> None:
    assert stage.work() > 3
    lines, ahead = stage.journal.seq, dict(stage.broker.ahead)
    stage.fall(1, 3_100)
    assert [one.order.leg.outcome for one in stage.broker.sent] == [each.yes for each in stage.markets]
    assert all(one.content in ahead for one in stage.broker.sent)
    assert stage.journal.seq > lines


def test_orders_bear_the_same_names_without_it(stage: Stage, tmp_path: Path) -> None:
    other = Stage(tmp_path / "other")
    stage.work()
    for each in (stage, other):
        each.fall(2, 3_100)
    assert [one.venue_id for one in stage.broker.sent] == [one.venue_id for one in other.broker.sent]
    assert not other.broker.ahead
    other.journal.close()


def test_nothing_is_done_twice_until_the_books_the_next_intent_or_the_time_move(stage: Stage) -> None:
    assert stage.work()
    assert not stage.work()
    stage.pass_seconds(1)
    stage.fall(0, 3_500)
    assert stage.work()
    stage.clock.advance(Nanos(stage.clock.now() + COARSE_STAMP))
    assert stage.work()
    assert not stage.work()
    stage.fall(0, 3_100)
    assert stage.broker.sent
    stage.work()
    assert not any(order.intent == stage.broker.sent[0].order.intent for order in stage.broker.ahead.values())


def test_looking_ahead_leaves_no_trace_at_the_desk(stage: Stage) -> None:
    head, next_intent = stage.journal.head, stage.parts.desk.intent_to_come()
    stage.work()
    assert (stage.journal.head, stage.parts.desk.intent_to_come()) == (head, next_intent)
    assert not stage.parts.desk.execution.orders.working()


def market(number: int) -> Market:
    return Market(
        id=MarketId("0x" + f"{number + 1:064x}"),
        venue=Venue.POLYMARKET,
        question=QuestionId("which"),
        title=f"Outcome {number}",
        yes=OutcomeId(str(10**70 + number)),
        no=OutcomeId(str(10**71 + number)),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(5 * CONTRACT),
        fees=NoFees(),
        neg_risk=True,
        settles=Nanos(START + 86_400 * SECOND),
    )


def question(markets: Sequence[Market]) -> Question:
    return Question(
        id=QuestionId("which"),
        venue=Venue.POLYMARKET,
        title="Which of three",
        markets=tuple(each.id for each in markets),
        exclusive=True,
        exhaustive=True,
    )
