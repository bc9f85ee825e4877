"""A desk at Polymarket that quotes three rewarded markets, and a venue that answers when a test says so."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.reward_market import RewardMarkets
from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.trading import Lookups, Trading
from dutchbook.config.load import shipped_settings
from dutchbook.domain.events import AccountStated, FrameRef, OrderFilled, OrderReported, TimerFired
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import Order, OrderId, OrderStatus, Report
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Size
from dutchbook.engine.desk import Opening
from dutchbook.engine.replacements import Replacements
from dutchbook.storage.journal import Journal
from dutchbook.strategies.names import REWARD_MAKER
from dutchbook.venues.polymarket.order_codec import Listings, PolymarketOrderCodec
from dutchbook.venues.polymarket.own_trades import Identity
from dutchbook.venues.trading import Prepared
from tests.app.near_miss_stage import Venuelike
from tests.execution.fills import fill_of

HERE = FrameRef(0, 0)


class QuotedVenue(Venuelike):
    """Signs for real, sends to nobody, and keeps what it has to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.unanswered: list[tuple[OrderId, Report]] = []

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        super().place(prepared, now)
        self.unanswered += [(one.order.id, Report.ACCEPTED) for one in prepared]

    def cancel(self, orders: Sequence[Order], now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        self.unanswered += [(order.id, Report.CANCELLED) for order in orders]


class QuotingStage:
    """Three markets, all quoted on both sides, all quotes answered and shown."""

    def __init__(self, folder: Path, markets: int = 3) -> None:
        self.world = RewardMarkets(markets)
        self.venue = QuotedVenue()
        lookups = Lookups()
        listings = Listings(lookups.market, lookups.holding)
        codec = PolymarketOrderCodec(Identity("owner", self.venue.account.funder), listings)
        self.journal = Journal.create(folder / "journal")
        trading = Trading(brokers={Venue.POLYMARKET: self.venue}, codecs={Venue.POLYMARKET: codec}, lookups=lookups)
        terms = Terms(
            opening=Opening(Money(0), self.world.now, "run-"),
            strategies=(REWARD_MAKER,),
            rewards=self.world.offers,
            trading=trading,
        )
        self.parts: Parts = assemble(shipped_settings(), self.world.questions, self.world.markets, self.journal, terms)
        self.venue.known = lambda order: order in self.parts.desk.execution.orders
        self._fills = 0
        self.parts.loop.begin((Venue.POLYMARKET,), None)
        self.state_account()
        for frame in self.world.snapshots():
            self.parts.loop.frame(frame, HERE)
        self.parts.loop.dispatch(TimerFired(f"{REWARD_MAKER}:scan", self.world.now), HERE)
        self.answer_all()

    @property
    def replacements(self) -> Replacements:
        found = self.parts.loop.replacements
        assert found is not None
        return found

    def work(self) -> None:
        """Do all there is to do ahead."""
        for _ in range(100):
            if not self.replacements.work():
                return
        raise AssertionError("there is no end to the work ahead")

    def state_account(self) -> None:
        now = self.world.now
        stated = AccountStated(
            venue=Venue.POLYMARKET, cash=Money(10_000 * DOLLAR), positions=(), orders=(), asked=now, received=now
        )
        self.parts.loop.dispatch(stated, HERE)

    def wait(self, milliseconds: int) -> None:
        """Nothing happens for so long, but what is due."""
        self.world.wait(milliseconds)
        self.parts.loop.advance(self.world.now, HERE)

    def move(self, number: int) -> None:
        """The book of a market changes so that its quote for YES has to move."""
        self.parts.loop.frame(self.world.change(number), HERE)

    def show(self, number: int) -> None:
        """The book of a market shows what of ours rests there."""
        resting = self.parts.desk.execution.orders.working_in(self.world.markets[number].id)
        frame = self.world.show(number, [order for order in resting if order.status.rests])
        if frame is not None:
            self.parts.loop.frame(frame, HERE)

    def answer(self, number: int = 0) -> None:
        """The venue answers one of the things that it was sent, if there are so many."""
        if number < len(self.venue.unanswered):
            order_id, report = self.venue.unanswered.pop(number)
            if not self.parts.desk.execution.orders[order_id].status.final:
                self.parts.loop.dispatch(OrderReported(order_id, report, self.world.now), HERE)

    def answer_all(self) -> None:
        """The venue answers until nothing is left, and the books show it."""
        for _ in range(100):
            if not self.venue.unanswered:
                break
            self.answer()
        for number in range(len(self.world.markets)):
            self.show(number)

    def fill(self, number: int, contracts: int) -> None:
        """A resting order of ours trades, or so much of it as there is."""
        orders = [order for order in self.parts.desk.execution.orders.working() if order.status is OrderStatus.OPEN]
        if not orders:
            return
        order, now = orders[number % len(orders)], self.world.now
        self._fills += 1
        size = Size(min(contracts * CONTRACT, order.remaining))
        fill = fill_of(order, size, now, f"fill-{self._fills}")
        self.parts.loop.dispatch(OrderFilled(fill, now), HERE)
