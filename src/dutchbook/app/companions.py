"""Processes beside a desk: started with it, again when they die, and ended with it. The desk never waits for them."""

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import RealClock
from dutchbook.storage.home import Home

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
"""Before one that died is started again; twice as long each time, until it has lived for a while."""
LIVED = Nanos(60 * SECOND)
GOODBYE_S = 5.0
"""How long one may take to end once it was asked to."""
_LOOK_S = 1.0
"""How often a keeper sees whether all is to end: waiting for good, it would not notice."""
HOPELESS = frozenset({2, 5})
"""Exit codes for a call or a setting that is wrong: starting again would change nothing."""

type Tell = Callable[[str], None]


class Companion(msgspec.Struct, frozen=True):
    """A command of this program: its name, for people and for its log, and its words.

    `withheld` are variables of the environment that it does not get: who needs no keys is not given any.
    """

    name: str
    arguments: tuple[str, ...]
    withheld: frozenset[str] = frozenset()


class Companions:
    """Keeps companions alive while the context lasts.

    Each has the reading end of a pipe as its input. It ends when that ends, so that none outlives a desk that was
    killed and could tell nobody.
    """

    def __init__(self, home: Path, environ: dict[str, str], tell: Tell) -> None:
        """`tell` takes one line for people, from another thread."""
        self._home = home
        self._environ = {**environ, "DUTCHBOOK_HOME": str(home)}
        self._tell = tell
        self._ending = threading.Event()
        self._keepers: list[_Keeper] = []

    def start(self, companions: Sequence[Companion]) -> None:
        """Start them. Raises DutchbookError if their logs cannot be written."""
        for companion in companions:
            keeper = _Keeper(companion, self._home, self._environ, self._tell, self._ending)
            self._keepers.append(keeper)
            keeper.start()

    @property
    def processes(self) -> tuple[int, ...]:
        """Those that live now."""
        return tuple(keeper.process for keeper in self._keepers if keeper.process is not None)

    def close(self) -> None:
        """Ask all to end, and end those that do not."""
        self._ending.set()
        for keeper in self._keepers:
            keeper.ask_to_end()
        for keeper in self._keepers:
            keeper.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Keeper(threading.Thread):
    """Starts one companion again and again, and sleeps meanwhile."""

    def __init__(
        self, companion: Companion, home: Path, environ: dict[str, str], tell: Tell, ending: threading.Event
    ) -> None:
        super().__init__(name=f"keeper of {companion.name}", daemon=True)
        self._companion = companion
        self._environ = {name: value for name, value in environ.items() if name not in companion.withheld}
        self._tell = tell
        self._ending = ending
        self._log = _log(home, companion.name)
        self._child: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()

    @property
    def process(self) -> int | None:
        """Its process, while it lives."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def run(self) -> None:
        """Until the end of all, or until starting again is hopeless."""
        pause, clock = FIRST_PAUSE_S, RealClock()
        while not self._ending.is_set():
            began = clock.now()
            code = self._live()
            if self._ending.is_set():
                return
            if code in HOPELESS:
                self._tell(f"{self._companion.name}: {_last_line(self._log)} - the desk goes on without it")
                return
            if clock.now() - began > LIVED:
                pause = FIRST_PAUSE_S
            self._tell(f"{self._companion.name}: ended with {code}, starting again in {pause:g} s - see {self._log}")
            self._ending.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def ask_to_end(self) -> None:
        """Its input ends, and it is asked by a signal too. It has `GOODBYE_S` from now."""
        with self._changing:
            child = self._child
        if child is None or child.poll() is not None:
            return
        _hang_up(child)
        child.terminate()

    def _live(self) -> int | None:
        with self._changing:
            if self._ending.is_set():
                return None
            child = self._child = _start(self._companion, self._environ, self._log)
        try:
            return self._until_over(child)
        finally:
            _hang_up(child)

    def _until_over(self, child: "subprocess.Popen[bytes]") -> int:
        while True:
            try:
                return child.wait(GOODBYE_S if self._ending.is_set() else _LOOK_S)
            except subprocess.TimeoutExpired:
                if self._ending.is_set():
                    child.kill()


def _start(companion: Companion, environ: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "dutchbook.interfaces.cli.main", *companion.arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environ,
            start_new_session=True,  # Ctrl-C in the desk's terminal is for the desk
        )


def _hang_up(child: "subprocess.Popen[bytes]") -> None:
    pipe: IO[bytes] | None = child.stdin
    if pipe is not None:
        pipe.close()


def _log(home: Path, name: str) -> Path:
    """The file that takes what a companion says. Raises DutchbookError if it cannot be written."""
    folder = Home(home).logs
    today = datetime.fromtimestamp(RealClock().now() // SECOND, UTC).date()
    path = folder / f"{name}-{today.isoformat()}.log"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise DutchbookError(f"{path}: {error.strerror} - check its permissions and the disk") from error
    return path


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    return lines[-1].removeprefix("error: ") if lines else "it said nothing"
