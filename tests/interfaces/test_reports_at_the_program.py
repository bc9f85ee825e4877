"""report, scorecard and export at the command line."""

import csv
import io
import json
from pathlib import Path

import pytest

from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import RealClock, VirtualClock
from tests.interfaces.cli import Terminal
from tests.interfaces.hostile import PAYLOADS

HASHES = {"settings", "data", "journal_head"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a desk traded for a minute, a minute ago."""
    home = tmp_path_factory.mktemp("ran") / "home"
    clock = VirtualClock(Nanos(RealClock().now() - 120 * SECOND))
    with RunningDesk(shipped_settings(), home, WalkSource(7, clock), clock) as desk:
        for _ in range(600):
            clock.advance(Nanos(clock.now() + SECOND // 10))
            desk.step()
    return home


@pytest.fixture
def terminal(ran: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(ran, capsys, monkeypatch)


def test_a_report_is_a_table_a_page_and_json_of_the_same_figures(terminal: Terminal, tmp_path: Path) -> None:
    told = json.loads(terminal("report", "--json").out)
    assert told["schema"] == "dutchbook.report/1"
    assert all(len(told["identity"][name]) == 64 for name in HASHES)
    printed = terminal("report").out
    assert printed.startswith("PAPER  ")
    page = tmp_path / "report.html"
    assert str(page) in terminal("report", "--html", page).out
    fills = f"{told['orders']['fills']:,}"
    for face in (printed, page.read_text()):
        assert fills in face
        assert told["identity"]["run"] in face
        assert told["identity"]["journal_head"] in face


def test_a_quick_report_leaves_the_recording_alone(terminal: Terminal) -> None:
    quick = json.loads(terminal("report", "--no-recording", "--json").out)
    assert [row["against"] for row in quick["slippage"]] == ["arrival"]


def test_a_report_that_cannot_be_written_is_one_line(terminal: Terminal, tmp_path: Path) -> None:
    shown = terminal("report", "--html", tmp_path / "no" / "such" / "report.html")
    assert shown.code == 1
    assert len(shown.err.splitlines()) == 1


def test_the_scorecard_names_target_sample_and_verdict(terminal: Terminal) -> None:
    told = json.loads(terminal("scorecard", "--json").out)
    assert (told["schema"], told["mode"], len(told["scores"])) == ("dutchbook.scorecard/1", "paper", 5)
    assert all(score["actual"]["sample"] is not None and score["verdict"] for score in told["scores"])
    printed = terminal("scorecard").out
    assert printed.startswith("PAPER  1 run of the last 30 days")
    assert "> 1.50" in printed
    assert terminal("scorecard", "--mode", "live").code == 2


def test_lots_are_a_table_for_a_spreadsheet(terminal: Terminal, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(terminal("export", "trades").out)))
    told = json.loads(terminal("export", "trades", "--json").out)
    assert told["schema"] == "dutchbook.lots/1"
    assert len(told["lots"]) == len(rows) > 0
    for row in rows:
        if row["status"] == "closed":
            spent = float(row["cost"]) + float(row["acquisition_fee"]) + float(row["disposal_fee"])
            assert float(row["gain"]) == pytest.approx(float(row["proceeds"]) - spent, abs=1e-9)
        else:
            assert row["disposed"] == row["gain"] == ""
    out = tmp_path / "lots.csv"
    assert f"{len(rows):,} lots" in terminal("export", "trades", "--out", out).out
    assert out.read_bytes().count(b"\r\n") == len(rows) + 1


def test_lots_can_be_cut_by_days(terminal: Terminal) -> None:
    every = json.loads(terminal("export", "trades", "--mode", "paper", "--json").out)["lots"]
    none = json.loads(terminal("export", "trades", "--to", "2020-12-31", "--json").out)["lots"]
    held = json.loads(terminal("export", "trades", "--from", "2200-01-01", "--json").out)["lots"]
    assert none == []
    assert [lot for lot in every if lot["status"] == "held"] == held


@pytest.mark.parametrize(
    "words", [("--from", "yesterday"), ("--to", "2026-13-01"), ("a-run", "--mode", "paper"), ("no-such-run",)]
)
def test_a_wrong_wish_for_lots_is_a_usage_error(terminal: Terminal, words: tuple[str, ...]) -> None:
    shown = terminal("export", "trades", *words)
    assert (shown.code, shown.out) == (2, "")
    assert len(shown.err.splitlines()) == 1


@pytest.mark.parametrize("payload", [each for each in PAYLOADS if each[:1] in "=+-@\t\r"])
def test_a_title_is_no_formula(payload: str, terminal: Terminal) -> None:
    from dutchbook.interfaces.reports.lot_file import lot_csv
    from tests.interfaces.reported import made_lot

    [row] = csv.DictReader(io.StringIO(lot_csv([made_lot(payload)])))
    for name in ("title", "outcome", "market", "strategy", "trade", "run"):
        assert row[name] == f"'{payload}"
    assert row["cost"] == "-1.234567"
