"""Watching a desk: pictures at the right times, until the time is over."""

import msgspec
import pytest

from dutchbook.evaluation.snapshot import AlertRow, DeskSnapshot
from dutchbook.interfaces.cli import run
from dutchbook.interfaces.cli.run import _pictures
from tests.interfaces.test_desk_screen import DESK


class FakeDesk:
    """Counts its steps; has something to do each 10 ms."""

    over = False
    unknown: tuple[()] = ()

    def __init__(self) -> None:
        self.steps = 0

    def step(self) -> int:
        self.steps += 1
        return 1

    def own_process(self) -> None:
        """It does not."""

    def wind_down(self) -> None:
        """Nothing is at work."""

    def seconds_until_due(self) -> float:
        return 0.01

    def picture(self) -> DeskSnapshot:
        return DESK


class FakeTime:
    """Moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_picture_comes_each_so_many_seconds_until_the_limit() -> None:
    desk, time = FakeDesk(), FakeTime()
    pictures = list(_pictures(desk, 1.0, every=0.25, clock=time.clock, sleep=time.sleep))
    assert len(pictures) == 4
    assert 99 <= desk.steps <= 101
    assert 101.0 <= time.now < 101.1


def test_each_alert_is_a_line_of_its_own_where_lines_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [AlertRow(at=DESK.at, subject="o", text=f"alert number {number}") for number in range(5)]
    told = [0, 0, 2, 2, 5]
    snapshots = [
        msgspec.structs.replace(DESK, alerts=tuple(reversed(rows[:count])), alerts_total=count) for count in told
    ]
    monkeypatch.setattr(run, "_pictures", lambda *_, **__: iter(snapshots))
    run._print_lines(FakeDesk(), None, lambda _: None)
    lines = [line for line in capsys.readouterr().out.splitlines() if "ALERT" in line]
    assert [line.rpartition(" ")[2] for line in lines] == ["0", "1", "2", "3", "4"]


def test_without_a_limit_it_goes_on() -> None:
    desk, time = FakeDesk(), FakeTime()
    pictures = _pictures(desk, None, every=10.0, clock=time.clock, sleep=time.sleep)
    for _ in range(3):
        next(pictures)
    assert time.now >= 130.0


def test_it_never_sleeps_long_even_if_nothing_is_due() -> None:
    desk, time = FakeDesk(), FakeTime()
    naps: list[float] = []
    desk.seconds_until_due = lambda: 60.0  # type: ignore[method-assign]

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        time.sleep(seconds)

    list(_pictures(desk, 0.5, every=1.0, clock=time.clock, sleep=sleep))
    assert max(naps) <= 0.05
