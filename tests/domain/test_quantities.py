"""Settings are written as people write them and read exactly, or refused with an example."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dutchbook.domain.quantities import Dollars, Duration, PriceSetting, RoomSettings, Share
from dutchbook.domain.units import MILLISECOND, SECOND, Money


class Example(RoomSettings):
    """A room with one setting."""

    stake: Dollars


KINDS: dict[str, TypeAdapter[int]] = {
    "stake": TypeAdapter(Dollars),
    "price": TypeAdapter(PriceSetting),
    "share": TypeAdapter(Share),
    "wait": TypeAdapter(Duration),
}


def read(kind: str, written: object) -> int:
    return KINDS[kind].validate_python(written)


@pytest.mark.parametrize(
    ("written", "stake"),
    [
        (25, 25_000_000),
        (25.5, 25_500_000),
        (25.0, 25_000_000),
        (100.0, 100_000_000),
        ("25.00", 25_000_000),
        ("$25.50", 25_500_000),
        ("10,000", 10_000_000_000),
        ("10,000.00 USD", 10_000_000_000),
        ("100", 100_000_000),
        (0.000001, 1),
    ],
)
def test_dollars(written: object, stake: int) -> None:
    assert read("stake", written) == stake


@pytest.mark.parametrize(("written", "price"), [("0.99", 9_900), (0.99, 9_900), ("$0.5", 5_000), (1, 10_000), (0, 0)])
def test_prices(written: object, price: int) -> None:
    assert read("price", written) == price


@pytest.mark.parametrize(("written", "share"), [("10%", 100_000), (0.1, 100_000), ("0.25%", 2_500), (1, 1_000_000)])
def test_shares(written: object, share: int) -> None:
    assert read("share", written) == share


@pytest.mark.parametrize(
    ("written", "wait"),
    [
        ("500ms", 500 * MILLISECOND),
        ("5s", 5 * SECOND),
        ("1.5 m", 90 * SECOND),
        ("2h", 7_200 * SECOND),
        ("1d", 86_400 * SECOND),
    ],
)
def test_durations(written: object, wait: int) -> None:
    assert read("wait", written) == wait


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("stake", "-5"),
        ("stake", "5 EUR"),
        ("stake", True),
        ("stake", 0.0000001),
        ("stake", float("nan")),
        ("stake", float("inf")),
        ("stake", None),
        ("price", "1.01"),
        ("price", "0.99999"),
        ("share", "101%"),
        ("share", 1.5),
        ("share", 0.0000001),
        ("wait", 5),
        ("wait", "5"),
        ("wait", "5 parsecs"),
        ("wait", "-5s"),
    ],
)
def test_what_cannot_be_meant_is_refused(kind: str, written: object) -> None:
    with pytest.raises(ValidationError):
        read(kind, written)


@given(st.decimals(0, 10**9, places=6))
def test_any_amount_is_read_exactly(amount: Decimal) -> None:
    assert read("stake", format(amount, "f")) == amount * 10**6


@given(st.integers(0, 10**10).map(lambda hundredths: hundredths / 100))
def test_a_number_of_cents_is_read_as_it_is_shown(amount: float) -> None:
    assert read("stake", amount) == round(amount * 100) * 10_000


def test_a_setting_cannot_be_changed_and_an_unknown_one_is_refused() -> None:
    settings = Example.model_validate({"stake": "$5"})
    assert settings.stake == 5_000_000
    with pytest.raises(ValidationError):
        settings.stake = Money(6)
    with pytest.raises(ValidationError):
        Example.model_validate({"stake": 5, "steak": 5})
