"""Polymarket's taker fee: worked examples, its named roundings and its shape."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.markets import FeeSchedule, KalshiFees, NoFees, PolymarketFees
from dutchbook.domain.pricing.fees import maker_fee, marginal_fee, order_fee, taker_fee
from dutchbook.domain.pricing.polymarket_fees import FeeRounding, maker_rebate, polymarket_fee
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size

prices = st.integers(1, ONE - 1).map(Price)
sizes = st.integers(1, 10**12).map(Size)
schedules = st.builds(PolymarketFees, rate_ppm=st.integers(0, 250_000), exponent=st.sampled_from([1, 2]))


@pytest.mark.parametrize(
    ("contracts", "price", "rate_ppm", "fee"),
    [
        (100, 5_000, 50_000, 1_250_000),
        (100, 5_000, 70_000, 1_750_000),
        (100, 5_000, 40_000, 1_000_000),
        (100, 1_000, 50_000, 450_000),
        (100, 9_000, 50_000, 450_000),
        (100, 9_700, 50_000, 145_500),
        (37, 6_130, 50_000, 438_870),
        (1_000, 3_000, 69_500, 14_595_000),
        (100, 9_000, 70_000, 630_000),
    ],
)
def test_published_examples_are_truncated_to_five_decimals(contracts: int, price: int, rate_ppm: int, fee: int) -> None:
    size = Size(contracts * CONTRACT)
    assert polymarket_fee(PolymarketFees(rate_ppm), Price(price), size, FeeRounding.DOWN) == fee


@pytest.mark.parametrize(
    ("contracts", "price", "rate_ppm", "percent"),
    [
        (100, 5_000, 50_000, 2.5),
        (100, 5_000, 70_000, 3.5),
        (100, 5_000, 40_000, 2.0),
        (100, 1_000, 50_000, 4.5),
        (100, 9_000, 50_000, 0.5),
        (100, 9_700, 50_000, 0.15),
        (37, 6_130, 50_000, 1.935),
        (1_000, 3_000, 69_500, 4.865),
    ],
)
def test_a_fee_is_a_share_of_the_stake_that_falls_with_the_price(
    contracts: int, price: int, rate_ppm: int, percent: float
) -> None:
    stake = contracts * price * 100  # micro-dollars
    fee = taker_fee(PolymarketFees(rate_ppm), Price(price), Size(contracts * CONTRACT))
    assert 100 * fee / stake == pytest.approx(percent, abs=1e-4)
    assert fee / stake == pytest.approx(rate_ppm / 10**6 * (ONE - price) / ONE, abs=1e-6)


def test_each_rounding_does_what_its_name_says() -> None:
    fees, price, size = PolymarketFees(50_000), Price(6_130), Size(37 * CONTRACT)  # 0.43887735 exactly
    assert polymarket_fee(fees, price, size, FeeRounding.UP) == 438_880
    assert polymarket_fee(fees, price, size, FeeRounding.HALF_UP) == 438_880
    assert polymarket_fee(fees, price, size, FeeRounding.DOWN) == 438_870
    half = Size(4)  # 0.05 x 0.25 x 0.0004 contracts = 0.000005: exactly half of the smallest charge
    assert polymarket_fee(fees, Price(5_000), Size(100 * half)) == 10
    assert polymarket_fee(fees, Price(5_000), Size(100 * half), FeeRounding.HALF_UP) == 10
    assert polymarket_fee(fees, Price(5_000), Size(100 * half - 1), FeeRounding.HALF_UP) == 0


def test_a_squared_schedule_is_exact() -> None:
    # The old 15-minute crypto schedule: 0.25 x (0.5 x 0.5)^2 = 0.015625 a contract.
    fees = PolymarketFees(250_000, exponent=2)
    assert taker_fee(fees, Price(5_000), Size(100 * CONTRACT)) == 1_562_500
    assert marginal_fee(fees, Price(5_000)) == 15_625_000_000


def test_makers_pay_nothing_under_a_taker_only_schedule_and_get_their_share() -> None:
    fees = PolymarketFees(70_000, rebate_ppm=200_000)
    assert maker_fee(fees, Price(5_000), Size(100 * CONTRACT)) == 0
    assert maker_rebate(fees, Price(5_000), Size(100 * CONTRACT)) == 350_000
    both = PolymarketFees(70_000, taker_only=False)
    assert maker_fee(both, Price(5_000), Size(100 * CONTRACT)) == taker_fee(both, Price(5_000), Size(100 * CONTRACT))


def test_a_market_without_fees_charges_nothing() -> None:
    assert taker_fee(NoFees(), Price(5_000), CONTRACT) == maker_fee(NoFees(), Price(5_000), CONTRACT) == 0
    assert marginal_fee(NoFees(), Price(5_000)) == 0
    assert order_fee(NoFees(), Side.BUY, [(Price(5_000), CONTRACT)]) == 0


@given(schedules, prices, sizes)
def test_an_estimate_is_the_smallest_quantum_at_or_above_the_exact_fee(
    fees: PolymarketFees, price: Price, size: Size
) -> None:
    p = Fraction(price, ONE)
    exact = Fraction(fees.rate_ppm, 10**6) * (p * (1 - p)) ** fees.exponent * Fraction(size, CONTRACT) * DOLLAR
    charged = taker_fee(fees, price, size)
    assert charged % 10 == 0
    assert 0 <= charged - exact < 10
    assert abs(polymarket_fee(fees, price, size, FeeRounding.HALF_UP) - exact) <= 5


@given(schedules, prices)
def test_the_marginal_fee_is_exact_to_a_pico_dollar_and_rounded_up(fees: PolymarketFees, price: Price) -> None:
    p = Fraction(price, ONE)
    exact = Fraction(fees.rate_ppm, 10**6) * (p * (1 - p)) ** fees.exponent * 10**12
    assert 0 <= marginal_fee(fees, price) - exact < 1


@given(schedules, prices, sizes)
def test_a_fee_is_the_same_for_both_sides_of_a_market(fees: PolymarketFees, price: Price, size: Size) -> None:
    assert taker_fee(fees, price, size) == taker_fee(fees, Price(ONE - price), size)
    assert marginal_fee(fees, price) == marginal_fee(fees, Price(ONE - price))


@given(schedules, prices, sizes, st.integers(0, 10**9))
def test_a_fee_never_falls_with_size_or_rate(fees: PolymarketFees, price: Price, size: Size, more: int) -> None:
    dearer = PolymarketFees(fees.rate_ppm + more % 1_000, fees.exponent)
    assert taker_fee(fees, price, Size(size + more)) >= taker_fee(fees, price, size)
    assert taker_fee(dearer, price, size) >= taker_fee(fees, price, size)
    assert marginal_fee(dearer, price) >= marginal_fee(fees, price)


BOTH: list[FeeSchedule] = [PolymarketFees(50_000), KalshiFees()]


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize(
    ("price", "polymarket", "kalshi"), [(5_000, 512_500, 517_500), (500, 52_375, 53_325), (9_500, 952_375, 953_325)]
)
def test_a_taker_breaks_even_at_price_plus_fee(price: int, polymarket: int, kalshi: int, index: int) -> None:
    break_even = price * 10**8 + marginal_fee(BOTH[index], Price(price))
    assert break_even == (polymarket, kalshi)[index] * 10**6


@pytest.mark.parametrize(("price", "cost"), [(5_000, 25_000), (9_000, 9_000)])
def test_in_and_out_as_a_taker_costs_two_fees(price: int, cost: Money) -> None:
    assert 2 * taker_fee(PolymarketFees(50_000), Price(price), CONTRACT) == cost


def test_a_basket_of_all_outcomes_pays_the_rate_on_sum_less_squares() -> None:
    assert sum(marginal_fee(KalshiFees(), Price(p)) for p in (1_000, 2_000, 4_000, 3_000)) == 49_000 * 10**6


@pytest.mark.parametrize(
    ("outcomes", "fees"),
    [(3, (26_667, 33_333, 46_667)), (6, (33_333, 41_667, 58_333)), (10, (36_000, 45_000, 63_000))],
)
def test_a_basket_of_equal_outcomes_pays_nearly_the_whole_rate(outcomes: int, fees: tuple[int, int, int]) -> None:
    price = Price(round(ONE / outcomes))
    schedules: list[FeeSchedule] = [PolymarketFees(40_000), *BOTH]
    for schedule, fee in zip(schedules, fees, strict=True):
        assert outcomes * marginal_fee(schedule, price) / 10**6 == pytest.approx(fee, abs=20)  # 1/3 is on no grid
