"""All keys of the settings tree, flat, with their units: for messages, tables, the schema and the reference."""

from collections.abc import Iterator
from enum import Enum, StrEnum
from functools import cache
from typing import Any, get_args

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dutchbook.config.account_settings import FileName, Region
from dutchbook.config.settings import Settings
from dutchbook.config.web_settings import HostName
from dutchbook.domain.quantities import Contracts, Dollars, Duration, Multiple, PriceSetting, Share, Words
from dutchbook.domain.units import MILLISECOND, SECOND, decimal_text
from dutchbook.storage.database.settings import DatabaseAddress


class Unit(StrEnum):
    """What the text of a setting means."""

    DOLLARS = "dollars"
    PRICE = "price"
    SHARE = "share"
    DURATION = "duration"
    CONTRACTS = "contracts"
    MULTIPLE = "multiple"
    WORDS = "words"
    COUNT = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    REGION = "region"
    FILE = "file"
    HOST = "host"
    DATABASE = "database"


ADVICE = {
    Unit.DOLLARS: "write an amount of dollars, for example 25 or 25.50",
    Unit.PRICE: "write a price in dollars between 0 and 1, for example 0.99",
    Unit.SHARE: "write a share, for example 10% or 0.1",
    Unit.DURATION: "write a duration with its unit: ms, s, m, h or d, for example 500ms or 5s",
    Unit.CONTRACTS: "write a number of contracts, for example 20",
    Unit.MULTIPLE: "write a factor, for example 1.5",
    Unit.WORDS: "write words or phrases separated by commas, or a list of them; [] is none",
    Unit.COUNT: "write a whole number, for example 3",
    Unit.SWITCH: "write true or false",
    Unit.REGION: "write the ISO 3166 code of a country or of a part of one, for example CH or CA-ON",
    Unit.FILE: "write the path of a file",
    Unit.DATABASE: "write the address of a PostgreSQL database, for example postgresql://desk@localhost/dutchbook",
    Unit.HOST: "write an address or a name of this machine, for example 127.0.0.1",
}
_MARKERS = {
    id(get_args(kind)[1]): unit
    for kind, unit in (
        (Dollars, Unit.DOLLARS),
        (PriceSetting, Unit.PRICE),
        (Share, Unit.SHARE),
        (Duration, Unit.DURATION),
        (Contracts, Unit.CONTRACTS),
        (Multiple, Unit.MULTIPLE),
        (Words, Unit.WORDS),
        (Region, Unit.REGION),
        (FileName, Unit.FILE),
        (HostName, Unit.HOST),
        (DatabaseAddress, Unit.DATABASE),
    )
}


class Key(msgspec.Struct, frozen=True):
    """One setting: its dotted key, unit, whether it may be left empty, its description, and its choices if it has."""

    path: str
    unit: Unit
    optional: bool
    description: str
    choices: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """How to write a value that will be accepted."""
        return f"write one of {', '.join(self.choices)}" if self.choices else ADVICE[self.unit]


@cache
def all_keys() -> tuple[Key, ...]:
    """Every setting, in the order of the tree."""
    return tuple(_keys_of(Settings, ""))


@cache
def sections() -> dict[str, type[BaseModel]]:
    """Every section by its dotted key; the whole tree is the empty one."""
    return {"": Settings} | dict(_sections_of(Settings, ""))


def key_named(path: str) -> Key | None:
    """The setting with this dotted key."""
    return next((key for key in all_keys() if key.path == path), None)


def value_at(settings: Settings, path: str) -> object:
    """The value of a setting, in the integers of the domain."""
    value: object = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value


def written(unit: Unit, value: object) -> str | None:
    """A value as a user would write it; None for one that is left empty.

    >>> written(Unit.SHARE, 125_000), written(Unit.DURATION, 5_000_000), written(Unit.PRICE, 9_900)
    ('12.5%', '5ms', '0.99')
    """
    if value is None:
        return None
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value).lower()
    return _number(unit, value)


def _number(unit: Unit, value: int) -> str:
    match unit:
        case Unit.DOLLARS:
            return decimal_text(value, 6)
        case Unit.PRICE:
            return decimal_text(value, 4)
        case Unit.CONTRACTS | Unit.MULTIPLE:
            return _bare(value, 6)
        case Unit.SHARE:
            return _bare(value, 4) + "%"
        case Unit.DURATION:
            return _duration_text(value)
        case _:
            return str(value)


def _duration_text(nanos: int) -> str:
    for symbol, factor in (("d", 86_400 * SECOND), ("h", 3_600 * SECOND), ("m", 60 * SECOND), ("s", SECOND)):
        if nanos and nanos % factor == 0:
            return f"{nanos // factor}{symbol}"
    if nanos and (nanos % MILLISECOND == 0 or nanos < SECOND):
        return _bare(nanos, 6) + "ms"
    return _bare(nanos, 9) + "s"


def _bare(value: int, decimals: int) -> str:
    return decimal_text(value, decimals).rstrip("0").rstrip(".")


def _sections_of(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        if (inner := _section(field)) is not None:
            yield prefix + name, inner
            yield from _sections_of(inner, f"{prefix}{name}.")


def _keys_of(model: type[BaseModel], prefix: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        inner = _section(field)
        if inner is None:
            yield _key(prefix + name, field)
        else:
            yield from _keys_of(inner, f"{prefix}{name}.")


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _key(path: str, field: FieldInfo) -> Key:
    optional = type(None) in get_args(field.annotation)
    unit = _unit(field.annotation, field.metadata)
    choices = tuple(str(member.value) for member in field.annotation) if unit is Unit.CHOICE else ()  # type: ignore[union-attr]
    return Key(path, unit, optional, field.description or "", choices)


def _unit(kind: Any, metadata: list[Any]) -> Unit:
    """The unit of a field: told by the validator that its type carries, at any depth of `Annotated` and `| None`."""
    for marker in metadata:
        if id(marker) in _MARKERS:
            return _MARKERS[id(marker)]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Unit.CHOICE
    if kind is bool:
        return Unit.SWITCH
    for inner in get_args(kind):
        if hasattr(inner, "__metadata__"):
            return _unit(inner.__origin__, list(inner.__metadata__))
    if kind is int:
        return Unit.COUNT
    raise TypeError(f"{kind} is no type of a setting: use those of domain.quantities, int, bool or an enum")
