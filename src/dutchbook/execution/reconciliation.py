"""What an account states against what the ledger has: differences go on record, and are corrected once they stand.

Quantities become exactly those of the venue. Less than a hundredth of a contract is dust, less than a cent is rounding.
"""

from collections.abc import Mapping

from dutchbook.domain.events import AccountStated, StatedPosition
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import Money, Nanos, Price, Size, decimal_text, dollars, notional_down
from dutchbook.execution.holdings import merge_of
from dutchbook.execution.orders import Orders
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.execution.redemptions import pays, settlement_of, worth
from dutchbook.execution.step import Alert, Difference, HaltWanted, StepDraft
from dutchbook.portfolio.entries import Adopted, CashAdopted
from dutchbook.portfolio.positions import Position

DUST = Size(10_000)
"""A hundredth of a contract: what venues round away at settlement."""
CENT = Money(10_000)
CASH = "cash"

ENDED = frozenset({MarketStatus.CLOSED, MarketStatus.RESOLVED})
_IN_DOUBT = frozenset({OrderStatus.SENDING, OrderStatus.UNKNOWN})


class Standing:
    """Differences as they were first stated. One counts once two statements, far enough apart, agree on it."""

    def __init__(self, stands: Nanos) -> None:
        self._stands = stands
        self._seen: dict[tuple[Venue, str], tuple[int, Nanos]] = {}

    def stands(self, event: AccountStated, subject: str, amount: int) -> bool:
        """Take note of a difference; whether it was stated before, long enough ago."""
        before = self._seen.get((event.venue, subject))
        if before is None or before[0] != amount:
            self._seen[event.venue, subject] = (amount, event.asked)
            return False
        return event.asked - before[1] >= self._stands

    def again_at(self, event: AccountStated) -> Nanos | None:
        """When the account should be stated again, where a difference was stated for the first time just now."""
        new = any(venue is event.venue and asked == event.asked for (venue, _), (_, asked) in self._seen.items())
        return Nanos(event.received + self._stands) if new else None

    def is_past(self, at: Nanos, event: AccountStated) -> bool:
        """Whether a statement was asked for so long after a moment that all that happened until then is in it."""
        return event.asked - at >= self._stands

    def first(self, event: AccountStated, subject: str) -> bool:
        """Whether the difference was stated for the first time just now."""
        return self._seen.get((event.venue, subject), (0, Nanos(0)))[1] == event.asked

    def gone(self, event: AccountStated, subject: str) -> None:
        """There is no difference any more, or none that can be told."""
        self._seen.pop((event.venue, subject), None)


class Reconciliation:
    """Compares statements of accounts with the ledger.

    Venues read back late what they just did: a difference has to stand. At a start it is corrected at once, but where
    something may just have happened: orders rest, the desk before this one was at work a moment ago, or a market that
    is held has ended, of which nobody has told yet what it pays. Nothing is compared that something in flight may
    explain: an order in doubt, a provisional fill, an operation under way, or a movement since the account was asked
    for.
    """

    def __init__(self, desk: ExecutionDesk, orders: Orders, standing: Standing) -> None:
        self._desk = desk
        self._orders = orders
        self._standing = standing
        self._moved: dict[MarketId, Nanos] = {}
        self._stated: set[Venue] = set()
        self._at_work_until: Nanos | None = None

    def moved(self, market: MarketId, at: Nanos) -> None:
        """Positions or cash of a market moved: statements that were asked for before cannot be compared with it."""
        self._moved[market] = at

    def resumed(self, at_work_until: Nanos) -> None:
        """Another desk was at work before this one, until then."""
        self._at_work_until = at_work_until

    def account_stated(self, event: AccountStated, draft: StepDraft) -> None:
        """Compare, put each difference on record, and correct what stands."""
        if self._desk.moving(event.venue):
            return
        at_once = event.venue not in self._stated and self._at_rest(event)
        _Comparison(self._desk, self._standing, event, self.busy(event), at_once).run(draft)
        self._stated.add(event.venue)

    def _at_rest(self, event: AccountStated) -> bool:
        """Whether nothing of ours can have happened at the venue a moment before it was asked."""
        until = self._at_work_until
        markets = (self._desk.market(order.leg.market) for order in self._orders.working())
        working = any(market is None or market.venue is event.venue for market in markets)
        return not working and (until is None or self._standing.is_past(until, event))

    def busy(self, event: AccountStated) -> set[MarketId]:
        """Markets in which something is in flight, or moved since the account was asked for."""
        busy = {order.leg.market for order in self._orders.working() if order.status in _IN_DOUBT}
        busy |= {fill.market for fill in self._orders.provisional()}
        return busy | {market for market, at in self._moved.items() if at >= event.asked}


