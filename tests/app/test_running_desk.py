"""A running desk: its lock, its pictures, its halt, its explanations."""

from pathlib import Path

import pytest

from dutchbook.app.explaining import explain_market, explain_order
from dutchbook.app.journals import journal_check
from dutchbook.app.looking import arbitrage, scan
from dutchbook.app.running import RunningDesk
from dutchbook.app.runs import run_folder
from dutchbook.app.sources import WalkSource
from dutchbook.app.steering import halt, resume, status
from dutchbook.config.load import shipped_settings
from dutchbook.domain.errors import DeskLocked, UsageError
from dutchbook.domain.ports import SequenceKind
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.storage.recording_reader import Recording

START = Nanos(1_790_000_000 * SECOND)


def pass_seconds(clock: VirtualClock, desk: RunningDesk, seconds: int) -> None:
    for _ in range(seconds * 10):
        clock.advance(Nanos(clock.now() + SECOND // 10))
        desk.step()


def a_desk(home: Path, clock: VirtualClock) -> RunningDesk:
    return RunningDesk(shipped_settings(), home, WalkSource(7, clock), clock)


def test_a_minute_of_paper_trading_can_be_explained_to_the_bytes(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 60)
        picture = desk.picture()
    assert picture.fills_total > 0
    assert picture.mode == "paper"
    assert "planted" in picture.notice
    assert picture.equity == picture.bankroll + picture.realised + picture.unrealised - picture.fees
    fill = desk.fills.latest[0]
    steps = explain_order(tmp_path, fill.order, None)
    assert [step.what for step in steps][-1] == "frame of polymarket/market"
    assert {"fill", "order", "verdict"} <= {step.what for step in steps}
    why = explain_market(tmp_path, fill.market, None, shipped_settings())
    assert why.approved > 0
    assert why.rows


def test_two_desks_cannot_share_a_home(tmp_path: Path) -> None:
    with a_desk(tmp_path, VirtualClock(START)), pytest.raises(DeskLocked):
        a_desk(tmp_path, VirtualClock(START))


def test_the_status_knows_a_running_desk_and_its_runs(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 1)
        assert status(tmp_path, shipped_settings()).process is not None
    after = status(tmp_path, shipped_settings())
    assert after.process is None
    assert [(run.run, run.ended) for run in after.runs] == [(desk.run, True)]
    assert journal_check(tmp_path, None).ok


def test_a_halt_reaches_a_running_desk_and_outlives_it(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 1)
        halt(tmp_path, "lunch")
        pass_seconds(clock, desk, 1)
        assert "lunch" in (desk.picture().halted or "")
        orders = desk.parts.loop.counters.orders
        pass_seconds(clock, desk, 30)
        assert desk.parts.loop.counters.orders == orders
    with a_desk(tmp_path, clock) as second:
        pass_seconds(clock, second, 1)
        assert second.picture().halted is not None
        with pytest.raises(UsageError, match="i-checked"):
            resume(tmp_path, checked=False)
        assert "lunch" in resume(tmp_path, checked=True)
        pass_seconds(clock, second, 30)
        assert second.picture().halted is None
        assert second.parts.loop.counters.orders > 0


def test_the_recording_of_a_run_can_be_scanned(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 60)
    folder = run_folder(tmp_path, None) / "recording"
    assert Recording.open(folder).manifest.sequence is SequenceKind.NONE
    rows = scan(folder, shipped_settings(), 5)
    assert len(rows) == 5
    assert rows[0].lowest is not None
    found = arbitrage(folder, shipped_settings())
    assert found
    assert any(row.verdict == "approved" for row in found)
    assert all(row.verdict in ("approved", "not proposed") or row.verdict.startswith("refused: ") for row in found)


def test_an_unknown_run_or_order_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing has run"):
        journal_check(tmp_path, None)
    with a_desk(tmp_path, VirtualClock(START)):
        pass
    with pytest.raises(UsageError, match="no run is called"):
        journal_check(tmp_path, "nonsense")
    with pytest.raises(UsageError, match="no order is called"):
        explain_order(tmp_path, "i999-1", None)
