"""A desk at Polymarket that really trades, beside a near miss: three outcomes whose YES cost 1.02 dollars together."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.signing_ahead import SigningAhead
from dutchbook.app.trading import Lookups, Trading
from dutchbook.config.load import shipped_settings
from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import AccountStated, BookSnapshot, FrameRef, LevelSet, LevelsSet, OrderReported
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.orders import Order, OrderId, Report
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.engine.clocks import VirtualClock
from dutchbook.engine.desk import Opening
from dutchbook.execution.settings import Sending
from dutchbook.storage.journal import Journal
from dutchbook.strategies.ports import Strategy
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.order_codec import Listings, PolymarketOrderCodec
from dutchbook.venues.polymarket.order_signing import COARSE_STAMP, PolymarketDrafter, PolymarketSigner, SigningCaps
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.polymarket.own_trades import Identity
from dutchbook.venues.polymarket.secret_key import SecretKey
from dutchbook.venues.trading import Prepared

START = Nanos(1_795_000_000 * SECOND // COARSE_STAMP * COARSE_STAMP)
HERE = FrameRef(0, 0)
NO_OPENING = Nanos(60 * SECOND)
"""How long before a market closes nothing is opened in it."""


class Venuelike:
    """A broker that signs for real and sends to nobody."""

    venue = Venue.POLYMARKET

    def __init__(self, *, sign_ahead: bool = True) -> None:
        key = SecretKey("0x" + "11" * 32)
        self.account = polymarket_account(address=key.address, salt_seed="test")
        self.drafter = PolymarketDrafter(self.account, stamp=COARSE_STAMP)
        signer = PolymarketSigner(key, self.account, SigningCaps(max_notional=Money(500 * DOLLAR)))
        self.writer = OrderWriter(signer, "owner", sign_ahead=sign_ahead)
        self.ahead: dict[bytes, Order] = {}
        self.sent: list[Prepared] = []
        self.bodies: list[bytes] = []
        self.before_turn: list[OrderId] = []
        """Orders that were placed before the turn came to them."""
        self.known: Callable[[OrderId], bool] = lambda _: True

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:
        return self.drafter.draft(order, market, now)

    def sign_ahead(self, order: Order, market: Market, now: Nanos) -> Prepared:
        prepared = self.drafter.draft_ahead(order, market, now)
        self.writer.ahead(prepared.content)
        self.ahead[prepared.content] = order
        return prepared

    def seal(self, prepared: Sequence[Prepared]) -> None: ...

    def rehearse(self, prepared: Sequence[Prepared], now: Nanos) -> None: ...

    def renew_ahead(self, now: Nanos) -> bool:  # noqa: ARG002 - the port's signature
        return False

    def good_until(self, now: Nanos) -> Nanos:
        return self.drafter.good_until(now)

    def forget_ahead(self) -> None:
        self.drafter.forget_ahead()
        self.writer.forget_ahead()
        self.ahead.clear()

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        self.bodies += [self.writer.body(one) for one in prepared]
        self.sent += prepared
        self.before_turn += [one.order.id for one in prepared if not self.known(one.order.id)]

    def sweep(self, now: Nanos) -> None: ...
    def query(self, order: Order, now: Nanos) -> None: ...
    def since(self, at: Nanos) -> None: ...
    def guard(self, *, on: bool) -> None: ...
    def cancel(self, orders: Sequence[Order], now: Nanos) -> None: ...
    def cancel_all(self, now: Nanos) -> None: ...
    async def run(self, frames: object, notices: object) -> None: ...


class Stage:
    """A desk that trades, at three outcomes whose YES cost 1.02 dollars together."""

    def __init__(
        self,
        folder: Path,
        sending: Sending = Sending.TOGETHER,
        measured: Callable[[Strategy], Strategy] | None = None,
        *,
        sign_ahead: bool = True,
        closes: Nanos | None = None,
        wired: bool = False,
    ) -> None:
        """`wired` it reads the venue's frames too."""
        self.clock = VirtualClock(START)
        self.broker = Venuelike(sign_ahead=sign_ahead)
        self.markets = [msgspec.structs.replace(market(number), closes=closes) for number in range(3)]
        lookups = Lookups()
        listings = Listings(lookups.market, lookups.holding)
        codec = PolymarketOrderCodec(Identity("owner", self.broker.account.funder), listings)
        self.journal = Journal.create(folder / "journal")
        trading = Trading(brokers={Venue.POLYMARKET: self.broker}, codecs={Venue.POLYMARKET: codec}, lookups=lookups)
        terms = Terms(opening=Opening(Money(0), START, "run-"), trading=trading, wired=wired, measured=measured)
        shipped = shipped_settings()
        settings = shipped.model_copy(
            update={
                "execution": shipped.execution.model_copy(update={"sending": sending}),
                "risk": shipped.risk.model_copy(update={"no_opening_before_close": NO_OPENING}),
            }
        )
        self.parts: Parts = assemble(settings, (question(self.markets),), self.markets, self.journal, terms)
        self.broker.known = lambda order: order in self.parts.desk.execution.orders
        contingencies, gateway = self.parts.loop.contingencies, self.parts.gateway
        assert contingencies is not None
        assert gateway is not None
        self.ahead = SigningAhead(self.parts.desk, self.parts.strategy.pool, contingencies, gateway, self.clock)
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

    def kill(self) -> None:
        """What was sent and not answered yet is answered: nothing of it filled."""
        for order in self.parts.desk.execution.orders.working():
            event = OrderReported(order.id, Report.REJECTED, self.clock.now(), "killed")
            self.parts.loop.dispatch(event, HERE)

    def fall(self, number: int, price: int, contracts: int = 90) -> None:
        """The YES of a market is offered at a price."""
        each, size = self.markets[number], Size(contracts * CONTRACT)
        sets = (
            LevelSet(each.yes, Side.SELL, Price(price), size),
            LevelSet(each.no, Side.BUY, Price(10_000 - price), size),
        )
        self.parts.loop.event(LevelsSet(sets, self.clock.now()), HERE)


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
