"""Changing the settings file of a home from a screen: what a new text would change, and writing it."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from dutchbook.config.load import LOCAL_FILE, Loaded, find_problems, load_settings, local_file
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.storage.durable import replace_file

LARGEST = 64 << 10
"""Characters of a text that is taken."""
_GUARDED = ("mode", "live.", "accounts.", "web.")
"""What a screen may not change: whoever got into one could arm the desk, or let others in."""


class SettingsFile(msgspec.Struct, frozen=True):
    """The settings file of a home. `version` names this text, so that nobody writes over an edit they never saw."""

    path: str
    text: str
    version: str


class Change(msgspec.Struct, frozen=True):
    """A setting that would be another, as a user would write it; None is off, or not known while there are mistakes."""

    key: str
    old: str | None
    new: str | None


def read_own(home: Path) -> SettingsFile:
    """The settings file as it is; empty where there is none. Raises ConfigError if it cannot be read."""
    path = local_file(home)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}) - check the file and its permissions") from error
    return SettingsFile(str(path), text, sha256(text.encode()).hexdigest())


def changes(home: Path, text: str, environ: Mapping[str, str]) -> tuple[Change, ...]:
    """What would be another with this text. Writes nothing.

    Raises ConfigError with all its mistakes, a line each, or if it changes what is not changed from a screen.
    """
    if len(text) > LARGEST:
        raise ConfigError(f"{LOCAL_FILE}: longer than {LARGEST} characters - edit it on the desk's machine")
    with _tried(text) as path:
        if problems := find_problems(home, path, environ):
            raise ConfigError("\n".join(each.replace(str(path), LOCAL_FILE) for each in problems))
        after = load_settings(home, path, environ)
    found = tuple(_differences(_in_force(home, environ), after))
    guarded = [each.key for each in found if each.key.startswith(_GUARDED)]
    if guarded:
        raise ConfigError(
            f"{', '.join(guarded)}: not changed from here - edit {local_file(home)} on the desk's machine"
        )
    return found


def write_own(home: Path, text: str, version: str, environ: Mapping[str, str], now: Nanos) -> tuple[Change, ...]:
    """Write the file and say what changed. The text that was there stays beside it, under the time of the edit.

    Raises ConfigError like `changes`, and if the file is not the one of `version` any more.
    """
    found = changes(home, text, environ)
    there = read_own(home)
    if there.version != version:
        raise ConfigError(f"{LOCAL_FILE}: somebody changed it meanwhile - look at it again, then edit that")
    path = local_file(home)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if there.text:
            stamp = datetime.fromtimestamp(now // SECOND, UTC).strftime("%Y%m%dT%H%M%SZ")
            replace_file(path.with_name(f"{path.name}.before-{stamp}"), there.text.encode())
        replace_file(path, text.encode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}) - check its folder and the disk") from error
    return found


def _in_force(home: Path, environ: Mapping[str, str]) -> Loaded | None:
    """The settings as they are; None where the file that is there has mistakes: then all count as changed."""
    try:
        return load_settings(home, None, environ)
    except ConfigError:
        return None


def _differences(before: Loaded | None, after: Loaded) -> Iterator[Change]:
    known = {} if before is None else {each.key: each.value for each in before.values}
    for each in after.values:
        if before is not None and known[each.key] == each.value:
            continue
        if before is None and each.source.partition(":")[0] != LOCAL_FILE:
            continue
        yield Change(each.key, known.get(each.key), each.value)


@contextmanager
def _tried(text: str) -> Iterator[Path]:
    """The text as a file of its own, so that it is read like any other."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / LOCAL_FILE
        path.write_text(text, encoding="utf-8")
        yield path
