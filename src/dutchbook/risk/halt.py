"""The halt: a file that outlives the desk and a signal that reaches one that hangs.

`dutchbook halt` writes the file and signals the process; order placement asks `HaltSwitch.refuses` itself, so that
nothing leaves even if no turn runs any more. Only `dutchbook resume --i-checked` takes the file away.
"""

import ctypes
import errno
import os
import signal
import threading
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec

from dutchbook.domain.errors import UsageError
from dutchbook.domain.units import MILLISECOND, Nanos

HALT_SIGNAL = signal.SIGUSR1
"""What `dutchbook halt` sends to a running desk, besides writing the file."""
CHECK_EVERY = Nanos(50 * MILLISECOND)
"""How often the file is looked for, in the engine's time: half of the 100 ms within which a halt must hold."""
_ACCESS: Final = ctypes.PyDLL(None, use_errno=True).access
"""`os.access` releases the interpreter's lock, which costs ten times the look where another thread waits for it."""
_ACCESS.argtypes = (ctypes.c_char_p, ctypes.c_int)


class Halt(msgspec.Struct, frozen=True):
    """Who stopped the desk, why, and when."""

    reason: str
    by: str
    at: Nanos


def halt_file(home: Path) -> Path:
    """Where the halt of a home folder is written."""
    return home / "run" / "halt.json"


def read_halt(path: Path) -> Halt | None:
    """The halt in force, or None. A file that cannot be read is a halt: what it said is not known to be harmless."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return Halt(f"the halt file {path} cannot be read: {error}", "unknown", Nanos(0))
    try:
        return msgspec.json.decode(body, type=Halt)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Halt(f"the halt file {path} is damaged", "unknown", Nanos(0))


def write_halt(path: Path, halt: Halt) -> Halt:
    """Put a halt in force, whole or not at all, readable by its owner only. The first one stays, and is returned."""
    standing = read_halt(path)
    if standing is not None:
        return standing
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(halt) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _flush_folder(path.parent)
    return halt


def lift_halt(path: Path, *, checked: bool) -> Halt | None:
    """Take the halt away and return it; None if there was none. Raises UsageError unless a person has `checked`."""
    standing = read_halt(path)
    if standing is not None and not checked:
        raise UsageError(
            f"the desk is halted ({standing.reason}) - it resumes only after a look at orders and positions - "
            "run `dutchbook resume --i-checked`"
        )
    path.unlink(missing_ok=True)
    return standing


class HaltSwitch:
    """The halt as a running desk sees it. Once on it stays on until `lift`, whatever happens to the file.

    `poll` is for the engine, once a turn: an attribute read, and a look at the file every `CHECK_EVERY`. `refuses` is
    for order placement, right before the bytes leave: it looks for the file each time. Without a path (replay,
    backtest) the switch lives in memory: the past must not halt the present.
    """

    def __init__(self, path: Path | None, check_every: Nanos = CHECK_EVERY) -> None:
        self._path = path
        self._name = b"" if path is None else os.fsencode(path)
        self._check_every = check_every
        self._next_look: int = 0
        self._asked: str | None = None
        self._halt: Halt | None = None

    @property
    def halt(self) -> Halt | None:
        """The halt that this desk has noticed."""
        return self._halt

    def trip(self, by: str) -> None:
        """Ask for a halt from anywhere, a signal handler too: sets one attribute, takes no lock, does no I/O."""
        self._asked = by

    def poll(self, now: Nanos) -> Halt | None:
        """The halt in force, or None. One that came by signal is written to the file, so that it survives a restart."""
        if self._halt is None and self._asked is not None:
            return self.order(Halt("ordered by a person", self._asked, now))
        if self._halt is None and now >= self._next_look:
            self._next_look = now + self._check_every
            # To learn that there is none, which is so nearly always, costs a fraction of trying to read it.
            absent = _ACCESS(self._name, os.F_OK) and ctypes.get_errno() == errno.ENOENT
            self._halt = None if absent else self._look()
        return self._halt

    def refuses(self) -> bool:
        """Whether no order may leave at this instant.

        Asks only whether the file is there, a third of reading that it is not: `poll` finds one that cannot be told.
        """
        if self._halt is None and self._asked is None and not _ACCESS(self._name, os.F_OK):
            self._halt = self._look()
        return self._halt is not None or self._asked is not None

    def order(self, halt: Halt) -> Halt:
        """Halt from inside: a rule, a command. In force at once, even if the file cannot be written (then OSError)."""
        self._halt = halt
        if self._path is not None:
            self._halt = write_halt(self._path, halt)
        return self._halt

    def lift(self) -> None:
        """Go on after a person took the file away. Raises UsageError while it is there."""
        if self._look() is not None:
            raise UsageError(f"the halt file {self._path} is there - run `dutchbook resume --i-checked` first")
        self._halt = self._asked = None

    def _look(self) -> Halt | None:
        return None if self._path is None else read_halt(self._path)


def install_halt_signal(switch: HaltSwitch, signals: Iterable[signal.Signals] = (HALT_SIGNAL,)) -> None:
    """Let signals trip the switch: between two instructions of the main thread, even while a turn never ends."""

    def handler(number: int, _frame: FrameType | None) -> None:
        switch.trip(f"signal {signal.Signals(number).name}")

    for each in signals:
        signal.signal(each, handler)


def _flush_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
