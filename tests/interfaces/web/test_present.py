"""Rows as JSON: exact, in the units that people and programs read, and as their schema says."""

from enum import StrEnum
from typing import NewType

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size
from dutchbook.interfaces.web.present import components, schema_of, shown


class Colour(StrEnum):
    RED = "red"


class Inner(msgspec.Struct, frozen=True):
    price: Price | None
    colour: Colour = Colour.RED


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """All kinds of fields."""

    cash: Money
    size: Size
    at: Nanos
    age: Nanos | None
    ratio: int | None
    share_ppm: int
    count: int
    inner: tuple[Inner, ...]
    named: dict[str, Money]
    note: str = ""


ROW = Row(
    cash=Money(-1_500_000),
    size=Size(2_500_000),
    at=Nanos(0),
    age=Nanos(SECOND // 2),
    ratio=1_012_345,
    share_ppm=250_000,
    count=3,
    inner=(Inner(Price(4_735)), Inner(None)),
    named={"a": Money(1)},
)


def test_each_unit_is_told_as_it_is_read() -> None:
    assert shown(ROW) == {
        "cash": "-1.50",
        "size": "2.50",
        "at": "1970-01-01T00:00:00.000000Z",
        "age": 0.5,
        "ratio": "1.012345",
        "share": "0.25",
        "count": 3,
        "inner": [{"price": "0.4735", "colour": "red"}, {"price": None, "colour": "red"}],
        "named": {"a": "0.000001"},
        "note": "",
    }


@given(st.integers(-(2**62), 2**62), st.integers(0, 2**62), st.none() | st.integers(0, 10_000), st.text())
def test_what_is_shown_is_what_the_schema_says(cash: int, size: int, price: int | None, note: str) -> None:
    inner = Inner(None if price is None else Price(price))
    row = msgspec.structs.replace(ROW, cash=Money(cash), size=Size(size), inner=(inner,), note=note)
    schema = {"components": {"schemas": components([Row])}, **schema_of(Row)}
    jsonschema_rs.validate(schema, shown(row))


def test_a_type_that_no_row_should_have_is_refused() -> None:
    with pytest.raises(TypeError, match="not shown by screens"):
        schema_of(NewType("Odd", bytes))
