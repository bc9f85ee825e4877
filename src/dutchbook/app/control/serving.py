"""What a running desk does when a command asks: it shows, or makes an event of it that goes through the turn."""

from collections.abc import Callable

from dutchbook.app.control.rows import order_rows
from dutchbook.app.control.showing import Showcase
from dutchbook.app.control.socket import Reply
from dutchbook.app.control.wire import Answer, Cancel, HeedHalt, Pause, Reconcile, Request, Steer, Stop, Unpause
from dutchbook.config.modes import Mode
from dutchbook.domain.book import Side
from dutchbook.domain.errors import UsageError
from dutchbook.domain.events import (
    CancelOrdered,
    Command,
    JournalRef,
    PauseLifted,
    PauseOrdered,
    ReconcileOrdered,
)
from dutchbook.domain.identity import MarketId
from dutchbook.domain.orders import Order, OrderId, OrderStatus
from dutchbook.domain.units import Nanos
from dutchbook.engine.loop import Loop

_BY = "dutchbook"
"""Who orders what nobody put a name to: the program itself."""


class Commands:
    """Serves requests of one running desk. `stopping` is set once somebody asked it to end."""

    def __init__(self, loop: Loop, mode: Mode, run: str, place: Callable[[], JournalRef], showcase: Showcase) -> None:
        self._loop = loop
        self._desk = loop.desk
        self._mode = mode
        self._run = run
        self._place = place
        self._showcase = showcase
        self._waiting: list[Reply] = []
        self.stopping: Stop | None = None

    def serve(self, request: Request, reply: Reply) -> None:
        """Do what is asked. Raises UsageError for what cannot be done."""
        match request:
            case Stop():
                self._waiting.append(reply)
                self.stop(request)
            case Cancel() | Reconcile() | Pause() | Unpause():
                reply(self._answer(said=self._command(request)))
            case HeedHalt():
                self._loop.heed_halt(self._place())
                reply(self._answer(said=self._cancelling()))
            case _:
                reply(self._answer(**self._showcase.show(request)))

    def refusal(self, error: str) -> Answer:
        """The answer to what cannot be done."""
        return self._answer(error=error)

    def _cancelling(self) -> str:
        opens = [order for order in self._desk.execution.orders.working() if order.leg.side is Side.BUY]
        return f"orders that open risk, cancelled now: {len(opens)}"

    def open_risk(self) -> tuple[Order, ...]:
        """Orders that must end before the desk may: all, or those that buy, as it was asked; unknown ones always."""
        stop = self.stopping
        return tuple(
            order
            for order in self._desk.execution.orders.working()
            if stop is None or stop.all or order.leg.side is Side.BUY or order.status is OrderStatus.UNKNOWN
        )

    def unknown(self) -> tuple[Order, ...]:
        """Orders of which nobody knows whether they live."""
        return self._desk.execution.orders.unknown()

    def stopped(self) -> None:
        """The desk has come to its end: tell those who wait for it."""
        unknown = order_rows(self._desk, self.unknown(), self._now)
        left = order_rows(self._desk, self._desk.execution.orders.working(), self._now)
        for reply in self._waiting:
            reply(self._answer(said="stopped", unknown=unknown, orders=left))
        self._waiting.clear()

    @property
    def _now(self) -> Nanos:
        return self._desk.now

    def stop(self, request: Stop) -> None:
        """Open nothing more, and cancel what must end before the desk may."""
        by = request.by or f"{_BY} stop"
        if self.stopping is None:
            self._dispatch(PauseOrdered(by, self._now, why=request.why, leaving=True))
        if self.stopping is None or request.all:
            self.stopping = request
            self._dispatch(CancelOrdered(by, self._now, buys_only=not request.all, why=request.why))

    def clean_start(self) -> None:
        """Cancel the purchases that an earlier run left: nothing is bought on its account."""
        self._dispatch(CancelOrdered(f"{_BY} run --clean-start", self._now, buys_only=True))

    def _command(self, request: Steer) -> str:
        """Raises UsageError for an order, market or strategy that is not there."""
        match request:
            case Cancel(order=order, market=market, by=by, why=why):
                self._check_cancel(order, market)
                self._dispatch(
                    CancelOrdered(
                        by or f"{_BY} cancel",
                        self._now,
                        None if order is None else OrderId(order),
                        None if market is None else MarketId(market),
                        why=why,
                    )
                )
                return "cancels sent; an order is gone once `dutchbook orders` no longer shows it"
            case Reconcile(by=by, why=why):
                self._dispatch(ReconcileOrdered(by or f"{_BY} reconcile", self._now, why))
                return "the venues were asked for orders, fills, balances and positions; differences go on record"
            case Pause(strategy=strategy, by=by, why=why):
                self._check_strategy(strategy)
                self._dispatch(PauseOrdered(by or f"{_BY} pause", self._now, strategy, why))
                return f"paused: {strategy or 'all strategies'}; what rests stays"
            case Unpause(strategy=strategy, by=by, why=why):
                self._check_strategy(strategy)
                self._dispatch(PauseLifted(by or f"{_BY} resume", self._now, strategy, why))
                return f"resumed: {strategy or 'all strategies'}"
            case _:
                raise UsageError(f"a desk does not know {type(request).__name__} - use the same dutchbook for both")

    def _check_cancel(self, order: str | None, market: str | None) -> None:
        working = self._desk.execution.orders.working()
        if order is not None and not any(one.id == order for one in working):
            raise UsageError(f"no order {order} is at work - `dutchbook orders` shows those that are")
        if market is not None and self._desk.market(MarketId(market)) is None:
            raise UsageError(f"no market {market} is known to this desk - `dutchbook orders` shows those with orders")

    def _check_strategy(self, strategy: str) -> None:
        names = self._loop.strategy_names
        if strategy and strategy not in names:
            raise UsageError(f"no strategy {strategy!r} runs here - there are: {', '.join(names)}")

    def _dispatch(self, event: Command) -> None:
        self._loop.dispatch(event, self._place())

    def _answer(self, **said: object) -> Answer:
        return Answer(mode=self._mode, run=self._run, **said)  # type: ignore[arg-type]
