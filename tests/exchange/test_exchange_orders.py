"""What orders may ask for, what is refused, and how they end: both venues' rules by example."""

from collections.abc import Callable

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import MarketStatus, NoFees, PriceBand, PriceGrid
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import (
    BookMoved,
    Change,
    GridMoved,
    Matched,
    OrderChanged,
    OrderState,
    Pair,
    PairKind,
    Refusal,
    Refused,
    SelfTrade,
)
from dutchbook.exchange.rules import KALSHI, Mode
from tests.exchange.matching_stage import Stage

MARKET = MarketId("m0")


def refusal(act: Callable[[], object]) -> Refusal:
    """Why something is refused; fails if it is not."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.reason


def pairs(stage: Stage) -> list[Pair]:
    return [pair for event in stage.events if isinstance(event, Matched) for pair in event.pairs]


def changes(stage: Stage) -> list[tuple[str, Change]]:
    return [(event.order.new.id, event.change) for event in stage.events if isinstance(event, OrderChanged)]


def test_a_purchase_of_each_outcome_makes_a_new_set() -> None:
    stage = Stage(fees=NoFees())
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    assert pairs(stage)[0].kind is PairKind.MINT
    assert stage.exchange.open_interest(MARKET) == 10 * CONTRACT
    assert (stage.cash("ann"), stage.cash("bob")) == (996, 994)


def test_a_sale_of_each_outcome_dissolves_a_set() -> None:
    stage = Stage(fees=NoFees())
    for account in ("ann", "bob"):
        stage.exchange.split(account, MARKET, Size(10 * CONTRACT))
    stage.sell("ann", 40, 10)
    stage.sell("bob", 60, 10, no=True)
    assert pairs(stage)[0].kind is PairKind.MERGE
    assert stage.exchange.open_interest(MARKET) == 10 * CONTRACT
    stage.later(10)
    assert (stage.cash("ann"), stage.cash("bob")) == (994, 996)


def test_a_purchase_and_a_sale_of_one_outcome_pass_contracts_on() -> None:
    stage = Stage(fees=NoFees())
    stage.exchange.split("ann", MARKET, Size(10 * CONTRACT))
    stage.sell("ann", 40, 10)
    stage.buy("bob", 40, 10)
    assert pairs(stage)[0].kind is PairKind.COMPLEMENTARY
    stage.later(10)
    assert (stage.held("ann", "m0/yes"), stage.held("bob", "m0/yes")) == (0, 10)


def test_a_fill_or_kill_that_cannot_be_filled_whole_is_refused_and_changes_nothing() -> None:
    stage = Stage()
    stage.buy("ann", 60, 10, no=True)
    before = len(stage.events)
    assert refusal(lambda: stage.buy("bob", 40, 11, tif=TimeInForce.FOK)) is Refusal.UNFILLABLE
    assert len(stage.events) == before
    assert stage.buy("bob", 40, 10, tif=TimeInForce.FOK).state is OrderState.FILLED


def test_where_an_unfillable_order_is_no_error_it_is_cancelled_without_a_fill() -> None:
    stage = Stage(msgspec.structs.replace(KALSHI, unfillable_fok_is_refused=False))
    stage.buy("ann", 60, 10, no=True)
    order = stage.buy("bob", 40, 11, tif=TimeInForce.FOK)
    assert (order.state, order.filled) == (OrderState.CANCELLED, 0)
    assert stage.asks() == [(40, 10.0)]


def test_what_an_immediate_order_does_not_meet_is_cancelled() -> None:
    stage = Stage()
    stage.buy("ann", 60, 10, no=True)
    order = stage.buy("bob", 40, 15, tif=TimeInForce.IOC)
    assert (order.state, order.reason, order.filled) == (OrderState.CANCELLED, "immediate", 10 * CONTRACT)
    assert stage.bids() == []


def test_an_immediate_order_that_meets_nothing_is_an_error_on_polymarket_alone() -> None:
    assert refusal(lambda: Stage().buy("bob", 40, 10, tif=TimeInForce.IOC)) is Refusal.NOTHING_TO_MATCH
    order = Stage(KALSHI).buy("bob", 40, 10, tif=TimeInForce.IOC)
    assert (order.state, order.filled) == (OrderState.CANCELLED, 0)


def test_a_market_buy_spends_its_dollars_at_the_prices_it_meets() -> None:
    stage = Stage(fees=NoFees())
    stage.buy("ann", 60, 10, no=True)  # 10 contracts at 0.40
    stage.buy("ann", 50, 10, no=True)  # 10 at 0.50
    order = stage.buy("bob", 57, 0, spend=Money(5 * DOLLAR), tif=TimeInForce.FOK)
    assert (order.state, order.paid, order.filled) == (OrderState.FILLED, 5 * DOLLAR, 12 * CONTRACT)


def test_a_market_buy_of_more_dollars_than_are_offered_is_killed_or_cut() -> None:
    stage = Stage(fees=NoFees())
    stage.buy("ann", 60, 10, no=True)
    five = Money(5 * DOLLAR)
    assert refusal(lambda: stage.buy("bob", 57, 0, spend=five, tif=TimeInForce.FOK)) is Refusal.UNFILLABLE
    order = stage.buy("bob", 57, 0, spend=five, tif=TimeInForce.IOC)
    assert (order.state, order.paid) == (OrderState.CANCELLED, 4 * DOLLAR)


def test_dollars_bound_only_purchases_that_do_not_rest() -> None:
    assert refusal(lambda: Stage().buy("bob", 57, 0, spend=Money(5 * DOLLAR))) is Refusal.TOO_SMALL


def test_a_post_only_order_that_would_trade_is_refused() -> None:
    stage = Stage()
    stage.buy("ann", 60, 10, no=True)
    assert refusal(lambda: stage.buy("bob", 40, 10, post_only=True)) is Refusal.WOULD_CROSS
    assert stage.buy("bob", 39, 10, post_only=True).resting


def test_reduce_only_caps_an_order_to_the_position() -> None:
    stage = Stage(KALSHI, fees=NoFees())
    stage.buy("ann", 60, 10, no=True)
    stage.buy("bob", 40, 10)
    stage.buy("cid", 40, 50)
    ioc = {"tif": TimeInForce.IOC, "reduce_only": True}
    assert stage.sell("bob", 40, 30, **ioc).filled == 10 * CONTRACT
    assert refusal(lambda: stage.sell("bob", 40, 30, **ioc)) is Refusal.NOTHING_TO_REDUCE


def test_an_order_that_meets_its_own_account_ends_or_ends_the_other_as_it_asked() -> None:
    stage = Stage(KALSHI)
    own = stage.buy("ann", 60, 10, no=True)
    taker = stage.buy("ann", 40, 10, self_trade=SelfTrade.CANCEL_TAKER)
    assert (taker.state, taker.reason, own.resting) == (OrderState.CANCELLED, "self_trade", True)
    taker = stage.buy("ann", 40, 10, self_trade=SelfTrade.CANCEL_MAKER)
    assert (own.reason, taker.resting) == ("self_trade", True)
    assert pairs(stage) == []


def test_what_comes_before_the_own_order_still_trades() -> None:
    stage = Stage(KALSHI)
    stage.buy("bob", 61, 4, no=True)
    stage.buy("ann", 60, 10, no=True)
    taker = stage.buy("ann", 40, 10, self_trade=SelfTrade.CANCEL_TAKER)
    assert (taker.filled, taker.state) == (4 * CONTRACT, OrderState.CANCELLED)


def test_a_fill_or_kill_that_meets_its_own_account_is_treated_as_immediate() -> None:
    stage = Stage(KALSHI)
    stage.buy("bob", 61, 4, no=True)
    stage.buy("ann", 60, 10, no=True)
    taker = stage.buy("ann", 40, 10, tif=TimeInForce.FOK, self_trade=SelfTrade.CANCEL_TAKER)
    assert (taker.filled, taker.state) == (4 * CONTRACT, OrderState.CANCELLED)


def test_where_nothing_prevents_it_an_account_trades_with_itself() -> None:
    stage = Stage()
    stage.buy("ann", 60, 10, no=True)
    assert stage.buy("ann", 40, 10).state is OrderState.FILLED


def test_polymarket_ends_a_dated_order_a_minute_early() -> None:
    stage = Stage()
    order = stage.buy("ann", 40, 10, tif=TimeInForce.GTD, expires=Nanos(stage.clock.time + 100 * SECOND))
    stage.later(39)
    assert order.resting
    stage.later(1)
    assert (order.state, order.reason) == (OrderState.EXPIRED, "expired")
    assert changes(stage)[-1] == (order.new.id, Change.EXPIRED)


def test_an_order_that_would_expire_at_once_is_refused() -> None:
    stage = Stage()
    soon = Nanos(stage.clock.time + 60 * SECOND)
    assert refusal(lambda: stage.buy("ann", 40, 10, tif=TimeInForce.GTD, expires=soon)) is Refusal.EXPIRY_IN_THE_PAST
    assert Stage(KALSHI).buy("ann", 40, 10, tif=TimeInForce.GTD, expires=soon).resting


def test_the_least_size_binds_what_may_rest_on_polymarket_and_everything_on_kalshi() -> None:
    stage = Stage(fees=NoFees())
    assert refusal(lambda: stage.buy("ann", 40, 4.99)) is Refusal.TOO_SMALL
    stage.buy("ann", 60, 10, no=True)
    assert stage.buy("bob", 40, 3, tif=TimeInForce.FOK).state is OrderState.FILLED
    assert refusal(lambda: Stage(KALSHI).buy("ann", 40, 0.009)) is Refusal.TOO_SMALL


def test_a_marketable_order_below_a_dollar_is_refused() -> None:
    stage = Stage()
    stage.buy("ann", 90, 10, no=True)
    assert refusal(lambda: stage.buy("bob", 10, 9)) is Refusal.TOO_SMALL_NOTIONAL
    assert stage.buy("bob", 9, 9).resting


def test_prices_off_the_grid_are_refused() -> None:
    stage = Stage()
    for price in (0, 10_000, 4_050, -100):
        order = msgspec.structs.replace(stage.order("ann", Side.BUY, 40, 10), price=Price(price))
        assert refusal(lambda order=order: stage.send(order)) is Refusal.OFF_GRID  # type: ignore[misc]


def test_kalshis_bands_hold_for_both_sides() -> None:
    bands = PriceGrid(
        (
            PriceBand(Price(0), Price(1_000), Price(10)),
            PriceBand(Price(1_000), Price(9_000), Price(100)),
            PriceBand(Price(9_000), ONE, Price(10)),
        )
    )
    stage = Stage(KALSHI)
    stage.exchange.set_grid(MARKET, bands)
    order = stage.order("ann", Side.BUY, 5, 10)
    assert stage.send(msgspec.structs.replace(order, price=Price(510))).resting
    fine = msgspec.structs.replace(stage.order("ann", Side.BUY, 5, 10, no=True), price=Price(510))
    assert stage.send(fine).resting
    coarse = msgspec.structs.replace(stage.order("ann", Side.BUY, 5, 10), price=Price(4_510))
    assert refusal(lambda: stage.send(coarse)) is Refusal.OFF_GRID


def test_polymarkets_grid_gets_finer_near_an_end_and_what_rests_stays() -> None:
    stage = Stage()
    resting = stage.buy("ann", 96, 10)
    assert not [event for event in stage.events if isinstance(event, GridMoved)]
    stage.buy("bob", 1, 10, no=True)  # an ask of YES at 0.99: the midpoint is 0.975
    moved = [event for event in stage.events if isinstance(event, GridMoved)]
    assert [event.after for event in moved] == [PriceGrid.uniform(Price(10))]
    assert resting.resting
    assert stage.exchange.listings[MARKET].market.grid == PriceGrid.uniform(Price(10))
    fine = msgspec.structs.replace(stage.order("cid", Side.BUY, 96, 10), price=Price(9_610))
    assert stage.send(fine).resting


def test_a_trade_near_an_end_makes_the_grid_finer_where_no_midpoint_is_shown() -> None:
    for price, finer in ((97, True), (96, False), (4, False), (3, True)):
        stage = Stage()
        stage.buy("ann", price, 200)
        stage.buy("bob", 100 - price, 200, no=True)
        grid = PriceGrid.uniform(Price(10 if finer else 100))
        assert stage.exchange.listings[MARKET].market.grid == grid


def test_the_finer_grid_is_for_good_and_for_polymarkets_cent_grids_alone() -> None:
    stage = Stage()
    orders = stage.buy("ann", 97, 20), stage.buy("bob", 1, 200, no=True)
    for order in orders:
        stage.exchange.cancel(order.new.account, order.new.id)
    stage.buy("ann", 50, 10)
    stage.buy("bob", 49, 10, no=True)
    assert stage.exchange.listings[MARKET].market.grid == PriceGrid.uniform(Price(10))
    kalshi = Stage(KALSHI)
    kalshi.buy("ann", 97, 10)
    kalshi.buy("bob", 1, 10, no=True)
    assert kalshi.exchange.listings[MARKET].market.grid == PriceGrid.uniform(Price(100))


def test_an_id_is_taken_once() -> None:
    stage = Stage()
    order = stage.order("ann", Side.BUY, 40, 10)
    stage.send(order)
    assert refusal(lambda: stage.send(order)) is Refusal.DUPLICATE


def test_kalshi_takes_a_client_id_once_for_ever() -> None:
    stage = Stage(KALSHI)
    order = stage.buy("ann", 40, 10, client_id="mine")
    stage.exchange.cancel("ann", order.new.id)
    assert refusal(lambda: stage.buy("ann", 40, 10, client_id="mine")) is Refusal.DUPLICATE_CLIENT_ID
    assert stage.buy("bob", 40, 10, client_id="mine").resting


def test_orders_for_what_is_not_there_are_refused() -> None:
    stage = Stage()
    order = stage.order("ann", Side.BUY, 40, 10)
    strange = msgspec.structs.replace(order, market=MarketId("m9"))
    assert refusal(lambda: stage.send(strange)) is Refusal.UNKNOWN_MARKET
    strange = msgspec.structs.replace(order, outcome=OutcomeId("m9/yes"))
    assert refusal(lambda: stage.send(strange)) is Refusal.UNKNOWN_MARKET
    strange = msgspec.structs.replace(order, account="dan")
    assert refusal(lambda: stage.send(strange)) is Refusal.UNKNOWN_ACCOUNT


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (MarketStatus.UNOPENED, Refusal.MARKET_NOT_OPEN),
        (MarketStatus.PAUSED, Refusal.MARKET_NOT_OPEN),
        (MarketStatus.CLOSED, Refusal.MARKET_CLOSED),
    ],
)
def test_a_market_that_does_not_trade_takes_no_orders(status: MarketStatus, reason: Refusal) -> None:
    stage = Stage()
    stage.exchange.set_status(MARKET, status)
    assert refusal(lambda: stage.buy("ann", 40, 10)) is reason


def test_modes_take_what_they_say() -> None:
    stage = Stage()
    order = stage.buy("ann", 40, 10)
    stage.exchange.set_mode(Mode.POST_ONLY)
    assert refusal(lambda: stage.buy("ann", 40, 10)) is Refusal.POST_ONLY_MODE
    other = stage.buy("ann", 40, 10, post_only=True)
    stage.exchange.set_mode(Mode.CANCEL_ONLY)
    assert refusal(lambda: stage.buy("ann", 40, 10, post_only=True)) is Refusal.CANCEL_ONLY_MODE
    stage.exchange.cancel("ann", order.new.id)
    for mode in (Mode.DISABLED, Mode.RESTARTING):
        stage.exchange.set_mode(mode)
        assert refusal(lambda: stage.exchange.cancel("ann", other.new.id)) is Refusal.DISABLED
        assert refusal(lambda: stage.buy("ann", 40, 10)) is Refusal.DISABLED
    stage.exchange.set_mode(Mode.NORMAL)
    stage.exchange.cancel("ann", other.new.id)


def test_an_order_is_cancelled_once_and_by_its_owner() -> None:
    stage = Stage()
    order = stage.buy("ann", 40, 10)
    assert refusal(lambda: stage.exchange.cancel("bob", order.new.id)) is Refusal.UNKNOWN_ORDER
    assert stage.exchange.cancel("ann", order.new.id).reason == "user"
    assert refusal(lambda: stage.exchange.cancel("ann", order.new.id)) is Refusal.ALREADY_DONE
    assert refusal(lambda: stage.exchange.cancel("ann", "nothing")) is Refusal.UNKNOWN_ORDER
    assert stage.exchange.open_orders("ann") == []
    assert list(stage.exchange.orders_of("ann")) == [order]


def test_what_makers_see_of_a_match_comes_after_the_book_and_the_match() -> None:
    stage = Stage()
    maker = stage.buy("ann", 60, 10, no=True)
    del stage.events[:]
    taker = stage.buy("bob", 40, 15)
    kinds = [type(event) for event in stage.events]
    assert kinds == [BookMoved, Matched, OrderChanged, BookMoved, OrderChanged]
    assert changes(stage) == [(maker.new.id, Change.FILLED), (taker.new.id, Change.PLACED)]
    assert [event.traded for event in stage.events if isinstance(event, BookMoved)] == [True, False]


def test_a_batch_takes_what_it_can_under_one_number() -> None:
    stage = Stage()
    good, bad = stage.order("ann", Side.BUY, 40, 10), stage.order("ann", Side.BUY, 40, 1)
    more = stage.order("ann", Side.BUY, 41, 10)
    taken = stage.exchange.submit_batch([good, bad, more])
    assert [isinstance(each, Refused) for each in taken] == [False, True, False]
    gone = stage.exchange.cancel_many("ann", [good.id, "nothing"])
    assert [isinstance(each, Refused) for each in gone.values()] == [False, True]
    batches = [event.batch for event in stage.events if isinstance(event, BookMoved)]
    assert batches == [1, 1, 2]
    stage.buy("ann", 40, 10)
    assert isinstance(stage.events[-2], BookMoved)
    assert stage.events[-2].batch == 0


def slow(listing: Listing) -> Listing:
    return msgspec.structs.replace(listing, taker_delay=Nanos(3 * SECOND))


def test_a_marketable_order_waits_where_takers_are_delayed_and_cannot_be_cancelled() -> None:
    stage = Stage(change=slow)
    stage.buy("ann", 60, 10, no=True)
    order = stage.buy("bob", 40, 10)
    assert order.state is OrderState.DELAYED
    assert stage.exchange.accounts["bob"].reserved() > 0
    assert refusal(lambda: stage.exchange.cancel("bob", order.new.id)) is Refusal.DELAYED
    assert stage.exchange.next_due() == stage.clock.time + 3 * SECOND
    stage.later(3)
    assert (order.state, order.filled) == (OrderState.FILLED, 10 * CONTRACT)
    assert stage.exchange.accounts["bob"].reserved() == 0


def test_makers_may_leave_while_a_taker_waits() -> None:
    stage = Stage(change=slow)
    maker = stage.buy("ann", 60, 10, no=True)
    kill, rest = stage.buy("bob", 40, 10, tif=TimeInForce.FOK), stage.buy("cid", 40, 10)
    stage.exchange.cancel("ann", maker.new.id)
    stage.later(3)
    assert (kill.state, kill.reason) == (OrderState.CANCELLED, "unfillable")
    assert rest.resting


def test_orders_that_do_not_cross_are_not_delayed() -> None:
    stage = Stage(change=slow)
    assert stage.buy("ann", 60, 10, no=True).resting


def test_a_smaller_order_keeps_its_place_and_a_larger_one_loses_it() -> None:
    stage = Stage(KALSHI)
    first, second = stage.buy("ann", 40, 10), stage.buy("bob", 40, 10)
    exchange = stage.exchange
    exchange.amend("ann", first.new.id, total=Size(5 * CONTRACT))
    assert exchange.ahead(second.new.id) == 5 * CONTRACT
    exchange.decrease("ann", first.new.id, by=Size(CONTRACT))
    assert exchange.ahead(second.new.id) == 4 * CONTRACT
    exchange.amend("ann", first.new.id, total=Size(20 * CONTRACT))
    assert (exchange.ahead(second.new.id), exchange.ahead(first.new.id)) == (0, 10 * CONTRACT)
    exchange.amend("bob", second.new.id, expires=Nanos(stage.clock.time + SECOND))
    assert exchange.ahead(second.new.id) == 0
    stage.later(1)
    assert second.state is OrderState.EXPIRED


def test_an_amended_order_may_trade() -> None:
    stage = Stage(KALSHI, fees=NoFees())
    stage.buy("ann", 50, 10, no=True)
    order = stage.buy("bob", 40, 10)
    stage.exchange.amend("bob", order.new.id, price=Price(5_500))
    assert (order.state, order.paid) == (OrderState.FILLED, 5 * DOLLAR)


def test_an_amendment_that_is_refused_changes_nothing() -> None:
    stage = Stage(KALSHI, cash=5 * DOLLAR)
    order = stage.buy("ann", 40, 10)
    exchange, name = stage.exchange, order.new.id
    before = (exchange.accounts["ann"].reserved(), order.new, order.remaining, stage.bids(), len(stage.events))
    assert refusal(lambda: exchange.amend("ann", name, total=Size(20 * CONTRACT))) is Refusal.BALANCE
    assert refusal(lambda: exchange.amend("ann", name, price=Price(4_050))) is Refusal.OFF_GRID
    assert refusal(lambda: exchange.amend("ann", name, total=Size(0))) is Refusal.TOO_SMALL
    after = (exchange.accounts["ann"].reserved(), order.new, order.remaining, stage.bids(), len(stage.events))
    assert before == after


def test_decreasing_to_nothing_is_a_cancel() -> None:
    stage = Stage(KALSHI)
    order = stage.buy("ann", 40, 10)
    stage.exchange.decrease("ann", order.new.id, to=Size(0))
    assert order.state is OrderState.CANCELLED
    assert stage.exchange.accounts["ann"].reserved() == 0


def test_the_rest_of_an_order_that_was_partly_filled_counts_its_fills_in_its_total() -> None:
    stage = Stage(KALSHI)
    order = stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 4, no=True)
    stage.exchange.amend("ann", order.new.id, total=Size(7 * CONTRACT))
    assert (order.filled, order.remaining) == (4 * CONTRACT, 3 * CONTRACT)
