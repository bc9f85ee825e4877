"""Runs: each replay and each paper desk keeps its journal in a folder of its own under the home."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dutchbook.app.code_identity import code_identity
from dutchbook.domain.errors import UsageError
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import RealClock
from dutchbook.storage.home import Home
from dutchbook.storage.journal import Journal
from dutchbook.storage.settings import StorageSettings

_LATEST = "latest"
_FACTS = "run.json"
_NUMBER = "number"


def new_run(
    home: Path, mode: str, storage: StorageSettings, facts: Mapping[str, object], now: Nanos | None = None
) -> tuple[str, Journal]:
    """Begin a run: its name, which tells mode and time, and its empty journal. It is the latest run from now on.

    `facts` are kept beside the journal, not in it: what belongs to this machine and moment.
    """
    runs = Home(home).runs
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = f"{mode}-{_stamp(RealClock().now() if now is None else now)}"
    name, copy = stem, 1
    while True:
        try:
            (runs / name).mkdir()
            break
        except FileExistsError:
            copy += 1
            name = f"{stem}-{copy}"
    journal = Journal.create(runs / name / "journal", storage)
    # Numbers, not times, say which run came after which: a clock may be set back between two runs.
    number = 1 + max((number_of(folder) for folder in run_folders(home)), default=0)
    kept = {"mode": mode, **facts, "code": code_identity(), _NUMBER: number}
    (runs / name / _FACTS).write_bytes(msgspec.json.encode(kept) + b"\n")
    (runs / _LATEST).write_text(name + "\n")
    return name, journal


def run_folders(home: Path) -> list[Path]:
    """The folders of all runs, in no order."""
    runs = Home(home).runs
    return [path for path in runs.iterdir() if path.is_dir()] if runs.is_dir() else []


def in_order(folders: Iterable[Path]) -> list[Path]:
    """Runs, the one that was begun first first. Reads the facts of each."""
    return sorted(folders, key=lambda folder: (number_of(folder), folder.name))


def runs_with(home: Path, facts: Mapping[str, object]) -> list[Path]:
    """The folders of the runs that were begun with these facts, the latest first."""
    alike = [folder for folder in run_folders(home) if facts.items() <= facts_of(folder).items()]
    return in_order(alike)[::-1]


def number_of(folder: Path) -> int:
    """Which run of its home this was, from 1; 0 for one that does not say."""
    number = facts_of(folder).get(_NUMBER, 0)
    return number if isinstance(number, int) else 0


def facts_of(folder: Path) -> Mapping[str, object]:
    """What was kept beside a run's journal; nothing, if it is gone."""
    try:
        return msgspec.json.decode((folder / _FACTS).read_bytes(), type=dict[str, object])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def run_folder(home: Path, run: str | None) -> Path:
    """The folder of a run, by default of the latest. Raises UsageError if there is none of that name."""
    runs = Home(home).runs
    if run is None:
        try:
            run = (runs / _LATEST).read_text().strip()
        except FileNotFoundError:
            raise UsageError(
                f"nothing has run yet in {home} - start with `dutchbook run` or `dutchbook replay`"
            ) from None
    folder = runs / run
    if not folder.is_dir():
        known = [path.name for path in in_order(run_folders(home))]
        raise UsageError(f"no run is called {run!r} in {runs} - the latest are: {', '.join(known[-5:]) or 'none'}")
    return folder


def journal_folder(home: Path, run: str | None) -> Path:
    """Where the journal of a run is."""
    return run_folder(home, run) / "journal"


def recording_of(folder: Path) -> Path | None:
    """The recording that a run watched or made; None if it is gone."""
    beside = folder / "recording"
    if beside.is_dir():
        return beside
    named = str(facts_of(folder).get("recording", ""))
    return Path(named) if named and Path(named).is_dir() else None


def latest_recording(home: Path) -> Path:
    """The recording of the latest run. Raises UsageError if there is none."""
    folder = run_folder(home, None)
    path = recording_of(folder)
    if path is None:
        raise UsageError(f"the run in {folder} has no recording any more - name one with --from")
    return path


def _stamp(now: Nanos) -> str:
    return datetime.fromtimestamp(now // SECOND, UTC).strftime("%Y%m%dT%H%M%SZ")
