"""The report of a replay in words: figures, refusals, positions, limits."""

import io

import msgspec
from rich.console import Console

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import SECOND, Money, Nanos, Size
from dutchbook.evaluation.report import HeldPosition, NearMissRow, ReplayReport
from dutchbook.interfaces.cli.replay_view import report_parts

START = Nanos(1_790_000_000 * SECOND)
REPORT = ReplayReport(
    frames=7_881,
    events=9_000,
    markets=12,
    snapshots_checked=38,
    snapshots_ok=37,
    changes_checked=500,
    changes_ok=499,
    gaps=1,
    resyncs=2,
    crossed=3,
    near_misses=14,
    opportunities=5,
    intents=6,
    refused=4,
    orders=8,
    fills=7,
    fees=Money(1_250_000),
    pnl=Money(-2_500_000),
    equity=Money(9_997_500_000),
    journal_head="ab" * 32,
    seconds=2.0,
    run="replay-1",
    strategies=("bundle",),
    first=START,
    last=Nanos(START + 3_600 * SECOND),
    opening=Money(10_000_000_000),
    cash=Money(9_000_000_000),
    realised=Money(0),
    unrealised=Money(-1_250_000),
    malformed=2,
    unread={"binance": 10, "polymarket/rtds": 200},
    bundles=30,
    evaluated=50,
    declined={"too small": 3},
    refusals={"stale_price": 3, "position_limit": 4},
    near_miss_rows=(NearMissRow(how="drifted away", count=13),),
    near_miss_mean=Nanos(2 * SECOND),
    near_miss_longest=Nanos(90 * SECOND),
    positions=(
        HeldPosition(
            outcome=OutcomeId("1"),
            title="Gold above 4,000?",
            label="Yes",
            size=Size(10_000_000),
            cost=Money(4_000_000),
            value=None,
        ),
    ),
    limits=("Fills are simulated.",),
)


def drawn(report: ReplayReport) -> str:
    out = Console(file=io.StringIO(), record=True, width=120, markup=False, highlight=False)
    for part in report_parts(report):
        out.print(part)
    return out.export_text()


def test_the_report_says_what_was_seen_decided_and_earned() -> None:
    text = drawn(REPORT)
    for shown in (
        "REPLAY",
        "bundle",
        "(1h 00m)",
        "7,881 frames, 9,000 events, 12 markets",
        "37 of 38 snapshots and 499 of 500 changes verified",
        "2 malformed frames, 3 crossed books",
        "polymarket/rtds 200, binance 10",
        "stayed 2.0s on average, 1m 30s at most",
        "drifted away 13",
        "5 of 50 looks",
        "position_limit 4, stale_price 3",
        "-$2.50 = realised +$0.00, unrealised -$1.25, fees $1.25",
        "$9,997.50",
        "note: Fills are simulated.",
        "ab" * 32,
        "3,940 frames/s",
    ):
        assert shown in text, shown


def test_a_position_without_a_price_is_not_valued() -> None:
    [row] = [row for row in drawn(REPORT).splitlines() if "Gold above" in row]
    assert row.split()[-1] == "?"


def test_a_recording_without_hashes_says_so() -> None:
    text = drawn(msgspec.structs.replace(REPORT, snapshots_checked=0, changes_checked=0))
    assert "none in this recording" in text


def test_a_recording_without_frames_has_no_period() -> None:
    text = drawn(msgspec.structs.replace(REPORT, first=None, last=None, positions=()))
    assert "no frames" in text
    assert "Open positions" not in text
