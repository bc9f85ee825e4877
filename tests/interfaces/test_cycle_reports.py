"""Reports of each cycle: one file each, with what was done in it, and no more than are to be kept."""

import json
from pathlib import Path

from dutchbook.domain.units import DAY, SECOND, Money, Nanos
from dutchbook.interfaces.cycle_reports import CycleReports
from tests.interfaces.alerts.rig import NOON
from tests.interfaces.telegram.rig import snapshot

HOUR = 3_600 * SECOND


def reports(tmp_path: Path, every: int = HOUR) -> CycleReports:
    return CycleReports(tmp_path / "reports", every=Nanos(every), keep=Nanos(2 * DAY))


def test_a_report_tells_what_was_done_since_the_one_before(tmp_path: Path) -> None:
    written = reports(tmp_path)
    assert written.look(snapshot(at=NOON, orders=5, refusals={"a": 1}), NOON) is None
    assert written.look(snapshot(orders=6), Nanos(NOON + HOUR - 1)) is None
    later = snapshot(at=Nanos(NOON + HOUR), orders=9, equity=Money(10**10), refusals={"a": 1, "b": 2})
    path = written.look(later, Nanos(NOON + HOUR))
    assert path == tmp_path / "reports" / "2024-10-04" / "130000-sandbox.json"
    found = json.loads(path.read_text())
    assert found["cycle"]["orders"] == 4
    assert found["refusals"] == {"b": 2}
    assert found["equity_change"] == -5_000_000
    assert found["desk"]["run"] == found["run"]
    assert path.stat().st_mode & 0o077 == 0


def test_another_run_begins_anew(tmp_path: Path) -> None:
    written = reports(tmp_path)
    written.look(snapshot(), NOON)
    assert written.look(snapshot(run="another"), Nanos(NOON + HOUR)) is None
    assert written.look(snapshot(run="another"), Nanos(NOON + 2 * HOUR)) is not None


def test_old_days_go_and_nothing_is_written_where_nobody_wants_it(tmp_path: Path) -> None:
    written = reports(tmp_path)
    for day in range(5):
        for hour in (0, 1):
            written.look(snapshot(), Nanos(NOON + day * DAY + hour * HOUR))
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == ["2024-10-06", "2024-10-07", "2024-10-08"]
    never = reports(tmp_path / "never", every=0)
    assert [never.look(snapshot(), Nanos(NOON + hour * HOUR)) for hour in range(3)] == [None] * 3
