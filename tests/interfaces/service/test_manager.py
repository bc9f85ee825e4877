"""Installing, looking at and removing a unit, with a systemd that only answers."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.interfaces.service.manager import Said, Systemd, run_command
from dutchbook.interfaces.service.unit import Unit


class FakeSystemd:
    """Answers as systemctl and systemd-analyze do; `refuses` makes the named word fail."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = ""

    def __call__(self, command: Sequence[str]) -> Said:
        self.asked.append(" ".join(command))
        if self.refuses and self.refuses in command:
            return Said(1, "", f"{self.refuses}: no\nreason")
        if "show" in command:
            return Said(0, "ActiveState=active\nSubState=running\nUnitFileState=enabled\nMainPID=42\nNRestarts=3\n", "")
        return Said(0, "", "")


@pytest.fixture
def systemd() -> FakeSystemd:
    return FakeSystemd()


def a_unit(home: Path) -> Unit:
    return Unit(name="desk", program=Path("/usr/bin/python3"), home=home, arguments=("run",))


def test_a_unit_is_checked_loaded_and_started(tmp_path: Path, systemd: FakeSystemd) -> None:
    manager = Systemd(tmp_path / "units", system=False, run=systemd)
    path = manager.install(a_unit(tmp_path / "home"), start=True)
    assert path.read_text().startswith("# Written by")
    assert systemd.asked == [
        f"systemd-analyze --user verify {path}",
        "systemctl --user daemon-reload",
        "systemctl --user enable --now desk.service",
    ]


def test_a_unit_that_systemd_refuses_is_not_left_behind(tmp_path: Path, systemd: FakeSystemd) -> None:
    systemd.refuses = "verify"
    manager = Systemd(tmp_path / "units", system=False, run=systemd)
    with pytest.raises(DutchbookError, match="verify: no reason"):
        manager.install(a_unit(tmp_path / "home"), start=True)
    assert list((tmp_path / "units").iterdir()) == []


def test_one_that_worked_before_is_put_back(tmp_path: Path, systemd: FakeSystemd) -> None:
    manager = Systemd(tmp_path / "units", system=True, run=systemd)
    path = manager.install(a_unit(tmp_path / "home"), start=False)
    before = path.read_text()
    systemd.refuses = "verify"
    with pytest.raises(DutchbookError):
        manager.install(a_unit(tmp_path / "other"), start=False)
    assert path.read_text() == before


def test_the_state_is_read(tmp_path: Path, systemd: FakeSystemd) -> None:
    found = Systemd(tmp_path, system=True, run=systemd).state("desk")
    assert (found.state, found.process, found.restarts, found.enabled) == ("active (running)", 42, 3, True)
    assert not found.installed


def test_removing_stops_it_first_and_keeps_the_home(tmp_path: Path, systemd: FakeSystemd) -> None:
    manager = Systemd(tmp_path / "units", system=False, run=systemd)
    path = manager.install(a_unit(tmp_path / "home"), start=True)
    systemd.asked.clear()
    manager.uninstall("desk")
    assert not path.exists()
    assert (tmp_path / "home").is_dir()
    assert systemd.asked == ["systemctl --user disable --now desk.service", "systemctl --user daemon-reload"]
    with pytest.raises(UsageError, match="service install"):
        manager.uninstall("desk")


def test_without_systemd_it_is_said_in_one_line() -> None:
    with pytest.raises(UsageError, match="services need systemd"):
        run_command(["no-such-program-of-systemd"])
