"""The screen of a running desk: mode, data, money, bundles, near misses, baskets, fills."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.units import SECOND, Money, dollars
from dutchbook.evaluation.snapshot import AlertRow, DeskSnapshot
from dutchbook.interfaces.cli.account_view import fill_json
from dutchbook.interfaces.words import (
    NOBODY,
    counts,
    iso,
    micros,
    money,
    number_of,
    price,
    ratio,
    signed_money,
    size,
    span,
    time_of_day,
)
from dutchbook.strategies.reward_maker.observations import MakerFigures
from dutchbook.strategies.reward_maker.verifying import RewardsToday

PICTURE_SIZE = (118, 40)
"""Columns and rows of the screen where no terminal tells its own."""
_REMOTE_FONT = re.compile(r"@font-face *{[^}]*}\s*")
"""The picture uses a font that is there: it must not call another host from whoever looks at it."""
STALE_AFTER = 5 * SECOND
"""Data older than this is shown in red."""
ALERT_SHOWN = 120 * SECOND
"""For how long the newest alert stands on the screen; all of them are in the journal."""
_NARROW = 100
_TOP = 11
"""Lines of header and money, at most."""
_TABLE = 3
"""Lines of a table besides its rows: blank, title, header."""
_BASKETS = 3
_KINDS = {
    BundleKind.BUY_BOTH: "buy both",
    BundleKind.SPLIT_SELL: "split, sell",
    BundleKind.ALL_YES: "all YES",
    BundleKind.ALL_NO: "all NO",
    BundleKind.LADDER: "ladder",
    BundleKind.CROSS_VENUE: "two venues",
}
_STANDING_STYLES = {"under": "bold green", "near": "yellow"}

_MOST_REFUSALS = 4
"""Checks that a summary names."""


def screen(snapshot: DeskSnapshot, width: int, height: int) -> RenderableType:
    """The whole screen, cut to fit. Narrow terminals get one column."""
    stages = _stages(snapshot, width)
    top = Group(_header(snapshot, stages), _money(snapshot))
    space = height - _TOP - max(0, len(stages) - 1)
    if width < _NARROW:
        rows = max(1, (space - 3 * _TABLE) // 3)
        return Group(top, _bundles(snapshot, rows), _pool(snapshot, rows), _fills(snapshot, rows))
    left = max(1, (space - 2 * _TABLE) // 2)
    right = max(1, (space - 3 * _TABLE - _BASKETS) // 2)
    columns = Table.grid(padding=(0, 4), expand=True)
    columns.add_column(ratio=1)
    columns.add_column(ratio=1)
    columns.add_row(
        Group(_bundles(snapshot, left), _pool(snapshot, left)),
        Group(_books(snapshot, right), _baskets(snapshot, _BASKETS), _fills(snapshot, right)),
    )
    return Group(top, columns)


def line(snapshot: DeskSnapshot) -> str:
    """The desk in one line, for logs and pipes."""
    halted = f"  HALTED: {snapshot.halted}" if snapshot.halted else ""
    return (
        f"{time_of_day(snapshot.at)} {snapshot.mode.upper()}  equity {money(snapshot.equity)}  "
        f"P&L {signed_money(_profit(snapshot))}  frames {snapshot.frames:,}  near misses {snapshot.near_misses_open}  "
        f"opportunities {snapshot.opportunities}  refused {snapshot.refused}  fills {snapshot.fills_total}  "
        f"data {span(snapshot.data_age)} old{_if_any(rewards_words(snapshot))}{halted}"
    )


def alert_line(row: AlertRow) -> str:
    """An alert in one line."""
    return f"ALERT {time_of_day(row.at)} {row.text}"


def summary(snapshot: DeskSnapshot) -> Iterator[str]:
    """What is left to say when the run is over."""
    yield (
        f"{snapshot.mode.upper()}, {snapshot.source}: {number_of(snapshot.frames, 'frame')} in {span(snapshot.elapsed)}"
    )
    yield (
        f"{number_of(snapshot.opportunities, 'opportunity', 'opportunities')}, "
        f"{number_of(snapshot.intents, 'intent')} ({snapshot.refused:,} refused), "
        f"{number_of(snapshot.orders, 'order')}, {number_of(snapshot.fills_total, 'fill')}"
    )
    yield f"P&L {signed_money(_profit(snapshot))}, equity {money(snapshot.equity)}, fees {money(snapshot.fees)}"
    yield (
        f"exposure {money(snapshot.exposure)} ({money(snapshot.reserved)} in open purchases), "
        f"{number_of(snapshot.orders_working, 'order')} still at work"
    )
    if snapshot.maker is not None:
        yield maker_words(snapshot.maker)
    if snapshot.rewards is not None:
        yield rewards_words(snapshot)
    if snapshot.alerts_total:
        yield f"{number_of(snapshot.alerts_total, 'alert')} - next: dutchbook journal show --kind alert"
    if snapshot.notice:
        yield f"note: {snapshot.notice}"
    yield f"run {snapshot.run} - next: dutchbook report, dutchbook journal verify {snapshot.run}"


def snapshot_json(snapshot: DeskSnapshot) -> dict[str, object]:
    """The figures, without the rows: money as decimal strings in dollars."""
    amounts = (
        "bankroll", "cash", "equity", "high_water", "realised", "unrealised", "fees", "exposure", "reserved",
    )  # fmt: skip
    figures = (
        "frames", "books_total", "books_usable", "bundles_total", "near_misses_open", "near_misses_seen",
        "opportunities", "intents", "refused", "refusals", "orders", "orders_working", "fills_total", "halted",
        "paused", "run", "journal_lines",
    )  # fmt: skip
    return {
        "mode": snapshot.mode,
        "strategies": snapshot.strategies,
        "source": snapshot.source,
        "notice": snapshot.notice,
        "at": iso(snapshot.at),
        "seconds": round(snapshot.elapsed / SECOND, 3),
        **{name: getattr(snapshot, name) for name in figures},
        **{name: dollars(getattr(snapshot, name)) for name in amounts},
        "pnl": dollars(_profit(snapshot)),
        "stages": snapshot.stages,
        "alerts_total": snapshot.alerts_total,
        "alerts": [{"at": iso(row.at), "subject": row.subject, "text": row.text} for row in snapshot.alerts],
        "rewards": _rewards_json(snapshot.rewards),
        "maker": None if snapshot.maker is None else msgspec.to_builtins(snapshot.maker),
        "fills": [fill_json(row) for row in snapshot.fills],
    }


def export_svg(snapshot: DeskSnapshot, path: Path) -> None:
    """The screen as a picture for documents."""
    out = Console(file=io.StringIO(), record=True, width=PICTURE_SIZE[0], markup=False, highlight=False, emoji=False)
    out.print(screen(snapshot, *PICTURE_SIZE))
    path.write_text(_REMOTE_FONT.sub("", out.export_svg(title="dutchbook run")), encoding="utf-8")


def maker_words(maker: MakerFigures) -> str:
    """What the reward maker did: quotes, fills, hedges, and what stood in the way of quotes most often."""
    refused = sorted(maker.refused.items(), key=lambda rule: (-rule[1], rule[0]))[:_MOST_REFUSALS]
    checks = ", ".join(f"{rule} {count}" for rule, count in refused)
    return (
        f"{number_of(maker.quoting, 'market')} quoted of {maker.rewarded} with rewards: "
        f"{number_of(maker.quotes, 'quote')}, {maker.withdrawn} withdrawn, {number_of(maker.fills, 'fill')}, "
        f"{number_of(maker.hedges, 'hedge')}, {number_of(maker.merges, 'merge')}, {money(maker.unhedged)} not hedged"
        + (f"; checks that refused: {checks}" if checks else "")
    )


def rewards_words(snapshot: DeskSnapshot) -> str:
    """What our quotes earn today, by the rule that venues sample by and by their own word; empty without any quotes."""
    today = snapshot.rewards
    if today is None:
        return ""
    stated = "no word from the venue" if today.stated is None else f"{money(today.stated)} by the venue"
    differing = f", which differs on {number_of(today.differing, 'order')}" if today.differing else ""
    return f"rewards today {money(today.earned)} at least by the rule, {stated}{differing}"


def _if_any(words: str) -> str:
    return f"  {words}" if words else ""


def _rewards_json(today: RewardsToday | None) -> dict[str, object] | None:
    if today is None:
        return None
    stated = None if today.stated is None else dollars(today.stated)
    return {"today": dollars(today.earned), "stated": stated, "differing_orders": today.differing}


def _profit(snapshot: DeskSnapshot) -> Money:
    return Money(snapshot.realised + snapshot.unrealised - snapshot.fees)


def _header(snapshot: DeskSnapshot, stages: Iterable[str]) -> RenderableType:
    words = (f"strategies: {', '.join(snapshot.strategies) or 'none'}", snapshot.said)
    said = [Text(f" {each}", "dim", no_wrap=True, overflow="ellipsis") for each in words if each]
    return Group(_state(snapshot), *said, *(Text(each, "dim", no_wrap=True, overflow="ellipsis") for each in stages))


def _stages(snapshot: DeskSnapshot, width: int) -> list[str]:
    """How long each stage takes from a frame to the venue's answer: the median, and the 99th percentile.

    In as many lines as it takes to show all of them.
    """
    lines: list[str] = []
    for stage in snapshot.stages:
        shown = f"{stage.stage} {micros(stage.median_us)} (p99 {micros(stage.p99_us)})"
        if lines and len(lines[-1]) + len(shown) + 2 < width:
            lines[-1] += f"  {shown}"
        else:
            lines.append(f" {shown}")
    return lines


def _state(snapshot: DeskSnapshot) -> Text:
    stale = snapshot.data_age is None or snapshot.data_age > STALE_AFTER
    text = Text.assemble(
        (f" {snapshot.mode.upper()} ", "bold black on cyan"),
        (f"  {snapshot.source}", "bold"),
        f"   {time_of_day(snapshot.at)} UTC   {snapshot.frames:,} frames, {snapshot.frames_per_second:,.0f}/s   ",
        (f"data {span(snapshot.data_age)} old", "bold red" if stale else "green"),
        f"   books {snapshot.books_usable}/{snapshot.books_total}",
    )
    if snapshot.notice:
        text.append(f"\n {snapshot.notice}", "italic yellow")
    if snapshot.halted:
        text.append(f"\n HALTED: {snapshot.halted} - dutchbook resume --i-checked", "bold white on red")
    elif snapshot.paused:
        text.append(f"\n PAUSED: {snapshot.paused}", "bold yellow")
    if snapshot.alerts and snapshot.at - snapshot.alerts[0].at < ALERT_SHOWN:
        text.append(f"\n {alert_line(snapshot.alerts[0])}", "bold red")
    return text


def _money(snapshot: DeskSnapshot) -> RenderableType:
    profit = _profit(snapshot)
    figures = (
        ("equity", money(snapshot.equity), "bold"),
        ("P&L", signed_money(profit), "bold red" if profit < 0 else "bold green"),
        ("realised", signed_money(snapshot.realised), ""),
        ("unrealised", signed_money(snapshot.unrealised), ""),
        ("fees", money(snapshot.fees), ""),
        ("cash", money(snapshot.cash), ""),
        ("intents", f"{snapshot.intents:,}", ""),
        ("refused", f"{snapshot.refused:,}", ""),
        ("orders", f"{snapshot.orders:,}", ""),
        ("fills", f"{snapshot.fills_total:,}", ""),
    )
    made = Table(box=box.HORIZONTALS, pad_edge=False, expand=True)
    for name, _, _ in figures:
        made.add_column(name, justify="right", no_wrap=True)
    made.add_row(*(Text(value, style) for _, value, style in figures))
    refused = f"refused by: {counts(snapshot.refusals.items())}" if snapshot.refusals else ""
    notes = [Text(words, "dim") for words in (refused, rewards_words(snapshot)) if words]
    return Group(made, *notes) if notes else made


def _bundles(snapshot: DeskSnapshot, limit: int) -> RenderableType:
    rows = (
        (
            Text(_kind(row.kind, row.legs)),
            Text(row.title),
            Text(ratio(row.ratio), _STANDING_STYLES.get(row.standing, "")),
        )
        for row in snapshot.bundles[:limit]
    )
    return _table(f"Bundles ({snapshot.bundles_total:,})", ("<kind", "question", ">cost/payoff"), rows)


def _pool(snapshot: DeskSnapshot, limit: int) -> RenderableType:
    rows = (
        (
            Text(_kind(row.kind)),
            Text(row.title),
            Text(ratio(row.ratio)),
            Text(ratio(row.best)),
            Text(span(row.lasted)),
            Text(price(row.short)),
        )
        for row in snapshot.near_misses[:limit]
    )
    title = f"Near misses ({snapshot.near_misses_open:,} now, {snapshot.near_misses_seen:,} seen)"
    return _table(title, ("<kind", "question", ">now", ">best", ">for", ">lacks"), rows)


def _books(snapshot: DeskSnapshot, limit: int) -> RenderableType:
    rows = (
        (
            Text(f"{row.label} {row.title}"),
            Text(size(row.bid_size)),
            Text(price(row.bid), "green"),
            Text(price(row.ask), "red"),
            Text(size(row.ask_size)),
        )
        if row.fault is None
        else (Text(f"{row.label} {row.title}"), Text(NOBODY), Text("unknown", "red"), Text(NOBODY), Text(NOBODY))
        for row in snapshot.books[:limit]
    )
    return _table("Books, latest changes", ("outcome", ">size", ">bid", ">ask", ">size"), rows)


def _baskets(snapshot: DeskSnapshot, limit: int) -> RenderableType:
    rows = (
        (
            Text(row.title),
            Text(f"{row.filled}/{row.legs}"),
            Text(money(row.cost)),
            Text(signed_money(row.edge)),
            Text(row.stage),
        )
        for row in snapshot.baskets[:limit]
    )
    return _table(f"Working baskets ({len(snapshot.baskets)})", ("bundle", ">legs", ">cash", ">edge", "<stage"), rows)


def _fills(snapshot: DeskSnapshot, limit: int) -> RenderableType:
    rows = (
        (
            Text(time_of_day(row.at)),
            Text(f"{row.side} {row.label} {row.title}"),
            Text(size(row.size)),
            Text(price(row.price)),
            Text(money(row.fee)),
        )
        for row in snapshot.fills[:limit]
    )
    return _table(f"Fills ({snapshot.fills_total:,})", ("<at", "what", ">size", ">price", ">fee"), rows)


def _kind(kind: BundleKind, legs: int | None = None) -> str:
    name = _KINDS[kind]
    return name if legs is None else f"{name} x{legs}"


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Text]]) -> RenderableType:
    """A dense table. Columns marked < or > keep their width; the others, titles, give way."""
    made = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), expand=True, header_style="dim")
    for column in columns:
        fixed = column[0] in "<>"
        made.add_column(
            column.lstrip("<>"),
            justify="right" if column[0] == ">" else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=None if fixed else 1,
        )
    for row in rows:
        made.add_row(*row)
    if not made.row_count:
        return Text(f"\n{title}: none", "bold cyan")
    return Group(Text(f"\n{title}", "bold cyan"), made)
