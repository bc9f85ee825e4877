"""At what price what filled is given up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.markets import NoFees, PolymarketFees
from dutchbook.domain.units import CONTRACT, ONE, Price, Size
from dutchbook.strategies.reward_maker.hedging import (
    Lot,
    Sale,
    Way,
    completion,
    level_for,
    offer,
    proceeds,
    sale,
)
from dutchbook.strategies.reward_maker.quoting import Sight
from dutchbook.strategies.reward_maker.settings import HedgeSettings
from tests.catalogue.makers import CENT
from tests.strategies.reward_maker.books import Quotes, cents, levels, seen

BOUGHT = Lot(Size(20 * CONTRACT), cents(45))
FIVE_BPS = 500
PLAIN = HedgeSettings.model_validate({})
ASKS = [(0.48, 100)]


def found(bids: Quotes, lot: Lot = BOUGHT, **settings: object) -> Sale | None:
    return sale(lot, seen(bids, ASKS), CENT, HedgeSettings.model_validate(settings), FIVE_BPS)


def test_the_lowest_level_that_takes_all_within_the_gap_comes_first() -> None:
    assert found([(0.46, 10), (0.44, 9), (0.42, 1), (0.41, 500)]) == (cents(42), Way.LEVEL)
    assert found([(0.46, 20)]) == (cents(46), Way.LEVEL)


def test_the_best_bid_is_next_if_it_is_within_the_gap() -> None:
    assert found([(0.46, 10), (0.39, 500)]) == (cents(46), Way.BEST_BID)
    assert found([(0.41, 10)]) == (cents(41), Way.BEST_BID)


def test_cost_and_the_least_profit_are_the_last_resort_and_no_bid_takes_that() -> None:
    # 0.45 x 1.0005 up to the next cent; the stop loss is off, else it would come first.
    last = found([(0.39, 500)], stop_loss_pct=0)
    assert last == (cents(46), Way.COST)
    assert last is not None
    assert not last.takes
    assert found([], stop_loss_pct=0) == (cents(46), Way.COST)


def test_a_middle_above_the_cost_asks_for_more() -> None:
    quiet = sale(
        BOUGHT, seen([(0.30, 1)], [(0.72, 5)]), CENT, HedgeSettings.model_validate({"stop_loss_pct": 0}), FIVE_BPS
    )
    assert quiet == (cents(52), Way.COST)


def test_a_loss_is_stopped_at_whatever_is_bid() -> None:
    assert found([(0.40, 5), (0.20, 500)]) == (cents(20), Way.STOP_LOSS)
    assert found([(0.40, 5)]) == (cents(40), Way.STOP_LOSS), "what there is, at the best bid"


def test_a_profit_is_taken_at_the_best_bid() -> None:
    assert found([(0.50, 5)]) == (cents(50), Way.TAKE_PROFIT)


def test_nothing_is_offered_above_the_grid() -> None:
    nearly = Lot(BOUGHT.size, Price(ONE - 50))
    assert sale(nearly, Sight([], []), CENT, PLAIN, FIVE_BPS) is None


def test_an_offer_stands_beside_the_best_ask() -> None:
    assert offer(seen([(0.46, 1)], ASKS)) == (cents(48), Way.OFFER)
    assert offer(seen([(0.46, 1)], [])) is None


@given(st.lists(st.tuples(st.integers(1, 98), st.integers(1, 40)), max_size=8, unique_by=lambda level: level[0]))
def test_a_sale_at_a_level_takes_all_and_never_gives_away_more_than_the_gap(found_bids: list[tuple[int, int]]) -> None:
    bids = levels([(price / 100, size) for price, size in sorted(found_bids, reverse=True)])
    wanted = sale(BOUGHT, Sight(bids, levels(ASKS)), CENT, PLAIN, FIVE_BPS)
    assert wanted is not None
    assert CENT.contains(wanted.price)
    if wanted.way is Way.LEVEL:
        assert sum(level.size for level in bids if level.price >= wanted.price) >= BOUGHT.size
        assert sum(level.size for level in bids if level.price > wanted.price) < BOUGHT.size
        assert BOUGHT.cost - wanted.price <= PLAIN.max_bid_gap
    if wanted.way is Way.COST:
        assert wanted.price > BOUGHT.cost


def test_both_ways_out_are_worth_the_same_on_a_mirrored_book_without_fees() -> None:
    bids = levels([(0.46, 10), (0.44, 30)])
    mirrored = levels([(0.54, 10), (0.56, 30)])
    brought = proceeds(bids, BOUGHT.size, NoFees())
    completed = completion(mirrored, BOUGHT.size, NoFees())
    assert completed is not None
    assert (brought, completed.worth, completed.worst) == (9_000_000, 9_000_000, cents(56))


def test_what_the_book_does_not_take_has_no_price() -> None:
    assert proceeds(levels([(0.46, 10)]), BOUGHT.size, NoFees()) is None
    assert completion(levels([(0.54, 10)]), BOUGHT.size, NoFees()) is None
    assert level_for(levels([(0.46, 10)]), BOUGHT.size) is None


@pytest.mark.parametrize("rate", [10_000, 72_000])
@given(st.integers(1, 98))
def test_fees_make_both_ways_worse(rate: int, price: int) -> None:
    charged, level = PolymarketFees(rate_ppm=rate), levels([(price / 100, 100)])
    free, dear = proceeds(level, BOUGHT.size, NoFees()), proceeds(level, BOUGHT.size, charged)
    assert free is not None
    assert dear is not None
    assert dear < free
    bought, dearer = completion(level, BOUGHT.size, NoFees()), completion(level, BOUGHT.size, charged)
    assert bought is not None
    assert dearer is not None
    assert dearer.worth < bought.worth
