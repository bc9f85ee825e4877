"""Amounts are exact: against an oracle in decimals, and where binary fractions go wrong."""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, ONE, Price, Size
from dutchbook.venues.polymarket.amounts import (
    Amounts,
    keeps_cap,
    limit_amounts,
    market_amounts,
    size_step,
    tradable_size,
)

DECIMALS = {1_000: (1, 3), 100: (2, 4), 50: (3, 5), 25: (4, 6), 10: (3, 5), 1: (4, 6)}
"""By tick: decimals of the price and of the amount, as the venue's table has them."""
IMMEDIATE = (TimeInForce.FOK, TimeInForce.IOC)
ticks = st.sampled_from(sorted(DECIMALS))
sides = st.sampled_from(Side)
quantities = st.integers(1, 10**13)


@st.composite
def priced(draw: st.DrawFn) -> tuple[int, Price]:
    """A tick, and a price on its grid."""
    tick = draw(ticks)
    return tick, Price(tick * draw(st.integers(1, ONE // tick - 1)))


def rounded(value: Decimal, decimals: int) -> Decimal:
    """The venue's rule for the derived amount: up to four decimals more, then down."""
    if value == value.quantize(Decimal(1).scaleb(-decimals), ROUND_DOWN):
        return value
    up = value.quantize(Decimal(1).scaleb(-decimals - 4), ROUND_CEILING)
    return up.quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR)


def base(value: Decimal) -> int:
    return int((value * 1_000_000).quantize(Decimal(1), ROUND_HALF_EVEN))


def oracle(side: Side, price: Price, quantity: int, tick: int, *, market: bool) -> Amounts:
    """The rules of the protocol, step by step, in decimals."""
    with localcontext() as context:
        context.prec = 60
        p = Decimal(price) / ONE
        given_ = (Decimal(quantity) / 1_000_000).quantize(Decimal("0.01"), ROUND_FLOOR)
        decimals = DECIMALS[tick][1]
        if market:
            return Amounts(base(given_), base(rounded(given_ / p if side is Side.BUY else given_ * p, decimals)))
        money, shares = base(rounded(given_ * p, decimals)), base(given_)
        return Amounts(money, shares) if side is Side.BUY else Amounts(shares, money)


@given(priced(), sides, quantities)
def test_limit_amounts_follow_the_protocol(found: tuple[int, Price], side: Side, size: int) -> None:
    tick, price = found
    assert limit_amounts(side, price, Size(size)) == oracle(side, price, size, tick, market=False)


@given(priced(), sides, quantities)
def test_market_amounts_follow_the_protocol(found: tuple[int, Price], side: Side, amount: int) -> None:
    tick, price = found
    assert market_amounts(side, price, amount, Price(tick)) == oracle(side, price, amount, tick, market=True)


@given(priced(), quantities)
def test_a_purchase_never_asks_for_a_worse_price_than_its_limit(found: tuple[int, Price], amount: int) -> None:
    """Rounded down, the shares of a market BUY leave its ratio at the cap or above: it can lift an ask at its cap."""
    tick, price = found
    resting = limit_amounts(Side.BUY, price, Size(amount))
    if resting.taker:
        assert Fraction(resting.maker, resting.taker) == Fraction(price, ONE)
    market = market_amounts(Side.BUY, price, amount, Price(tick))
    if market.taker:
        ratio = Fraction(market.maker, market.taker)
        assert ratio >= Fraction(price, ONE)
        assert keeps_cap(market, price) is (ratio < Fraction(price + 1, ONE))


def test_the_cap_of_a_tiny_purchase_may_not_hold_and_that_is_seen() -> None:
    # One cent at 0.9 gives 0.011 shares after rounding: a ratio of 0.90909.
    amounts = market_amounts(Side.BUY, Price(9_000), 10_000, Price(1_000))
    assert amounts == Amounts(10_000, 11_000)
    assert not keeps_cap(amounts, Price(9_000))
    assert keeps_cap(market_amounts(Side.BUY, Price(9_000), 9_000_000, Price(1_000)), Price(9_000))
    assert not keeps_cap(Amounts(1, 0), Price(5_000))
    # At the next price of the finest grid exactly, an ask there could be taken; a hair below it could not.
    assert not keeps_cap(Amounts(50_010_000, 100_000_000), Price(5_000))
    assert keeps_cap(Amounts(50_009_999, 100_000_000), Price(5_000))


def test_no_size_loses_a_hundredth_and_no_price_a_tick_as_in_binary_fractions() -> None:
    """What the older official client does to sizes (4,586 of them below 1,000) and to 0.29, 0.57 and 0.58."""
    harmed = [hundredths for hundredths in range(1, 100_000) if int(hundredths / 100 * 100) != hundredths]
    assert len(harmed) == 4_586
    assert {113, 114, 230, 402} <= set(harmed)
    for hundredths in harmed:
        size = Size(hundredths * 10_000)
        assert limit_amounts(Side.SELL, Price(5_000), size) == Amounts(size, size // 2)
        assert limit_amounts(Side.BUY, Price(5_000), size) == Amounts(size // 2, size)
    lowered = [cents for cents in range(1, 100) if int(cents / 100 * 100) != cents]
    assert lowered == [29, 57, 58]
    for cents in lowered:
        amounts = market_amounts(Side.BUY, Price(cents * 100), 25_000_000, Price(100))
        assert Fraction(amounts.maker, amounts.taker) >= Fraction(cents, 100)
        assert amounts == oracle(Side.BUY, Price(cents * 100), 25_000_000, 100, market=True)


def test_an_unknown_tick_has_no_market_amounts() -> None:
    with pytest.raises(ValueError, match="no tick size"):
        market_amounts(Side.BUY, Price(5_000), 1_000_000, Price(20))


@given(priced(), sides, st.integers(0, 10**12), st.sampled_from(TimeInForce), st.booleans())
def test_a_tradable_size_is_the_largest_that_the_venue_takes_as_it_is(
    found: tuple[int, Price], side: Side, size: int, tif: TimeInForce, at_limit: bool
) -> None:
    tick, price = found
    grid, limit = PriceGrid.uniform(Price(tick)), price if at_limit else None
    snapped = tradable_size(Size(size), grid, side, tif, limit)
    step = size_step(grid, side, tif, limit)
    assert 0 <= size - snapped < step
    assert snapped % step == snapped % 10_000 == 0
    money = Fraction(price * snapped, ONE)
    assert money.denominator == 1
    if tif in IMMEDIATE:
        maker, taker = (int(money), snapped) if side is Side.BUY else (snapped, int(money))
        assert maker % 10_000 == taker % 100 == 0


@given(priced(), sides, st.sampled_from(IMMEDIATE), st.integers(1, 2_000))
def test_no_smaller_step_would_do(found: tuple[int, Price], side: Side, tif: TimeInForce, hundredths: int) -> None:
    tick, price = found
    size = hundredths * 10_000
    money = price * size // ONE
    fits = money % 10_000 == 0 if side is Side.BUY else money % 100 == 0
    assert (size % size_step(PriceGrid.uniform(Price(tick)), side, tif, price) == 0) is fits


@given(priced(), quantities)
def test_both_encodings_of_an_exact_purchase_are_the_same(found: tuple[int, Price], size: int) -> None:
    tick, price = found
    exact = tradable_size(Size(size), PriceGrid.uniform(Price(tick)), Side.BUY, TimeInForce.FOK, price)
    limit = limit_amounts(Side.BUY, price, exact)
    assert market_amounts(Side.BUY, price, limit.maker, Price(tick)) == limit


@pytest.mark.parametrize(
    ("tick", "side", "step"),
    [
        (100, Side.BUY, CONTRACT),
        (100, Side.SELL, 10_000),
        (10, Side.BUY, 10 * CONTRACT),
        (10, Side.SELL, 100_000),
        (1, Side.BUY, 100 * CONTRACT),
        (1_000, Side.BUY, 100_000),
        (25, Side.BUY, 4 * CONTRACT),
        (50, Side.SELL, 20_000),
    ],
)
def test_steps_of_orders_that_do_not_rest(tick: int, side: Side, step: int) -> None:
    grid = PriceGrid.uniform(Price(tick))
    assert size_step(grid, side, TimeInForce.FOK) == step
    assert size_step(grid, side, TimeInForce.GTC) == 10_000
