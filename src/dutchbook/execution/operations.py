"""Token operations: booked at once where that is all there is to it, else sent, and booked once they are reported."""

from collections.abc import Mapping, Set
from types import MappingProxyType

import msgspec

from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import OperationReported
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.operations import Operation, OperationId, OperationKind, Progress
from dutchbook.domain.units import Nanos, Size
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.execution.step import Alert, Note, Ordered, StepDraft
from dutchbook.portfolio.entries import Convert, Merge, Settlement, Split

type TokenEntry = Split | Merge | Convert | Settlement
"""The entries of the ledger that somebody has to do at a venue."""


class Pending(msgspec.Struct, frozen=True):
    """An operation under way; `reference` once it is known under one."""

    ordered: Ordered
    reference: str = ""


class Operations:
    """What is under way at venues. An operation is sent once; what nobody can tell, the account's statements settle."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk
        self._pending: dict[OperationId, Pending] = {}
        self._doubtful: dict[MarketId, None] = {}
        """Markets in which something may have happened that nobody will report."""

    @property
    def pending(self) -> Mapping[OperationId, Pending]:
        """All that is under way, oldest first. A live view."""
        return MappingProxyType(self._pending)

    def begin(self, entry: TokenEntry, draft: StepDraft) -> OperationId | None:
        """Ask for it; None if nobody has to be asked: then it is booked now."""
        venue = self._venue(_markets(entry)[0])
        if not self._desk.operates(venue):
            draft.operations.append(entry)
            return None
        id_ = OperationId(f"op-{self._desk.next_intent()}")
        ordered = Ordered(self._operation(id_, venue, entry), entry)
        self._pending[id_] = Pending(ordered)
        draft.ordered.append(ordered)
        return id_

    def reported(self, event: OperationReported, draft: StepDraft) -> Ordered | None:
        """Follow a report; the operation, if it is over by it. What is done is booked."""
        pending = self._pending.get(event.operation)
        if pending is None:
            draft.notes.append(Note(event.operation, f"reported {event.progress}, and is over: {event.detail}"))
            return None
        if event.progress is Progress.SENT:
            self._pending[event.operation] = msgspec.structs.replace(pending, reference=event.reference)
            return None
        del self._pending[event.operation]
        ordered = pending.ordered
        draft.sweeps.append(ordered.operation.venue)
        if event.progress is Progress.UNKNOWN:
            self._doubtful |= dict.fromkeys(markets_of(ordered.entry))
        if event.progress is Progress.DONE:
            draft.done.append(ordered.entry)
        else:
            draft.alerts.append(Alert(event.operation, _ill(ordered.operation, event)))
        return ordered

    def touched(self) -> Set[MarketId]:
        """Markets of which accounts may have more, or less, than the ledger: they are to be asked for."""
        asked = (pending.ordered.entry for pending in self._pending.values())
        return {*self._doubtful, *(market for entry in asked for market in markets_of(entry))}

    def moving(self, venue: Venue) -> bool:
        """Whether anything is under way at a venue: its statements cannot be compared meanwhile."""
        return any(pending.ordered.operation.venue is venue for pending in self._pending.values())

    def bound(self, outcome: OutcomeId) -> Size:
        """Contracts of an outcome that operations under way take: nobody else may sell them."""
        return Size(sum(_taken(pending.ordered.entry, outcome) for pending in self._pending.values()))

    def redeeming(self, market: MarketId) -> bool:
        """Whether a market's shares are being redeemed."""
        asked = (pending.ordered.operation for pending in self._pending.values())
        return any(one.kind is OperationKind.REDEEM and market in one.markets for one in asked)

    def adopt(self, ordered: Ordered) -> None:
        """An operation that a journal has as asked for."""
        self._pending[ordered.operation.id] = Pending(ordered)

    def relive(self, event: OperationReported) -> Ordered | None:
        """A report that a journal has; the operation, if it is over by it. Its money is in the ledger already."""
        return self.reported(event, StepDraft())

    def resume(self, now: Nanos, draft: StepDraft) -> None:
        """After a restart: what has no reference may have left or not, and nobody will ever tell."""
        for id_, pending in self._pending.items():
            if not pending.reference:
                why = "the desk stopped before it was known to have left"
                draft.findings.append(OperationReported(id_, Progress.UNKNOWN, now, why))

    def _operation(self, id_: OperationId, venue: Venue, entry: TokenEntry) -> Operation:
        match entry:
            case Split(market=market, size=size):
                return Operation(id=id_, kind=OperationKind.SPLIT, venue=venue, markets=(market,), size=size)
            case Merge(market=market, size=size):
                return Operation(id=id_, kind=OperationKind.MERGE, venue=venue, markets=(market,), size=size)
            case Convert(question=question, size=size):
                given, kind = _markets(entry), OperationKind.CONVERT
                return Operation(id=id_, kind=kind, venue=venue, markets=given, size=size, question=question)
            case Settlement(market=market, yes=yes, no=no):
                held = (self._held(yes), self._held(no))
                kind = OperationKind.REDEEM
                return Operation(id=id_, kind=kind, venue=venue, markets=(market,), size=held[0], no=held[1])

    def _held(self, outcome: OutcomeId) -> Size:
        position = self._desk.positions().get(outcome)
        return Size(0) if position is None else position.size

    def _venue(self, market_id: MarketId) -> Venue:
        market = self._desk.market(market_id)
        if market is None:
            raise IllegalTransition(f"an operation in {market_id}: no such market is known - list it first")
        return market.venue


def markets_of(entry: TokenEntry) -> tuple[MarketId, ...]:
    """All markets in which an operation moves something."""
    if isinstance(entry, Convert):
        return tuple(claim.market for claim in (*entry.gives, *entry.takes))
    return (entry.market,)


def _markets(entry: TokenEntry) -> tuple[MarketId, ...]:
    if isinstance(entry, Convert):
        return tuple(claim.market for claim in entry.gives)
    return (entry.market,)


def _taken(entry: object, outcome: OutcomeId) -> int:
    match entry:
        case Merge(yes=yes, no=no, size=size) if outcome in (yes, no):
            return size
        case Convert(gives=gives, size=size) if any(claim.outcome == outcome for claim in gives):
            return size
        case _:
            return 0


def _ill(operation: Operation, event: OperationReported) -> str:
    name = f"{operation.kind} of {', '.join(operation.markets)}"
    if event.progress is Progress.FAILED:
        return f"{name} failed: {event.detail}"
    return f"{name}: nobody knows whether it happened: {event.detail} - what the account states is taken over"
