"""A desk in the background: a process in a session of its own, followed until it is ready or has said why it is not."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dutchbook.app.control.client import ask
from dutchbook.app.control.wire import Answer, ShowLatency
from dutchbook.domain.errors import DeskLocked, DutchbookError
from dutchbook.domain.units import SECOND
from dutchbook.engine.clocks import RealClock
from dutchbook.storage.home import Home
from dutchbook.storage.lock import holder

PATIENCE_S = 120.0
"""How long a desk may take until it answers: it asks its venues for all their markets first."""
_LOOK_S = 0.1
_GOODBYE_S = 20.0


class Background(msgspec.Struct, frozen=True):
    """What became of a desk that was started: it is at work in a `mode` and a `run`, or has ended with `code`.

    `said` are its own words so far, which it writes to `log`.
    """

    process: int
    log: Path
    said: str
    mode: str = ""
    run: str = ""
    code: int | None = None


def start(home: Path, arguments: Sequence[str], patience_s: float = PATIENCE_S) -> Background:
    """Run the program with these arguments, away from this terminal, and return once its desk answers or it has ended.

    Raises DeskLocked if a desk runs in this home already, DutchbookError if it is not ready in time: it goes on then.
    """
    there = holder(Home(home).lock)
    if there is not None:
        raise DeskLocked(f"a desk runs in {home} already, process {there} - `dutchbook stop` ends it")
    log, before = _opened(home)
    child = _Child([sys.executable, "-m", "dutchbook.interfaces.cli.main", *arguments], home, log)
    try:
        ready = _followed(home, child, patience_s)
    except KeyboardInterrupt:
        child.end()
        raise
    said = log.read_bytes()[before:].decode(errors="replace")
    if ready is not None:
        return Background(child.process, log, said, ready.mode, ready.run)
    code = child.code()
    if code is None:
        raise DutchbookError(
            f"the desk (process {child.process}) did not answer within {patience_s:g} s - it goes on - see {log}"
        )
    return Background(child.process, log, said, code=code)


class _Child:
    """A process that leads a session of its own, and may outlive this one: nobody here has to wait for its end."""

    def __init__(self, command: list[str], home: Path, log: Path) -> None:
        self.process = os.posix_spawn(
            command[0],
            command,
            {**os.environ, "DUTCHBOOK_HOME": str(home)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        self._code: int | None = None

    def code(self) -> int | None:
        """The exit code, that of a shell where a signal ended it; None while it lives."""
        if self._code is None:
            ended, how = os.waitpid(self.process, os.WNOHANG)
            if ended:
                said = os.waitstatus_to_exitcode(how)
                self._code = said if said >= 0 else 128 - said
        return self._code

    def end(self) -> None:
        """The user does not want it any more: end it as Ctrl-C in its terminal would."""
        os.kill(self.process, signal.SIGTERM)
        until = time.monotonic() + _GOODBYE_S
        while self.code() is None and time.monotonic() < until:
            time.sleep(_LOOK_S)
        if self.code() is None:
            os.kill(self.process, signal.SIGKILL)


def _opened(home: Path) -> tuple[Path, int]:
    """The file for what the process says, and how long it is already."""
    folder = Home(home).logs
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    today = datetime.fromtimestamp(RealClock().now() // SECOND, UTC).date()
    path = folder / f"output-{today.isoformat()}.log"
    path.touch(mode=0o600)
    return path, path.stat().st_size


def _followed(home: Path, child: _Child, patience_s: float) -> Answer | None:
    """Wait for the desk's first answer; None if it has ended or time is up before."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if child.code() is not None:
            return None
        if holder(Home(home).lock) == child.process and (answer := _answer(home)) is not None:
            return answer
        time.sleep(_LOOK_S)
    return None


def _answer(home: Path) -> Answer | None:
    """What the desk answers: it does as soon as it works. None while nobody reads its socket; it is asked again."""
    try:
        return ask(home, ShowLatency(), patience_s=1.0)
    except DutchbookError:
        return None
