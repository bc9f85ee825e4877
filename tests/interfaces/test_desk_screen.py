"""The screen says what the desk is, what it sees and what it has, at any width."""

import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleId, BundleKind
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import IntentId
from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size
from dutchbook.evaluation.snapshot import (
    AlertRow,
    BasketRow,
    BookRow,
    BundleRow,
    DeskSnapshot,
    FillRow,
    PoolRow,
    StageFigures,
)
from dutchbook.interfaces.cli.desk_screen import export_svg, line, screen, snapshot_json, summary

AT = Nanos(1_790_000_000 * SECOND)
DESK = DeskSnapshot(
    mode="paper",
    source="random walk, seed 7",
    notice="its opportunities are planted",
    at=AT,
    elapsed=Nanos(65 * SECOND),
    frames=12_345,
    frames_per_second=190.0,
    data_age=Nanos(40_000_000),
    books=(
        BookRow(
            outcome=OutcomeId("1"),
            title="Arden",
            label="Yes",
            bid=Price(2_870),
            bid_size=Size(80_500_000),
            ask=None,
            ask_size=None,
        ),
        BookRow(
            outcome=OutcomeId("2"),
            title="Brook",
            label="Yes",
            bid=None,
            bid_size=None,
            ask=None,
            ask_size=None,
            fault="no snapshot yet",
        ),
    ),
    books_total=2,
    books_usable=1,
    bundles=(
        BundleRow(
            bundle=BundleId("b"), kind=BundleKind.ALL_NO, title="Who wins?", legs=8, ratio=1_000_001, standing="near"
        ),
        BundleRow(
            bundle=BundleId("c"), kind=BundleKind.LADDER, title="How high?", legs=2, ratio=None, standing="unpriced"
        ),
    ),
    bundles_total=103,
    near_misses=(
        PoolRow(
            bundle=BundleId("b"),
            kind=BundleKind.ALL_NO,
            title="Who wins?",
            ratio=1_001_200,
            best=1_000_500,
            lasted=Nanos(5 * SECOND),
            short=Price(407),
        ),
    ),
    near_misses_open=1,
    near_misses_seen=9,
    opportunities=2,
    intents=3,
    refused=1,
    refusals={"stale_price": 1},
    orders=6,
    baskets=(
        BasketRow(
            intent=IntentId("i"),
            title="Who wins?",
            filled=5,
            legs=8,
            cost=Money(495_000_000),
            edge=Money(1_200_000),
            stage="working",
        ),
    ),
    fills=(
        FillRow(
            at=AT,
            title="Arden",
            label="No",
            side=Side.BUY,
            price=Price(8_370),
            size=Size(100_230_000),
            fee=Money(683_700),
        ),
    ),
    fills_total=6,
    bankroll=Money(10_000_000_000),
    cash=Money(9_500_000_000),
    equity=Money(10_001_190_000),
    high_water=Money(10_001_190_000),
    realised=Money(5_310_000),
    unrealised=Money(0),
    fees=Money(4_120_000),
    run="paper-1",
    journal_lines=137,
)


def drawn(snapshot: DeskSnapshot, width: int = 120, height: int = 45) -> str:
    out = Console(file=io.StringIO(), record=True, width=width, markup=False, highlight=False)
    out.print(screen(snapshot, width, height))
    return out.export_text()


def test_the_screen_shows_mode_source_and_that_opportunities_are_planted() -> None:
    text = drawn(DESK)
    assert "PAPER" in text
    assert "random walk, seed 7" in text
    assert "its opportunities are planted" in text
    assert "12,345 frames" in text
    assert "data 40ms old" in text
    assert "books 1/2" in text


def test_the_screen_shows_money_bundles_near_misses_baskets_and_fills() -> None:
    text = drawn(DESK)
    for shown in ("$10,001.19", "+$1.19", "$4.12", "all NO x8", "1.0001", "4.07¢", "5/8", "+$1.20", "buy No Arden"):
        assert shown in text
    assert "refused by: stale_price 1" in text


def test_what_is_not_known_is_not_shown_as_a_number() -> None:
    rows = {line.split()[-5:][0]: line for line in drawn(DESK).splitlines() if "Brook" in line or "28.7¢" in line}
    assert any("unknown" in row for row in rows.values())
    arden = next(row for row in drawn(DESK).splitlines() if "28.7¢" in row)
    assert arden.rstrip().endswith("-")


def test_the_newest_word_of_a_feed_has_a_line_of_its_own() -> None:
    said = "kalshi feed 2: stale - nothing came for 10 s - 37 books unknown - trying again in 0.5 s"
    desk = msgspec.structs.replace(DESK, said=said)
    assert said in [line.strip() for line in drawn(desk).splitlines()]
    narrow = drawn(desk, 60).splitlines()
    assert len([line for line in narrow if "kalshi feed 2: stale" in line]) == 1
    assert len(narrow) == len(drawn(DESK, 60).splitlines()) + 1


