"""What must hold at every moment of a torture, and what must hold once the faults are over."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from dutchbook.app.running import RunningDesk
from dutchbook.app.torture.on_record import OnRecord
from dutchbook.app.torture.truth import Truth, named
from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.events import VenueState
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import IntentId, Order, PlanKind
from dutchbook.domain.units import Money, Nanos, Size, complement, dollars, notional_down
from dutchbook.exchange.matching.messages import OrderState, WorkingOrder
from dutchbook.execution.reconciliation import CENT
from dutchbook.risk.settings import RiskSettings

type _Claim = tuple[IntentId, OutcomeId, Side]

_ALIVE = frozenset({OrderState.DELAYED, OrderState.LIVE})
CASH_TOLERANCE = CENT
"""Books and venue may differ by less than a cent: reconciliation takes over no smaller difference."""


class Violation(msgspec.Struct, frozen=True):
    """Something that may never be. `at` counts nanoseconds from the start of the torture."""

    check: str
    at: Nanos
    what: str


class Checks:
    """Watches one torture. `violations` grows; nothing is raised, so that the torture goes on."""

    def __init__(self, truth: Truth, risk: RiskSettings, now: Callable[[], Nanos]) -> None:
        self.violations: list[Violation] = []
        self.orders = 0
        """Orders of ours that arrived at a venue."""
        self.record = OnRecord()
        self._truth = truth
        self._risk = risk
        self._now = now
        self._seen: set[tuple[Venue, str]] = set()
        self._legs: dict[_Claim, dict[str, tuple[Order, WorkingOrder]]] = {}
        truth.listen(self._heard)

    def follow(self, journal: Path) -> None:
        """Another desk writes another journal from now on."""
        self.record.follow(journal)

    def step(self, desk: RunningDesk) -> None:
        """After each step of the desk."""
        self._ledger(desk)
        self._limits()

    def end(self, desk: RunningDesk) -> None:
        """Once faults are over, and the desk had time: it knows everything, and it is true."""
        self.record.read()
        for name in self.record.doubled:
            self._found("two orders of one name", name)
        execution = desk.parts.desk.execution
        for order in execution.orders.unknown():
            self._found("unknown at the end", f"order {order.id}: {order.venue_id}")
        for venue in Venue:
            if execution.venues[venue] is not VenueState.UP:
                self._found("venue not up at the end", f"{venue} is {execution.venues[venue]}")
            self._same_orders(venue, desk)
            self._same_holdings(venue, desk)
            self._same_cash(venue, desk)
        self.step(desk)

    def found(self, check: str, what: str) -> None:
        """Something that may never be, seen by somebody else."""
        self._found(check, what)

    def _heard(self, venue: Venue, order: WorkingOrder) -> None:
        key = (venue, order.new.id)
        if key not in self._seen:
            self._seen.add(key)
            self.orders += 1
            self._arrived(venue, order)
        self._no_more_than_wanted(venue, order)
        self._limits_of(venue, order.new.market)

    def _arrived(self, venue: Venue, order: WorkingOrder) -> None:
        """An order is at a venue: its line and its intent must have been on record before."""
        self.record.read()
        name = named(venue, order)
        ours = self.record.orders.get(name)
        if ours is None:
            self._found("order without a journal line", f"{venue}: {name}")
            return
        if ours.intent not in self.record.intents:
            self._found("order without an approved intent", f"{venue}: {ours.id} of {ours.intent}")

    def _no_more_than_wanted(self, venue: Venue, order: WorkingOrder) -> None:
        """No name and no leg of an intent has two orders, and all orders for it trade no more than it said."""
        ours = self.record.orders.get(named(venue, order))
        intent = None if ours is None else self.record.intents.get(ours.intent)
        if ours is None or intent is None:
            return
        of_leg = self._legs.setdefault((ours.intent, ours.leg.outcome, ours.leg.side), {})
        of_leg[order.new.id] = (ours, order)
        if len({each.id for each, _ in of_leg.values()}) < len(of_leg):
            self._once("two orders at a venue for one of ours", f"{venue}: {ours.id}")
        if intent.plan is PlanKind.BASKET and len(of_leg) > 1:
            self._once("two orders for one leg", f"{venue}: {ours.id}, leg of {ours.intent}")
        claim = (ours.leg.outcome, ours.leg.side)
        wanted = sum(leg.size for leg in intent.legs if (leg.outcome, leg.side) == claim)
        failed = self._truth.failed
        may_trade = sum(_most(each, there) - failed.get(id_, 0) for id_, (each, there) in of_leg.items())
        if may_trade > wanted:
            self._once("more than the intent", f"{ours.intent}: {may_trade} of {wanted} {ours.leg.outcome}")

    def _ledger(self, desk: RunningDesk) -> None:
        ledger, cash = desk.parts.desk.ledger, desk.parts.desk.venue_cash
        try:
            ledger.check()
        except LedgerError as error:
            self._found("ledger", str(error))
        if cash.state and (elsewhere := cash.elsewhere(ledger.cash)):
            self._once("cash by venue", f"${dollars(elsewhere)} of the ledger's cash lies at no venue")

    def _limits(self) -> None:
        total = 0
        for venue in Venue:
            here = sum(self._truth.capital(venue).values())
            total += here
            if (limit := self._risk.venue_limit_dollars) is not None and here > limit:
                self._once("venue limit", f"{venue}: ${dollars(Money(here))} of ${dollars(limit)}")
        if (limit := self._risk.deployed_limit_dollars) is not None and total > limit:
            self._once("deployed limit", f"${dollars(Money(total))} of ${dollars(limit)}")

    def _limits_of(self, venue: Venue, market: MarketId) -> None:
        here, limit = self._truth.capital(venue).get(market, Money(0)), self._risk.position_limit_dollars
        if limit is not None and here > limit:
            self._once("position limit", f"{market}: ${dollars(here)} of ${dollars(limit)}")

    def _same_orders(self, venue: Venue, desk: RunningDesk) -> None:
        theirs = self._truth.open(venue)
        ours = {
            order.venue_id: order
            for order in desk.parts.desk.execution.orders.working()
            if (market := desk.parts.desk.market(order.leg.market)) is not None and market.venue is venue
        }
        for name in sorted({*ours, *theirs}):
            here, there = ours.get(name), theirs.get(name)
            if here is None:
                self._found("orders differ", f"{venue}: {name} rests there, and is over here")
            elif there is None:
                self._found("orders differ", f"{venue}: {here.id} is {here.status} here, and does not rest there")
            elif here.remaining != there.remaining:
                self._found("orders differ", f"{venue}: {here.id} has {here.remaining} left, {there.remaining} there")

    def _same_holdings(self, venue: Venue, desk: RunningDesk) -> None:
        theirs = _open_ones(self._truth.holdings(venue), desk)
        ours = _open_ones(
            {
                outcome: position.size
                for outcome, position in desk.parts.desk.positions().items()
                if (market := desk.parts.desk.market(position.market)) is not None and market.venue is venue
            },
            desk,
        )
        for outcome in sorted({*ours, *theirs}):
            here, there = ours.get(outcome, Size(0)), theirs.get(outcome, Size(0))
            if here != there:
                self._found("positions differ", f"{venue}: {here} of {outcome} here, {there} there")

    def _same_cash(self, venue: Venue, desk: RunningDesk) -> None:
        """Decided contracts count as what they will bring, here and there: one side may have been paid already."""
        ours = {outcome: position.size for outcome, position in desk.parts.desk.positions().items()}
        there = self._truth.cash(venue) + _to_come(venue, self._truth.holdings(venue), desk)
        here = Money(desk.parts.desk.cash_at(venue) + _to_come(venue, ours, desk))
        if abs(here - there) >= CASH_TOLERANCE:
            self._found("cash differs", f"{venue}: ${dollars(here)} here, ${dollars(Money(there))} there")

    def _once(self, check: str, what: str) -> None:
        """A state, not an event: told when it begins."""
        if not self.violations or all((told.check, told.what) != (check, what) for told in self.violations[-8:]):
            self._found(check, what)

    def _found(self, check: str, what: str) -> None:
        self.violations.append(Violation(check, self._now(), what))


def _most(ours: Order, there: WorkingOrder) -> int:
    """What an order traded and may trade. One that spends dollars may bring more than it asked for: that is allowed."""
    if there.new.spend is not None:
        return int(min(there.filled, ours.leg.size))
    return int(there.filled) + (int(there.remaining) if there.state in _ALIVE else 0)


def _to_come(venue: Venue, sizes: Mapping[OutcomeId, Size], desk: RunningDesk) -> int:
    """What contracts of a venue's decided markets will bring."""
    total = 0
    for outcome, size in sizes.items():
        market = desk.parts.desk.catalogue.market_of(outcome)
        if market is not None and market.venue is venue and market.payout is not None:
            payout = market.payout if outcome == market.yes else complement(market.payout)
            total += notional_down(payout, size)
    return total


def _open_ones(sizes: Mapping[OutcomeId, Size], desk: RunningDesk) -> Mapping[OutcomeId, Size]:
    """Contracts of markets that are not decided: those that are, are cash in the books."""
    market_of = desk.parts.desk.catalogue.market_of
    found = {}
    for outcome, size in sizes.items():
        market = market_of(outcome)
        if market is None or market.payout is None:
            found[outcome] = size
    return found
