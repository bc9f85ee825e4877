"""What leaves the desk: what a turn or execution wants is on record first, and done then."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from dutchbook.domain.drafts import Draft
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import (
    Cause,
    Event,
    HaltOrdered,
    JournalRef,
    OperationReported,
    OrderReported,
)
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import Market
from dutchbook.domain.operations import OperationKind, Progress
from dutchbook.domain.orders import Intent, Order, OrderId, Report
from dutchbook.domain.units import Nanos
from dutchbook.domain.wishes import MergePair, Withdraw
from dutchbook.engine.agenda import Agenda, CancelArrives, OrderArrives, TimerDue
from dutchbook.engine.ahead import Decided
from dutchbook.engine.counters import LoopCounters
from dutchbook.engine.desk import Desk, Learned
from dutchbook.engine.ports import Append, Gateway
from dutchbook.engine.records import VerdictRecord, verdict_record
from dutchbook.engine.turn import Decision, Granted, Turn
from dutchbook.execution.gateway import Ready
from dutchbook.execution.step import NOTHING, BasketEnd, Offer, Ordered, Step
from dutchbook.risk.halt import Halt, HaltSwitch
from dutchbook.risk.review import Refused
from dutchbook.venues.trading import OrderDenied


class WriteOut(Protocol):
    """See `Record.write_out`."""

    def __call__(self, *, end: bool = False) -> None: ...


type AppendDrafts = Callable[[Nanos, Nanos, Draft, Sequence[Draft], Cause | None], JournalRef]
"""See `Record.append_drafts`."""

type Launch = Callable[[Ready, Nanos], Sequence[Order]]
"""Writes orders that were made ready; how they are on record now."""

_HALTED = "the desk is halted"


class Outlets(msgspec.Struct, frozen=True):
    """Where things go: orders, what is due later, lines, and events that follow from what was done."""

    gateway: Gateway
    agenda: Agenda
    append: Append
    append_drafts: AppendDrafts
    gather: Callable[[], bool]
    write_out: WriteOut
    """Before anything leaves: what was said of it is on record then."""
    dispatch: Callable[[Event, Cause], None]


class Sent(msgspec.Struct, frozen=True):
    """A decision that was made before its tick, on record and on its way; the turn has not come to it yet.

    `named` are the orders as they are on record. `stayed` are those that did not leave, with why, and their place.
    `ended` is what of the turn is on record already.
    """

    intent: Intent
    named: tuple[Order, ...]
    stayed: tuple[tuple[Order, str, Cause], ...]
    line: Cause
    ended: tuple[BasketEnd, ...] = ()


class _OrderLine(NamedTuple):
    """An order as it is on record, and why it may not leave, if so."""

    order: Order
    market: Market | None
    denied: str | None
    place: Cause


class Outflow:
    """Carries out turns and steps of one desk."""

    def __init__(self, desk: Desk, outlets: Outlets, switch: HaltSwitch, counters: LoopCounters) -> None:
        self._desk = desk
        self._gateway, self._agenda = outlets.gateway, outlets.agenda
        self._append, self._append_drafts, self._dispatch = outlets.append, outlets.append_drafts, outlets.dispatch
        self._gather, self._write_out = outlets.gather, outlets.write_out
        self._switch = switch
        self._counters = counters
        self._kept: set[MarketId] = set()
        self._sent: Sent | None = None

    def send_ahead(self, decided: Decided, launch: Launch, cause: Cause) -> None:
        """Put an intent that was approved ahead on record with its orders, and send these: the turn follows behind.

        The same lines that `carry_out` would write.
        """
        now, loaded = self._desk.now, decided.loaded
        stayed: tuple[tuple[Order, str, Cause], ...] = ()
        for ended in decided.ended:
            self._append("basket", ended, cause)
        place, *places = self._written_ahead(decided, cause)
        # The halt is looked for last: between it and the bytes there is nothing but their writing.
        if self._switch.refuses():
            named = tuple(replace(order, created=now) for order in loaded.ready.orders)
            stayed = tuple((order, _HALTED, at) for order, at in zip(named, places, strict=True))
        else:
            named = tuple(launch(loaded.ready, now))
            self._counters.orders += len(named)
        intent = replace(decided.approved.intent, at=now, oldest=decided.oldest)
        self._sent = Sent(intent, named, stayed, place, decided.ended)

    def _written_ahead(self, decided: Decided, cause: Cause) -> Sequence[Cause]:
        """Put the approval on record, and its orders; where each stands."""
        now, ready, lines = self._desk.now, decided.loaded.ready, decided.loaded.lines
        if lines is not None and lines.markets <= self._kept:
            first = self._append_drafts(now, decided.oldest, lines.verdict, lines.orders, cause).seq
            return [JournalRef(seq) for seq in range(first, first + 1 + len(lines.orders))]
        outermost = self._gather()
        intent = replace(decided.approved.intent, at=now, oldest=decided.oldest)
        try:
            places = [self._append("verdict", VerdictRecord(True, intent), cause)]
            for order, prepared in zip(ready.orders, ready.prepared, strict=True):
                self.keep_market(prepared.market, places[0])
                places.append(self._append("order", replace(order, created=now), places[0]))
        finally:
            self._write_out(end=outermost)
        return places

    @property
    def ahead(self) -> bool:
        """Whether something was sent that the turn has not come to."""
        return self._sent is not None

    def settle_ahead(self) -> None:
        """Behind the turn. Raises IllegalTransition if it did not come to what was sent: a restart adopts that."""
        if self._sent is not None:
            raise self._another_decision(self._sent)

    def carry_out(self, result: Turn, cause: Cause) -> None:
        """All that a turn led to."""
        for entry in result.learned.fitting:
            self._append("fitting", entry, cause)
        for operation in result.learned.operations:
            self._append("operation", operation, cause)
        for market in result.learned.decided:
            self._append("market", market, cause)
        self.perform(self._not_sent(result.learned), cause)
        for decision in result.decisions:
            if isinstance(decision, Granted):
                self._granted(decision, cause)
            else:
                self._decided(decision, cause)
        for answer in result.learned.answers:
            self._dispatch(answer, cause)

    def _decided(self, decision: Decision, cause: Cause) -> None:
        verdict = decision.verdict
        self._counters.intents += 1
        if isinstance(verdict, Refused):
            self._counters.refused += 1
            self._counters.refusals.update(refusal.rule for refusal in verdict.refusals)
        sent = self._sent
        if sent is None or verdict.intent.id != sent.intent.id:
            self.perform(decision.step, self._append("verdict", verdict_record(verdict), cause))
        elif isinstance(verdict, Refused) or verdict.intent != sent.intent or not _as_sent(decision.step.orders, sent):
            raise self._another_decision(sent)
        else:
            self._finish_sent(sent, decision.step)

    def _finish_sent(self, sent: Sent, step: Step) -> None:
        """What follows a decision whose orders have left already."""
        self._sent = None
        for order in sent.named:
            self._desk.named(order)
        self.perform(replace(step, orders=()), sent.line)
        self._report_stayed(sent.stayed)

    def _not_sent(self, learned: Learned) -> Step:
        """What an event led to, without what was put on record before the turn came to it: nothing else was first."""
        sent, step = self._sent, learned.step
        if sent is None or not sent.ended:
            return step
        expected = Step(ended=sent.ended, timers=step.timers)
        if step != expected or learned.fitting or learned.operations or learned.decided:
            raise self._another_decision(sent)
        self._sent = replace(sent, ended=())
        return replace(step, ended=())

    def _another_decision(self, sent: Sent) -> IllegalTransition:
        return IllegalTransition(
            f"intent {sent.intent.id} was sent ahead of its turn, which came to another decision - start again: its "
            "orders are adopted then"
        )

    def _granted(self, granted: Granted, cause: Cause) -> None:
        wish = granted.wish
        if isinstance(wish, Withdraw):
            cause = self._append("withdraw", wish, cause)
        elif isinstance(wish, MergePair):
            cause = self._append("merge", wish, cause)
        self.perform(granted.step, cause)

    def perform(self, step: Step, cause: Cause) -> None:
        """All that execution wants now."""
        if step is NOTHING:
            return
        self._book(step, cause)
        for ended in step.ended:
            self._append("basket", ended, cause)
        if step.cancels:
            self._cancel(step.cancels, cause)
        for offer in step.offers:
            self._offer(offer, cause)
        for order_id in step.queries:
            self._gateway.query(order_id, self._desk.now)
        for venue in step.sweeps:
            self._gateway.sweep(venue, self._desk.now)
        if step.orders:
            self._send_all(step.orders, cause)
        for note in step.notes:  # behind the bytes: words that nothing waits for
            self._append("note", note, cause)
        for name, at in step.timers:
            self._agenda.add(at, TimerDue(name), cause)
        self._tell(step, cause)

    def _tell(self, step: Step, cause: Cause) -> None:
        """What execution found out: on record, and those of it that are events through the turn."""
        for difference in step.differences:
            self._append("difference", difference, cause)
        for alert in step.alerts:
            self._append("alert", alert, cause)
            self._counters.alerted(alert, self._desk.now)
        for halt in step.halts:
            line = self._append("halt", halt, cause)
            if halt.venue is None and self._desk.halt_reason is None:
                self._switch.order(Halt(halt.reason, "the desk", self._desk.now))
                self._dispatch(HaltOrdered(halt.reason, self._desk.now), line)
        for finding in step.findings:
            self._dispatch(finding, cause)

    def _send_all(self, orders: Sequence[Order], cause: Cause) -> None:
        """Put orders on record and on their way together; those that stay here are reported once the others left."""
        lines = [self._name(order, cause) for order in orders]
        self._write_out()
        stayed: list[tuple[Order, str, Cause]] = []
        for line in lines:
            # The halt is looked for last: between it and the bytes there is nothing but their writing.
            if line.market is None or line.denied is not None or self._switch.refuses():
                stayed.append((line.order, line.denied or _HALTED, line.place))
                continue
            self._counters.orders += 1
            arrives = self._gateway.submit(line.order, line.market, self._desk.now)
            if arrives is not None:
                self._agenda.add(arrives, OrderArrives(line.order.id), line.place)
        self._gateway.depart(self._desk.now)
        self._report_stayed(stayed)

    def _report_stayed(self, stayed: Sequence[tuple[Order, str, Cause]]) -> None:
        for order, reason, line in stayed:
            self._dispatch(OrderReported(order.id, Report.REJECTED, self._desk.now, f"not sent: {reason}"), line)

    def _name(self, order: Order, cause: Cause) -> _OrderLine:
        """Have an order checked and named, and put it on record with its market."""
        market = self._desk.catalogue.market(order.leg.market)
        denied = f"no market {order.leg.market} is known" if market is None else self._desk.refuses(order)
        if market is not None and denied is None:
            try:
                order = self._gateway.prepare(order, market, self._desk.now)
            except OrderDenied as error:
                denied = str(error)
        if market is not None:
            self.keep_market(market, cause)
        place = self._append("order", order, cause)
        self._desk.named(order)
        return _OrderLine(order, market, denied, place)

    def _offer(self, offer: Offer, cause: Cause) -> None:
        """Put on record that an order is sent once more, and send it; only if it would be the very same still."""
        order, now = self._desk.execution.orders[offer.order], self._desk.now
        market = self._desk.catalogue.market(order.leg.market)
        halted = self._desk.halt_reason is not None or self._switch.refuses()
        if market is None or halted or not self._gateway.same(order, market):
            return
        self._append("offer", offer, cause)
        self._write_out()
        if self._switch.refuses():  # looked for last, as for every order
            return
        self._desk.execution.offered(offer, now)
        self._gateway.offer(order, market, now)

    def _book(self, step: Step, cause: Cause) -> None:
        """Put on record what was booked, and have done what is to be booked once it is done."""
        for operation in step.operations:
            self._append("operation", operation, cause)
        for entry in step.done:
            self._append("done", entry, cause)
        for ordered in step.ordered:
            self._operate(ordered, cause)

    def _operate(self, ordered: Ordered, cause: Cause) -> None:
        """Put an operation on record and have it sent. What binds more money stays here while the desk is halted."""
        line, operation, now = self._append("operate", ordered, cause), ordered.operation, self._desk.now
        self._write_out()
        if operation.kind is OperationKind.SPLIT and self._switch.refuses():
            self._dispatch(OperationReported(operation.id, Progress.FAILED, now, "not sent: the desk is halted"), line)
        else:
            self._gateway.operate(operation, now)

    def _cancel(self, orders: Sequence[OrderId], cause: Cause) -> None:
        lines = [self._append("cancel", {"order": order}, cause) for order in orders]
        self._write_out()
        arrives = self._gateway.cancel(orders, self._desk.now)
        if arrives is not None:
            for order, line in zip(orders, lines, strict=True):
                self._agenda.add(arrives, CancelArrives(order), line)

    def keep_market(self, market: Market, cause: Cause) -> None:
        """Put a market on record with its first order: a restart must know what it holds, listed or not."""
        if market.id not in self._kept:
            self._kept.add(market.id)
            self._append("market", market, cause)


def _as_sent(orders: Sequence[Order], sent: Sent) -> bool:
    """Whether these are the orders that left, but for the names that their venue gives them."""
    return tuple(orders) == tuple(replace(order, venue_id="") for order in sent.named)
