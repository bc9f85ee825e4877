"""Exact decimals in, exact decimals out, and roundings that say which way they go."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import (
    ONE,
    Money,
    Price,
    Size,
    complement,
    decimal_text,
    dollars,
    exact,
    money_of,
    notional_down,
    notional_up,
    price_of,
    size_of,
)

prices = st.integers(0, ONE).map(Price)
sizes = st.integers(0, 10**14).map(Size)


@pytest.mark.parametrize(
    "text",
    ["", ".", ".5", "5.", "+1", "-1", " 1", "1 ", "1\n", "1,000", "1_000", "1e3", "0x1", "nan", "inf", "٣", "1.2.3"],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no plain decimal"):
        exact(text, 6)


def test_more_decimals_than_the_unit_has_are_refused_unless_they_are_zeros() -> None:
    assert price_of("0.47000000") == 4_700
    with pytest.raises(ValueError, match="more than 4 decimals"):
        price_of("0.47001")
    with pytest.raises(ValueError, match="more than 6 decimals"):
        size_of("1.0000001")


def test_a_price_above_a_dollar_is_refused() -> None:
    assert price_of("1.0000") == ONE
    with pytest.raises(ValueError, match="no price"):
        price_of("1.0001")


@given(st.integers(0, 10**11), st.integers(0, 12), st.integers(0, 12))
def test_a_decimal_text_is_read_to_the_last_digit(whole: int, digits: int, decimals: int) -> None:
    fraction = str(whole)[:digits]
    text = f"{whole}.{fraction}" if fraction else str(whole)
    scaled = Decimal(text).scaleb(decimals)
    if scaled == scaled.to_integral_value():
        assert exact(text, decimals) == scaled
    else:
        with pytest.raises(ValueError, match="more than"):
            exact(text, decimals)


@given(st.text(max_size=14))
def test_any_text_is_read_like_a_decimal_or_refused(text: str) -> None:
    try:
        value = exact(text, 6)
    except ValueError:
        return
    assert Decimal(text).scaleb(6) == value


@given(st.integers(-(10**17), 10**17))
def test_money_as_text_is_read_back(amount: int) -> None:
    text = dollars(Money(amount))
    assert Decimal(text).scaleb(6) == amount
    assert len(text.partition(".")[2]) >= 2
    if 0 <= amount < 10**17:
        assert money_of(text) == amount
    assert decimal_text(amount, 6) == text


@given(prices, sizes)
def test_a_notional_is_within_a_micro_dollar_on_the_side_named(price: Price, size: Size) -> None:
    true = Fraction(price * size, ONE)
    assert 0 <= true - notional_down(price, size) < 1
    assert 0 <= notional_up(price, size) - true < 1


@given(prices)
def test_the_other_side_of_the_other_side_is_this_side(price: Price) -> None:
    assert complement(complement(price)) == price
    assert complement(price) + price == ONE
