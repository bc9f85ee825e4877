"""How Kalshi writes numbers, times, grids and cursors."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.markets import PriceBand, PriceGrid
from dutchbook.domain.units import CONTRACT, ONE, Money, Nanos, Price
from dutchbook.exchange.servers.kalshi.formats import (
    balance_text,
    cents,
    count_in,
    count_text,
    money_text,
    number,
    price_in,
    price_text,
    time_text,
)
from dutchbook.exchange.servers.kalshi.grids import price_ranges, structure_label
from dutchbook.exchange.servers.kalshi.identifiers import member_of, subaccount_of, trade_id, user_id
from dutchbook.exchange.servers.kalshi.paging import lazy_page, page


@given(st.integers(0, 10_000), st.integers(1, 10**9))
def test_what_is_written_is_read_back(price: int, hundredths: int) -> None:
    assert price_in(price_text(price)) == price
    assert count_in(count_text(hundredths * 10_000)) == hundredths * 10_000


@pytest.mark.parametrize("text", ["", "+1", "-1", "1.", ".5", "1e2", " 1", "0.00001", "1_000", "Infinity", "\u0661"])
def test_prices_are_plain_decimals(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal"):
        price_in(text)


def test_the_units_of_money() -> None:
    assert balance_text(Money(98_018_650)) == "98.0186"
    assert (cents(98_018_650), cents(-15_000)) == (9_801, -1)
    assert (money_text(17_500), money_text(-17_500)) == ("0.017500", "-0.017500")
    assert (count_text(-3 * CONTRACT), count_text(0)) == ("-3.00", "0.00")
    assert (number(85_000_000), number(499_990_000)) == (85, 499.99)


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_times_lose_nothing_above_a_microsecond_and_drop_their_zeros(at: int) -> None:
    text = time_text(Nanos(at))
    assert not text.endswith(("0Z", ".Z")) or "." not in text
    parsed = datetime.fromisoformat(text)
    assert round(parsed.timestamp() * 1_000_000) == pytest.approx(at // 1_000, abs=1)


def test_five_decimals_of_a_second_happen() -> None:
    assert time_text(Nanos(1_787_838_983_427_840_000)) == "2026-08-27T13:56:23.42784Z"


@pytest.mark.parametrize(
    ("edge", "middle", "label"),
    [
        (100, 100, "linear_cent"),
        (10, 10, "deci_cent"),
        (10, 100, "tapered_deci_cent"),
        (50, 100, "center_whole_edge_half_cent"),
        (20, 100, "center_whole_edge_quint_cent"),
        (50, 50, "center_half_edge_half_cent"),
        (20, 50, "center_half_edge_quint_cent"),
        (10, 50, "center_half_edge_deci_cent"),
        (20, 20, "center_quint_edge_quint_cent"),
        (10, 20, "center_quint_edge_deci_cent"),
        (1, 1, "center_centi_edge_centi_cent"),
        (1, 10, "center_deci_edge_centi_cent"),
        (25, 100, "banded_centi_cent"),
    ],
)
def test_grids_have_the_venues_labels(edge: int, middle: int, label: str) -> None:
    ends = (Price(0), Price(1_000), Price(9_000), ONE)
    steps = (Price(edge), Price(middle), Price(edge))
    bands = tuple(PriceBand(*band) for band in zip(ends, ends[1:], steps, strict=False))
    assert structure_label(PriceGrid(bands)) == label


def test_a_grid_is_told_as_ranges() -> None:
    grid = PriceGrid((PriceBand(Price(0), ONE, Price(100)),))
    assert price_ranges(grid) == [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]


@given(st.lists(st.integers(0, 10_000), unique=True, max_size=60), st.integers(1, 20))
def test_pages_are_the_whole_list_in_order(rows: list[int], limit: int) -> None:
    found: list[int] = []
    cursor = ""
    for _ in range(len(rows) + 2):
        shown, cursor = page(rows, str, cursor, limit)
        assert len(shown) <= limit
        found += shown
        if not cursor:
            break
    assert found == rows


@given(st.lists(st.integers(0, 1_000), unique=True, min_size=3, max_size=60), st.integers(1, 5))
def test_a_page_goes_on_behind_a_row_that_is_no_longer_kept(rows: list[int], limit: int) -> None:
    first, cursor = lazy_page(lambda: rows, str, "", limit)
    if not cursor:
        return
    gone = first[-1]
    second, _ = lazy_page(lambda: rows, str, cursor, limit, lambda row: row != gone)
    assert [*first, *second] == rows[: len(first) + len(second)]
    assert second


@given(st.text(max_size=40))
def test_any_cursor_is_page_one_if_it_is_none_of_ours(cursor: str) -> None:
    rows = list(range(-10, 0))
    shown, _ = page(rows, lambda row: f"row {row}", cursor, 3)
    assert shown == rows[:3]


def test_ids_are_derived_and_differ() -> None:
    assert trade_id(7) == trade_id(7) != trade_id(8)
    assert user_id("ann") != user_id("bob")
    assert member_of(subaccount_of("ann", 3)) == ("ann", 3)
    assert member_of(subaccount_of("ann", 0)) == ("ann", 0)
