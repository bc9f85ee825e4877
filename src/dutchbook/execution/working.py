"""One basket at work: what it holds, what it has paid, what it still waits for."""

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleKind
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.operations import OperationId
from dutchbook.domain.orders import Fill, How, Intent, IntentId, Order, OrderId
from dutchbook.domain.pricing.merge import LOT
from dutchbook.domain.units import Money, Size, notional_down, notional_up
from dutchbook.execution.hedge_window import HedgeWindow
from dutchbook.execution.holdings import Holding, most, whole_sets
from dutchbook.execution.plan import Plan, payoff_of
from dutchbook.execution.step import BasketEnd, Ending
from dutchbook.execution.way_home import Way, WayHome


class Basket:
    """State of one basket. `spent` is what its orders paid, with fees, less what they and its operations brought."""

    __slots__ = (
        "_given",
        "awaited",
        "bundle",
        "closed_out",
        "converted",
        "holdings",
        "home_intents",
        "intent",
        "last_way",
        "may_convert",
        "operating",
        "plan",
        "proposed",
        "provisional",
        "routes",
        "spent",
        "split",
        "twins",
        "waiting",
        "waves",
        "window",
        "working",
    )

    def __init__(self, intent: Intent, bundle: Bundle | None, made: Plan, window: HedgeWindow | None = None) -> None:
        self.intent = intent
        self.bundle = bundle
        self.plan = made
        self.window = window
        """How long a leg that filled alone waits for the others; None if not at all."""
        self.holdings = [Holding(leg) for leg in intent.legs]
        self.waves = list(made.waves)
        self.working: set[OrderId] = set()
        self.routes: dict[OrderId, tuple[int, How]] = {}
        self.spent = Money(0)
        self.home_intents: list[IntentId] = []
        self.proposed: WayHome | None = None
        self.last_way: Way | None = None
        self.converted = False
        self.split = False
        """Whether what its legs sell was split off already."""
        self.closed_out = False
        """Whether its whole sets were turned into cash already."""
        self.provisional: set[tuple[OrderId, str]] = set()
        """Its fills that may still be taken back: until they are final nothing is merged, converted or sold."""
        self._given: dict[tuple[OrderId, str], Size] = {}
        """What each fill counts on its holding."""
        self.twins: list[tuple[MarketId, Size]] = []
        """What came of twins and is to be merged once all is final."""
        self.awaited: set[Venue] = set()
        """Venues that have not stated their accounts since a restart: what is held is not sure before."""
        self.operating: OperationId | None = None
        """An operation that has to be done before it goes on: the split of what it sells, a conversion."""
        self.may_convert = True
        """Whether no conversion failed so far."""
        self.waiting = False
        """Whether a timer will look again for a way home."""

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
        # What a better price brought beyond the size that was wanted is kept. Less than the smallest order of any venue
        # is dust: nothing more can be done about it.
        return self.complete or most(self.holdings) - whole_sets(self.holdings) < LOT

    @property
    def complete(self) -> bool:
        """Whether every leg filled as it was wanted."""
        return all(holding.filled >= holding.leg.size for holding in self.holdings)

    def convert(self, into: list[Holding], dollars: Money) -> None:
        """The bundle is no more: it became `into`, which is only to be sold, and cash."""
        self.holdings = into
        self.routes.clear()
        self.spent = Money(self.spent - dollars)
        self.converted = True

    def sent(self, order: Order, number: int, how: How) -> None:
        """An order is on its way for holding `number`."""
        self.working.add(order.id)
        self.routes[order.id] = (number, how)

    def filled(self, fill: Fill) -> How:
        """Book a fill on the holding that its order was sent for."""
        if fill.provisional:
            self.provisional.add((fill.order, fill.id))
        number, how = self.routes[fill.order]
        holding = self.holdings[number]
        # A purchase may bring more than it asked for; more than there is cannot be given back.
        given = Size(fill.size if how is How.LEG else min(fill.size, max(0, holding.filled)))
        self._given[fill.order, fill.id] = given
        self._move(fill, given, 1)
        if how is How.TWIN and given:
            self.twins.append((fill.market, given))
        return how

    def taken_back(self, fill: Fill) -> None:
        """The settlement of a fill failed: its holding is as if it had never been."""
        self.provisional.discard((fill.order, fill.id))
        given = self._given.pop((fill.order, fill.id), fill.size)
        if self._move(fill, given, -1) is How.TWIN and (fill.market, given) in self.twins:
            self.twins.remove((fill.market, given))

    def settled(self, fill: Fill) -> None:
        """A fill is final."""
        self.provisional.discard((fill.order, fill.id))

    def merged(self, size: Size) -> None:
        """So much of a holding was merged with its twin: each pair is a dollar."""
        self.spent = Money(self.spent - size)

    def _move(self, fill: Fill, size: Size, sign: int) -> How:
        number, how = self.routes[fill.order]
        holding = self.holdings[number]
        holding.filled += sign * (size if how is How.LEG else -size)
        paid = notional_up(fill.price, fill.size) if fill.side is Side.BUY else -notional_down(fill.price, fill.size)
        self.spent = Money(self.spent + sign * (paid + fill.fee))
        return how

    def arrived(self, order: Order) -> None:
        """An order is in its final state."""
        self.working.discard(order.id)

    def wave_filled(self) -> bool:
        """Whether all that was sent so far filled, so that the next wave may leave."""
        sent = {number for number, how in self.routes.values() if how is How.LEG}
        return all(self.holdings[number].filled >= self.holdings[number].leg.size for number in sent)

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
