"""Frozen rows as JSON, and the schema of that JSON, both from their types: units become what people and programs read.

Money, prices and sizes are decimal strings in dollars and contracts, ratios and shares decimal strings (1 is all),
times ISO 8601 in UTC, lengths of time seconds. What is not known is null.
"""

import types
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, NewType, TypeAliasType, Union, get_args, get_origin, get_type_hints

import msgspec
from starlette.responses import Response

from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size, decimal_text, dollars
from dutchbook.interfaces.words import iso

type Convert = Callable[[Any], Any]
type Schema = dict[str, Any]

_LENGTHS = frozenset({"age", "lasted", "elapsed", "data_age", "near_for", "held", "response"})
"""Fields that hold a length of time; other times are moments."""
_RATIOS = frozenset({"ratio", "best", "lowest", "annual"})
"""Whole numbers that are ratios in millionths."""
_PPM = "_ppm"
_ISO = {"type": "string", "format": "date-time"}
_DECIMAL = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}


class Form(msgspec.Struct, frozen=True):
    """How values of one type become JSON; `convert` is None where they are JSON already."""

    schema: Schema
    convert: Convert | None = None

    def __call__(self, value: Any) -> Any:
        return value if self.convert is None else self.convert(value)


def shown(value: Any) -> Any:
    """A row, or any value of a type that rows are made of, as JSON."""
    kind: Any = type(value)
    return form_of(kind)(value)


def answer(value: msgspec.Struct, status: int = 200) -> Response:
    """A row as the body of an answer."""
    return Response(msgspec.json.encode(shown(value)), status, media_type="application/json")


def schema_of(kind: Any) -> Schema:
    """The schema of a type's JSON: a reference, where it is a row."""
    return form_of(kind).schema


def components(kinds: Iterable[type[msgspec.Struct]]) -> dict[str, Schema]:
    """The schemas of rows, and of all rows within them, by name."""
    found: dict[str, Schema] = {}
    for kind in kinds:
        _collect(kind, found)
    return dict(sorted(found.items()))


@cache
def form_of(kind: Any, name: str = "") -> Form:
    """How a type becomes JSON, in a field of this name. Raises TypeError for types that no row should have."""
    if isinstance(kind, TypeAliasType):
        return form_of(kind.__value__, name)
    if isinstance(kind, NewType):
        return _unit(kind, name)
    if get_origin(kind) in (Union, types.UnionType):
        return _union(get_args(kind), name)
    if get_origin(kind) is not None:
        return _container(kind, name)
    if isinstance(kind, type):
        return _plain(kind, name)
    raise TypeError(f"{kind}: not shown by screens - use rows, units, words and numbers")


def _unit(kind: NewType, name: str) -> Form:
    if kind is Money:
        return Form(_DECIMAL, dollars)
    if kind is Price:
        return Form(_DECIMAL, lambda value: decimal_text(value, 4))
    if kind is Size:
        return Form(_DECIMAL, lambda value: decimal_text(value, 6))
    if kind is Nanos:
        return Form({"type": "number"}, lambda value: value / SECOND) if name in _LENGTHS else Form(_ISO, iso)
    return form_of(kind.__supertype__, name)


def _union(kinds: tuple[Any, ...], name: str) -> Form:
    forms = [form_of(kind, name) for kind in kinds if kind is not type(None)]
    schemas = [form.schema for form in forms] + [{"type": "null"}] * (type(None) in kinds)
    if len(forms) == 1:
        only = forms[0]
        return Form({"anyOf": schemas}, lambda value: None if value is None else only(value))
    return Form({"anyOf": schemas}, lambda value: None if value is None else shown(value))


def _container(kind: Any, name: str) -> Form:
    origin, inner = get_origin(kind), get_args(kind)
    if issubclass(origin, Mapping):
        value_form = form_of(inner[1], name)
        schema = {"type": "object", "additionalProperties": value_form.schema}
        return Form(schema, lambda found: {str(key): value_form(value) for key, value in found.items()})
    item = form_of(inner[0], name)
    return Form({"type": "array", "items": item.schema}, lambda values: [item(value) for value in values])


def _plain(kind: type, name: str) -> Form:
    if issubclass(kind, msgspec.Struct):
        return _row(kind)
    if issubclass(kind, Enum):
        return Form({"type": "string", "enum": [str(each.value) for each in kind]}, lambda value: value.value)
    if issubclass(kind, bool):
        return Form({"type": "boolean"})
    if issubclass(kind, int):
        ratio = name in _RATIOS or name.endswith(_PPM)
        return Form(_DECIMAL, lambda value: decimal_text(value, 6)) if ratio else Form({"type": "integer"})
    if issubclass(kind, float):
        return Form({"type": "number"})
    if issubclass(kind, Path):
        return Form({"type": "string"}, str)
    if issubclass(kind, msgspec.Raw):
        return Form({})
    if issubclass(kind, str):
        return Form({"type": "string"}, str)  # of a subclass, such as a database's name of a table, the plain text
    raise TypeError(f"{kind}: not shown by screens - use rows, units, words and numbers")


def _row(kind: type[msgspec.Struct]) -> Form:
    fields = _fields(kind)

    def convert(row: Any) -> dict[str, Any]:
        return {told: form(getattr(row, name)) for name, told, form in fields()}

    return Form({"$ref": f"#/components/schemas/{kind.__name__}"}, convert)


def _fields(kind: type[msgspec.Struct]) -> Callable[[], tuple[tuple[str, str, Form], ...]]:
    """The fields of a row, found at the first use: a row may contain itself."""

    @cache
    def found() -> tuple[tuple[str, str, Form], ...]:
        hints = get_type_hints(kind)
        return tuple((name, _told(name), form_of(hints[name], name)) for name in kind.__struct_fields__)

    return found


def _told(name: str) -> str:
    return name.removesuffix(_PPM)


def _collect(kind: type[msgspec.Struct], found: dict[str, Schema]) -> None:
    if kind.__name__ in found:
        return
    properties: dict[str, Schema] = {}
    schema: Schema = {"type": "object", "properties": properties, "required": []}
    if kind.__doc__:
        schema["description"] = kind.__doc__.strip()
    found[kind.__name__] = schema
    for name, hint in get_type_hints(kind).items():
        properties[_told(name)] = form_of(hint, name).schema
        schema["required"].append(_told(name))
        for inner in _rows_within(hint):
            _collect(inner, found)


def _rows_within(kind: Any) -> list[type[msgspec.Struct]]:
    if isinstance(kind, TypeAliasType):
        return _rows_within(kind.__value__)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [row for inner in get_args(kind) for row in _rows_within(inner)]
