"""The report of a replay, as a person reads it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dutchbook.domain.units import Nanos
from dutchbook.evaluation.report import ReplayReport
from dutchbook.interfaces.cli.output import pairs, table
from dutchbook.interfaces.words import NOBODY, counts, iso, money, number_of, signed_money, size, span

if TYPE_CHECKING:
    from rich.console import RenderableType


def report_parts(report: ReplayReport) -> "Iterator[RenderableType]":
    """The parts of the report, from what was seen to what it came to."""
    yield f"{report.mode.upper()}  {', '.join(report.strategies) or 'no strategy'}  {_period(report)}"
    yield ""
    yield pairs("Market data", _market_data(report))
    yield ""
    yield pairs("Bundles", _bundles(report))
    yield ""
    yield pairs("Decisions", _decisions(report))
    yield ""
    yield pairs("Money", _money(report))
    if report.positions:
        rows = (
            (row.title, row.label, size(row.size), money(row.cost), "?" if row.value is None else money(row.value))
            for row in report.positions
        )
        yield ""
        yield table("Open positions", ("market", "outcome", ">contracts", ">cost", ">worth"), rows)
    yield ""
    for limit in report.limits:
        yield f"note: {limit}"
    yield f"run {report.run}, journal head {report.journal_head}"
    yield f"{report.seconds:.2f} s, {report.frames_per_second:,.0f} frames/s - next: dutchbook report"


def _period(report: ReplayReport) -> str:
    if report.first is None or report.last is None:
        return "no frames"
    return f"{iso(report.first)} to {iso(report.last)} ({span(Nanos(report.last - report.first))})"


def _market_data(report: ReplayReport) -> Iterator[tuple[str, str]]:
    parts = (number_of(report.frames, "frame"), number_of(report.events, "event"), number_of(report.markets, "market"))
    yield "read", ", ".join(parts)
    if report.snapshots_checked or report.changes_checked:
        snapshots = f"{report.snapshots_ok:,} of {report.snapshots_checked:,} snapshots"
        changes = f"{report.changes_ok:,} of {report.changes_checked:,} changes"
        yield "book hashes", f"{snapshots} and {changes} verified"
    else:
        yield "book hashes", "none in this recording"
    yield "gaps", f"{report.gaps:,}, {number_of(report.resyncs, 'resync')}"
    faults = (number_of(report.malformed, "malformed frame"), number_of(report.crossed, "crossed book"))
    yield "faults", f"{', '.join(faults)}, {report.mirror_breaks:,} that did not mirror"
    if report.unread:
        yield "not read", counts(report.unread.items())
    if report.unknown_types:
        yield "unknown messages", counts(report.unknown_types.items())


def _bundles(report: ReplayReport) -> Iterator[tuple[str, str]]:
    yield "watched", f"{report.bundles:,}"
    stay = f", stayed {span(report.near_miss_mean)} on average, {span(report.near_miss_longest)} at most"
    yield "near misses", f"{report.near_misses:,}{stay if report.near_miss_mean is not None else ''}"
    if report.near_miss_rows:
        yield "how they ended", counts((row.how, row.count) for row in report.near_miss_rows)
    yield "opportunities", f"{report.opportunities:,} of {report.evaluated:,} looks at full depth"
    if report.declined:
        yield "not wanted", counts(report.declined.items())


def _decisions(report: ReplayReport) -> Iterator[tuple[str, str]]:
    yield "intents", f"{report.intents:,}, {report.refused:,} refused by risk"
    if report.refusals:
        yield "refused by", counts(report.refusals.items())
    yield "orders", f"{report.orders:,}"
    yield "fills", f"{report.fills:,}"


def _money(report: ReplayReport) -> Iterator[tuple[str, str]]:
    yield "start", money(report.opening)
    yield (
        "profit and loss",
        (
            f"{signed_money(report.pnl)} = realised {signed_money(report.realised)}, unrealised "
            f"{signed_money(report.unrealised)}, fees {money(report.fees)}"
        ),
    )
    yield "equity", f"{money(report.equity)}, of which cash {money(report.cash)}"
    yield "positions", f"{len(report.positions):,}" if report.positions else NOBODY
