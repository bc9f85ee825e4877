"""What a running desk does when a command asks: it shows, or makes an event of it that goes through the turn."""

from collections import deque
from collections.abc import Callable

from msgspec import structs

from dutchbook.app.control.rows import fill_rows, order_rows, position_rows
from dutchbook.app.control.socket import Reply
from dutchbook.app.control.wire import (
    Answer,
    Cancel,
    Pause,
    Reconcile,
    Request,
    ShowFills,
    ShowLatency,
    ShowOrders,
    ShowPositions,
    Stop,
    Unpause,
)
from dutchbook.config.modes import Mode
from dutchbook.domain.book import Side
from dutchbook.domain.errors import UsageError
from dutchbook.domain.events import (
    CancelOrdered,
    Cause,
    Command,
    Event,
    FillReversed,
    FillSettled,
    JournalRef,
    OrderFilled,
    PauseLifted,
    PauseOrdered,
    ReconcileOrdered,
)
from dutchbook.domain.identity import MarketId
from dutchbook.domain.orders import Fill, Order, OrderId, OrderStatus
from dutchbook.domain.units import Nanos
from dutchbook.engine.loop import Loop
from dutchbook.evaluation.snapshot import StageFigures

_BY = "dutchbook"
_KEPT_FILLS = 1_000


class Commands:
    """Serves requests of one running desk. `stopping` is set once somebody asked it to end."""

    def __init__(
        self,
        loop: Loop,
        mode: Mode,
        run: str,
        place: Callable[[], JournalRef],
        stages: Callable[[], tuple[StageFigures, ...]] = tuple,
    ) -> None:
        self._loop = loop
        self._desk = loop.desk
        self._mode = mode
        self._run = run
        self._place = place
        self._stages = stages
        self._fills: deque[Fill] = deque(maxlen=_KEPT_FILLS)
        self._waiting: list[Reply] = []
        self.stopping: Stop | None = None
        loop.bus.subscribe(self._hear)

    def serve(self, request: Request, reply: Reply) -> None:
        """Do what is asked. Raises UsageError for what cannot be done."""
        match request:
            case ShowOrders():
                reply(self._answer(orders=order_rows(self._desk, self._orders(request), self._now)))
            case ShowPositions():
                reply(self._answer(positions=position_rows(self._desk)))
            case ShowFills(limit=limit):
                reply(self._answer(fills=fill_rows(self._desk, list(self._fills)[:limit])))
            case ShowLatency():
                reply(self._answer(stages=self._stages()))
            case Stop():
                self._waiting.append(reply)
                self.stop(request)
            case _:
                reply(self._answer(said=self._command(request)))

    def refusal(self, error: str) -> Answer:
        """The answer to what cannot be done."""
        return self._answer(error=error)

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
        if self.stopping is None:
            self._dispatch(PauseOrdered(f"{_BY} stop", self._now))
        if self.stopping is None or request.all:
            self.stopping = request
            self._dispatch(CancelOrdered(f"{_BY} stop", self._now, buys_only=not request.all))

    def clean_start(self) -> None:
        """Cancel the purchases that an earlier run left: nothing is bought on its account."""
        self._dispatch(CancelOrdered(f"{_BY} run --clean-start", self._now, buys_only=True))

    def _command(self, request: Request) -> str:
        """Raises UsageError for an order, market or strategy that is not there."""
        match request:
            case Cancel(order=order, market=market):
                self._check_cancel(order, market)
                known = None if order is None else OrderId(order)
                self._dispatch(
                    CancelOrdered(f"{_BY} cancel", self._now, known, None if market is None else MarketId(market))
                )
                return "cancels sent; an order is gone once `dutchbook orders` no longer shows it"
            case Reconcile():
                self._dispatch(ReconcileOrdered(f"{_BY} reconcile", self._now))
                return "the venues were asked for orders, fills, balances and positions; differences go on record"
            case Pause(strategy=strategy):
                self._check_strategy(strategy)
                self._dispatch(PauseOrdered(f"{_BY} pause", self._now, strategy))
                return f"paused: {strategy or 'all strategies'}; what rests stays"
            case Unpause(strategy=strategy):
                self._check_strategy(strategy)
                self._dispatch(PauseLifted(f"{_BY} resume", self._now, strategy))
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

    def _orders(self, request: ShowOrders) -> list[Order]:
        if not request.all:
            return list(self._desk.execution.orders.working())
        return list(self._desk.execution.orders)[: -request.limit - 1 : -1]

    def _dispatch(self, event: Command) -> None:
        self._loop.dispatch(event, self._place())

    def _answer(self, **said: object) -> Answer:
        return Answer(mode=self._mode, run=self._run, **said)  # type: ignore[arg-type]

    def _hear(self, event: Event, cause: Cause) -> None:  # noqa: ARG002 - the bus tells causes too
        if isinstance(event, OrderFilled):
            self._fills.appendleft(event.fill)
        elif isinstance(event, FillSettled | FillReversed):
            self._settle(event)

    def _settle(self, event: FillSettled | FillReversed) -> None:
        for place, fill in enumerate(self._fills):
            if (fill.order, fill.id) != (event.order, event.fill):
                continue
            if isinstance(event, FillReversed):
                del self._fills[place]
            else:
                self._fills[place] = structs.replace(fill, provisional=False)
            return
