"""Price grids accept what their venue accepts; a market knows whose book it has."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.identity import MarketId, QuestionId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.markets import (
    FeeSchedule,
    KalshiFees,
    Market,
    NoFees,
    PolymarketFees,
    PriceBand,
    PriceGrid,
)
from dutchbook.domain.units import ONE, Price, Size

TAPERED = PriceGrid(
    (
        PriceBand(Price(0), Price(1_000), Price(10)),
        PriceBand(Price(1_000), Price(9_000), Price(100)),
        PriceBand(Price(9_000), ONE, Price(10)),
    )
)


@given(st.integers(-100, ONE + 100).map(Price), st.sampled_from([1, 10, 25, 50, 100, 1_000]).map(Price))
def test_a_uniform_grid_holds_multiples_of_its_tick_inside_a_dollar(price: Price, tick: Price) -> None:
    grid = PriceGrid.uniform(tick)
    assert grid.contains(price) == (tick <= price <= ONE - tick and price % tick == 0)
    assert grid.finest() == tick


@pytest.mark.parametrize(("price", "valid"), [(990, True), (995, False), (1_010, False), (1_100, True), (9_010, True)])
def test_a_tapered_grid_is_finer_at_its_edges(price: int, valid: bool) -> None:
    assert TAPERED.contains(Price(price)) is valid
    assert TAPERED.finest() == 10


def test_nobody_trades_at_nothing_or_a_dollar() -> None:
    for grid in (TAPERED, PriceGrid.uniform(Price(1))):
        assert not grid.contains(Price(0))
        assert not grid.contains(ONE)


@pytest.mark.parametrize("fees", [PolymarketFees(72_000, rebate_ppm=200_000), KalshiFees(), NoFees()])
def test_a_fee_schedule_survives_storage(fees: FeeSchedule) -> None:
    assert msgspec.json.decode(msgspec.json.encode(fees), type=FeeSchedule) == fees


def test_only_kalshi_publishes_one_book_for_both_outcomes() -> None:
    market = Market(
        id=MarketId("KX"),
        venue=Venue.KALSHI,
        question=QuestionId("KXE"),
        title="",
        yes=kalshi_yes("KX"),
        no=kalshi_no("KX"),
        grid=TAPERED,
        min_size=Size(10_000),
        fees=KalshiFees(),
    )
    assert market.shared_book
    assert not msgspec.structs.replace(market, venue=Venue.POLYMARKET).shared_book
