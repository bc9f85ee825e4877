"""The book of one market: order of price and time, its levels, and what an order would meet in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.markets import NoFees
from dutchbook.domain.units import CONTRACT
from dutchbook.exchange.matching.messages import Refused
from tests.exchange.matching_stage import Stage

ORDERS = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.integers(1, 99), st.integers(5, 50), st.integers(0, 3)),
    max_size=40,
)


def quiet(**rest: object) -> Stage:
    return Stage(fees=NoFees(), **rest)  # type: ignore[arg-type]


def test_a_better_price_trades_first() -> None:
    stage = quiet()
    stage.buy("ann", 40, 10)
    better = stage.buy("bob", 41, 10)
    stage.buy("cid", 60, 20, no=True)
    assert better.filled == 10 * CONTRACT
    assert stage.bids() == []


def test_of_two_orders_at_one_price_the_older_trades_first() -> None:
    stage = quiet()
    older = stage.buy("ann", 40, 10)
    younger = stage.buy("bob", 40, 10)
    stage.buy("cid", 60, 15, no=True)
    assert (older.filled, younger.filled) == (10 * CONTRACT, 5 * CONTRACT)


def test_the_taker_pays_the_makers_price() -> None:
    stage = quiet()
    stage.buy("ann", 70, 10, no=True)  # an ask of YES at 0.30
    stage.buy("bob", 45, 10)
    assert stage.cash("bob") == pytest.approx(1_000 - 3)


def test_what_is_ahead_of_an_order_is_the_size_before_it_in_its_queue() -> None:
    stage = quiet()
    first = stage.buy("ann", 40, 10)
    second = stage.buy("bob", 40, 7)
    third = stage.buy("cid", 40, 5)
    assert stage.exchange.ahead(third.new.id) == 17 * CONTRACT
    stage.exchange.cancel("bob", second.new.id)
    assert stage.exchange.ahead(third.new.id) == 10 * CONTRACT
    stage.exchange.cancel("ann", first.new.id)
    assert stage.exchange.ahead(third.new.id) == 0


def test_asking_what_is_ahead_of_an_order_that_does_not_rest_is_refused() -> None:
    stage = quiet()
    order = stage.buy("ann", 40, 10)
    stage.exchange.cancel("ann", order.new.id)
    with pytest.raises(Refused):
        stage.exchange.ahead(order.new.id)


def test_orders_of_one_price_show_as_one_level_in_the_terms_of_yes() -> None:
    stage = quiet()
    stage.buy("ann", 40, 10)
    stage.buy("bob", 40, 7)
    stage.buy("cid", 55, 6, no=True)
    assert (stage.bids(), stage.asks()) == ([(40, 17.0)], [(45, 6.0)])


@given(ORDERS)
def test_the_book_shows_what_rests_whatever_was_sent_and_cancelled(
    orders: list[tuple[bool, bool, int, int, int]],
) -> None:
    stage = quiet(cash=10**12)
    sent = []
    for buys, no, price, contracts, fate in orders:
        try:
            send = stage.buy if buys else stage.sell
            sent.append(send("ann", price, contracts, no=no))
        except Refused:
            continue  # a sale of what is not there
        if fate == 0:
            oldest = sent.pop(0)
            if oldest.resting:
                stage.exchange.cancel("ann", oldest.new.id)
    resting = stage.exchange.resting(next(iter(stage.exchange.listings)))
    shown = sum(level.size for side in stage.exchange.book(next(iter(stage.exchange.listings))) for level in side)
    assert shown == sum(order.remaining for order in resting)
    bids, asks = stage.bids(), stage.asks()
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert not (bids and asks) or bids[0][0] < asks[0][0]


@given(st.lists(st.tuples(st.integers(50, 99), st.integers(5, 50)), min_size=1, max_size=8), st.integers(5, 300))
def test_a_purchase_takes_the_cheapest_contracts_there_are(asks: list[tuple[int, int]], wanted: int) -> None:
    stage = quiet(cash=10**12)
    for price, contracts in asks:
        stage.buy("ann", 100 - price, contracts, no=True)
    order = stage.buy("bob", 99, wanted)
    each = sorted(price for price, contracts in asks for _ in range(contracts))[:wanted]
    assert order.filled == len(each) * CONTRACT
    assert order.paid == sum(each) * 10_000
    assert order.new.side is Side.BUY
