"""Translating another program's settings file: a table of its keys, and what becomes of each that a file holds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import msgspec
from pydantic import ValidationError

from dutchbook.config.keys import sections
from dutchbook.config.layers import Layer, Tree, Written, merged
from dutchbook.config.load import shipped_layers
from dutchbook.config.problems import plainly
from dutchbook.config.settings import Settings
from dutchbook.config.yaml_file import read_file
from dutchbook.domain.errors import ConfigError

type Convert = Callable[[str], str]
"""A value as it is written there, as it is written here. Raises ValueError for what is no value of its kind."""


class MistakenFile(ConfigError):
    """A file has keys that its program does not have, or values that cannot be: one line for each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(problems[0] if len(problems) == 1 else f"{problems[0]} (and {len(problems) - 1} more)")
        self.problems = problems


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the other program. Without `ours` nothing here corresponds to it, and `note` says why.

    `several` takes a list of words.
    """

    path: str
    unit: str
    meaning: str
    ours: str | None = None
    convert: Convert = str
    note: str = ""
    several: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one key of a file."""

    place: str
    key: str
    written: str
    unit: str
    meaning: str
    ours: str | None
    value: str | None
    note: str


class Translation(msgspec.Struct, frozen=True):
    """A file in our terms: its rows in order, and the settings to write."""

    rows: tuple[Row, ...]
    settings: Tree


class ForeignProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A program whose settings are understood: its keys, and what else makes ours behave alike."""

    name: str
    keys: tuple[ForeignKey, ...]
    besides: Mapping[str, str] = {}
    """Settings of ours that it does not have, as it behaves."""

    def key(self, path: str) -> ForeignKey | None:
        """A key by its dotted path."""
        return next((key for key in self.keys if key.path == path), None)

    def sections(self) -> frozenset[str]:
        """Dotted paths that hold keys."""
        return frozenset(
            ".".join(parts[:depth])
            for parts in (key.path.split(".") for key in self.keys)
            for depth in range(1, len(parts))
        )


def translate(program: ForeignProgram, path: Path) -> Translation:
    """A settings file of a program in our terms.

    Raises ConfigError naming file, line and key; MistakenFile with all keys that it does not have, each with the
    nearest that it has, or with all values that our settings refuse.
    """
    layer = read_file(path, str(path))
    found = list(_leaves(program, layer.values, ""))
    unknown = [_unknown(program, key, layer) for key, _ in found if program.key(key) is None]
    if unknown:
        raise MistakenFile(tuple(unknown))
    rows: list[Row] = []
    settings: Tree = {}
    places: dict[str, str] = {}
    for name, value in program.besides.items():
        _put(settings, name, value)
    for name, written in found:
        key = program.key(name)
        if key is not None:
            rows.append(_row(key, written, layer, settings, places))
    _check(settings, places)
    return Translation(tuple(rows), settings)


def as_yaml(tree: Tree, depth: int = 0) -> str:
    """The settings as a file would hold them."""
    return "".join(_lines(tree, depth))


def _leaves(program: ForeignProgram, tree: Tree, prefix: str) -> Iterator[tuple[str, Written]]:
    inner = program.sections()
    for key, value in tree.items():
        path = prefix + key
        if isinstance(value, dict) and path in inner:
            yield from _leaves(program, value, f"{path}.")
        elif value is None and path in inner:
            continue  # a section whose keys are all commented out
        else:
            yield path, value


def _unknown(program: ForeignProgram, path: str, layer: Layer) -> str:
    meant = _nearest(path, [key.path for key in program.keys] + sorted(program.sections()))
    return f"{layer.places[path]} {path}: {program.name} has no such key, did you mean {meant} - rename or remove it"


def _nearest(path: str, known: Sequence[str]) -> str:
    """The key that was most likely meant: the same word in another section, else one that is written alike."""
    word, by_word = path.rpartition(".")[2], {name.rpartition(".")[2]: name for name in known}
    if word in by_word:
        return by_word[word]
    if close := get_close_matches(path, known, n=1):
        return close[0]
    return by_word[get_close_matches(word, by_word, n=1, cutoff=0)[0]]


def _row(key: ForeignKey, written: Written, layer: Layer, settings: Tree, places: dict[str, str]) -> Row:
    place = layer.places[key.path]
    value: Written = None
    if key.ours is not None:
        value = _converted(key, written, place)
        _put(settings, key.ours, value)
        places[key.ours] = f"{place} {key.path}"
    return Row(
        place=place,
        key=key.path,
        written=_text(written),
        unit=key.unit,
        meaning=key.meaning,
        ours=key.ours,
        value=None if key.ours is None else _text(value),
        note=key.note,
    )


def _converted(key: ForeignKey, written: Written, place: str) -> Written:
    where = f"{place} {key.path}"
    if isinstance(written, list):
        if not key.several or not all(isinstance(word, str) for word in written):
            raise ConfigError(f"{where}: must be one value ({key.unit}) - write it without brackets")
        return written
    if isinstance(written, dict):
        raise ConfigError(f"{where}: holds keys - write one value ({key.unit})")
    if written is None:
        return None
    try:
        return key.convert(written)
    except ValueError as error:
        raise ConfigError(f"{where}: {error} - write {key.unit}") from None


def _put(tree: Tree, path: str, value: Written) -> None:
    *above, name = path.split(".")
    for section in above:
        inner = tree.setdefault(section, {})
        if not isinstance(inner, dict):  # a table that names a key both as value and as section
            raise TypeError(f"{path} stands under a value")
        tree = inner
    tree[name] = value


def _check(settings: Tree, places: Mapping[str, str]) -> None:
    """Raises ConfigError with every value that our settings refuse, at the place where the file says it."""
    whole = merged([*shipped_layers(), Layer("", settings, places)], sections())
    try:
        Settings.model_validate(whole.values)
    except ValidationError as error:
        lines = []
        for details in error.errors(include_url=False, include_input=False):
            path = ".".join(str(part) for part in details["loc"])
            lines.append(f"{_place(path, places)}: {plainly(details)} - correct the value")
        raise MistakenFile(tuple(lines)) from None


def _place(path: str, places: Mapping[str, str]) -> str:
    """Where the file says the value that stands at this path of ours, or below it."""
    return places.get(path) or next((where for ours, where in places.items() if path.startswith(ours)), path)


def _text(value: Written) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "null" if value is None else str(value)


def _lines(tree: Tree, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, value in tree.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:\n"
            yield from _lines(value, depth + 1)
        elif isinstance(value, list):
            yield f"{indent}{key}: [{', '.join(map(_quoted, map(str, value)))}]\n"
        else:
            yield f"{indent}{key}: {'null' if value is None else _quoted(value)}\n"


def _quoted(text: str) -> str:
    plain = text.replace(".", "").replace("%", "").replace("_", "").replace("-", "")
    return text if plain.isascii() and plain.isalnum() else msgspec.json.encode(text).decode()
