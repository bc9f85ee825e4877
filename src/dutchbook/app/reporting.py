"""Collects the figures of a finished run into a report."""

import msgspec

from dutchbook.app.assembly import Parts
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Money, Price, notional_down
from dutchbook.engine.records import RunEnded
from dutchbook.evaluation.report import HeldPosition, NearMissRow, ReplayReport
from dutchbook.portfolio.profit import profit_and_loss
from dutchbook.storage.manifest import Manifest, SegmentKind


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What only the end of a run tells."""

    run: str
    head: str
    seconds: float
    strategies: tuple[str, ...]


def run_ended(parts: Parts) -> RunEnded:
    """The last line of a journal that is closed in good order."""
    desk, loop = parts.desk, parts.loop
    equity = desk.valuation().at_cost
    maker = None if parts.maker is None else parts.maker.figures()
    events = loop.counters.events
    return RunEnded(frames=loop.feed.frames, events=events, cash=desk.ledger.cash, equity=equity, maker=maker)


def report_of(parts: Parts, manifest: Manifest, ending: Ending) -> ReplayReport:
    """The report of a replay that has ended."""
    desk, loop, strategy = parts.desk, parts.loop, parts.strategy
    money = profit_and_loss(desk.ledger, desk.mark, desk.complete_sets())
    checked = parts.polymarket.counters
    books = desk.books.counters
    near_misses = strategy.pool.figures()
    return ReplayReport(
        frames=loop.feed.frames,
        events=loop.counters.events,
        markets=len(desk.catalogue.markets()) or len(desk.books),
        snapshots_checked=checked.snapshots_checked,
        snapshots_ok=checked.snapshots_ok,
        changes_checked=checked.changes_checked,
        changes_ok=checked.changes_ok,
        gaps=manifest.gaps + checked.gaps + parts.kalshi.counters.gaps,
        resyncs=books.resyncs,
        crossed=books.crossed,
        near_misses=strategy.stats.near_misses,
        opportunities=strategy.stats.opportunities,
        intents=loop.counters.intents,
        refused=loop.counters.refused,
        orders=loop.counters.orders,
        fills=loop.counters.fills,
        fees=money.fees,
        pnl=money.net,
        equity=money.equity,
        journal_head=ending.head,
        seconds=ending.seconds,
        run=ending.run,
        strategies=ending.strategies,
        first=manifest.first,
        last=manifest.last,
        opening=Money(money.deposits - money.withdrawals),
        cash=money.cash,
        realised=money.realised,
        unrealised=money.unrealised,
        malformed=loop.feed.malformed,
        unread=dict(loop.feed.unread),
        unknown_types={**checked.unknown_types, **parts.kalshi.counters.unknown_types},
        mirror_breaks=books.mirror_breaks,
        bundles=parts.bundles,
        evaluated=strategy.stats.evaluated,
        declined={str(why): count for why, count in strategy.stats.declined.items()},
        refusals=dict(loop.counters.refusals),
        near_miss_rows=tuple(NearMissRow(how=how, count=count) for how, count in near_misses.closed.items()),
        near_miss_mean=near_misses.mean,
        near_miss_longest=near_misses.longest,
        positions=_positions(parts),
        complete=manifest.complete,
        limits=_limits(manifest),
    )


def _positions(parts: Parts) -> tuple[HeldPosition, ...]:
    rows = []
    for outcome, position in parts.desk.ledger.positions.items():
        market = parts.desk.catalogue.market_of(outcome)
        price: Price | None = parts.desk.mark(outcome)
        rows.append(
            HeldPosition(
                outcome=outcome,
                title=market.title if market else str(position.market),
                label=market.labels[outcome == market.no] if market else "",
                size=position.size,
                cost=position.cost,
                value=None if price is None else notional_down(price, position.size),
            )
        )
    return tuple(rows)


def _limits(manifest: Manifest) -> tuple[str, ...]:
    """What a reader must know before believing the figures."""
    notes = [
        "Fills are simulated over the observed book: nobody reacts to our orders, and our place in a queue is a guess."
    ]
    if manifest.kind is SegmentKind.EVENTS:
        notes.append("The source is a table of book states, not raw frames: no hash or sequence could be checked.")
    if manifest.venue is Venue.POLYMARKET:
        notes.append("YES and NO of one Polymarket market are one mirrored book: only several markets make a bundle.")
    if not manifest.complete:
        notes.append("The recording was cut short: what came after its last proven block is missing.")
    return tuple(notes)
