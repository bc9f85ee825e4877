"""What a desk must know of the run before it, read from that run's journal alone: start is recovery."""

from collections.abc import Iterable, Set
from typing import Protocol

import msgspec
from msgspec.structs import replace

from dutchbook.domain.errors import IllegalTransition, JournalError, LedgerError
from dutchbook.domain.events import (
    CancelOrdered,
    Command,
    FillReversed,
    FillSettled,
    ForeignFill,
    OperationReported,
    OrderFilled,
    OrderReported,
    PauseLifted,
    PauseOrdered,
)
from dutchbook.domain.identity import MarketId, Venue, venue_of
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.operations import OperationId, Progress
from dutchbook.domain.orders import Fill, IntentId, Order, OrderId
from dutchbook.domain.units import Money, Nanos
from dutchbook.domain.wishes import Withdraw
from dutchbook.engine.records import RunStarted, VerdictRecord
from dutchbook.execution.orders import Orders
from dutchbook.execution.step import BasketEnd, Offer, Ordered
from dutchbook.portfolio.entries import (
    CashAdopted,
    Convert,
    Deposit,
    FillBooked,
    FillUndone,
    LedgerEntry,
    Merge,
    Settlement,
    Split,
    Withdrawal,
)
from dutchbook.portfolio.fitting import fitted
from dutchbook.portfolio.ledger import Ledger, LedgerState
from dutchbook.portfolio.venue_cash import VenueCash
from dutchbook.risk.drawdown import DrawdownState

MOST_TOLD = 5_000
"""Fills that are remembered as told: far more than any overlap of sweeps tells again."""
_EVERYBODY = IntentId("")
"""Whose lines concern whatever is at work."""
STOP = "dutchbook stop"
"""Who paused a desk that was about to end, before such pauses were marked as `leaving`."""


class DeskState(msgspec.Struct, frozen=True, kw_only=True):
    """What a desk owns and how its limits stand."""

    ledger: LedgerState
    venue_cash: dict[Venue, Money]
    drawdown: DrawdownState | None = None
    pauses: dict[str, str] = {}


