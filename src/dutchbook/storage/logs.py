"""Log files for operators: `<room>-<date>.log` in one folder, a JSON object on each line. Never a source of truth.

What looks like a secret is not written, whoever said it.

A full file gets a successor, `<room>-<date>.1.log`, and so on. Lines are queued and written together when somebody asks
for it, so that nothing that matters waits for the disk.
"""

import os
import re
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from dutchbook.domain.units import DAY, SECOND, Nanos
from dutchbook.storage.file_facts import file_facts
from dutchbook.storage.log_settings import Level, LogSettings
from dutchbook.storage.redaction import SUSPECT, Redactor

_NAME = re.compile(r"(?P<room>[a-z]+)-(?P<day>\d{4}-\d\d-\d\d)(?:\.(?P<number>\d+))?\.log")
_MOST_WAITING = 10_000
"""Lines that wait to be written, at most: a disk that stands still must not fill the memory."""

_encode = msgspec.json.Encoder().encode
_REDACTOR = Redactor()


class _Line(NamedTuple):
    room: str
    level: Level
    event: str
    at: Nanos
    fields: Mapping[str, object]


class _Kept(NamedTuple):
    """A file that is there, oldest first when sorted."""

    day: date
    number: int
    room: str
    path: Path


class _Open:
    """A file that is written to."""

    def __init__(self, path: Path, day: int, number: int) -> None:
        self.day, self.number, self.path = day, number, path
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = os.fstat(self.descriptor).st_size


class LogFiles:
    """Writes lines of the level that is wanted, each with what `stamp` says of the run."""

    def __init__(self, folder: Path, settings: LogSettings, stamp: Mapping[str, str]) -> None:
        self._folder = folder
        self._settings = settings
        self._stamp = dict(stamp)
        levels = list(Level)
        self._wanted = frozenset(levels[levels.index(settings.level) :])
        self._waiting: deque[_Line] = deque()
        self._open: dict[str, _Open] = {}
        self._lost = 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def wants(self, level: Level) -> bool:
        """Whether lines of this level are written."""
        return level in self._wanted

    def write(self, room: str, level: Level, event: str, at: Nanos, fields: Mapping[str, object]) -> None:
        """Queue a line, if its level is wanted. What does not fit into the queue is counted, and told later."""
        if level not in self._wanted:
            return
        if len(self._waiting) >= _MOST_WAITING:
            self._lost += 1
        else:
            self._waiting.append(_Line(room, level, event, at, fields))

    def flush(self) -> None:
        """Write what waits. What the disk refuses is counted, and told once it takes lines again.

        It stops nothing: that is for the journal to decide, which is on the same disk.
        """
        if not self._waiting:
            return
        lines = list(self._waiting)
        if self._lost:
            last = lines[-1]
            lines.append(_Line(last.room, Level.WARNING, "lines_lost", last.at, {"count": self._lost}))
        blocks: dict[tuple[str, int], list[bytes]] = {}
        for line in lines:
            blocks.setdefault((line.room, line.at // DAY), []).append(self._encoded(line))
        try:
            for (room, day), block in blocks.items():
                self._append(room, day, block)
            self._lost = 0
        except OSError:
            self._lost += len(self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        """Write what waits and let go of the files."""
        self.flush()
        for each in self._open.values():
            os.close(each.descriptor)
        self._open.clear()

    def _encoded(self, line: _Line) -> bytes:
        head = {"at": _moment(line.at), "level": line.level, "room": line.room, "event": line.event}
        text = _encode({**head, **self._stamp, **line.fields}) + b"\n"
        if SUSPECT.search(text) is None:  # nearly always: taking fields apart costs ten times as much
            return text
        return _encode({**head, **self._stamp, **_REDACTOR.fields(line.fields)}) + b"\n"

    def _append(self, room: str, day: int, lines: list[bytes]) -> None:
        for line in lines:
            file = self._file(room, day, len(line))
            os.write(file.descriptor, line)
            file.size += len(line)

    def _file(self, room: str, day: int, more: int) -> _Open:
        """The file that takes `more` bytes of a room and day: the one that is open, or a new one."""
        there = self._open.get(room)
        if there is not None and there.day == day and self._fits(there, more):
            return there
        number = 0 if there is None or there.day != day else there.number + 1
        if there is not None:
            os.close(self._open.pop(room).descriptor)
        while not self._fits(opened := _Open(self._folder / _file_name(room, day, number), day, number), more):
            os.close(opened.descriptor)
            number += 1
        self._open[room] = opened
        self._prune(day)
        return opened

    def _fits(self, file: _Open, more: int) -> bool:
        """An empty file takes any line."""
        return not file.size or file.size + more <= self._settings.file_bytes

    def _prune(self, today: int) -> None:
        """Delete what is too old, and the oldest of what is too much.

        The newest file of each room stays: somebody may write to it, if not we.
        """
        oldest = _date(today) - timedelta(days=self._settings.keep // DAY)
        total, rooms = 0, set[str]()
        for kept in sorted(kept_files(self._folder), reverse=True):
            # Another process may keep its lines here as well, and take away what is old.
            if (facts := file_facts(kept.path)) is None:
                continue
            total += facts.st_size
            if kept.room in rooms and (kept.day < oldest or total > self._settings.total_bytes):
                kept.path.unlink(missing_ok=True)
            rooms.add(kept.room)


def kept_files(folder: Path) -> Iterator[_Kept]:
    """The log files in a folder; other files are none of ours."""
    for path in folder.iterdir():
        if (found := _NAME.fullmatch(path.name)) is not None:
            yield _Kept(date.fromisoformat(found["day"]), int(found["number"] or 0), found["room"], path)


def _file_name(room: str, day: int, number: int) -> str:
    return f"{room}-{_date(day).isoformat()}{f'.{number}' if number else ''}.log"


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _moment(at: Nanos) -> str:
    """ISO 8601 in UTC, to the microsecond."""
    seconds, nanos = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos // 1_000:06}Z"
