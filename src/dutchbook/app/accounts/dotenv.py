"""Reading and writing a `.env` file: NAME=value, one a line. Only the names of accounts are read from it."""

import re
from collections.abc import Mapping
from pathlib import Path

from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.private_files import read_private, write_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=[ \t]*(.*)", re.DOTALL)
_QUOTED = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?', re.DOTALL),
    "'": re.compile(r"'([^']*)'\s*(?:#.*)?", re.DOTALL),
}
_COMMENT = re.compile(r"(?:^|\s)#.*")
_ESCAPES = {r"\n": "\n", r"\"": '"', r"\\": "\\"}
_ESCAPED = re.compile(r'\\[n"\\]')


class DotEnv:
    """One `.env` file as a source of keys. A file that is not there, or holds no key, says nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._values: Mapping[str, str] | None = None

    def place(self, name: KeyName) -> str | None:
        """See `KeySource.place`."""
        return str(self.path) if self._read().get(name) else None

    def read(self, name: KeyName) -> Secret:
        """See `KeySource.read`."""
        return Secret(self._read()[name])

    def strangers(self) -> list[str]:
        """Names with our prefix that a `.env` cannot set: settings come from the environment itself."""
        return [name for name in self._read() if name.startswith("DUTCHBOOK_")]

    def _read(self) -> Mapping[str, str]:
        if self._values is None:
            self._values = _values_of(self.path)
        return self._values


def _values_of(path: Path) -> Mapping[str, str]:
    """The file's values. A project's `.env` without keys of ours may be shared as its owner likes, and says nothing."""
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}) - check its permissions") from error
    named = {found[1] for line in lines if (found := _LINE.fullmatch(line)) and found[2].strip()}
    if not named.isdisjoint(KeyName):
        return parse(read_private(path), str(path))
    return dict.fromkeys(named, "")


def parse(text: str, called: str) -> dict[str, str]:
    """Names and values. Quotes keep spaces and line ends; ` #` begins a comment outside of them.

    Raises ConfigError with the line, never with a value.
    """
    values: dict[str, str] = {}
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        first = number
        line = lines[number]
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ConfigError(f"{called}:{first + 1}: no NAME=value - correct the line")
        name, value = found[1], found[2]
        if value[:1] in _QUOTED:
            while (whole := _QUOTED[value[0]].fullmatch(value)) is None and number < len(lines):
                value = f"{value}\n{lines[number]}"
                number += 1
            if whole is None:
                raise ConfigError(f"{called}:{first + 1} {name}: the quote is not closed - close it on this line")
            value = whole[1] if value[0] == "'" else _ESCAPED.sub(lambda match: _ESCAPES[match[0]], whole[1])
        else:
            value = _COMMENT.sub("", value).strip()
        values[name] = value
    return values


def write_dotenv(path: Path, values: Mapping[KeyName, Secret]) -> None:
    """Write a `.env` that its owner alone may read. Raises ConfigError if there is one already."""
    if path.exists():
        raise ConfigError(f"{path}: is there already - add the lines yourself, or choose another place for the keys")
    write_private(path, "".join(f"{name}={_written(value.reveal())}\n" for name, value in values.items()))


def _written(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_./:+=@-]*", value):
        return value
    return '"' + value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") + '"'
