"""Reports of runs in every mode, read from what they left on disk."""

import shutil
from pathlib import Path

import msgspec
import pytest

from dutchbook.app.lot_rows import LotRow, lots_of_mode, lots_of_run
from dutchbook.app.replaying import replay
from dutchbook.app.run_reports import read_run, run_report, run_scores, runs_of_mode
from dutchbook.app.running import RunningDesk
from dutchbook.app.runs import recording_of, run_folder
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.config.modes import Mode
from dutchbook.domain.errors import JournalError, UsageError
from dutchbook.domain.units import DAY, SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.engine.memory import remember
from dutchbook.evaluation.report_object import Grade, RunReport, Verdict
from dutchbook.storage.journal_reader import read

START = Nanos(1_790_000_000 * SECOND)
SETTINGS = shipped_settings()


def desk_at_work(home: Path, seconds: int, start: Nanos = START) -> str:
    clock = VirtualClock(start)
    with RunningDesk(SETTINGS, home, WalkSource(7, clock), clock) as desk:
        for _ in range(seconds * 10):
            clock.advance(Nanos(clock.now() + SECOND // 10))
            desk.step()
    return desk.run


def same(row: LotRow) -> LotRow:
    """A lot without the run that it is from."""
    return msgspec.structs.replace(row, run="", mode="")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a desk traded for five minutes on paper."""
    folder = tmp_path_factory.mktemp("reports")
    desk_at_work(folder, 300)
    return folder


@pytest.fixture(scope="module")
def report(home: Path) -> RunReport:
    return run_report(home, None, SETTINGS)


@pytest.fixture
def copy(home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(home, tmp_path / "copy")


def test_the_books_are_kept_again_as_the_desk_kept_them(home: Path) -> None:
    folder = run_folder(home, None)
    found, remembered = read_run(folder), remember(read(folder / "journal"))
    assert found.history.books.ledger.state == remembered.state.ledger


def test_the_result_is_the_desks_own_and_the_tables_add_up_to_it(report: RunReport) -> None:
    capital = report.capital
    assert capital.net == capital.equity - capital.opening
    assert capital.net == capital.realised + capital.unrealised - capital.fees
    assert report.curve[-1].profit == capital.net
    for rows in (report.by_strategy, report.by_venue, report.by_category):
        assert sum(row.net + (row.held or 0) for row in rows) + report.apart == capital.net
    assert sum(row.net for row in report.by_exit) == sum(row.net for row in report.by_strategy)
    assert sum(day.net for day in report.performance.days) == capital.net


def test_a_desk_that_traded_has_orders_trades_and_slippage(report: RunReport) -> None:
    orders = report.orders
    assert orders.sent == sum(orders.by_status.values()) > 0
    assert orders.fills > 0
    assert sum(row.orders for row in orders.by_age) == orders.fill_ratio.sample
    assert report.performance.trades + report.performance.open_trades > 0
    arrival, middle = report.slippage
    assert (arrival.against, middle.against) == ("arrival", "middle")
    assert middle.each.value is not None
    assert middle.each.value > 0  # whoever takes pays at least half of the spread
    assert report.exposure.most >= report.exposure.mean > 0


def test_other_ways_of_doing_stand_beside_the_result(report: RunReport) -> None:
    known = {row.name: row for row in report.comparisons}
    assert list(known) == ["nothing", "hold", "market", "random entry"]
    market = known["market"].net
    assert market is not None
    assert market > report.capital.net  # without fees and spread
    random = known["random entry"]
    assert random.low is not None
    assert random.net is not None
    assert random.high is not None
    assert random.low <= random.net <= random.high


def test_the_run_can_be_told_apart(report: RunReport, home: Path) -> None:
    identity = report.identity
    assert (identity.mode, identity.ended, identity.grade) == ("paper", True, Grade.DEPTH)
    assert len(identity.settings) == len(identity.data) == len(identity.journal_head) == 64
    assert identity.code
    assert report.limits
    assert run_report(home, identity.run, SETTINGS) == report


def test_a_replay_of_what_it_saw_has_the_same_result(home: Path, report: RunReport, copy: Path) -> None:
    recording = recording_of(run_folder(home, None))
    assert recording is not None
    replay(recording, settings=SETTINGS.in_mode(Mode.REPLAY), home=copy)
    again = run_report(copy, None, SETTINGS)
    assert again.identity.mode == "replay"
    assert again.orders == report.orders
    assert again.capital == report.capital
    assert [same(row) for row in lots_of_run(copy, None)] == [same(row) for row in lots_of_run(home, None)]


def test_without_a_look_at_the_recording_the_report_says_what_is_missing(home: Path, report: RunReport) -> None:
    quick = run_report(home, None, SETTINGS, look=False)
    assert quick.capital == report.capital
    assert [row.against for row in quick.slippage] == ["arrival"]
    assert all(row.value is None for row in quick.held)
    assert any("not looked at" in limit for limit in quick.limits)


def test_without_its_recording_a_run_still_has_a_report(copy: Path, report: RunReport) -> None:
    shutil.rmtree(run_folder(copy, None) / "recording")
    bare = run_report(copy, None, SETTINGS)
    assert bare.identity.grade is Grade.NONE
    assert bare.capital.net == report.capital.net
    assert any("kept no recording" in limit for limit in bare.limits)


def test_of_a_run_that_was_cut_off_all_that_is_proven_is_told(copy: Path) -> None:
    [segment] = (run_folder(copy, None) / "journal").glob("journal-*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[: len(lines) // 2]))
    cut = run_report(copy, None, SETTINGS)
    assert not cut.identity.ended
    assert cut.identity.journal_lines == len(lines) // 2
    assert any("damaged" in limit for limit in cut.limits)
    assert any("no last line" in limit for limit in cut.limits)


def test_of_a_journal_that_proves_nothing_there_is_no_report(copy: Path) -> None:
    [segment] = (run_folder(copy, None) / "journal").glob("journal-*.jsonl")
    segment.write_bytes(b"not a journal\n" + segment.read_bytes())
    with pytest.raises(JournalError):
        run_report(copy, None, SETTINGS)


def test_a_report_of_a_run_that_nobody_made_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run is called"):
        run_report(home, "paper-1", SETTINGS)
    with pytest.raises(UsageError, match="nothing has run yet"):
        run_report(tmp_path, None, SETTINGS)


def test_the_scorecard_is_over_all_runs_of_one_mode(copy: Path) -> None:
    first = run_folder(copy, None).name
    second = desk_at_work(copy, 30, Nanos(START + DAY))
    found = run_scores(copy, None, 30, Nanos(START + 2 * DAY))
    assert found.runs == (first, second)
    uptime = next(score for score in found.scores if score.name == "uptime")
    assert uptime.verdict is Verdict.MISSED  # five minutes of a day
    assert run_scores(copy, "paper", 1, Nanos(START + 2 * DAY)).runs == (second,)
    for mode, days in (("live", 30), ("paper", 1)):
        with pytest.raises(UsageError, match="no run of mode"):
            run_scores(copy, mode, days, Nanos(START + 90 * DAY))


def test_every_contract_bought_is_in_the_lots_once(home: Path, report: RunReport) -> None:
    rows = lots_of_run(home, None)
    closed = [row for row in rows if row.status == "closed"]
    assert sum(row.gain or 0 for row in closed) == sum(row.net for row in report.by_strategy)
    still = {row.outcome: row.size for row in report.held}
    assert sum(row.contracts for row in rows if row.status == "held") == sum(still.values())
    assert all(row.title and row.strategy and row.acquired_order for row in rows if row.acquired_by == "bought")
    assert all((row.disposed or 0) >= row.acquired for row in closed)


def test_lots_of_a_run_on_paper_end_with_it(copy: Path) -> None:
    """The next one begins with cash alone."""
    alone = lots_of_run(copy, None)
    desk_at_work(copy, 60, Nanos(START + DAY))
    both = lots_of_mode(copy, "paper")
    assert len(runs_of_mode(copy, "paper")) == 2
    first = alone[0].run
    assert [msgspec.structs.replace(row, lot=0) for row in both if row.run == first] == [
        msgspec.structs.replace(row, lot=0) for row in alone
    ]
    assert {row.run for row in both} == {first, run_folder(copy, None).name}