class _Comparison:
    """One statement of an account, beside what the ledger has of that venue."""

    def __init__(
        self, desk: ExecutionDesk, standing: Standing, event: AccountStated, busy: set[MarketId], at_once: bool
    ) -> None:
        self._desk = desk
        self._standing = standing
        self._event = event
        self._busy = busy
        self._at_once = at_once
        self._cash = int(desk.cash_at(event.venue))
        self._held: Mapping[OutcomeId, Position] = {
            outcome: position
            for outcome, position in desk.positions().items()
            if (market := desk.market(position.market)) is not None and market.venue is event.venue
        }
        self._sizes = {outcome: int(position.size) for outcome, position in self._held.items()}
        self._ended = {position.market for position in self._held.values() if self._is_undecided(position.market)}
        """Markets that are held, have ended and pay sooner or later: the venue may have paid already."""
        self._asked_for = desk.operates(event.venue)
        """Whether decided markets pay only once somebody redeems them."""

    def run(self, draft: StepDraft) -> None:
        if self._event.venue is Venue.KALSHI:
            self._net(draft)
        theirs = {position.outcome: position for position in self._event.positions}
        self._settle(theirs, draft)
        for outcome in sorted({*theirs, *self._sizes}):
            self._compare(outcome, theirs.get(outcome), draft)
        self._compare_cash(draft)

    def _is_undecided(self, market_id: MarketId) -> bool:
        market, now = self._desk.market(market_id), self._event.asked
        if market is None or market.payout is not None:
            return False
        return market.status in ENDED or (market.closes is not None and market.closes <= now)

    def _net(self, draft: StepDraft) -> None:
        """Kalshi turns a YES and a NO into a dollar by itself: so does the ledger, where it has not yet."""
        for market_id in sorted({position.market for position in self._held.values()} - self._busy):
            market = self._desk.market(market_id)
            pairs = 0 if market is None else min(self._sizes.get(market.yes, 0), self._sizes.get(market.no, 0))
            if market is not None and pairs:
                draft.operations.append(merge_of(market, Size(pairs)))
                self._cash += pairs
                self._sizes[market.yes] -= pairs
                self._sizes[market.no] -= pairs

    def _settle(self, theirs: Mapping[OutcomeId, StatedPosition], draft: StepDraft) -> None:
        """Book decided markets that paid, by themselves or since somebody redeemed them, and those that pay nothing."""
        for market_id in sorted({position.market for position in self._held.values()} - self._busy):
            market = self._desk.market(market_id)
            if market is None or market.payout is None:
                continue
            sizes = {outcome: Size(self._sizes.get(outcome, 0)) for outcome in (market.yes, market.no)}
            brings = worth(market, sizes)
            if brings and self._asked_for and not self._is_redeemed(market, sizes, theirs, draft):
                continue
            draft.operations.append(settlement_of(market))
            self._cash += brings
            for outcome in sizes:
                self._sizes.pop(outcome, None)

    def _is_redeemed(
        self,
        market: Market,
        sizes: Mapping[OutcomeId, Size],
        theirs: Mapping[OutcomeId, StatedPosition],
        draft: StepDraft,
    ) -> bool:
        """Whether none of what pays is there any more, and that stands."""
        left = sum(theirs[outcome].size for outcome in sizes if outcome in theirs and pays(market, outcome))
        if left:
            self._standing.gone(self._event, market.id)
            return False
        return self._corrects(market.id, sum(sizes.values()), 0, draft, at_once=self._at_once)

    def _compare(self, outcome: OutcomeId, stated: StatedPosition | None, draft: StepDraft) -> None:
        ours, theirs = self._sizes.get(outcome, 0), 0 if stated is None else stated.size
        market_id = self._held[outcome].market if stated is None else stated.market
        market = self._desk.market(market_id)
        if abs(theirs - ours) < DUST:
            self._standing.gone(self._event, outcome)
        elif market is None:
            self._unmappable(outcome, market_id, theirs, draft)
        elif market_id in self._busy or self._is_spent(market, outcome, theirs):
            self._standing.gone(self._event, outcome)
        elif self._corrects(outcome, ours, theirs, draft, at_once=self._at_once and market_id not in self._ended):
            cost = self._cost(outcome, Size(theirs - ours), stated) if theirs > ours else Money(0)
            draft.operations.append(Adopted(outcome, market_id, theirs - ours, cost, f"{self._event.venue} states it"))
            self._alert(f"{_contracts(theirs)} of {outcome} are held, not {_contracts(ours)}", draft)

    def _is_spent(self, market: Market, outcome: OutcomeId, theirs: int) -> bool:
        """Whether it is of no account what is held of a decided outcome: it pays nothing, or was compared as a whole.

        Where the venue pays by itself, what is to come is in the comparison of cash.
        """
        if market.payout is None:
            return False
        return not self._asked_for or not theirs or not pays(market, outcome)

    def _compare_cash(self, draft: StepDraft) -> None:
        at_venue = (self._desk.market(market) for market in self._busy)
        if any(market is None or market.venue is self._event.venue for market in at_venue):
            self._standing.gone(self._event, CASH)
            return
        theirs = self._event.cash + sum(self._unpaid(position) for position in self._event.positions)
        if abs(theirs - self._cash) < CENT:
            self._standing.gone(self._event, CASH)
        elif self._corrects(CASH, self._cash, theirs, draft, at_once=self._at_once and not self._ended):
            venue = self._event.venue
            draft.operations.append(CashAdopted(Money(theirs - self._cash), f"{venue} states it", venue))
            if self._cash or self._held or not self._at_once:  # money of a new account surprises nobody
                self._alert(f"cash is ${dollars(Money(theirs))}, not ${dollars(Money(self._cash))}", draft)

    def _unpaid(self, position: StatedPosition) -> Money:
        """What a resolved position will bring where nobody has to redeem it: the ledger has it as cash already."""
        market = self._desk.market(position.market)
        if self._asked_for or market is None:
            return Money(0)
        return notional_down(Price(pays(market, position.outcome)), position.size)

    def _corrects(self, subject: str, ours: int, theirs: int, draft: StepDraft, *, at_once: bool) -> bool:
        """Put a difference on record, and say whether it is to be corrected now."""
        stands = self._standing.stands(self._event, subject, theirs - ours) or at_once
        if stands:
            self._standing.gone(self._event, subject)
            self._record(subject, ours, theirs, "what the venue states is taken over", draft)
        elif self._standing.first(self._event, subject):
            self._record(subject, ours, theirs, "to be taken over if it stands", draft)
        return stands

    def _cost(self, outcome: OutcomeId, found: Size, stated: StatedPosition | None) -> Money:
        """What found contracts count as: the venue's cost, else our own average, else the bid, else nothing."""
        held = self._held.get(outcome)
        if stated is not None and stated.cost is not None:
            return Money(max(0, stated.cost - (0 if held is None else held.cost)))
        if held is not None:
            return Money(held.cost * found // held.size)
        book = self._desk.book(outcome)
        bid = None if book is None or not book.usable else book.best_bid
        return Money(0) if bid is None else notional_down(bid, found)

    def _unmappable(self, outcome: OutcomeId, market: MarketId, theirs: int, draft: StepDraft) -> None:
        if self._standing.stands(self._event, outcome, theirs) or self._standing.first(self._event, outcome):
            why = f"{self._event.venue} states {_contracts(theirs)} of {outcome}, of market {market} that nobody listed"
            self._record(outcome, 0, theirs, "cannot be counted: the desk is halted", draft)
            draft.halts.append(HaltWanted(f"{why} - its capital cannot be counted - list it, then reconcile"))

    def _record(self, subject: str, ours: int, theirs: int, action: str, draft: StepDraft) -> None:
        draft.differences.append(
            Difference(venue=self._event.venue, subject=subject, ours=ours, theirs=theirs, action=action)
        )

    def _alert(self, text: str, draft: StepDraft) -> None:
        draft.alerts.append(Alert(self._event.venue, f"by the account at {self._event.venue} {text}: taken over"))


def _contracts(size: int) -> str:
    return decimal_text(size, 6)
