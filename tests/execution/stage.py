"""A small desk for baskets: mirrored books in cents and contracts, a ledger, and a venue that answers as it is told."""

from collections.abc import Mapping, Sequence

from dutchbook.domain.book import Book, BookView, Level, MirroredBook, Side
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind, BundleLeg
from dutchbook.domain.events import OrderFilled, OrderReported, TimerFired
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import FeeSchedule, Market, NoFees, PriceGrid, Question
from dutchbook.domain.orders import Fill, Intent, IntentId, Leg, Order, Report, TimeInForce
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.execution.executor import Execution, ExecutionEvent
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import Step
from dutchbook.portfolio.entries import Deposit, FillBooked, FillUndone
from dutchbook.portfolio.fitting import fitted
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.positions import Position
from dutchbook.risk.review import Approved

QUESTION = QuestionId("q")


class Stage:
    """Markets 0, 1, 2 ... of one convertible question. Prices are whole cents, sizes whole contracts."""

    def __init__(
        self,
        books: Sequence[tuple[Mapping[int, int], Mapping[int, int]]],
        settings: ExecutionSettings | None = None,
        fees: FeeSchedule | None = None,
    ) -> None:
        """`books` are bids and asks of YES of each market."""
        self.fees = fees or NoFees()
        self.markets = [_market(i, self.fees) for i in range(len(books))]
        self.question_ = Question(
            id=QUESTION,
            venue=Venue.POLYMARKET,
            title="Who?",
            markets=tuple(market.id for market in self.markets),
            exclusive=True,
            exhaustive=True,
            convertible=True,
        )
        self.books: list[Book] = []
        for i, (bids, asks) in enumerate(books):
            self.books.append(Book(yes(i)))
            self.show(i, bids, asks)
        self.bundles: dict[str, Bundle] = {}
        self.execution = Execution(self, settings or ExecutionSettings())
        self.ledger = Ledger()
        self.ledger.apply(Deposit(Money(1_000 * DOLLAR)))
        self.under_way: set[Venue] = set()
        self.operators: set[Venue] = set()
        """Venues to which operations are sent, and reported."""
        self.now = SECOND
        self.steps: list[Step] = []
        self._intents = 0

    # What execution asks of the desk.

    def book(self, outcome: OutcomeId) -> BookView | None:
        for i, book in enumerate(self.books):
            if outcome == yes(i):
                return book
            if outcome == no(i):
                return MirroredBook(outcome, book)
        return None

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        view = self.book(outcome)
        return [] if view is None else list(view.asks() if side is Side.BUY else view.bids())

    def market(self, market: MarketId) -> Market | None:
        return next((one for one in self.markets if one.id == market), None)

    def question(self, question: QuestionId) -> Question | None:
        return self.question_ if question == QUESTION else None

    def bundle(self, subject: str) -> Bundle | None:
        return self.bundles.get(subject)

    def positions(self) -> Mapping[OutcomeId, Position]:
        return self.ledger.positions

    def cash_at(self, venue: Venue) -> Money:
        return self.ledger.cash if venue is Venue.POLYMARKET else Money(0)

    def operates(self, venue: Venue) -> bool:
        return venue in self.operators

    def moving(self, venue: Venue) -> bool:
        return venue in self.under_way

    def next_intent(self) -> IntentId:
        self._intents += 1
        return IntentId(f"i{self._intents}")

    # What tests do.

    def show(self, i: int, bids: Mapping[int, int], asks: Mapping[int, int]) -> None:
        self.books[i].replace(_levels(bids), _levels(asks), Nanos(7))

    def begin(
        self, kind: BundleKind, legs: Sequence[tuple[int, int]], contracts: int, *, tif: TimeInForce = TimeInForce.FOK
    ) -> Step:
        """Approve a bundle over markets `legs` (market, limit in cents) and start it."""
        bundle = self.add_bundle(kind, [i for i, _ in legs])
        limits = [cents for _, cents in legs]
        made = tuple(
            Leg(leg.outcome, leg.market, leg.side, Price(c * 100), Size(contracts * CONTRACT), Price(c * 100), tif)
            for leg, c in zip(bundle.legs, limits, strict=True)
        )
        return self.start(self.intent(bundle.id, made))

    def add_bundle(self, kind: BundleKind, numbers: Sequence[int]) -> Bundle:
        legs = []
        for position, i in enumerate(numbers):
            second = kind in (BundleKind.BUY_BOTH, BundleKind.SPLIT_SELL, BundleKind.LADDER) and position == 1
            outcome = no(i) if kind is BundleKind.ALL_NO or second else yes(i)
            side = Side.SELL if kind is BundleKind.SPLIT_SELL else Side.BUY
            market = self.markets[i]
            legs.append(BundleLeg(outcome, market.id, side, market.fees, market.grid, market.min_size, DOLLAR))
        payoff = {BundleKind.ALL_NO: ONE * (len(numbers) - 1), BundleKind.SPLIT_SELL: -ONE}.get(kind, ONE)
        later = kind in (BundleKind.ALL_YES, BundleKind.LADDER)
        bundle = Bundle(
            id=BundleId(f"{kind}:{numbers}"),
            kind=kind,
            question=QUESTION,
            title="A bundle",
            legs=tuple(legs),
            payoff=Price(payoff),
            releases=Nanos(10**18) if later else None,
        )
        self.bundles[bundle.id] = bundle
        return bundle

    def intent(self, subject: str, legs: tuple[Leg, ...]) -> Intent:
        return Intent(
            id=self.next_intent(),
            strategy="bundle",
            kind="all_yes",
            subject=subject,
            legs=legs,
            cost=Money(0),
            edge=Money(0),
            max_loss=Money(0),
            oldest=Nanos(0),
            at=self.now,
            reason="a test",
        )

    def start(self, intent: Intent) -> Step:
        return self._done(self.execution.start(Approved(intent), self.now))

    def fill(self, order: Order, cents: int | None = None, contracts: int | None = None) -> Step:
        """The venue fills an order, whole and at its limit unless told otherwise."""
        leg = order.leg
        price = leg.limit if cents is None else Price(cents * 100)
        size = leg.size if contracts is None else Size(contracts * CONTRACT)
        fill = Fill(
            order=order.id,
            intent=order.intent,
            outcome=leg.outcome,
            market=leg.market,
            side=leg.side,
            price=price,
            size=size,
            fee=taker_fee(self.fees, price, size, leg.side),
            at=self.now,
        )
        return self.hear(OrderFilled(fill, self.now))

    def hear(self, event: ExecutionEvent) -> Step:
        """A venue, or a timer, says something: as the desk takes it in. Findings follow at once, in the same step."""
        if isinstance(event, OrderFilled) and self.execution.orders.is_new(event.fill):
            for entry in fitted(FillBooked(event.fill), self.ledger):
                self.ledger.apply(entry)
        step = self._done(self.execution.on_event(event, self.now))
        for finding in step.findings:
            step = joined(step, self.hear(finding))
        return step

    def miss(self, order: Order, report: Report = Report.CANCELLED) -> Step:
        """The venue kills, refuses or otherwise reports an order."""
        return self.hear(OrderReported(order.id, report, self.now, "so it is"))

    def fire(self, name: str, after: int) -> Step:
        self.now = Nanos(self.now + after)
        return self.hear(TimerFired(name, self.now))

    def refuse(self, intent: Intent) -> Step:
        return self._done(self.execution.refused(intent.id, "drawdown", self.now))

    def held(self) -> dict[OutcomeId, int]:
        """Contracts held by outcome, as the ledger knows them."""
        return {outcome: position.size // CONTRACT for outcome, position in self.ledger.positions.items()}

    def earned(self) -> Money:
        """Cash above what was put in."""
        return Money(self.ledger.cash - 1_000 * DOLLAR)

    def _done(self, step: Step) -> Step:
        for operation in (*step.operations, *step.done):
            fits = fitted(operation, self.ledger) if isinstance(operation, FillBooked | FillUndone) else (operation,)
            for entry in fits:
                self.ledger.apply(entry)
        self.ledger.check()
        self.steps.append(step)
        return step


def joined(first: Step, then: Step) -> Step:
    """Two steps as one."""
    return Step(**{name: getattr(first, name) + getattr(then, name) for name in Step.__struct_fields__})


def yes(i: int) -> OutcomeId:
    return OutcomeId(f"{i}1")


def no(i: int) -> OutcomeId:
    return OutcomeId(f"{i}2")


def _market(i: int, fees: FeeSchedule) -> Market:
    return Market(
        id=MarketId(f"0x{i}"),
        venue=Venue.POLYMARKET,
        question=QUESTION,
        title=f"Market {i}",
        yes=yes(i),
        no=no(i),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(5 * CONTRACT),
        min_notional=DOLLAR,
        fees=fees,
        neg_risk=True,
    )


def _levels(levels: Mapping[int, int]) -> tuple[Level, ...]:
    return tuple(Level(Price(cents * 100), Size(contracts * CONTRACT)) for cents, contracts in levels.items())
