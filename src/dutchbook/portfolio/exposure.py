"""What orders in flight may still cost, at their worst: reservations by intent, and exposure per market, venue, in all.

Exposure to a market is the capital in it: positions at cost, and all that approved intents and live orders may still
put there. A bundle counts in each market with the cost of its legs there, as if nothing else of it were filled.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import Intent, IntentId, Leg, Order, OrderId
from dutchbook.domain.units import Money, Price, Size, notional_up
from dutchbook.portfolio.ledger import Ledger

type FeeOf = Callable[[MarketId, Price, Size], Money]
"""The taker fee for so many contracts at a price in a market, rounded against us."""
type UnsettledOf = Callable[[OutcomeId], Size]
"""Contracts bought of an outcome whose settlement is not final: they are held, and may not be sold."""


def _all_settled(_: OutcomeId) -> Size:
    return Size(0)


class _Hold:
    """What one intent may still do: its plan until it is released, its live orders for as long as they live."""

    __slots__ = ("consumed", "counted", "max_loss", "orders", "plan", "released", "seen", "sizes", "traded", "worst")

    def __init__(self, plan: Mapping[MarketId, Money], legs: Iterable[Leg], max_loss: Money) -> None:
        self.plan = plan
        self.max_loss = max_loss
        self.released = False
        self.orders: dict[OrderId, Order] = {}
        self.seen: dict[OrderId, Size] = {}
        self.sizes: dict[tuple[OutcomeId, Side], int] = {}
        self.traded: dict[tuple[OutcomeId, Side], int] = {}
        self.consumed: dict[MarketId, int] = {}
        self.worst: dict[tuple[OutcomeId, Price, int], int] = {}
        """What buying so much at a limit may cost: each news of an order asks for the same again."""
        self.counted: Mapping[MarketId, int] = {}
        """What of it is in the sums."""
        for leg in legs:
            claim = (leg.outcome, leg.side)
            self.sizes[claim] = self.sizes.get(claim, 0) + leg.size

    @property
    def over(self) -> bool:
        return self.released and not self.orders


class Exposure:
    """Reservations over a ledger. Hears of each approved intent, each state of each order, and each intent's end.

    In one turn: `reserve` right after the approval, so that the next intent sees it; `order_changed` together with the
    ledger entry of a fill; `release` once the intent's basket is over. An order that is still alive then, or unknown,
    stays counted at its worst until it is final.
    """

    def __init__(
        self,
        ledger: Ledger,
        venue_of: Callable[[MarketId], Venue],
        fee_of: FeeOf,
        unsettled_of: UnsettledOf = _all_settled,
    ) -> None:
        self._ledger = ledger
        self._unsettled_of = unsettled_of
        self._venue_of = venue_of
        self._fee_of = fee_of
        self._holds: dict[IntentId, _Hold] = {}
        self._reserved: dict[MarketId, int] = {}
        self._total = 0
        self._at_venue: dict[Venue, int] = {}
        self._at_worst = 0
        self._claiming: dict[tuple[OutcomeId, Side], dict[IntentId, _Hold]] = {}
        """Who may still trade an outcome in a direction: what is looked up for one outcome must not look at all."""
        self._reviewed: tuple[Intent, Mapping[MarketId, Money]] | None = None

    def needed(self, intent: Intent) -> Mapping[MarketId, Money]:
        """The capital an intent may put into each market at worst.

        Purchases count at their limits with fees; a contract that is sold but not there to be sold counts a dollar,
        as it must be split first (YES and NO share one split).
        """
        capital: dict[MarketId, int] = {}
        missing: dict[MarketId, dict[OutcomeId, int]] = {}
        for leg in intent.legs:
            capital.setdefault(leg.market, 0)
            if leg.side is Side.BUY:
                capital[leg.market] += self._worst(leg, leg.size)
            else:
                sold = missing.setdefault(leg.market, {})
                sold[leg.outcome] = sold.get(leg.outcome, -self.sellable(leg.outcome)) + leg.size
        for market, sold in missing.items():
            capital[market] += max(0, *sold.values())
        found = {market: Money(amount) for market, amount in capital.items()}
        self._reviewed = (intent, found)
        return found

    def reserve(self, intent: Intent) -> None:
        """Count an approved intent at its worst from now on. Raises LedgerError if its id is reserved already."""
        if intent.id in self._holds:
            raise LedgerError(f"exposure: intent {intent.id} is reserved already - give each intent an id of its own")
        # What its review asked for a moment ago; nothing changed in between.
        reviewed, needed = self._reviewed or (None, {})
        hold = _Hold(needed if reviewed is intent else self.needed(intent), intent.legs, intent.max_loss)
        self._reviewed = None
        self._holds[intent.id] = hold
        self._at_worst += hold.max_loss
        self._claim(intent.id, hold)
        self._count(hold)

    def order_changed(self, order: Order) -> None:
        """Take note of an order's new state: what traded is the ledger's now, what remains counts while it lives."""
        self.orders_changed(order.intent, (order,))

    def orders_changed(self, intent: IntentId, orders: Sequence[Order]) -> None:
        """`order_changed` of several orders of one intent."""
        hold = self._holds.get(intent)
        if hold is None:
            if all(order.status.final for order in orders):
                return
            hold = self._holds[intent] = _Hold({}, (), Money(0))
            hold.released = True
        for order in orders:
            self._note(hold, order)
        self._claim(intent, hold)
        self._close_or_count(intent, hold)

    def moved(self, intent: IntentId, market: MarketId, amount: Money) -> None:
        """So much of an intent's reservation in a market became positions without a fill: a split."""
        hold = self._holds.get(intent)
        if hold is not None:
            hold.consumed[market] = hold.consumed.get(market, 0) + amount
            self._count(hold)

    def release(self, intent: IntentId) -> None:
        """The intent's basket is over. Harmless if it was released before."""
        hold = self._holds.get(intent)
        if hold is not None:
            hold.released = True
            self._close_or_count(intent, hold)

    def market(self, market: MarketId) -> Money:
        """Capital in a market: positions at cost and reservations."""
        return Money(self._ledger.cost_by_market.get(market, 0) + self._reserved.get(market, 0))

    def venue(self, venue: Venue) -> Money:
        """Capital at a venue: positions at cost and reservations."""
        held = (cost for market, cost in self._ledger.cost_by_market.items() if self._venue_of(market) is venue)
        return Money(sum(held) + self._at_venue.get(venue, 0))

    def deployed(self) -> Money:
        """Capital in all markets: positions at cost and reservations."""
        return Money(self._ledger.positions_at_cost + self.reserved())

    def reserved(self) -> Money:
        """What all intents and live orders may still spend."""
        return Money(self._total)

    def reserved_in(self, market: MarketId) -> Money:
        """What all intents and live orders may still spend in one market."""
        return Money(self._reserved.get(market, 0))

    def reserved_for(self, intent: IntentId, market: MarketId) -> Money:
        """What one intent and its live orders may still spend in one market."""
        hold = self._holds.get(intent)
        return Money(0 if hold is None else hold.counted.get(market, 0))

    def reserved_at(self, venue: Venue) -> Money:
        """What all intents and live orders may still spend at one venue."""
        return Money(self._at_venue.get(venue, 0))

    def free_cash(self) -> Money:
        """Cash that nothing in flight may need: all that may be spent, or withdrawn."""
        return Money(self._ledger.cash - self.reserved())

    def worst_loss(self) -> Money:
        """The sum of the losses that the intents in flight were approved with."""
        return Money(self._at_worst)

    def incoming(self, outcome: OutcomeId) -> Size:
        """Contracts of an outcome that may still be bought for us."""
        return self._in_flight(outcome, Side.BUY)

    def outgoing(self, outcome: OutcomeId) -> Size:
        """Contracts of an outcome that may still be sold for us."""
        return self._in_flight(outcome, Side.SELL)

    def sellable(self, outcome: OutcomeId) -> Size:
        """Contracts held, settled, and not being sold by anything in flight."""
        return Size(max(0, self.settled(outcome) - self.outgoing(outcome)))

    def settled(self, outcome: OutcomeId) -> Size:
        """Contracts held whose settlement is final."""
        return Size(max(0, self._ledger.held(outcome) - self._unsettled_of(outcome)))

    def in_flight(self, intent: IntentId) -> bool:
        """Whether an intent, or a live order of it, is still counted."""
        return intent in self._holds

    def _worst(self, leg: Leg, size: int) -> int:
        """What buying `size` may cost at worst. Fees rise slower than prices, so the limit is the worst price."""
        if not size:
            return 0
        return notional_up(leg.limit, Size(size)) + max(0, self._fee_of(leg.market, leg.limit, Size(size)))

    def _known_worst(self, hold: _Hold, leg: Leg, size: int) -> int:
        what = (leg.outcome, leg.limit, size)
        worst = hold.worst.get(what)
        if worst is None:
            worst = hold.worst[what] = self._worst(leg, size)
        return worst

    def _note(self, hold: _Hold, order: Order) -> None:
        leg = order.leg
        before = hold.seen.get(order.id, Size(0))
        if order.filled != before:
            hold.seen[order.id] = order.filled
            claim = (leg.outcome, leg.side)
            hold.traded[claim] = hold.traded.get(claim, 0) + order.filled - before
            if leg.side is Side.BUY:
                # Differences of totals, not costs of differences: so the parts of an order add up to the whole. An
                # order that spends an amount of money may trade more than its size, for no more than that.
                left, now_left = max(0, leg.size - before), max(0, leg.size - order.filled)
                spent = self._known_worst(hold, leg, left) - self._known_worst(hold, leg, now_left)
                hold.consumed[leg.market] = hold.consumed.get(leg.market, 0) + spent
        if order.status.final:
            hold.orders.pop(order.id, None)
        else:
            hold.orders[order.id] = order

    def _close_or_count(self, intent: IntentId, hold: _Hold) -> None:
        if hold.over:
            self._recount(hold, {})
            del self._holds[intent]
            self._at_worst -= hold.max_loss
            for claim in hold.sizes:
                claiming = self._claiming[claim]
                del claiming[intent]
                if not claiming:
                    del self._claiming[claim]
        else:
            self._count(hold)

    def _claim(self, intent: IntentId, hold: _Hold) -> None:
        """Let a hold be found by what it may trade."""
        for order in hold.orders.values():
            hold.sizes.setdefault((order.leg.outcome, order.leg.side), 0)
        for claim in hold.sizes:
            self._claiming.setdefault(claim, {})[intent] = hold

    def _count(self, hold: _Hold) -> None:
        """Let the sums follow what a hold reserves."""
        claims = self._claims(hold)
        if claims != hold.counted:  # most news of an order change nothing of it
            self._recount(hold, claims)

    def _recount(self, hold: _Hold, claims: Mapping[MarketId, int]) -> None:
        """Take out of the sums what a hold had there, and put in what it claims now."""
        counted, hold.counted = hold.counted, claims
        for market in {**counted, **claims}:
            venue, more = self._venue_of(market), claims.get(market, 0) - counted.get(market, 0)
            self._total += more
            self._at_venue[venue] = self._at_venue.get(venue, 0) + more
            total = self._reserved.get(market, 0) + more
            if total:
                self._reserved[market] = total
            else:
                self._reserved.pop(market, None)

    def _claims(self, hold: _Hold) -> Mapping[MarketId, int]:
        """Per market the greater of what is left of the plan and what live orders may still cost."""
        working: dict[MarketId, int] = {}
        for order in hold.orders.values():
            if order.leg.side is Side.BUY:
                cost = self._known_worst(hold, order.leg, order.remaining)
                working[order.leg.market] = working.get(order.leg.market, 0) + cost
        if hold.released:
            return working
        planned = {market: amount - hold.consumed.get(market, 0) for market, amount in hold.plan.items()}
        return {market: max(0, planned.get(market, 0), working.get(market, 0)) for market in {**planned, **working}}

    def _in_flight(self, outcome: OutcomeId, side: Side) -> Size:
        total = 0
        claim = (outcome, side)
        for hold in self._claiming.get(claim, {}).values():
            live = sum(o.remaining for o in hold.orders.values() if (o.leg.outcome, o.leg.side) == claim)
            left = 0 if hold.released else hold.sizes.get(claim, 0) - hold.traded.get(claim, 0)
            total += max(live, left)
        return Size(total)
