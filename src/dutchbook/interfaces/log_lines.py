"""The newest lines of a home's log files, for those who look at them: on the phone, on a page, over the API."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from dutchbook.storage.home import Home
from dutchbook.storage.log_settings import Level
from dutchbook.storage.logs import kept_files

_TAIL = 256 << 10
"""Bytes read from the end of a file: of the newest lines, nobody reads more than a screen."""
_FILES = 20
"""The newest files are looked at: one for each room, and those of the day before."""
_HEAD = frozenset({"at", "level", "room", "event", "mode", "run"})


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a log. `at` is ISO 8601 in UTC; `text` all that it says beside its event."""

    at: str
    level: Level
    room: str
    event: str
    mode: str
    run: str
    text: str


def newest_lines(home: Path, count: int, least: Level = Level.DEBUG) -> Sequence[LogLine]:
    """The newest so many lines of all rooms that matter as much as `least` or more, the newest last."""
    folder = Home(home).logs
    if not folder.is_dir():
        return []
    levels = list(Level)
    marks = tuple(b'"level":"%b"' % level.encode() for level in levels[levels.index(least) :])
    files = sorted(kept_files(folder), reverse=True)[:_FILES]
    found = sorted((line for file in files for line in _lines(file.path, marks)), key=lambda line: line.at)
    return found[-count:]


def warnings_of(home: Path, count: int) -> list[str]:
    """The newest so many warnings and errors in words, the newest last."""
    return [_words(line) for line in newest_lines(home, count, Level.WARNING)]


def _lines(path: Path, marks: tuple[bytes, ...]) -> list[LogLine]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            content = file.read()
    except FileNotFoundError:  # it was too old, and went just now
        return []
    found = []
    for text in content.splitlines():
        if any(mark in text for mark in marks):
            try:
                found.append(_line(msgspec.json.decode(text, type=dict[str, object])))
            except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, ValueError):
                continue  # cut at the beginning, or being written at the end
    return found


def _line(fields: dict[str, object]) -> LogLine:
    """Raises KeyError or ValueError for what is no line of ours."""
    more = {name: value for name, value in fields.items() if name not in _HEAD and value not in ("", None)}
    return LogLine(
        at=str(fields["at"]),
        level=Level(str(fields["level"])),
        room=str(fields["room"]),
        event=str(fields["event"]),
        mode=str(fields.get("mode", "")),
        run=str(fields.get("run", "")),
        text=str(*more.values()) if len(more) == 1 else ", ".join(f"{name} {value}" for name, value in more.items()),
    )


def _words(line: LogLine) -> str:
    mode = f"[{line.mode.upper()}] " if line.mode else ""
    what = f": {line.text}" if line.text else ""
    return f"{mode}{line.at[5:19].replace('T', ' ')} {line.level} {line.room} {line.event}{what}"
