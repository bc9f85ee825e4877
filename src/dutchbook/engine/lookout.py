"""What a desk looks at beside its frames, now and then: its equity, whether somebody ordered a halt, the minute."""

from collections.abc import Callable

from dutchbook.domain.book import Side
from dutchbook.domain.events import CancelOrdered, Cause, Event, HaltOrdered, TimerFired
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import MILLISECOND, MINUTE, SECOND, Nanos
from dutchbook.engine.desk import Desk
from dutchbook.engine.ports import Append, Gateway, Record
from dutchbook.risk.halt import Halt, HaltSwitch

EQUITY_EVERY = SECOND
"""Engine time between two looks at equity against the drawdown limits."""
DRAWDOWN_EVERY = 60 * SECOND
"""Engine time between two lines in the journal that keep the high-water mark and the loss of the day for a restart."""
MINUTE_TIMER = "minute"
"""The timer of a desk that holds anything: each minute, for rules about how long."""
LOOK_EVERY = Nanos(50 * MILLISECOND)
"""Engine time, while frames come, between two looks at what is no frame: equity, the halt, groups that nothing joined.
A codec closes its groups at its own next frame, drivers call `advance` when none comes, sending asks for the halt."""


class Lookout:
    """Looks at one desk, and says what it found as events."""

    def __init__(
        self,
        desk: Desk,
        switch: HaltSwitch,
        gateway: Gateway,
        record: Record,
        append: Append,
        dispatch: Callable[[Event, Cause], None],
    ) -> None:
        self.next_at = Nanos(0)
        """When it should look again."""
        self._desk = desk
        self._switch = switch
        self._gateway = gateway
        self._record = record
        self._append = append
        self._dispatch = dispatch
        self._next_equity = Nanos(0)
        self._next_drawdown = Nanos(0)
        self._next_minute = Nanos(0)
        self._drawdown = desk.drawdown.state

    def taken_over(self) -> None:
        """The desk goes on from where another left: what that one kept of its drawdown is on record."""
        self._drawdown = self._desk.drawdown.state

    def look(self, now: Nanos, ref: Cause) -> None:
        """Compare equity with the drawdown limits, and see whether somebody ordered a halt."""
        self.next_at = Nanos(now + LOOK_EVERY)
        desk = self._desk
        if now >= self._next_minute:
            self._next_minute = Nanos((now // MINUTE + 1) * MINUTE)
            if desk.ledger.positions:
                self._dispatch(TimerFired(MINUTE_TIMER, now), ref)
        if now >= self._next_equity:
            self._next_equity = Nanos(now + EQUITY_EVERY)
            ordered = desk.look_at_equity()
            if ordered is not None:
                self._switch.order(Halt(ordered.reason, "the desk", now))
                self._dispatch(ordered, ref)
            self._keep_drawdown(now, ref)
        if desk.halt_reason is None and (halt := self._switch.poll(now)) is not None:
            self._dispatch(HaltOrdered(f"{halt.reason} (by {halt.by})", now), ref)

    def cash_moved(self, ref: Cause) -> None:
        """After a turn: keep the drawdown's state where the day now starts with another equity."""
        if self._desk.drawdown.equity_at_day_start != self._drawdown.day_start:
            self._keep_drawdown(self._desk.now, ref)

    def take_down(self, halted: HaltOrdered, cause: Cause) -> None:
        """Cancel what opens risk, and what was on its way as the halt came; sales that rest give holdings up, and stay.

        Where none rests, the venue's own switch goes off first: one request ends all, and what nobody here knows of.
        """
        by, why, desk = "the halt", halted.reason, self._desk
        self._record.write_out()
        self._gateway.stand_down(desk.now)
        self._dispatch(CancelOrdered(by, desk.now, buys_only=True, why=why), cause)
        for order in desk.execution.orders.working():
            if order.leg.side is Side.SELL and order.status is OrderStatus.SENDING:
                self._dispatch(CancelOrdered(by, desk.now, order.id, why=why), cause)

    def _keep_drawdown(self, now: Nanos, ref: Cause) -> None:
        """Put the state of the drawdown limits on record, now and then.

        At once when one of them is reached, or the day's start moved because money came or went: a desk that forgot
        what was put in would open nothing, and have no mark to fall below.
        """
        state, kept = self._desk.drawdown.state, self._drawdown
        urgent = (state.tripped, state.paused_day, state.day_start) != (kept.tripped, kept.paused_day, kept.day_start)
        if state != kept and (urgent or now >= self._next_drawdown):
            self._drawdown, self._next_drawdown = state, Nanos(now + DRAWDOWN_EVERY)
            self._append("drawdown", state, ref)
