"""A desk whose every text is hostile: it answers on the control socket like a real one."""

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from dutchbook.app.control.wire import Answer, Request, ShowOrders, ShowSnapshot
from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import BundleId, BundleKind
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import OrderId, OrderStatus
from dutchbook.domain.units import MILLISECOND, Money, Nanos, Price, Size
from dutchbook.evaluation.desk_rows import (
    BookDepth,
    BundleDetail,
    BundleLegRow,
    LimitRow,
    LockRow,
    MarketRow,
    StrategyRow,
    VenueRow,
)
from dutchbook.evaluation.snapshot import (
    AlertRow,
    BundleRow,
    DeskSnapshot,
    FillRow,
    OrderRow,
    PoolRow,
    PositionRow,
    StageFigures,
)
from tests.interfaces.hostile import PAYLOADS
from tests.interfaces.pages.answering_desk import AnsweringDesk

_LEVELS = (Level(Price(4_000), Size(5_000_000)),)


def _rows[T](make: Callable[[int, str], T]) -> tuple[T, ...]:
    return tuple(make(number, text) for number, text in enumerate(PAYLOADS))


def _market(number: int, text: str) -> MarketRow:
    return MarketRow(
        id=MarketId(f"m{number}{text[:40]}"), venue=Venue.POLYMARKET, question=QuestionId(text), question_title=text,
        title=text, labels=(text, text), category=text, status=MarketStatus.OPEN, rules=text, bid=Price(4_000),
        ask=Price(4_100), usable=True,
    )  # fmt: skip


def _order(number: int, text: str) -> OrderRow:
    return OrderRow(
        id=OrderId(f"o{number}"), venue_id=text, market=MarketId("0x" + "ab" * 32), title=text, label=text,
        side=Side.BUY, limit=Price(4_000), size=Size(1_000_000), filled=Size(0), status=OrderStatus.UNKNOWN, kind=text,
        created=Nanos(1), age=Nanos(1),
    )  # fmt: skip


def _position(number: int, text: str) -> PositionRow:
    return PositionRow(
        outcome=OutcomeId(f"p{number}"), market=MarketId("0x" + "ab" * 32), title=text, label=text,
        size=Size(1_000_000), settled=Size(1_000_000), cost=Money(400_000), bid=Price(4_000), value=Money(400_000),
        state=text[:50],
    )  # fmt: skip


def _fill(_: int, text: str) -> FillRow:
    return FillRow(
        at=Nanos(1), title=text, label=text, side=Side.BUY, price=Price(4_000), size=Size(1_000_000), fee=Money(1),
        order=OrderId(text[:40]),
    )  # fmt: skip


def _snapshot() -> DeskSnapshot:
    everything = " ".join(PAYLOADS)
    return DeskSnapshot(
        mode="paper", strategies=tuple(PAYLOADS[:3]), source=everything, notice=everything, said=everything,
        at=Nanos(time.time_ns()), elapsed=Nanos(10**9), frames=1, frames_per_second=1.0, data_age=Nanos(0),
        bundles=_rows(lambda n, text: BundleRow(
            bundle=BundleId(f"b{n}{text[:40]}"), kind=BundleKind.ALL_NO, title=text, legs=2, ratio=1_000_000,
            standing="near")),
        near_misses=_rows(lambda n, text: PoolRow(
            bundle=BundleId(f"b{n}{text[:40]}"), kind=BundleKind.ALL_NO, title=text, ratio=1_000_000, best=1_000_000,
            lasted=Nanos(1))),
        fills=_rows(_fill), bankroll=Money(1), cash=Money(1), equity=Money(1), high_water=Money(1), realised=Money(0),
        unrealised=Money(0), fees=Money(0), intents=9, refused=9, refusals=dict.fromkeys(PAYLOADS, 3),
        alerts=_rows(lambda _, text: AlertRow(at=Nanos(1), subject=text, text=text)), halted=everything, run="r",
        journal_head=everything,
    )  # fmt: skip


def _answer(request: Request) -> Answer:
    text = " ".join(PAYLOADS)
    leg = BundleLegRow(
        outcome=OutcomeId("o"), market=MarketId(text[:60]), title=text, label=text, side=Side.BUY, top=Price(4_000),
        levels=_LEVELS, age=Nanos(1), usable=True,
    )  # fmt: skip
    book = BookDepth(
        outcome=OutcomeId("o"), market=MarketId("m"), title=text, label=text, bids=_LEVELS, asks=(), age=Nanos(1),
        usable=True,
    )  # fmt: skip
    venue = VenueRow(
        venue=Venue.KALSHI, state=text[:80], since=None, denied=text, age=Nanos(1), markets=1, books=1, books_usable=1,
        losses=1, cash=None, exposure=Money(0), orders_working=1, orders_unknown=1,
    )  # fmt: skip
    return Answer(
        mode="paper", run="r", snapshot=_snapshot(), orders=_rows(_order), positions=_rows(_position),
        fills=_rows(_fill), markets=_rows(_market), books=(book, book), venues=(venue,), lines=PAYLOADS,
        bundle=BundleDetail(
            bundle=BundleId("b"), kind=BundleKind.ALL_NO, title=text, payoff=Price(10_000), cost=Price(9_000),
            ratio=900_000, standing=text[:40], declined=text, releases=None, legs=(leg, leg)),
        limits=_rows(lambda n, each: LimitRow(
            rule=f"{n}{each[:60]}", about=each, title=each, used=Money(1), limit=Money(2), binds=each)),
        locks=_rows(lambda n, each: LockRow(about=f"{n}{each[:60]}", reason=each, lift=each)),
        strategies=_rows(lambda n, each: StrategyRow(
            name=f"{n}{each[:60]}", paused=each, intents_working=1, orders_working=1, committed=Money(1),
            max_loss=Money(1))),
        stages=(StageFigures(stage=text[:60], median_us=1.0, p99_us=2.0, count=1),),
        said=type(request).__name__,
    )  # fmt: skip


def _changing(rows: int) -> tuple[OrderRow, ...]:
    """Orders that differ at each look: in what is filled, in age, and in `kind`, the millisecond at which that was."""
    now = time.time_ns()
    return tuple(
        structs.replace(
            _order(number, f"Does it rain on day {number}?"),
            filled=Size((now // MILLISECOND + number) % 1_000 * 1_000),
            age=Nanos(now // 1_000 * (number + 1)),
            kind=str(now // MILLISECOND),
        )
        for number in range(rows)
    )


def _busy(request: Request, rows: int) -> Answer:
    """Only what is asked for, as a real desk answers."""
    orders = _changing(rows) if isinstance(request, ShowOrders) else None
    snapshot = structs.replace(_CALM, at=Nanos(time.time_ns())) if isinstance(request, ShowSnapshot) else None
    return Answer(mode="paper", run="r", orders=orders, snapshot=snapshot)


_CALM = structs.replace(
    _snapshot(), source="busy", notice="", said="", halted=None, journal_head="", alerts=(), fills=(), refusals={}
)


class HostileDesk(AnsweringDesk):
    """Listens in a home while it lasts. With `rows` it has so many orders instead, all of which differ at each look."""

    def __init__(self, home: Path, rows: int = 0) -> None:
        super().__init__(home, self._say)
        self.home = home
        self.rows = rows

    def _say(self, request: Request) -> Answer:
        return _busy(request, self.rows) if self.rows else _answer(request)
