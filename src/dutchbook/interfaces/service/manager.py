"""systemd, by its own commands: putting a unit in place, and asking how it is."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.interfaces.service.unit import Unit, unit_text

type Runner = Callable[[Sequence[str]], "Said"]


class Said(msgspec.Struct, frozen=True):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


class ServiceState(msgspec.Struct, frozen=True, kw_only=True):
    """A unit as systemd sees it."""

    unit: str
    installed: bool
    enabled: bool
    state: str
    since: str
    process: int
    restarts: int
    result: str


def run_command(command: Sequence[str]) -> Said:
    """Run a command and wait for it. Raises UsageError if it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except FileNotFoundError:
        raise UsageError(f"{command[0]} is not here: services need systemd - use `dutchbook run --daemon`") from None
    return Said(done.returncode, done.stdout, done.stderr)


class Systemd:
    """The service manager of a user, or of the system."""

    def __init__(self, folder: Path, *, system: bool, run: Runner = run_command) -> None:
        self.folder = folder
        self._scope = () if system else ("--user",)
        self._run = run

    def install(self, unit: Unit, *, start: bool) -> Path:
        """Write the unit file, have it checked, and begin with it at each boot, and now if wanted.

        Raises DutchbookError if systemd finds it wrong; the file is gone then. What was there of ours is replaced.
        """
        path = self.folder / unit.file
        self.folder.mkdir(parents=True, exist_ok=True)
        (unit.home / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)
        before = path.read_text() if path.exists() else None
        path.write_text(unit_text(unit))
        checked = self._run(["systemd-analyze", *self._scope, "verify", str(path)])
        if checked.code:
            if before is None:
                path.unlink()
            else:
                path.write_text(before)
            raise DutchbookError(f"{path}: systemd refuses the unit - {' '.join(checked.err.split())}")
        self._systemctl("daemon-reload")
        self._systemctl("enable", *(["--now"] if start else []), unit.file)
        return path

    def uninstall(self, name: str) -> Path:
        """End it, and take the unit file away. The home folder stays. Raises UsageError if it is not there."""
        path = self._there(name)
        self._systemctl("disable", "--now", path.name)
        path.unlink()
        self._systemctl("daemon-reload")
        return path

    def state(self, name: str) -> ServiceState:
        """How it is."""
        file = f"{name}.service"
        asked = "ActiveState,SubState,UnitFileState,MainPID,NRestarts,Result,ActiveEnterTimestamp"
        said = self._run(["systemctl", *self._scope, "show", file, f"--property={asked}"])
        if said.code:
            raise DutchbookError(f"systemctl: {' '.join(said.err.split())} - is systemd running here?")
        found = dict(line.split("=", 1) for line in said.out.splitlines() if "=" in line)
        return ServiceState(
            unit=file,
            installed=(self.folder / file).exists(),
            enabled=found.get("UnitFileState") == "enabled",
            state=f"{found.get('ActiveState', '?')} ({found.get('SubState', '?')})",
            since=found.get("ActiveEnterTimestamp", ""),
            process=_number(found.get("MainPID", "")),
            restarts=_number(found.get("NRestarts", "")),
            result=found.get("Result", ""),
        )

    def _there(self, name: str) -> Path:
        path = self.folder / f"{name}.service"
        if not path.exists():
            raise UsageError(f"{path} is not there - `dutchbook service install` makes it")
        return path

    def _systemctl(self, *words: str) -> None:
        said = self._run(["systemctl", *self._scope, *words])
        if said.code:
            what = " ".join(("systemctl", *self._scope, *words))
            raise DutchbookError(f"{what}: {' '.join(said.err.split())} - see `journalctl -xe`")


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
