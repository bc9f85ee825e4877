"""The loop: feeds each event through the turn, puts what came of it on record, then does it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from dutchbook.domain.events import (
    CashMoved,
    Cause,
    Event,
    FrameRef,
    GroupClosed,
    HaltOrdered,
    MarketEvent,
    OrderFilled,
    OrderReported,
    Resumed,
    TimerFired,
)
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.orders import Order, Report
from dutchbook.domain.ports import Frame, Lane
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos
from dutchbook.engine.agenda import Agenda, CancelArrives, OrderArrives, TimerDue
from dutchbook.engine.bus.local import LocalBus
from dutchbook.engine.desk import Desk
from dutchbook.engine.feed import Feed
from dutchbook.engine.ports import Gateway, Observer, Record
from dutchbook.engine.records import FaultRecord, Mark, event_record, verdict_record
from dutchbook.engine.risk_view import DeskRisk
from dutchbook.engine.turn import QUIET, Decision, Turn, decide, look, turn
from dutchbook.execution.step import Step
from dutchbook.risk.halt import Halt, HaltSwitch
from dutchbook.risk.ports import Rule
from dutchbook.risk.review import Refused
from dutchbook.strategies.ports import Strategy

MARK_EVERY = 10_000
"""Frames between two marks in the journal."""
EQUITY_EVERY = SECOND
"""Engine time between two looks at equity against the drawdown limits."""
LOOK_EVERY = Nanos(50 * MILLISECOND)
"""Engine time, while frames come, between two looks at what is no frame: equity, the halt, groups that nothing joined.
A codec closes its groups at its own next frame, drivers call `advance` when none comes, `_send` asks for the halt."""

_JOURNALLED: frozenset[type] = frozenset({OrderReported, OrderFilled, TimerFired, CashMoved, HaltOrdered, Resumed})


class LoopCounters:
    """What the loop did, for reports."""

    def __init__(self) -> None:
        self.events = 0
        self.intents = 0
        self.refused = 0
        self.orders = 0
        self.fills = 0
        self.refusals: Counter[str] = Counter()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides: strategies want, rules refuse, observers tell what they saw."""

    strategies: tuple[Strategy, ...]
    rules: tuple[Rule, ...]
    observers: tuple[Observer, ...] = ()