def test_the_screen_the_figures_and_the_summary_tell_what_runs_and_what_is_bound() -> None:
    desk = msgspec.structs.replace(
        DESK,
        strategies=("reward-maker", "bundle"),
        exposure=Money(12_500_000),
        reserved=Money(9_500_000),
        orders_working=2,
    )
    assert " strategies: reward-maker, bundle" in [line.rstrip() for line in drawn(desk).splitlines()]
    assert " strategies: none" in [line.rstrip() for line in drawn(DESK).splitlines()]
    assert "exposure $12.50 ($9.50 in open purchases), 2 orders still at work" in summary(desk)
    figures = snapshot_json(desk)
    assert (figures["strategies"], figures["exposure"]) == (("reward-maker", "bundle"), "12.50")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_the_screen_keeps_to_its_width_and_mode_on_any_terminal(width: int) -> None:
    lines = drawn(DESK, width).splitlines()
    assert max(len(each) for each in lines) <= width
    assert "PAPER" in lines[0]


UNKNOWN = AlertRow(at=AT, subject="i1-1", text="order i1-1 is unknown for 10.00 s")


def test_the_newest_alert_stands_on_the_screen_for_a_while_and_in_the_summary_for_good() -> None:
    before = AlertRow(at=Nanos(AT - 9 * SECOND), subject="kalshi", text="kalshi is down")
    alerted = msgspec.structs.replace(DESK, alerts=(UNKNOWN, before), alerts_total=7)
    assert "ALERT" in drawn(alerted)
    assert UNKNOWN.text in drawn(alerted)
    later = msgspec.structs.replace(alerted, at=Nanos(AT + 200 * SECOND))
    assert "ALERT" not in drawn(later)
    assert "7 alerts" in "\n".join(summary(later))
    assert snapshot_json(alerted)["alerts_total"] == 7
    assert "alert" not in "\n".join(summary(DESK))


STAGES = tuple(
    StageFigures(stage=stage, median_us=87.4, p99_us=2_437.0, count=12, histogram=(12,))
    for stage in ("decoded", "decided", "signed", "written", "acknowledged")
)


@pytest.mark.parametrize("width", [60, 80, 100, 118, 160, 240])
def test_every_stage_of_an_order_is_shown_on_any_terminal(width: int) -> None:
    shown = drawn(msgspec.structs.replace(DESK, stages=STAGES), width)
    for stage in STAGES:
        assert f"{stage.stage} 87 us (p99 2.4 ms)" in shown
    assert len(shown.rstrip().splitlines()) <= 45


def test_the_stages_are_among_the_figures() -> None:
    figures = snapshot_json(msgspec.structs.replace(DESK, stages=STAGES))
    assert msgspec.to_builtins(figures["stages"])[4] == {
        "stage": "acknowledged",
        "median_us": 87.4,
        "p99_us": 2_437.0,
        "count": 12,
        "histogram": (12,),
    }


@pytest.mark.parametrize("height", [24, 40, 60])
def test_many_rows_are_cut_to_the_height(height: int) -> None:
    full = msgspec.structs.replace(
        DESK,
        books=DESK.books[:1] * 40,
        bundles=DESK.bundles * 20,
        near_misses=DESK.near_misses * 40,
        fills=DESK.fills * 40,
        baskets=DESK.baskets * 9,
    )
    assert len(drawn(full, 120, height).splitlines()) <= height


def test_an_empty_desk_says_none() -> None:
    empty = msgspec.structs.replace(DESK, books=(), bundles=(), near_misses=(), baskets=(), fills=(), refusals={})
    text = drawn(empty)
    assert "Fills (6): none" in text
    assert "Books, latest changes: none" in text


def test_a_halt_shouts_and_says_how_to_resume() -> None:
    text = drawn(msgspec.structs.replace(DESK, halted="drawdown"))
    assert "HALTED: drawdown - dutchbook resume --i-checked" in text
    assert "HALTED: drawdown" in line(msgspec.structs.replace(DESK, halted="drawdown"))
    assert "PAUSED: daily loss" in drawn(msgspec.structs.replace(DESK, paused="daily loss"))


def test_one_line_holds_mode_equity_and_age() -> None:
    text = line(DESK)
    assert "\n" not in text
    for shown in ("PAPER", "equity $10,001.19", "P&L +$1.19", "fills 6", "data 40ms old"):
        assert shown in text


def test_the_summary_says_what_was_planted_and_what_to_do_next() -> None:
    text = "\n".join(summary(DESK))
    assert "2 opportunities, 3 intents (1 refused), 6 orders, 6 fills" in text
    assert "planted" in text
    assert "dutchbook journal verify paper-1" in text


def test_json_has_money_as_decimal_strings_and_times_in_utc() -> None:
    figures = msgspec.json.decode(msgspec.json.encode(snapshot_json(DESK)))
    assert figures["equity"] == "10001.19"
    assert figures["pnl"] == "1.19"
    assert figures["fees"] == "4.12"
    assert figures["at"].endswith("Z")
    assert figures["fills"][0]["price"] == "0.837"
    assert figures["fills"][0]["size"] == "100.23"


def test_the_picture_is_the_screen(tmp_path: Path) -> None:
    export_svg(DESK, tmp_path / "run.svg")
    svg = (tmp_path / "run.svg").read_text()
    assert svg.startswith("<svg")
    assert "planted" in svg
    assert "url(http" not in svg.replace('"', "")
