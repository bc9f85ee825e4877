"""Draws a running desk as a frozen value for screens."""

from collections import deque
from heapq import nlargest

import msgspec

from dutchbook.app.assembly import Parts
from dutchbook.app.control.rows import fill_rows
from dutchbook.app.market_books import market_books
from dutchbook.config.modes import Mode
from dutchbook.domain.book import BookView
from dutchbook.domain.events import Cause, Event, OrderFilled
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Fill, Intent
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.bus.local import LocalBus
from dutchbook.engine.desk import Desk
from dutchbook.evaluation.snapshot import AlertRow, BasketRow, BookRow, BundleRow, DeskSnapshot, PoolRow, StageFigures
from dutchbook.portfolio.profit import profit_and_loss
from dutchbook.strategies.index import Standing, Tracked
from dutchbook.strategies.near_miss import ratio_ppm
from dutchbook.strategies.wording import lack_at_top

ROWS = 12
"""How many rows of a kind a picture holds."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture tells of the run itself."""

    mode: Mode
    strategies: tuple[str, ...]
    run: str
    source: str
    notice: str
    said: str
    at: Nanos
    elapsed: Nanos
    last_frame: Nanos | None
    journal_lines: int
    journal_head: str
    stages: tuple[StageFigures, ...] = ()


class RecentFills:
    """Hears on the bus of every fill, and keeps the latest."""

    def __init__(self, bus: LocalBus) -> None:
        self.latest: deque[Fill] = deque(maxlen=ROWS)
        bus.subscribe(self._hear)

    def _hear(self, event: Event, cause: Cause) -> None:  # noqa: ARG002 - the bus tells causes too
        if isinstance(event, OrderFilled):
            self.latest.appendleft(event.fill)


def picture(parts: Parts, account: Account, fills: RecentFills) -> DeskSnapshot:
    """The desk as it stands, with the rows most worth showing."""
    desk, loop, strategy = parts.desk, parts.loop, parts.strategy
    money = profit_and_loss(desk.ledger, desk.mark, desk.complete_sets())
    views = market_books(parts.desk)
    return DeskSnapshot(
        mode=account.mode,
        strategies=account.strategies,
        source=account.source,
        notice=account.notice,
        said=account.said,
        at=account.at,
        elapsed=account.elapsed,
        frames=loop.feed.frames,
        frames_per_second=loop.feed.frames * SECOND / account.elapsed if account.elapsed else 0.0,
        data_age=None if account.last_frame is None else Nanos(max(0, account.at - account.last_frame)),
        books=_book_rows(views, account.at),
        books_total=len(views),
        books_usable=sum(view.usable for _, view in views),
        bundles=_bundle_rows(parts),
        bundles_total=len(strategy.index),
        near_misses=_pool_rows(parts, account.at),
        near_misses_open=len(strategy.pool),
        near_misses_seen=strategy.stats.near_misses,
        opportunities=strategy.stats.opportunities,
        intents=loop.counters.intents,
        refused=loop.counters.refused,
        refusals=dict(loop.counters.refusals),
        orders=loop.counters.orders,
        orders_working=len(desk.execution.orders.working()),
        baskets=tuple(_basket_row(desk, intent) for intent in desk.execution.working()),
        fills=fill_rows(desk, fills.latest),
        fills_total=loop.counters.fills,
        bankroll=desk.drawdown.bankroll,
        cash=money.cash,
        equity=money.equity,
        high_water=desk.drawdown.high_water,
        realised=money.realised,
        unrealised=money.unrealised,
        fees=money.fees,
        alerts=tuple(AlertRow(at=at, subject=one.subject, text=one.text) for at, one in loop.counters.latest_alerts),
        alerts_total=loop.counters.alerts,
        exposure=desk.exposure.deployed(),
        reserved=desk.exposure.reserved(),
        halted=desk.halt_reason,
        paused=desk.paused_by("") or desk.drawdown.paused(desk.now),
        run=account.run,
        journal_lines=account.journal_lines,
        journal_head=account.journal_head,
        stages=account.stages,
        rewards=None if parts.verifier is None else parts.verifier.today,
        maker=None if parts.maker is None else parts.maker.figures(),
    )


def _received(pair: tuple[Market, BookView]) -> int:
    return pair[1].received


def _book_rows(views: list[tuple[Market, BookView]], now: Nanos) -> tuple[BookRow, ...]:
    newest = nlargest(ROWS, views, key=_received)
    return tuple(_book_row(market, view, now) for market, view in newest)


def _book_row(market: Market, view: BookView, now: Nanos) -> BookRow:
    bid, ask = next(view.bids(), None), next(view.asks(), None)
    return BookRow(
        outcome=view.outcome,
        title=market.title,
        label=market.labels[0],
        bid=bid.price if bid else None,
        bid_size=bid.size if bid else None,
        ask=ask.price if ask else None,
        ask_size=ask.size if ask else None,
        age=Nanos(max(0, now - view.received)),
        fault=None if view.usable else "unknown until its next snapshot",
    )


def _bundle_rows(parts: Parts) -> tuple[BundleRow, ...]:
    """Bundles of several markets, nearest to their payoff first."""
    several = [tracked for tracked in parts.strategy.index if not tracked.bundle.mirrored]
    several.sort(key=lambda tracked: (_ratio(tracked) or 10**9, tracked.bundle.id))
    return tuple(
        BundleRow(
            bundle=tracked.bundle.id,
            kind=tracked.bundle.kind,
            title=tracked.bundle.title,
            legs=len(tracked.bundle.legs),
            ratio=_ratio(tracked),
            standing=tracked.standing.name.lower(),
        )
        for tracked in several[:ROWS]
    )


def _ratio(tracked: Tracked) -> int | None:
    return None if tracked.standing is Standing.UNPRICED else ratio_ppm(tracked.bundle, tracked.cost)


def _pool_rows(parts: Parts, now: Nanos) -> tuple[PoolRow, ...]:
    several = [miss for miss in parts.strategy.pool.members() if not miss.bundle.mirrored]
    several.sort(key=lambda miss: (miss.ratio_ppm, miss.bundle.id))
    rows = []
    for miss in several[:ROWS]:
        lack = lack_at_top(miss.tracked)
        rows.append(
            PoolRow(
                bundle=miss.bundle.id,
                kind=miss.bundle.kind,
                title=miss.bundle.title,
                ratio=miss.ratio_ppm,
                best=miss.best_ppm,
                lasted=Nanos(now - miss.since),
                short=lack.short if lack else None,
            )
        )
    return tuple(rows)


def _basket_row(desk: Desk, intent: Intent) -> BasketRow:
    orders = [order for order in desk.execution.orders if order.intent == intent.id]
    bundle = desk.bundle(intent.subject)
    return BasketRow(
        intent=intent.id,
        title=bundle.title if bundle else intent.subject,
        filled=sum(order.filled == order.leg.size for order in orders),
        legs=len(intent.legs),
        cost=intent.cost,
        edge=intent.edge,
        stage="working" if any(not order.status.final for order in orders) else "going home",
    )
