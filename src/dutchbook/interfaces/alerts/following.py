"""Following the journals of the desks of a home, run after run, and remembering across restarts what was told."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from dutchbook.app.runs import facts_of, number_of, run_folders
from dutchbook.config.modes import Mode
from dutchbook.domain.units import Nanos
from dutchbook.storage.durable import replace_file
from dutchbook.storage.home import Home
from dutchbook.storage.journal_follow import Place, follow
from dutchbook.storage.journal_format import WireLine, cause_of
from dutchbook.storage.journal_reader import JournalLine

_AT_WORK = frozenset({Mode.PAPER, Mode.SANDBOX, Mode.LIVE})
"""Modes of desks that live now; replays and backtests are looked at by who started them."""
_STATE = "followed.json"


class Followed(msgspec.Struct, frozen=True):
    """How far was told: a run and the last of its lines."""

    run: str = ""
    seq: int = 0


class RunLine(msgspec.Struct, frozen=True):
    """A line of a run. `new` is false for what was told before: it is to be remembered, and nothing else."""

    run: str
    line: JournalLine
    new: bool


class RunFollower:
    """Yields every line of every run from where it was left. Without a memory it begins with the latest run."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._runs = Home(home).runs
        self._state = Home(home).messenger / _STATE
        self._told = _read_state(self._state)
        self._seen: dict[str, tuple[int, bool]] = {}
        self._place = Place()
        self.run = ""

    @property
    def first_time(self) -> bool:
        """Whether nothing was ever told from this home."""
        return not self._told.run

    def lines(self) -> Iterator[RunLine]:
        """What is there and was not read yet. Raises JournalError where a journal cannot be proven."""
        while True:
            if self.run:
                for followed in follow(self._runs / self.run / "journal", self._place):
                    self._place, line = followed.place, _line(followed.line)
                    yield RunLine(self.run, line, self.run != self._told.run or line.seq > self._told.seq)
            following = self._next()
            if following is None:
                return
            self.run, self._place = following.name, Place()

    def remember(self) -> None:
        """All that was yielded so far has been dealt with: a restart goes on behind it."""
        told = Followed(self.run, self._place.seq) if self.run else self._told
        if told.run != self._told.run or told.seq > self._told.seq:
            self._told = told
            self._state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._state, msgspec.json.encode(told) + b"\n")

    def _next(self) -> Path | None:
        """The run that came after the one that is followed; at first the one that was left, else the latest."""
        runs = self._known()
        if not runs:
            return None
        if not self.run:
            left = [path for path in runs if path.name == self._told.run]
            return (left or runs[-1:])[0]
        names = [path.name for path in runs]
        if self.run not in names:
            return runs[-1]
        place = names.index(self.run) + 1
        return runs[place] if place < len(runs) else None

    def _known(self) -> list[Path]:
        """The runs of desks, the oldest first. Facts of a run are read once."""
        folders = run_folders(self._home)
        for path in folders:
            if path.name not in self._seen and (facts := facts_of(path)):
                self._seen[path.name] = (number_of(path), facts.get("mode") in _AT_WORK)
        ours = [path for path in folders if self._seen.get(path.name, (0, False))[1]]
        return sorted(ours, key=lambda path: (self._seen[path.name][0], path.name))


def _line(line: WireLine) -> JournalLine:
    cause = None if line.cause is None else cause_of(line.cause)
    return JournalLine(line.seq, Nanos(line.at), line.kind, cause, line.body, line.hash)


def _read_state(path: Path) -> Followed:
    """Where it was left; nowhere, if the file is gone or damaged: then it begins with the latest run."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Followed)
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return Followed()
