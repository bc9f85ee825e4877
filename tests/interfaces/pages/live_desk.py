"""A desk that says it trades real money: it answers on the control socket, and keeps what was asked of it."""

import time
from pathlib import Path

from dutchbook.app.control.wire import (
    Answer,
    Cancel,
    Pause,
    Reconcile,
    Request,
    Steer,
    Stop,
    Unpause,
)
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.orders import OrderId, OrderStatus
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.evaluation.desk_rows import StrategyRow, VenueRow
from dutchbook.evaluation.snapshot import DeskSnapshot, OrderRow
from tests.interfaces.pages.answering_desk import AnsweringDesk

_MARKETS = ("0x" + "ab" * 32, "KXRAIN-27JAN01")


def _orders() -> tuple[OrderRow, ...]:
    return tuple(
        OrderRow(
            id=OrderId(f"o{number}"), venue_id=f"v{number}", market=MarketId(_MARKETS[number % 2]),
            title="Does it rain tomorrow?", label="Yes", side=Side.BUY, limit=Price(4_000), size=Size(20_000_000),
            filled=Size(0), status=OrderStatus.OPEN, kind="quote", created=Nanos(1), age=Nanos(10**9),
        )
        for number in range(5)
    )  # fmt: skip


def _snapshot() -> DeskSnapshot:
    return DeskSnapshot(
        mode="live", strategies=("reward-maker",), source="polymarket and kalshi", notice="REAL MONEY", said="",
        at=Nanos(time.time_ns()), elapsed=Nanos(10**9), frames=1, frames_per_second=1.0, data_age=Nanos(0),
        bankroll=Money(10**9), cash=Money(10**9), equity=Money(10**9), high_water=Money(10**9), realised=Money(0),
        unrealised=Money(0), fees=Money(0), run="live-20261122T000000Z", orders_working=5,
    )  # fmt: skip


def _answer(request: Request) -> Answer:
    venues = tuple(
        VenueRow(
            venue=venue, state="up", since=None, denied="", age=Nanos(1), markets=1, books=2, books_usable=2, losses=0,
            cash=Money(10**9), exposure=Money(0), orders_working=2, orders_unknown=0,
        )
        for venue in (Venue.POLYMARKET, Venue.KALSHI)
    )  # fmt: skip
    strategy = StrategyRow(
        name="reward-maker",
        paused="by cli:ann",
        intents_working=1,
        orders_working=5,
        committed=Money(1),
        max_loss=Money(1),
    )
    return Answer(
        mode="live", run="live-20261122T000000Z", snapshot=_snapshot(), orders=_orders(), positions=(), fills=(),
        markets=(), venues=venues, lines=(), limits=(), locks=(), strategies=(strategy,), stages=(),
        said=f"{type(request).__name__} done",
    )  # fmt: skip


class LiveDesk(AnsweringDesk):
    """Listens in a home while it lasts. `asked` is what was to be done."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, self._say)
        self.asked: list[Steer] = []

    def _say(self, request: Request) -> Answer:
        if isinstance(request, Cancel | Pause | Reconcile | Stop | Unpause):
            self.asked.append(request)
        return _answer(request)
