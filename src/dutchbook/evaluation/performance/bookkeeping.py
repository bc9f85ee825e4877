"""The books of a run, kept again from its journal: the same entries in the same order as the desk booked them."""

from collections.abc import Callable, Mapping

import msgspec

from dutchbook.domain.errors import LedgerError
from dutchbook.domain.events import FillReversed, FillSettled, OperationReported
from dutchbook.domain.identity import venue_of
from dutchbook.domain.operations import OperationId, Progress
from dutchbook.domain.orders import Fill, OrderId
from dutchbook.domain.units import Money, Nanos
from dutchbook.engine.memory import DeskState
from dutchbook.engine.records import RunStarted
from dutchbook.execution.step import Ordered
from dutchbook.portfolio.bookings import Booking
from dutchbook.portfolio.entries import Deposit, FillBooked, FillUndone, LedgerEntry
from dutchbook.portfolio.fitting import fitted
from dutchbook.portfolio.ledger import Ledger, LedgerState
from dutchbook.portfolio.venue_cash import VenueCash

type FillKey = tuple[OrderId, str]


class Bookkeeping:
    """Takes lines by kind and body. Raises LedgerError or MsgspecError for one that cannot be."""

    def __init__(self) -> None:
        self._venue_cash = VenueCash(venue_of)
        self.ledger = Ledger(self._follow)
        self.opening: LedgerState | None = None
        """How the books stood when the run began, if an earlier one left any."""
        self._entries: list[tuple[Nanos, LedgerEntry]] = []
        self._undone: set[FillKey] = set()
        self._fills: dict[FillKey, Fill] = {}
        self._asked: dict[OperationId, Ordered] = {}
        self._ended: set[OperationId] = set()
        self.at_cost: list[tuple[Nanos, Money]] = []
        """All positions at cost, after each entry that moved them."""
        self._now = Nanos(0)
        self._readers: Mapping[str, Callable[[msgspec.Raw], None]] = {
            "run": self._run,
            "kept": self._kept,
            "fill": self._filled,
            "reversed": self._reversed,
            "settled": self._settled,
            "operation": self._operation,
            "operate": self._operate,
            "operated": self._operated,
        }

    @property
    def put_in(self) -> Money:
        """Deposits less withdrawals, and what venues stated beyond what was booked."""
        ledger = self.ledger
        return Money(ledger.deposits - ledger.withdrawals + ledger.adopted)

    def standing(self) -> list[tuple[Nanos, LedgerEntry]]:
        """All entries in order, without the trades that were taken back."""
        return [
            (at, entry)
            for at, entry in self._entries
            if not isinstance(entry, FillUndone)
            and not (isinstance(entry, FillBooked) and _key(entry.fill) in self._undone)
        ]

    def read(self, kind: str, at: Nanos, body: msgspec.Raw) -> None:
        """The next line."""
        reader = self._readers.get(kind)
        if reader is not None:
            self._now = at
            reader(body)

    def restore(self, state: DeskState, at: Nanos) -> None:
        """Go on with what an earlier run left."""
        self._now = at
        self.ledger.restore(state.ledger)
        self.opening = state.ledger
        self.at_cost.append((self._now, self.ledger.positions_at_cost))

    def _follow(self, entry: LedgerEntry, booking: Booking) -> None:
        self._venue_cash.booked(entry, booking)
        self._entries.append((self._now, entry))
        if any(posting.claim is not None for posting in booking):
            self.at_cost.append((self._now, self.ledger.positions_at_cost))

    def _run(self, body: msgspec.Raw) -> None:
        cash = msgspec.json.decode(body, type=RunStarted).cash
        if cash:
            self.ledger.apply(Deposit(cash))

    def _kept(self, body: msgspec.Raw) -> None:
        """A line that was taken over: its money is in the state already, and what it asked for may still be done."""
        kept = msgspec.json.decode(body, type=_KeptLine)
        match kept.kind:
            case "operate":
                self._operate(kept.body)
            case "operated":
                reported = msgspec.json.decode(kept.body, type=OperationReported)
                if reported.progress is not Progress.SENT:
                    self._ended.add(reported.operation)
            case "fill":
                fill = msgspec.json.decode(kept.body, type=Fill)
                self._fills[_key(fill)] = fill
            case _:
                pass

    def _filled(self, body: msgspec.Raw) -> None:
        fill = msgspec.json.decode(body, type=Fill)
        key = _key(fill)
        if fill.id and (key in self._fills or key in self._undone):
            return
        self._fills[key] = fill
        self._book(FillBooked(fill))

    def _reversed(self, body: msgspec.Raw) -> None:
        event = msgspec.json.decode(body, type=FillReversed)
        key = (event.order, event.fill)
        fill = self._fills.get(key)
        if key not in self._undone and fill is not None:
            self._book(FillUndone(fill))
        self._undone.add(key)

    def _settled(self, body: msgspec.Raw) -> None:
        event = msgspec.json.decode(body, type=FillSettled)
        self.ledger.settled(event.order, event.fill)

    def _operation(self, body: msgspec.Raw) -> None:
        entry: LedgerEntry = _entry(body)
        if isinstance(entry, FillUndone):
            return  # told by the reversal itself
        if isinstance(entry, FillBooked):
            self._book(entry)
        else:
            self.ledger.apply(entry)

    def _operate(self, body: msgspec.Raw) -> None:
        ordered = msgspec.json.decode(body, type=Ordered)
        self._asked[ordered.operation.id] = ordered

    def _operated(self, body: msgspec.Raw) -> None:
        event = msgspec.json.decode(body, type=OperationReported)
        ordered = self._asked.get(event.operation)
        if ordered is None or event.progress is Progress.SENT or event.operation in self._ended:
            return
        self._ended.add(event.operation)
        if event.progress is Progress.DONE:
            self._done(ordered.entry)

    def _done(self, entry: LedgerEntry) -> None:
        try:
            self.ledger.apply(entry)
        except LedgerError:
            return  # the desk could not book it either, and went by what the account stated

    def _book(self, entry: FillBooked | FillUndone) -> None:
        for one in fitted(entry, self.ledger):
            self.ledger.apply(one)


class _KeptLine(msgspec.Struct):
    kind: str
    body: msgspec.Raw


def _key(fill: Fill) -> FillKey:
    return fill.order, fill.id


_entry = msgspec.json.Decoder(LedgerEntry).decode
