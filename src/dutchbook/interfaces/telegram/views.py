"""What the console says: plain text, short lines, the mode first. Texts of markets come from venues and are tamed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from dutchbook.app.control.wire import Answer
from dutchbook.domain.units import DAY, Nanos
from dutchbook.evaluation.desk_rows import LimitRow, LockRow, VenueRow
from dutchbook.evaluation.snapshot import DeskSnapshot, FillRow, OrderRow, PositionRow
from dutchbook.interfaces.alerts.harmless import one_line
from dutchbook.interfaces.alerts.notices import badge
from dutchbook.interfaces.day_results import DayResult
from dutchbook.interfaces.words import counts, money, number_of, price, ratio, signed_money, size, span, time_of_day
from dutchbook.storage.alert_book import AlertState

_ROWS = 20


def status_text(desk: DeskSnapshot) -> str:
    """How the desk stands."""
    state = f"HALTED: {desk.halted}" if desk.halted else f"paused: {desk.paused}" if desk.paused else "at work"
    day = [f"equity {money(desk.equity)}, high-water mark {money(desk.high_water)}"]
    day.append(f"realised {signed_money(desk.realised)}, unrealised {signed_money(desk.unrealised)}")
    lines = [
        f"{badge(desk.mode)} {state}",
        one_line(desk.source),
        *day,
        f"cash {money(desk.cash)}, exposure {money(desk.exposure)}, fees {money(desk.fees)}",
        f"{number_of(desk.orders_working, 'order')} at work, {number_of(desk.fills_total, 'fill')}",
        f"books {desk.books_usable}/{desk.books_total}, data {span(desk.data_age)} old",
        f"strategies: {', '.join(desk.strategies) or 'none'}",
        f"run {desk.run}, up {span(desk.elapsed)}",
    ]
    return "\n".join([*lines, *([one_line(desk.notice)] if desk.notice else [])])


def scan_text(desk: DeskSnapshot) -> str:
    """What is watched, and the bundles nearest to their payoff."""
    head = (
        f"{badge(desk.mode)} {number_of(desk.bundles_total, 'bundle')}, {desk.near_misses_open} near misses now, "
        f"{desk.near_misses_seen} seen; {number_of(desk.opportunities, 'opportunity', 'opportunities')}, "
        f"{number_of(desk.intents, 'intent')}, {desk.refused} refused"
    )
    refusals = [f"refused by: {counts(desk.refusals.items())}"] if desk.refusals else []
    rows = [f"{ratio(row.ratio)} {row.kind} {one_line(row.title, 60)} ({row.legs} legs)" for row in desk.bundles[:10]]
    return "\n".join([head, *refusals, "cost / payoff before fees, nearest first:", *(rows or ["none has a price"])])


def near_miss_text(desk: DeskSnapshot) -> str:
    """The pool."""
    head = f"{badge(desk.mode)} near misses: {desk.near_misses_open} now, {desk.near_misses_seen} seen"
    rows = [
        f"{ratio(row.ratio)} (best {ratio(row.best)}) for {span(row.lasted)}: {one_line(row.title, 60)}"
        f"{f', {price(row.short)} short' if row.short is not None else ''}"
        for row in desk.near_misses
    ]
    return "\n".join([head, *(rows or ["none now"])])


def fills_text(mode: str, fills: Sequence[FillRow]) -> str:
    """The latest trades."""
    rows = [
        f"{time_of_day(row.at)} {row.side} {size(row.size)} {row.label} at {price(row.price)}, fee {money(row.fee)}"
        f"{'' if row.settled else ', not settled'}\n  {one_line(row.title, 80)}"
        for row in fills
    ]
    return _listed(mode, "latest trades", rows)


def positions_text(mode: str, positions: Sequence[PositionRow]) -> str:
    """What is held."""
    rows = [
        f"{size(row.size)} {row.label} for {money(row.cost)}, worth {_worth(row)}\n  {one_line(row.title, 80)}"
        for row in positions
    ]
    return _listed(mode, "positions", rows)


def _worth(row: PositionRow) -> str:
    worth = "unknown: nobody bids" if row.value is None else money(row.value)
    return f"{worth} ({row.state})" if row.state else worth


def orders_text(mode: str, orders: Sequence[OrderRow]) -> str:
    """Orders at work, the unknown ones marked."""
    rows = [
        f"{'UNKNOWN ' if row.status == 'unknown' else ''}{row.id}: {row.side} {size(row.size)} {row.label} at "
        f"{price(row.limit)}, {row.status}, {size(row.filled)} filled, {span(row.age)} old\n  {one_line(row.title, 80)}"
        for row in orders
    ]
    return _listed(mode, "orders at work", rows)


def limits_text(mode: str, limits: Sequence[LimitRow]) -> str:
    """How far each limit is used, the fullest first."""
    fullest = sorted(limits, key=lambda row: -(row.used / row.limit if row.limit else 1.0))
    rows = [
        f"{_bar(row)} {row.rule}{f' {one_line(row.title or row.about, 50)}' if row.about else ''}: "
        f"{money(row.used)} of {money(row.limit)}"
        for row in fullest
    ]
    return _listed(mode, "limits", rows)


def _bar(row: LimitRow) -> str:
    share = min(max(row.used / row.limit, 0.0), 1.0) if row.limit else 1.0
    full = round(5 * share)
    return f"{'▰' * full}{'▱' * (5 - full)} {share:.0%}"


def locks_text(mode: str, locks: Sequence[LockRow]) -> str:
    """What keeps the desk from opening."""
    rows = [
        f"{row.about}: {one_line(row.reason)}{f', until {time_of_day(row.until)}' if row.until else ''}"
        f"{f' - {row.lift}' if row.lift else ''}"
        for row in locks
    ]
    return _listed(mode, "locks", rows, "none: the desk may open")


def days_text(rows: Sequence[DayResult], days: int) -> str:
    """Results by day and mode."""
    shown = [
        f"{badge(row.mode)} {day_of(row.day)} {signed_money(row.change)}: equity {money(row.equity)}, "
        f"{number_of(row.fills, 'fill')}, fees {money(row.fees)}"
        for row in rows
    ]
    head = f"Results of the last {number_of(days, 'day')} (UTC), after fees:"
    return "\n".join([head, *(shown or ["no desk was at work"])])


def health_text(answer: Answer, venues: Sequence[VenueRow], ignored: int) -> str:
    """How venues, data and the order path fare."""
    desk = answer.snapshot
    lines = [f"{badge(answer.mode)} the desk answers, run {answer.run}"]
    if desk is not None:
        lines.append(f"data {span(desk.data_age)} old, {desk.frames_per_second:,.0f} frames/s")
        lines.append(f"journal {desk.journal_lines:,} lines, head {desk.journal_head[:12]}")
        lines += [f"{row.stage}: {row.median_us:,.0f} us, p99 {row.p99_us:,.0f} us" for row in desk.stages]
    lines += [
        f"{row.venue}: {row.state}, frame {span(row.age)} old, books {row.books_usable}/{row.books}, "
        f"{row.losses} lost{f' - {one_line(row.denied)}' if row.denied else ''}"
        for row in venues
    ]
    return "\n".join([*lines, f"{number_of(ignored, 'message')} of strangers ignored"])


def alerts_text(alerts: Iterable[AlertState]) -> str:
    """The latest alerts, the newest first."""
    rows = []
    for alert in alerts:
        raised, seen = alert.raised, alert.acknowledged
        state = f"seen by {seen.by} after {span(alert.response)}" if seen else "not acknowledged"
        when = datetime.fromtimestamp(raised.at / 10**9, UTC).strftime("%m-%d %H:%M")
        rows.append(f"{raised.id} {when} {badge(raised.mode)} {raised.tier}: {raised.title} ({state})")
    return "\n".join(["Latest alerts (UTC):", *(rows or ["none"])])


def day_of(day: int) -> str:
    """A day counted since 1970 as a date."""
    return datetime.fromtimestamp(Nanos(day * DAY) // 10**9, UTC).strftime("%Y-%m-%d")


def _listed(mode: str, what: str, rows: Sequence[str], empty: str = "none") -> str:
    more = [f"and {len(rows) - _ROWS} more"] if len(rows) > _ROWS else []
    return "\n".join([f"{badge(mode)} {what}:", *(rows[:_ROWS] or [empty]), *more])
