"""Steering a desk from outside: halt, resume, status. Needs no running desk, and reaches one that hangs."""

import os
from datetime import UTC, datetime
from pathlib import Path

from dutchbook.app.control.client import ask
from dutchbook.app.control.wire import HeedHalt, ShowLatency
from dutchbook.app.runs import facts_of, run_folder, run_folders
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.domain.units import Nanos
from dutchbook.engine.clocks import RealClock
from dutchbook.evaluation.snapshot import DeskStatus, RunRow, StageFigures
from dutchbook.risk.halt import HALT_SIGNAL, Halt, halt_file, lift_halt, read_halt, write_halt
from dutchbook.storage.durable import replace_file
from dutchbook.storage.file_facts import still_there
from dutchbook.storage.home import Home
from dutchbook.storage.journal_tail import last_line
from dutchbook.storage.lock import holder

BY_COMMAND = "dutchbook halt"
"""Who halts where nobody is named: the command itself."""
BY_RESUME = "dutchbook resume"
_LONGEST_NAME = 200
_LATEST_RUNS = 5
_HEED_PATIENCE_S = 0.06
"""For a running desk to take note of a halt: whoever halts hears within 100 ms, whatever the desk does."""
_PATIENCE_S = 2.0
"""For a running desk's answer: a status is wanted above all where something hangs."""


def halt(home: Path, reason: str, by: str = BY_COMMAND) -> str:
    """Stop the desk of this home, and say what happened. `by` says who wants it: `cli:ann`, `web:ann`, `telegram:7`.

    A file outlives the desk and its restarts; a signal reaches it at once, even if its loop hangs. Raises
    DutchbookError, once the signal is sent, if the file cannot be written.
    """
    try:
        standing = write_halt(halt_file(home), Halt(reason, by, RealClock().now()))
    except OSError as error:
        told = _tell(holder(Home(home).lock))  # a full disk keeps no desk from being stopped
        raise DutchbookError(
            f"{halt_file(home)}: {error.strerror}, so the halt would not outlive this desk; {told} - make room, and "
            "halt again"
        ) from error
    told = "; ".join(filter(None, (_tell(holder(Home(home).lock)), _heeded(home))))
    return f"HALTED: {standing.reason} (by {standing.by}); {told}"


def _heeded(home: Path) -> str:
    """What a desk that works says of the halt. One that is busy or hangs is not waited for: the halt holds anyway."""
    try:
        return ask(home, HeedHalt(), _HEED_PATIENCE_S).said
    except DutchbookError:
        return ""


def halted(home: Path) -> bool:
    """Whether a halt stands in this home."""
    return read_halt(halt_file(home)) is not None


def resume(home: Path, *, checked: bool, by: str = BY_RESUME) -> str:
    """Lift the halt, and say what stood. Raises UsageError unless a person has `checked`.

    `by` is left for a desk that runs: it takes note of the halt's end by the end of its file alone.
    """
    if checked and halted(home):
        replace_file(_lifted_by(home), by.encode())
    stood = lift_halt(halt_file(home), checked=checked)
    return "the desk was not halted" if stood is None else f"resumed; the halt was: {stood.reason} (by {stood.by})"


def who_resumed(home: Path) -> str:
    """Who lifted the halt that a desk just saw end. Told once: the next one may be lifted by removing its file."""
    path = _lifted_by(home)
    try:
        by = path.read_text("utf-8", "replace")[:_LONGEST_NAME]
        path.unlink()
    except OSError:
        return BY_RESUME
    return by or BY_RESUME


def _lifted_by(home: Path) -> Path:
    return Home(home).run / "resumed-by"


def status(home: Path, settings: Settings) -> DeskStatus:
    """What stands in a home folder, and what the desk that runs there says of its speed, if it answers."""
    standing, process = read_halt(halt_file(home)), holder(Home(home).lock)
    stages, silent = _measured(home) if process else ((), "")
    return DeskStatus(
        home=str(home),
        mode=settings.mode if process is None else _mode_at_work(home, settings),
        process=process,
        strategies=settings.strategies if process is None else _strategies_at_work(home, settings),
        halted=standing.reason if standing else None,
        halted_by=standing.by if standing else None,
        halted_at=standing.at if standing else None,
        runs=tuple(_run_row(folder) for folder in _latest_runs(home)),
        stages=stages,
        silent=silent,
    )


def _measured(home: Path) -> tuple[tuple[StageFigures, ...], str]:
    """The stages that the running desk measured; or none, and why it did not tell."""
    try:
        return ask(home, ShowLatency(), _PATIENCE_S).stages or (), ""
    except DutchbookError as error:
        return (), str(error)


def _mode_at_work(home: Path, settings: Settings) -> str:
    """The mode of the desk that runs: what its command said, not what the settings say."""
    try:
        return str(facts_of(run_folder(home, None)).get("mode", settings.mode))
    except UsageError:
        return settings.mode


def _strategies_at_work(home: Path, settings: Settings) -> tuple[str, ...]:
    """What the desk runs that is at work: what its command said, not what the settings say."""
    try:
        named = facts_of(run_folder(home, None)).get("strategies")
    except UsageError:
        named = None
    return tuple(map(str, named)) if isinstance(named, list) else settings.strategies


def _tell(process: int | None) -> str:
    """Signal the desk, and say whether it was reached: the file stops it in any case, a little later."""
    if process is None:
        return "no desk is running here"
    if not process:  # It took the lock and has not said who it is yet. A signal to 0 would go to ourselves.
        return "a desk is starting here, and reads the halt before its first order"
    try:
        os.kill(process, HALT_SIGNAL)
    except ProcessLookupError:
        return f"process {process} has just ended"
    except PermissionError:
        return f"process {process} belongs to somebody else: it reads the halt from its file"
    return f"process {process} was told"


def _latest_runs(home: Path) -> list[Path]:
    changed = sorted(still_there(run_folders(home)), key=lambda found: found[1].st_mtime_ns, reverse=True)
    return [folder for folder, _ in changed[:_LATEST_RUNS]]


def _run_row(folder: Path) -> RunRow:
    """A run by its last line: proving all of a journal takes minutes after months, and is another command."""
    last = last_line(folder / "journal")
    mode, _, stamp = folder.name.partition("-")
    try:
        moment = datetime.strptime(stamp[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        started = Nanos(int(moment.timestamp()) * 10**9)
    except ValueError:
        started = None
    return RunRow(
        run=folder.name,
        mode=mode,
        started=started,
        lines=0 if last is None else last.seq,
        head="" if last is None else last.hash,
        ended=last is not None and last.kind == "end",
    )
