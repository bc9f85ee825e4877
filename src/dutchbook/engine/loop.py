"""The loop: feeds each event through the turn, puts what came of it on record, then does it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import get_args

import msgspec

from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import (
    CashMoved,
    Cause,
    Command,
    Event,
    FrameRef,
    GroupClosed,
    HaltOrdered,
    MarketEvent,
    OrderEvent,
    OrderFilled,
    OrderReported,
    Resumed,
    TimerFired,
    VenueStateChanged,
)
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.ports import Frame, Lane
from dutchbook.domain.units import Money, Nanos
from dutchbook.engine.agenda import Agenda, CancelArrives, OrderArrives, TimerDue
from dutchbook.engine.bus.local import LocalBus
from dutchbook.engine.contingencies import Contingencies
from dutchbook.engine.counters import LoopCounters
from dutchbook.engine.desk import Desk, Learned
from dutchbook.engine.feed import Feed
from dutchbook.engine.lookout import Lookout
from dutchbook.engine.memory import Memory
from dutchbook.engine.outflow import Outflow, Outlets
from dutchbook.engine.ports import Gateway, Observer, Record
from dutchbook.engine.records import FaultRecord, Mark, event_record
from dutchbook.engine.reliving import relive
from dutchbook.engine.replacements import Replacements
from dutchbook.engine.risk_view import DeskRisk
from dutchbook.engine.turn import QUIET, Turn, decide, look, tidy, turn
from dutchbook.risk.halt import Halt, HaltSwitch
from dutchbook.risk.ports import Rule
from dutchbook.strategies.ports import Strategy, Tidies

MARK_EVERY = 10_000
"""Frames between two marks in the journal."""

_JOURNALLED: frozenset[type] = frozenset(
    (*get_args(OrderEvent.__value__), *get_args(Command.__value__), VenueStateChanged, TimerFired, CashMoved)
)
"""All of `DeskEvent`: what does not come from a market is on record before it is applied."""


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
        self._tidying = tuple(strategy for strategy in policy.strategies if isinstance(strategy, Tidies))
        self._observers = policy.observers
        self._rules = policy.rules
        self._deep = [strategy.deep() for strategy in policy.strategies]
        for outcomes in self._deep:
            desk.books.wake_deep(outcomes)
        self._lane = feed.open_lane(desk.books)
        self._view = DeskRisk(desk)
        self._switch = switch
        outlets = Outlets(
            gateway, self.agenda, self._append, record.append_drafts, record.gather, record.write_out, self.dispatch
        )
        self._outflow = Outflow(desk, outlets, switch, self.counters)
        self._lookout = Lookout(desk, switch, gateway, record, self._append, self.dispatch)
        self._next_mark = MARK_EVERY
        self.contingencies: Contingencies | None = None
        """What is decided before its tick, if anything is; for the first of the strategies."""
        self.replacements: Replacements | None = None
        """What takes the place of quotes whose cancels are out, if that is worked out ahead; for the first strategy."""
        self.decoded: Callable[[], None] = _nobody
        """Called when a frame is decoded: for figures of how long it takes, never for decisions."""

    def begin(self, venues: Sequence[Venue], memory: Memory | None) -> None:
        """Before the first frame of a desk that really trades: take over what an earlier run left, ask the venues.

        What is taken over is on record at once, so that the next start needs this journal alone.
        """
        desk, cause = self.desk, FrameRef(0, 0)
        for venue in venues:
            if desk.venue_cash.at(venue) is None:
                desk.venue_cash.stated(venue, Money(0))
        if memory is not None:
            self._append("state", memory.state, cause)
            for market in memory.markets:
                self._outflow.keep_market(market, cause)
            self._append("told", {"fills": memory.told}, cause)
            for line in memory.lines:
                self._append("kept", line, cause)
        self._append("began", {}, cause)
        self._gateway.rearm()
        if memory is None:
            self._gateway.adopt((), (), desk.now)
        else:
            self._gateway.adopt(relive(desk, memory), memory.told, memory.last)
            self._lookout.taken_over()
            for pending in desk.execution.operations.pending.values():
                if pending.reference:
                    self._gateway.follow_operation(pending.ordered.operation, pending.reference)
            self._outflow.perform(desk.execution.resume(desk.now, memory.last), cause)
        self._outflow.perform(desk.execution.connect(venues, desk.now), cause)

    @property
    def strategy_names(self) -> tuple[str, ...]:
        """The strategies at work, in the order in which they are asked."""
        return tuple(strategy.name for strategy in self._strategies)

    def frame(self, frame: Frame, ref: FrameRef) -> None:
        """Advance to the frame's receive time, decode it and hand on its events.

        What a lane counts is in the counters at the next `advance` at the latest.
        """
        lane, lookout, received = self._lane, self._lookout, frame.received
        if lane is None or received >= lookout.next_at or received >= self.agenda.due_at:
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
        heard, decode, learn, lookout = desk.heard, feed.decode, desk.learn, self._lookout
        offset = first
        for offset, frame in enumerate(frames, first):
            received = frame.received
            if received >= lookout.next_at or received >= agenda.due_at:
                self.advance(received, FrameRef(segment, offset))
            elif received > desk.now:
                desk.now = received
            heard[frame.source] = received
            if self.contingencies is not None:
                self._glance(self.contingencies, frame, FrameRef(segment, offset))
            # `dispatch`, spelt out for events that no journal keeps: most are nothing to anybody.
            events = decode(frame)
            self.decoded()
            for event in events:
                counters.events += 1
                learned = learn(event)
                if not desk.calm:
                    self._react(event, learned, FrameRef(segment, offset))
            self._outflow.settle_ahead()
            if feed.beside:
                self._take_beside(FrameRef(segment, offset))
            if feed.frames >= self._next_mark:
                self._mark(FrameRef(segment, offset))
        return FrameRef(segment, offset)

    def _glance(self, contingencies: Contingencies, frame: Frame, cause: Cause) -> None:
        """What was decided for the move that a frame brings, if that is all it brings, leaves before it is decoded."""
        best = self.feed.glance(frame, contingencies.awaited) if contingencies.ready else None
        found = None if best is None else contingencies.announced(best)
        if found is not None:
            self.decoded()
            self._outflow.send_ahead(found, contingencies.launch, cause)

    def rehearse(self, frame: Frame) -> None:
        """Go through what a frame would lead to that brings a prepared move, as far as that leaves no trace.

        Between two turns. What was just gone through takes half the time: code and data are near then.
        """
        contingencies = self.contingencies
        if contingencies is not None and contingencies.ready:
            self.feed.rehearse(frame)
            contingencies.rehearse()
            self._switch.refuses()

    def _react(self, event: Event, learned: Learned, cause: Cause) -> None:
        """What was decided for the move that just came, if anything was, leaves at once; the turn follows behind."""
        if self.contingencies is not None and self.desk.ready and not self._outflow.ahead:
            found = self.contingencies.come_true(self.desk.ready)
            if found is not None:
                self._outflow.send_ahead(found, self.contingencies.launch, cause)
        self._follow(decide(self.desk, event, learned, self._strategies, self._view, self._rules), cause)
        self._outflow.settle_ahead()

    def _in_lane(self, lane: Lane, frames: Iterable[Frame], segment: int, first: int) -> FrameRef:
        """`frames`, each tried in the lane first; the rest of them without it once it is left."""
        desk, feed, agenda, heard = self.desk, self.feed, self.agenda, self.desk.heard
        take, go_on, lookout = lane.take, lane.go_on, self._lookout
        offset = first
        self._review(lane)
        try:
            for offset, frame in enumerate(frames, first):
                received = frame.received
                if received >= lookout.next_at or received >= agenda.due_at:
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
        if feed.beside:
            self._take_beside(ref)

    def _take_beside(self, ref: FrameRef) -> None:
        """What a frame brought that is no market event: a fault for the record, news of our own orders."""
        feed = self.feed
        feed.beside = False
        if feed.fault is not None:
            self._append("fault", FaultRecord(feed.fault.reason), ref)
            feed.fault = None
        said, feed.said = feed.said, ()
        self.counters.events += len(said)
        for event in said:
            try:
                self.dispatch(event, ref)
            except IllegalTransition as error:
                self._impossible(error, ref)

    def _impossible(self, error: IllegalTransition, cause: Cause) -> None:
        """A venue said what cannot be: nothing was changed. Open nothing more, and ask for the whole account."""
        line = self._append("fault", FaultRecord(str(error)), cause)
        self._switch.order(Halt(str(error), "the desk", self.desk.now))
        self.dispatch(HaltOrdered(str(error), self.desk.now), line)
        for venue in Venue:
            self._gateway.sweep(venue, self.desk.now)

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
        if now >= self._lookout.next_at:
            self._lookout.look(now, ref)

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
                if desk.execution.expects(what.name):
                    self.dispatch(TimerFired(what.name, at), cause)
            else:
                self.dispatch(what.event, cause)

    def heed_halt(self, cause: Cause) -> None:
        """See at once whether somebody ordered a halt: whoever did so waits to hear that it is in force."""
        if self._switch.refuses():
            self._lookout.next_at = Nanos(0)
            self.advance(self.desk.now, cause)

    def dispatch(self, event: Event, cause: Cause) -> None:
        """One event through the turn. What it leads to is on record before it is done."""
        if type(event) not in _JOURNALLED:
            learned = self.desk.learn(event)
            if not self.desk.calm:
                self._react(event, learned, cause)
            return
        if isinstance(event, CashMoved):
            self.desk.capital.check(event)
        outermost = self._record.gather()
        try:
            # mypy knows isinstance only, which costs more on the path of every tick.
            cause = self._append(*event_record(event), cause)  # type: ignore[arg-type]
            self.counters.fills += isinstance(event, OrderFilled)
            sent = isinstance(event, OrderReported) and self._replace(event, cause)
            result = turn(self.desk, event, self._strategies, self._view, self._rules)
            self.bus.publish(event, cause)
            if isinstance(event, Resumed):
                self._gateway.rearm()
            elif isinstance(event, HaltOrdered):
                self._lookout.take_down(event, cause)
            self._follow(result, cause)
            if sent:
                self._outflow.settle_ahead()
        finally:
            if outermost:
                self._record.write_out(end=True)

    def _replace(self, event: OrderReported, cause: Cause) -> bool:
        """What was prepared for this news, if anything was, leaves at once; the turn follows behind."""
        if self.replacements is None:
            return False
        found = self.replacements.come_true(event)
        if found is not None:
            self._outflow.send_ahead(found, self.replacements.launch, cause)
        return found is not None

    def _follow(self, result: Turn, cause: Cause) -> None:
        """Put on record what the turn led to and do it; then what observers saw: no order waits for that.

        Lines are written together: before anything leaves, and at the end.
        """
        seen = [observation for observer in self._observers for observation in observer.observations()]
        if result is QUIET and not seen:
            return
        outermost = self._record.gather()
        try:
            if result is not QUIET:
                self._outflow.carry_out(result, cause)
                self._tidy(cause)
                self._lookout.cash_moved(cause)
            for observation in seen:
                self._append("observation", observation, cause)
        finally:
            if outermost:
                self._record.write_out(end=True)

    def _tidy(self, cause: Cause) -> None:
        """What strategies put off, now that what they wanted is on its way."""
        if self._tidying:
            result = tidy(self.desk, self._tidying, self._view, self._rules)
            if result is not QUIET:
                self._outflow.carry_out(result, cause)

    def _dispatch_all(self, events: Iterable[Event], cause: Cause) -> None:
        for event in events:
            self.dispatch(event, cause)

    def _append(self, kind: str, body: msgspec.Struct | Mapping[str, object], cause: Cause) -> Cause:
        return self._record.append(kind, self.desk.now, body, cause)

    def _mark(self, ref: FrameRef) -> None:
        self._next_mark += MARK_EVERY
        self._append("mark", Mark(self.feed.frames, self.counters.events), ref)


def _nobody() -> None:
    """Hears nothing."""