class Loop:
    """One desk at work. Time moves by `advance`; everything else follows from frames and from what is due.

    Market data leaves no line in the journal but a mark every 10,000 frames; each line that it causes names its frame.
    """

    def __init__(
        self,
        desk: Desk,
        feed: Feed,
        gateway: Gateway,
        record: Record,
        policy: Policy,
        switch: HaltSwitch,
    ) -> None:
        self.desk = desk
        self.feed = feed
        self.counters = LoopCounters()
        self.agenda = Agenda()
        self.bus = LocalBus()
        """Where others hear of what the desk did: reports, fills, timers, commands, each once it is applied."""
        self._gateway = gateway
        self._record = record
        self._strategies = policy.strategies
        self._observers = policy.observers
        self._rules = policy.rules
        self._deep = [strategy.deep() for strategy in policy.strategies]
        for outcomes in self._deep:
            desk.books.wake_deep(outcomes)
        self._lane = feed.open_lane(desk.books)
        self._view = DeskRisk(desk)
        self._switch = switch
        self._next_equity = Nanos(0)
        self._next_look = Nanos(0)
        self._next_mark = MARK_EVERY

    def frame(self, frame: Frame, ref: FrameRef) -> None:
        """Advance to the frame's receive time, decode it and hand on its events.

        What a lane counts is in the counters at the next `advance` at the latest.
        """
        lane, received = self._lane, frame.received
        if lane is None or received >= self._next_look or received >= self.agenda.due_at:
            self.frames((frame,), ref.segment, ref.offset)
            return
        self._review(lane)
        if self._lane is None:
            self._settle(lane)
            self.frames((frame,), ref.segment, ref.offset)
            return
        self.desk.now = max(self.desk.now, received)
        self.desk.heard[frame.source] = received
        outcomes = lane.take(frame)
        if outcomes is None or (outcomes and not self._look(lane, outcomes, lane.go_on, ref)):
            self._decode(frame, ref)
            self._review(lane)
            self._settle(lane)
        else:
            self.feed.frames += 1
        if self.feed.frames >= self._next_mark:
            self._settle(lane)
            self._mark(ref)

    def frames(self, frames: Iterable[Frame], segment: int, first: int) -> FrameRef:
        """Frames that stand together, from line `first` of `segment` on, one after the other; the place of the last."""
        if self._lane is not None:
            return self._in_lane(self._lane, frames, segment, first)
        desk, feed, agenda, counters = self.desk, self.feed, self.agenda, self.counters
        heard, decode, learn = desk.heard, feed.decode, desk.learn
        offset = first
        for offset, frame in enumerate(frames, first):
            received = frame.received
            if received >= self._next_look or received >= agenda.due_at:
                self.advance(received, FrameRef(segment, offset))
            elif received > desk.now:
                desk.now = received
            heard[frame.source] = received
            # `dispatch`, spelt out for events that no journal keeps: most are nothing to anybody.
            for event in decode(frame):
                counters.events += 1
                learned = learn(event)
                if not desk.calm:
                    ref = FrameRef(segment, offset)
                    self._follow(decide(desk, event, learned, self._strategies, self._view, self._rules), ref)
            if feed.fault is not None:
                self._append("fault", FaultRecord(feed.fault.reason), FrameRef(segment, offset))
                feed.fault = None
            if feed.frames >= self._next_mark:
                self._mark(FrameRef(segment, offset))
        return FrameRef(segment, offset)

    def _in_lane(self, lane: Lane, frames: Iterable[Frame], segment: int, first: int) -> FrameRef:
        """`frames`, each tried in the lane first; the rest of them without it once it is left."""
        desk, feed, agenda, heard = self.desk, self.feed, self.agenda, self.desk.heard
        take, go_on = lane.take, lane.go_on
        offset = first
        self._review(lane)
        try:
            for offset, frame in enumerate(frames, first):
                received = frame.received
                if received >= self._next_look or received >= agenda.due_at:
                    self.advance(received, FrameRef(segment, offset))
                    self._review(lane)
                elif received > desk.now:
                    desk.now = received
                heard[frame.source] = received
                outcomes = take(frame)
                if outcomes is None or (outcomes and not self._look(lane, outcomes, go_on, FrameRef(segment, offset))):
                    self._decode(frame, FrameRef(segment, offset))
                    self._review(lane)
                else:
                    feed.frames += 1
                if feed.frames >= self._next_mark:
                    self._settle(lane)
                    self._mark(FrameRef(segment, offset))
        finally:
            self._settle(lane)
        return FrameRef(segment, offset)

    def _look(
        self, lane: Lane, outcomes: Sequence[OutcomeId], go_on: Callable[[], Sequence[OutcomeId]], cause: Cause
    ) -> bool:
        """Tell strategies what the lane names, until it names no more. False if the lane is left in between."""
        while outcomes:
            self._follow(look(self.desk, outcomes, self._strategies, self._view, self._rules), cause)
            self._review(lane)
            if self._lane is None:
                return False
            outcomes = go_on()
        return True

    def _close_due(self, lane: Lane, now: Nanos, cause: Cause) -> None:
        """Let the lane close what is due; where it is left over that, the codec closes the rest."""
        self._review(lane)
        if self._lane is not None:
            self._look(lane, lane.close_due(now), partial(lane.close_due, now), cause)
        self._settle(lane)

    def _review(self, lane: Lane) -> None:
        """After others had their say: leave the lane once there are orders, which are to see every change.

        And where it does not pay.
        """
        if lane.pays and not self.desk.ordered:
            lane.tell_all(any(self._deep))
        elif self._lane is not None:
            self._lane = None
            lane.leave()

    def _settle(self, lane: Lane) -> None:
        """Count what the lane did."""
        done, books = lane.settle(), self.desk.books.counters
        self.counters.events += done.events
        books.crossed += done.crossed
        books.mirror_breaks += done.mirror_breaks

    def _decode(self, frame: Frame, ref: FrameRef) -> None:
        """A frame the plain way, as `frames` does it."""
        feed = self.feed
        for event in feed.decode(frame):
            self.counters.events += 1
            self.dispatch(event, ref)
        if feed.fault is not None:
            self._append("fault", FaultRecord(feed.fault.reason), ref)
            feed.fault = None

    def event(self, event: MarketEvent, ref: FrameRef) -> None:
        """A normalised event of a recording, in place of a frame."""
        self.advance(event.received, ref)
        feed = self.feed
        feed.frames += not isinstance(event, GroupClosed)
        for venue in Venue:
            self.desk.heard[venue] = event.received
        self.counters.events += 1
        self.dispatch(event, ref)
        if feed.frames >= self._next_mark:
            self._mark(ref)

    def advance(self, now: Nanos, ref: Cause) -> None:
        """Let happen what is due until `now`: arrivals, timers, groups of changes, the look at equity and the halt."""
        desk = self.desk
        if self.agenda.due_at <= now:
            self._do_due(now)
        desk.now = max(desk.now, now)
        if self._lane is not None:
            self._close_due(self._lane, now, ref)
        if closed := self.feed.flush(now):
            self.counters.events += len(closed)
            self._dispatch_all(closed, ref)
        if now >= self._next_look:
            self._next_look = Nanos(now + LOOK_EVERY)
            self._look_up(now, ref)

    def _do_due(self, now: Nanos) -> None:
        desk, agenda = self.desk, self.agenda
        while due := agenda.pop_due(now):
            at, what, cause = due
            desk.now = max(desk.now, at)
            if isinstance(what, OrderArrives):
                self._dispatch_all(self._gateway.arrive(what.order, at), cause)
            elif isinstance(what, CancelArrives):
                self._dispatch_all(self._gateway.cancel_arrived(what.order, at), cause)
            elif isinstance(what, TimerDue):
                self.dispatch(TimerFired(what.name, at), cause)
            else:
                self.dispatch(what.event, cause)

    def _look_up(self, now: Nanos, ref: Cause) -> None:
        """Compare equity with the drawdown limits, and see whether somebody ordered a halt."""
        if now >= self._next_equity:
            self._next_equity = Nanos(now + EQUITY_EVERY)
            ordered = self.desk.look_at_equity()
            if ordered is not None:
                self._switch.order(Halt(ordered.reason, "the desk", now))
                self.dispatch(ordered, ref)
        if self.desk.halt_reason is None and (halt := self._switch.poll(now)) is not None:
            self.dispatch(HaltOrdered(f"{halt.reason} (by {halt.by})", now), ref)

    def dispatch(self, event: Event, cause: Cause) -> None:
        """One event through the turn. What it leads to is on record before it is done."""
        if type(event) in _JOURNALLED:
            if isinstance(event, CashMoved):
                self.desk.check_cash(event)
            # mypy knows isinstance only, which costs more on the path of every tick.
            cause = self._append(*event_record(event), cause)  # type: ignore[arg-type]
            self.counters.fills += isinstance(event, OrderFilled)
            result = turn(self.desk, event, self._strategies, self._view, self._rules)
            self.bus.publish(event, cause)
        else:
            result = turn(self.desk, event, self._strategies, self._view, self._rules)
        if not self.desk.calm:
            self._follow(result, cause)

    def _follow(self, result: Turn, cause: Cause) -> None:
        """Put on record what observers saw and what the turn led to, and do it."""
        for observer in self._observers:
            if seen := observer.observations():
                for observation in seen:
                    self._append("observation", observation, cause)
        if result is not QUIET:
            self._carry_out(result, cause)

    def _carry_out(self, result: Turn, cause: Cause) -> None:
        for operation in result.learned.operations:
            self._append("operation", operation, cause)
        self._perform(result.learned.step, cause)
        for decision in result.decisions:
            self._decided(decision, cause)
        self._dispatch_all(result.learned.answers, cause)

    def _decided(self, decision: Decision, cause: Cause) -> None:
        verdict = decision.verdict
        self.counters.intents += 1
        if isinstance(verdict, Refused):
            self.counters.refused += 1
            self.counters.refusals.update(refusal.rule for refusal in verdict.refusals)
        self._perform(decision.step, self._append("verdict", verdict_record(verdict), cause))

    def _perform(self, step: Step, cause: Cause) -> None:
        for operation in step.operations:
            self._append("operation", operation, cause)
        for note in step.notes:
            self._append("note", note, cause)
        for ended in step.ended:
            self._append("basket", ended, cause)
        for order in step.orders:
            self._send(order, cause)
        for order_id in step.cancels:
            line = self._append("cancel", {"order": order_id}, cause)
            self.agenda.add(self._gateway.cancel(order_id, self.desk.now), CancelArrives(order_id), line)
        for name, at in step.timers:
            self.agenda.add(at, TimerDue(name), cause)

    def _send(self, order: Order, cause: Cause) -> None:
        """Put an order on record and on its way; a halt that came in between keeps it here."""
        now = self.desk.now
        line = self._append("order", order, cause)
        market = self.desk.catalogue.market(order.leg.market)
        if market is None or self._switch.refuses():
            why = "the desk is halted" if market is not None else f"no market {order.leg.market} is known"
            self.dispatch(OrderReported(order.id, Report.REJECTED, now, f"not sent: {why}"), line)
            return
        self.counters.orders += 1
        self.agenda.add(self._gateway.submit(order, market, now), OrderArrives(order.id), line)

    def _dispatch_all(self, events: Iterable[Event], cause: Cause) -> None:
        for event in events:
            self.dispatch(event, cause)

    def _append(self, kind: str, body: msgspec.Struct | Mapping[str, object], cause: Cause) -> Cause:
        return self._record.append(kind, self.desk.now, body, cause)

    def _mark(self, ref: FrameRef) -> None:
        self._next_mark += MARK_EVERY
        self._append("mark", Mark(self.feed.frames, self.counters.events), ref)