class Kept(msgspec.Struct, frozen=True, gc=False):
    """A line of an earlier journal that still matters, as it stood there."""

    kind: str
    at: Nanos
    body: msgspec.Raw


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """All that a new run takes over. `told` are fills that venues may tell again: (venue's or our name, fill id)."""

    state: DeskState
    lines: tuple[Kept, ...] = ()
    markets: tuple[Market, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    last: Nanos = Nanos(0)
    began: bool = False
    """Whether that run came so far as to take over what it had to: before, it sent nothing."""


class Line(Protocol):
    """A proven line of a journal."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def body(self) -> msgspec.Raw: ...


class Remembering:
    """Reads a journal line by line, from its first to its last proven one."""

    def __init__(self) -> None:
        self._reader = _Reader()

    def read(self, line: Line) -> None:
        """The next line. Raises JournalError for one that cannot be."""
        try:
            self._reader.read(Kept(line.kind, Nanos(line.at), line.body))
        except (IllegalTransition, LedgerError, msgspec.MsgspecError) as error:
            raise JournalError(
                f"journal line {line.seq}: {error} - it cannot be gone on with - verify it, then start anew"
            ) from error

    def memory(self) -> Memory:
        """What the lines so far leave to take over."""
        return self._reader.memory()


def remember(lines: Iterable[Line]) -> Memory:
    """Read a journal from its first line to its last proven one. Raises JournalError for one that cannot be."""
    remembering = Remembering()
    for line in lines:
        remembering.read(line)
    return remembering.memory()


def event_of(line: Kept) -> OrderReported | OrderFilled | FillSettled | FillReversed:
    """The news of an order that a line holds. Raises MsgspecError for another one."""
    match line.kind:
        case "fill":
            return OrderFilled(_fill(line.body), line.at)
        case "report":
            return _report(line.body)
        case "settled":
            return _settled(line.body)
        case _:
            return _reversed(line.body)


def order_of(line: Kept) -> Order:
    """The order that a line holds."""
    return _order(line.body)


def verdict_of(line: Kept) -> VerdictRecord:
    """The verdict that a line holds."""
    return _verdict(line.body)


def cancel_of(line: Kept) -> CancelOrdered | None:
    """The cancel that a person ordered, if the line holds one."""
    command = _any_command(line.body)
    return command if isinstance(command, CancelOrdered) else None


def operation_of(line: Kept) -> LedgerEntry:
    """The operation that a line holds."""
    entry: LedgerEntry = _operation(line.body)
    return entry


def ordered_of(line: Kept) -> Ordered:
    """The operation that a line holds as asked for."""
    return _ordered(line.body)


def reported_of(line: Kept) -> OperationReported:
    """The report of an operation that a line holds."""
    return _reported(line.body)


def end_of(line: Kept) -> BasketEnd:
    """The end of a basket that a line holds."""
    return _end(line.body)


def withdrawn_of(line: Kept) -> Withdraw:
    """The withdrawal that a line holds."""
    return _withdraw(line.body)


def offer_of(line: Kept) -> Offer:
    """The order that a line has as sent once more."""
    return _offer(line.body)


class _Reader:
    """Follows money, orders and fills; keeps the lines of what is not over."""

    def __init__(self) -> None:
        self._orders = Orders()
        self._venue_cash = VenueCash(venue_of)
        self._ledger = Ledger(self._venue_cash.booked)
        self._drawdown: DrawdownState | None = None
        self._pauses: dict[str, str] = {}
        self._lines: list[tuple[IntentId, Kept]] = []
        self._over: set[IntentId] = set()
        self._asked: dict[OperationId, Ordered] = {}
        self._ended: set[OperationId] = set()
        self._markets: dict[MarketId, Market] = {}
        self._told: dict[tuple[str, str], None] = {}
        self._last = Nanos(0)
        self._has_begun = False
        self._readers = {
            "run": self._run,
            "began": self._began,
            "state": self._state,
            "kept": self._kept,
            "market": self._market,
            "told": self._earlier,
            "verdict": self._verdict,
            "order": self._order,
            "offer": self._offer,
            "report": self._news,
            "fill": self._news,
            "settled": self._news,
            "reversed": self._news,
            "operation": self._operation,
            "operate": self._ordered,
            "operated": self._operated,
            "basket": self._basket,
            "withdraw": self._withdrawn,
            "foreign_fill": self._foreign,
            "drawdown": self._limits,
            "command": self._command,
        }

    def read(self, line: Kept) -> None:
        self._last = max(self._last, line.at)
        reader = self._readers.get(line.kind)
        if reader is not None:
            reader(line)

    def memory(self) -> Memory:
        alive = {order.intent for order in self._orders.working()}
        alive |= {fill.intent for fill in self._orders.provisional()}
        over = self._over - alive
        if all(intent in over for intent, _ in self._lines if intent != _EVERYBODY):
            over.add(_EVERYBODY)
        over |= self._past(over)
        return Memory(
            state=DeskState(
                ledger=self._ledger.state,
                venue_cash=self._venue_cash.state,
                drawdown=self._drawdown,
                pauses=self._pauses,
            ),
            lines=tuple(line for intent, line in self._lines if intent not in over),
            markets=tuple(self._markets.values()),
            told=tuple(self._told)[-MOST_TOLD:],
            last=self._last,
            began=self._has_begun,
        )

    def _run(self, line: Kept) -> None:
        cash = msgspec.json.decode(line.body, type=RunStarted).cash
        self._drawdown = DrawdownState.start(cash, line.at)
        if cash:
            self._ledger.apply(Deposit(cash))

    def _began(self, line: Kept) -> None:  # noqa: ARG002 - it says no more
        self._has_begun = True

    def _state(self, line: Kept) -> None:
        state = msgspec.json.decode(line.body, type=DeskState)
        self._ledger.restore(state.ledger)
        for venue, cash in state.venue_cash.items():
            self._venue_cash.stated(venue, cash)
        self._drawdown, self._pauses = state.drawdown or self._drawdown, dict(state.pauses)

    def _kept(self, line: Kept) -> None:
        """A line that this run took over itself: its money is in the state that it began with."""
        kept = msgspec.json.decode(line.body, type=Kept)
        match kept.kind:
            case "verdict":
                self._verdict(kept)
            case "order":
                self._order(kept)
            case "offer":
                self._offer(kept)
            case "operation":
                self._keep_operation(operation_of(kept), kept)
            case "operate":
                self._ordered(kept)
            case "operated":
                self._report(kept)
            case "basket":
                self._basket(kept)
            case "withdraw":
                self._withdrawn(kept)
            case "command":
                self._command(kept)
            case _:
                self._orders.apply(event_of(kept))
                self._keep(self._intent_of(kept), kept)

    def _market(self, line: Kept) -> None:
        market = msgspec.json.decode(line.body, type=Market)
        self._markets[market.id] = market

    def _earlier(self, line: Kept) -> None:
        self._told.update(dict.fromkeys(msgspec.json.decode(line.body, type=dict[str, list[tuple[str, str]]])["fills"]))

    def _verdict(self, line: Kept) -> None:
        verdict = verdict_of(line)
        if verdict.approved:
            self._keep(verdict.intent.id, line)

    def _order(self, line: Kept) -> None:
        order = order_of(line)
        self._orders.adopt(order)
        self._keep(order.intent, line)

    def _offer(self, line: Kept) -> None:
        self._keep(self._orders[offer_of(line).order].intent, line)

    def _news(self, line: Kept) -> None:
        event = event_of(line)
        if isinstance(event, OrderFilled) and self._orders.is_new(event.fill):
            self._book(FillBooked(event.fill))
            self._tell(event.fill)
        if isinstance(event, FillSettled | FillReversed) and event.order not in self._orders:
            return  # of an order that was not ours, or not any more
        change = self._orders.apply(event)
        if change.undone is not None:
            self._book(FillUndone(change.undone))
        elif change.settled is not None:
            self._ledger.settled(change.settled.order, change.settled.id)
        self._keep(change.after.intent, line)

    def _operation(self, line: Kept) -> None:
        entry = operation_of(line)
        if isinstance(entry, FillUndone):
            return  # told by the reversal itself, which may be all that a crash left of both
        if isinstance(entry, FillBooked):
            self._book(entry)
        else:
            self._apply(entry)
        if isinstance(entry, Settlement):
            self._decided(entry)
        self._keep_operation(entry, line)

    def _ordered(self, line: Kept) -> None:
        ordered = ordered_of(line)
        self._asked[ordered.operation.id] = ordered
        self._keep(IntentId(ordered.operation.id), line)

    def _operated(self, line: Kept) -> None:
        """A report. What it says is done is booked with it: a crash may have left no other line."""
        ordered = self._report(line)
        if ordered is None or reported_of(line).progress is not Progress.DONE:
            return
        try:
            self._ledger.apply(ordered.entry)
        except LedgerError:
            return  # the desk could not book it either
        if isinstance(ordered.entry, Settlement):
            self._decided(ordered.entry)

    def _report(self, line: Kept) -> Ordered | None:
        """Keep a report; the operation, if it is over by it and was not before."""
        event = reported_of(line)
        ordered = self._asked.get(event.operation)
        self._keep(IntentId(event.operation), line)
        if ordered is None or event.progress is Progress.SENT or event.operation in self._ended:
            return None
        self._ended.add(event.operation)
        return ordered

    def _past(self, over: Set[IntentId]) -> set[IntentId]:
        """Operations that nobody needs to know of any more: over, and their baskets too."""
        return {
            IntentId(id_) for id_ in self._ended if (basket := _basket_of(self._asked[id_])) is None or basket in over
        }

    def _decided(self, entry: Settlement) -> None:
        """What a market pays, which its first line could not know."""
        market = self._markets.get(entry.market)
        if market is not None:
            self._markets[entry.market] = replace(market, status=MarketStatus.RESOLVED, payout=entry.payout)

    def _basket(self, line: Kept) -> None:
        self._over.update(end_of(line).intents)
        self._keep(end_of(line).intents[0], line)

    def _withdrawn(self, line: Kept) -> None:
        self._keep(withdrawn_of(line).intent, line)

    def _foreign(self, line: Kept) -> None:
        self._tell(msgspec.json.decode(line.body, type=ForeignFill).fill)

    def _limits(self, line: Kept) -> None:
        self._drawdown = msgspec.json.decode(line.body, type=DrawdownState)

    def _command(self, line: Kept) -> None:
        match _any_command(line.body):
            case PauseOrdered(by=by, strategy=strategy, leaving=False) if by != STOP:
                self._pauses[strategy] = by
            case PauseLifted(strategy=strategy):
                self._pauses.pop(strategy, None)
            case CancelOrdered():
                self._keep(_EVERYBODY, line)
            case _:
                pass

    def _book(self, entry: FillBooked | FillUndone) -> None:
        for one in fitted(entry, self._ledger):
            self._apply(one)

    def _apply(self, entry: LedgerEntry) -> None:
        """Book an entry; cash that comes or goes by it moves the limits.

        The desk says behind it how they stand then, which counts; but a crash may have left no other line.
        """
        self._ledger.apply(entry)
        match entry:
            case Deposit(amount=amount):
                moved = int(amount)
            case Withdrawal(amount=amount):
                moved = -amount
            case CashAdopted(amount=amount):
                moved = max(0, amount)  # less than was known counts as a loss
            case _:
                moved = 0
        if moved and self._drawdown is not None:
            self._drawdown = self._drawdown.moved(Money(moved), self._drawdown.last_equity)

    def _tell(self, fill: Fill) -> None:
        if fill.id:
            name = self._orders[fill.order].venue_id if fill.order in self._orders else fill.order
            self._told[name, fill.id] = None

    def _intent_of(self, line: Kept) -> IntentId:
        event = event_of(line)
        order: OrderId = event.fill.order if isinstance(event, OrderFilled) else event.order
        return self._orders[order].intent

    def _keep_operation(self, entry: LedgerEntry, line: Kept) -> None:
        """Only what a basket did for itself is of use to it."""
        if isinstance(entry, Split | Merge | Convert) and entry.basket is not None:
            self._keep(entry.basket, line)

    def _keep(self, intent: IntentId, line: Kept) -> None:
        self._lines.append((intent, line))


def _basket_of(ordered: Ordered) -> IntentId | None:
    return None if isinstance(ordered.entry, Settlement) else ordered.entry.basket


_fill = msgspec.json.Decoder(Fill).decode
_order = msgspec.json.Decoder(Order).decode
_report = msgspec.json.Decoder(OrderReported).decode
_settled = msgspec.json.Decoder(FillSettled).decode
_reversed = msgspec.json.Decoder(FillReversed).decode
_verdict = msgspec.json.Decoder(VerdictRecord).decode
_operation = msgspec.json.Decoder(LedgerEntry).decode
_ordered = msgspec.json.Decoder(Ordered).decode
_reported = msgspec.json.Decoder(OperationReported).decode
_end = msgspec.json.Decoder(BasketEnd).decode
_withdraw = msgspec.json.Decoder(Withdraw).decode
_offer = msgspec.json.Decoder(Offer).decode
_any_command = msgspec.json.Decoder(Command).decode
