"""The newest lines of a home's log files that somebody should look at, in words."""

from pathlib import Path

import msgspec

from dutchbook.storage.home import Home
from dutchbook.storage.log_settings import Level
from dutchbook.storage.logs import kept_files

_TAIL = 256 << 10
"""Bytes read from the end of a file: of the newest lines, nobody reads more than a screen."""
_MARKS = (b'"level":"warning"', b'"level":"error"')


class _Line(msgspec.Struct, frozen=True):
    at: str
    level: Level
    room: str
    event: str
    mode: str = ""
    reason: str = ""
    text: str = ""
    detail: str = ""
    said: str = ""


_decode = msgspec.json.Decoder(_Line, strict=False).decode


def warnings_of(home: Path, count: int) -> list[str]:
    """The newest so many warnings and errors of all rooms, the newest last."""
    folder = Home(home).logs
    if not folder.is_dir():
        return []
    newest = sorted(kept_files(folder), reverse=True)[:20]
    lines = sorted((line for kept in newest for line in _lines(kept.path)), key=lambda line: line.at)
    return [_words(line) for line in lines[-count:]]


def _lines(path: Path) -> list[_Line]:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        content = file.read()
    found = []
    for text in content.splitlines():
        if any(mark in text for mark in _MARKS):
            try:
                found.append(_decode(text))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue  # cut at the beginning, or being written at the end
    return found


def _words(line: _Line) -> str:
    what = line.reason or line.text or line.detail or line.said
    mode = f"[{line.mode.upper()}] " if line.mode else ""
    return f"{mode}{line.at[5:19].replace('T', ' ')} {line.level} {line.room} {line.event}{f': {what}' if what else ''}"
