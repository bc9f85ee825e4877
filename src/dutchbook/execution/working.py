"""One basket at work: what it holds, what it has paid, what it still waits for."""

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleKind
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Fill, Intent, IntentId, Order, OrderId
from dutchbook.domain.units import Money, Size, notional_down, notional_up
from dutchbook.execution.holdings import Holding, most, whole_sets
from dutchbook.execution.plan import Plan, payoff_of
from dutchbook.execution.step import BasketEnd, Ending
from dutchbook.execution.way_home import How, Way, WayHome


class Basket:
    """State of one basket. `spent` is what its orders paid, with fees, less what they and its operations brought."""

    __slots__ = (
        "bundle",
        "converted",
        "holdings",
        "home_intents",
        "intent",
        "last_way",
        "plan",
        "proposed",
        "routes",
        "spent",
        "waves",
        "working",
    )

    def __init__(self, intent: Intent, bundle: Bundle | None, made: Plan) -> None:
        self.intent = intent
        self.bundle = bundle
        self.plan = made
        self.holdings = [Holding(leg) for leg in intent.legs]
        self.waves = list(made.waves)
        self.working: set[OrderId] = set()
        self.routes: dict[OrderId, tuple[int, How]] = {}
        self.spent = Money(0)
        self.home_intents: list[IntentId] = []
        self.proposed: WayHome | None = None
        self.last_way: Way | None = None
        self.converted = False

    @property
    def subject(self) -> str:
        return self.intent.subject

    @property
    def balanced(self) -> bool:
        """Whether all legs filled equally, so that there is nothing to bring home."""
        if self.converted:
            return most(self.holdings) == 0
        if self.bundle is None:
            return len(self.holdings) == 1 or self.complete or most(self.holdings) == 0
        return whole_sets(self.holdings) == most(self.holdings)

    @property
    def complete(self) -> bool:
        """Whether every leg filled as it was wanted."""
        return all(holding.filled == holding.leg.size for holding in self.holdings)

    def convert(self, into: list[Holding], dollars: Money) -> None:
        """The bundle is no more: it became `into`, which is only to be sold, and cash."""
        self.holdings = into
        self.spent = Money(self.spent - dollars)
        self.converted = True

    def sent(self, order: Order, number: int, how: How) -> None:
        """An order is on its way for holding `number`."""
        self.working.add(order.id)
        self.routes[order.id] = (number, how)

    def filled(self, fill: Fill) -> How:
        """Book a fill on the holding that its order was sent for."""
        number, how = self.routes[fill.order]
        holding = self.holdings[number]
        holding.filled += fill.size if how is How.LEG else -fill.size
        paid = notional_up(fill.price, fill.size) if fill.side is Side.BUY else -notional_down(fill.price, fill.size)
        self.spent = Money(self.spent + paid + fill.fee)
        return how

    def arrived(self, order: Order) -> None:
        """An order is in its final state."""
        self.working.discard(order.id)

    def wave_filled(self) -> bool:
        """Whether all that was sent so far filled, so that the next wave may leave."""
        sent = {number for number, how in self.routes.values() if how is How.LEG}
        return all(self.holdings[number].filled == self.holdings[number].leg.size for number in sent)

    def end(self) -> BasketEnd:
        """The basket as it ends: whole sets count at their payoff, the rest that is held at nothing."""
        sets = Size(0) if self.bundle is None or self.converted else whole_sets(self.holdings)
        kept = [(h.leg.outcome, Size(h.filled - sets)) for h in self.holdings if h.filled > sets]
        return BasketEnd(
            intents=(self.intent.id, *self.home_intents),
            subject=self.subject,
            ending=self._ending(sets),
            sets=sets,
            result=Money(self._value(sets) - self.spent),
            kept=self._unsold() if self._sold else tuple(kept),
        )

    @property
    def _sold(self) -> bool:
        return self.bundle is not None and self.bundle.kind is BundleKind.SPLIT_SELL

    def _unsold(self) -> tuple[tuple[OutcomeId, Size], ...]:
        """Of a split that was sold in part: the outcomes still held."""
        full = most(self.holdings)
        return tuple((h.leg.outcome, Size(full - h.filled)) for h in self.holdings if h.filled < full)

    def _value(self, sets: Size) -> Money:
        if self.bundle is None:
            return Money(0)
        # A split that is sold has cost a dollar for each contract sold on either side.
        return payoff_of(self.bundle, most(self.holdings) if self._sold else sets)

    def _ending(self, sets: Size) -> Ending:
        if not self.balanced:
            return Ending.KEPT
        if self.home_intents and self.last_way not in (None, Way.COMPLETE):
            return Ending.HOME
        return Ending.COMPLETE if sets or self.complete or most(self.holdings) else Ending.NOTHING
