"""A report as JSON: money and prices as decimal strings in dollars, times in ISO 8601, the units of each field's type.

The document names its `schema` with a version: fields are added in one version, and renamed or dropped in another.
"""

import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache

import msgspec

from dutchbook.app.run_reports import RunScores
from dutchbook.domain.units import MONEY_DECIMALS, PRICE_DECIMALS, SECOND, SIZE_DECIMALS, Money, Nanos, Price, Size
from dutchbook.domain.units import decimal_text as text_of
from dutchbook.evaluation.report_object import Lasted, Ppm, RunReport
from dutchbook.interfaces.words import iso

REPORT_SCHEMA = "dutchbook.report/1"
SCORES_SCHEMA = "dutchbook.scorecard/1"

type _Plain = Callable[[typing.Any], object]


def report_json(report: RunReport) -> dict[str, object]:
    """The whole report."""
    return {"schema": REPORT_SCHEMA, **plain(report)}


def scores_json(scores: RunScores) -> dict[str, object]:
    """A scorecard over several runs."""
    return {"schema": SCORES_SCHEMA, **plain(scores)}


def plain(value: msgspec.Struct) -> dict[str, object]:
    """A value of ours with each field in the form that the unit in its annotation asks for."""
    return {name: form(getattr(value, name)) for name, form in _fields(type(value)).items()}


@cache
def _fields(kind: type) -> Mapping[str, _Plain]:
    hints = typing.get_type_hints(kind)
    return {field.name: _form(hints[field.name]) for field in msgspec.structs.fields(kind)}


def _form(hint: typing.Any) -> _Plain:
    if hint in _UNITS:
        return _UNITS[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        form = _form(next(each for each in inner if each is not types.NoneType))
        return lambda value: None if value is None else form(value)
    if origin is tuple:
        form = _form(inner[0])
        return lambda value: [form(each) for each in value]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return plain
    if isinstance(hint, type) and issubclass(hint, Enum):
        return str
    return _same


def _same(value: object) -> object:
    return value


_UNITS: Mapping[object, _Plain] = {
    Money: lambda value: text_of(value, MONEY_DECIMALS),
    Price: lambda value: text_of(value, PRICE_DECIMALS),
    Size: lambda value: text_of(value, SIZE_DECIMALS),
    Ppm: lambda value: value / 1_000_000,
    Lasted: lambda value: value / SECOND,
    Nanos: iso,
}
