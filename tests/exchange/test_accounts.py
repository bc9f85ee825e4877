"""Balances, allowances and what orders bind; token operations; what an account's contracts cost and earned."""

from collections.abc import Callable

import msgspec
import pytest

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import KalshiFees, NoFees, PolymarketFees
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import FundsMoved, OrderState, Refusal, Refused
from dutchbook.exchange.rules import KALSHI, POLYMARKET
from tests.exchange.matching_stage import QUESTION, Stage

M0, M1, M2 = MarketId("m0"), MarketId("m1"), MarketId("m2")
AT_ONCE = msgspec.structs.replace(POLYMARKET, settlement_delays=None)


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def test_a_resting_purchase_binds_its_price_and_a_cancel_frees_it() -> None:
    stage = Stage()
    order = stage.buy("ann", 40, 100)
    ann = stage.exchange.accounts["ann"]
    assert (ann.cash(), ann.reserved(), ann.free()) == (1_000 * DOLLAR, 40 * DOLLAR, 960 * DOLLAR)
    stage.exchange.cancel("ann", order.new.id)
    assert (ann.reserved(), ann.free()) == (0, 1_000 * DOLLAR)


def test_a_purchase_that_takes_needs_the_worst_fee_too() -> None:
    stage = Stage(cash=50 * DOLLAR, fees=PolymarketFees(rate_ppm=50_000))
    stage.buy("bob", 50, 10, no=True)
    refusal = refused(lambda: stage.buy("ann", 50, 100))  # 1.25 of fee
    assert (refusal.reason, refusal.have, refusal.need) == (Refusal.BALANCE, 50 * DOLLAR, 51_250_000)
    assert stage.buy("ann", 49, 102).resting


def test_a_fill_at_a_better_price_frees_the_difference() -> None:
    stage = Stage(fees=NoFees())
    stage.buy("ann", 70, 10, no=True)
    stage.buy("bob", 45, 20)
    bob = stage.exchange.accounts["bob"]
    assert (bob.cash(), bob.reserved()) == (997 * DOLLAR, 4_500_000)


def test_on_polymarket_each_market_may_count_on_all_cash_until_a_fill_takes_it() -> None:
    stage = Stage(markets=2, cash=100 * DOLLAR, fees=NoFees())
    one, two = stage.buy("ann", 40, 200), stage.buy("ann", 40, 200, market="m1")
    assert refused(lambda: stage.buy("ann", 40, 100)).reason is Refusal.BALANCE
    stage.buy("bob", 60, 100, no=True)
    assert one.remaining == 100 * CONTRACT
    assert (two.state, two.reason) == (OrderState.CANCELLED, "balance")


def test_on_kalshi_cash_is_bound_once() -> None:
    stage = Stage(KALSHI, markets=2, cash=100 * DOLLAR, fees=NoFees())
    stage.buy("ann", 40, 200)
    assert refused(lambda: stage.buy("ann", 40, 200, market="m1")).reason is Refusal.BALANCE


def test_on_kalshi_a_withdrawal_ends_the_newest_orders_of_all_markets_until_the_rest_is_covered() -> None:
    stage = Stage(KALSHI, markets=2, cash=100 * DOLLAR, fees=NoFees())
    old, new = stage.buy("ann", 40, 100), stage.buy("ann", 40, 100, market="m1")
    stage.exchange.withdraw("ann", Money(50 * DOLLAR))
    assert (old.resting, new.reason) == (True, "balance")


def test_an_amended_order_that_trades_frees_what_it_had_bound() -> None:
    stage = Stage(KALSHI, cash=5 * DOLLAR, fees=NoFees())
    stage.exchange.deposit("bob", Money(10 * DOLLAR))
    order, other = stage.buy("ann", 40, 10), stage.buy("ann", 39, 2)
    stage.buy("bob", 59, 10, no=True)
    stage.exchange.amend("ann", order.new.id, price=Price(4_100))
    assert (order.state, other.resting) == (OrderState.FILLED, True)
    assert stage.exchange.accounts["ann"].free() == 5 * DOLLAR - 4_100_000 - 780_000


def test_withdrawing_what_orders_count_on_ends_the_newest_of_them() -> None:
    stage = Stage(cash=100 * DOLLAR)
    old, new = stage.buy("ann", 40, 100), stage.buy("ann", 41, 100)
    stage.exchange.withdraw("ann", Money(50 * DOLLAR))
    assert (old.resting, new.reason) == (True, "balance")
    assert refused(lambda: stage.exchange.withdraw("ann", Money(51 * DOLLAR))).reason is Refusal.BALANCE


def test_sales_need_contracts_that_are_settled_and_not_promised() -> None:
    stage = Stage(fees=NoFees())
    assert refused(lambda: stage.sell("ann", 60, 10)).reason is Refusal.BALANCE
    stage.exchange.split("ann", M0, Size(10 * CONTRACT))
    stage.sell("ann", 60, 6)
    refusal = refused(lambda: stage.sell("ann", 60, 5))
    assert (refusal.have, refusal.need) == (4 * CONTRACT, 5 * CONTRACT)


def test_contracts_just_bought_cannot_be_sold_before_they_are_mined() -> None:
    stage = Stage(fees=NoFees())
    stage.buy("ann", 60, 10, no=True)
    stage.buy("bob", 40, 10)
    assert refused(lambda: stage.sell("bob", 60, 10)).reason is Refusal.BALANCE
    assert stage.exchange.accounts["bob"].incoming(OutcomeId("m0/yes")) == 10 * CONTRACT
    stage.later(5)
    assert stage.sell("bob", 60, 10).resting


def test_an_allowance_bounds_purchases_and_fills_use_it_up() -> None:
    stage = Stage(fees=NoFees())
    stage.exchange.approve("ann", collateral=Money(5 * DOLLAR), tokens=True)
    assert refused(lambda: stage.buy("ann", 40, 20)).reason is Refusal.ALLOWANCE
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    assert stage.exchange.accounts["ann"].allowance == DOLLAR


def test_taking_approval_back_ends_the_orders_that_need_it() -> None:
    stage = Stage()
    stage.exchange.split("ann", M0, Size(10 * CONTRACT))
    sale, purchase = stage.sell("ann", 60, 10), stage.buy("ann", 40, 10)
    stage.exchange.approve("ann", collateral=None, tokens=False)
    assert (sale.reason, purchase.resting) == ("balance", True)
    assert refused(lambda: stage.sell("ann", 60, 10)).reason is Refusal.ALLOWANCE
    stage.exchange.approve("ann", collateral=Money(0), tokens=False)
    assert purchase.reason == "balance"


def test_split_and_merge_are_each_others_opposite() -> None:
    stage = Stage()
    exchange, ann = stage.exchange, stage.exchange.accounts["ann"]
    exchange.split("ann", M0, Size(10 * CONTRACT))
    assert (stage.cash("ann"), stage.held("ann", "m0/yes"), stage.held("ann", "m0/no")) == (990, 10, 10)
    assert (ann.cost_of(OutcomeId("m0/yes")), ann.cost_of(OutcomeId("m0/no"))) == (5 * DOLLAR, 5 * DOLLAR)
    exchange.merge("ann", M0, Size(10 * CONTRACT))
    assert (stage.cash("ann"), dict(ann.holdings), ann.realised) == (1_000, {}, 0)
    assert refused(lambda: exchange.merge("ann", M0, Size(1))).reason is Refusal.BALANCE
    assert refused(lambda: exchange.split("ann", M0, Size(2_000 * CONTRACT))).reason is Refusal.BALANCE
    whys = [event.why for event in stage.events if isinstance(event, FundsMoved)]
    assert whys == ["split", "merge"]


def test_merging_contracts_that_orders_sell_ends_these() -> None:
    stage = Stage()
    stage.exchange.split("ann", M0, Size(10 * CONTRACT))
    order = stage.sell("ann", 60, 10)
    stage.exchange.merge("ann", M0, Size(10 * CONTRACT))
    assert order.reason == "balance"


def test_no_of_some_markets_becomes_yes_of_the_others_and_dollars() -> None:
    stage = Stage(markets=3)
    exchange, ann = stage.exchange, stage.exchange.accounts["ann"]
    for market in (M0, M1):
        exchange.split("ann", market, Size(10 * CONTRACT))
    assert exchange.convert("ann", QUESTION, [M0, M1], Size(10 * CONTRACT)) == 10 * CONTRACT
    assert dict(ann.holdings) == dict.fromkeys(("m0/yes", "m1/yes", "m2/yes"), 10 * CONTRACT)
    assert stage.cash("ann") == 1_000 - 20 + 10


def test_the_adapters_fee_comes_off_what_a_conversion_gives() -> None:
    stage = Stage(markets=3, conversion_fee_ppm=10_000)
    for market in (M0, M1):
        stage.exchange.split("ann", market, Size(10 * CONTRACT))
    assert stage.exchange.convert("ann", QUESTION, [M0, M1], Size(10 * CONTRACT)) == 9_900_000
    assert stage.cash("ann") == pytest.approx(1_000 - 20 + 9.9)
    assert stage.held("ann", "m2/yes") == 9.9


@pytest.mark.parametrize("winner", [M0, M1, M2])
def test_a_conversion_is_worth_the_same_whoever_wins(winner: MarketId) -> None:
    stage = Stage(markets=3)
    for account in ("ann", "bob"):
        for market in (M0, M1):
            stage.exchange.split(account, market, Size(10 * CONTRACT))
    stage.exchange.convert("ann", QUESTION, [M0, M1], Size(10 * CONTRACT))
    for market in (M0, M1, M2):
        stage.exchange.resolve(market, Price(ONE if market == winner else 0))
    for account in ("ann", "bob"):
        for market in (M0, M1, M2):
            held = stage.exchange.accounts[account].holdings
            if f"{market}/yes" in held or f"{market}/no" in held:
                stage.exchange.redeem(account, market)
    assert stage.cash("ann") == stage.cash("bob")


def test_only_convertible_questions_and_their_markets_convert() -> None:
    stage = Stage(markets=2)
    strange = MarketId("m7")
    assert refused(lambda: stage.exchange.convert("ann", QUESTION, [strange], Size(1))).reason is Refusal.UNKNOWN_MARKET
    assert refused(lambda: stage.exchange.convert("ann", QUESTION, [M0], Size(1))).reason is Refusal.BALANCE
    kalshi = Stage(KALSHI, markets=2)
    assert refused(lambda: kalshi.exchange.convert("ann", QUESTION, [M0], Size(1))).reason is Refusal.NOT_OFFERED
    assert refused(lambda: kalshi.exchange.split("ann", M0, Size(1))).reason is Refusal.NOT_OFFERED


def test_winners_redeem_after_the_decision_and_not_before() -> None:
    stage = Stage()
    stage.exchange.split("ann", M0, Size(10 * CONTRACT))
    assert refused(lambda: stage.exchange.redeem("ann", M0)).reason is Refusal.NOT_SETTLED
    stage.exchange.resolve(M0, Price(ONE))
    assert stage.cash("ann") == 990
    assert stage.exchange.redeem("ann", M0) == 10 * DOLLAR
    assert refused(lambda: stage.exchange.redeem("ann", M0)).reason is Refusal.NOT_SETTLED
    assert stage.exchange.accounts["ann"].realised == 0


def test_a_void_market_pays_both_outcomes() -> None:
    stage = Stage(AT_ONCE, fees=NoFees())
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    stage.exchange.resolve(M0, Price(5_000))
    assert (stage.exchange.redeem("ann", M0), stage.exchange.redeem("bob", M0)) == (5 * DOLLAR, 5 * DOLLAR)
    ann, bob = stage.exchange.accounts["ann"], stage.exchange.accounts["bob"]
    assert (ann.realised, bob.realised) == (DOLLAR, -DOLLAR)


def test_cost_is_averaged_and_sales_realise_the_difference() -> None:
    stage = Stage(AT_ONCE, fees=NoFees())
    stage.buy("ann", 60, 10, no=True)
    stage.buy("ann", 40, 10, no=True)
    stage.buy("bob", 60, 20)  # at 0.40 and 0.60
    bob, yes = stage.exchange.accounts["bob"], OutcomeId("m0/yes")
    assert bob.cost_of(yes) == 10 * DOLLAR
    stage.buy("cid", 70, 20)
    stage.sell("bob", 70, 5)
    assert (bob.cost_of(yes), bob.realised) == (7_500_000, DOLLAR)


def test_polymarkets_taker_pays_the_fee_of_the_outcome_it_trades_and_the_maker_none() -> None:
    stage = Stage(AT_ONCE, fees=PolymarketFees(rate_ppm=50_000))
    stage.buy("ann", 60, 100, no=True)
    stage.buy("bob", 40, 100)
    assert (stage.cash("ann"), stage.cash("bob")) == (940, 960 - 1.2)
    assert stage.exchange.accounts["bob"].fees == 1_200_000 == stage.exchange.fees_collected()


def test_a_sellers_fee_comes_off_what_he_receives() -> None:
    stage = Stage(AT_ONCE, fees=PolymarketFees(rate_ppm=50_000))
    stage.exchange.split("bob", M0, Size(100 * CONTRACT))
    stage.buy("ann", 40, 100)
    stage.sell("bob", 40, 100)
    assert stage.cash("bob") == 900 + 40 - 1.2


@pytest.mark.parametrize(
    ("contracts", "price", "fees", "maker", "change"),
    [
        (1, 50, KalshiFees(), False, -0.5175),
        (1, 52, KalshiFees(), False, -0.5375),
        (12, 48, KalshiFees(), False, -5.9697),
        (8.93, 67, KalshiFees(), False, -6.1214),
        (100, 10, KalshiFees(), False, -10.63),
        (100, 50, KalshiFees(maker_ppm=17_500), True, -50.4375),
        (1, 50, KalshiFees(maker_ppm=17_500), True, -0.5044),
        (1, 99, KalshiFees(unit=Money(10_000)), False, -1.0),
    ],
)
def test_kalshis_fees_change_the_balance_as_in_its_table(
    contracts: float, price: int, fees: KalshiFees, maker: bool, change: float
) -> None:
    stage = Stage(KALSHI, fees=fees)
    if maker:
        stage.buy("ann", price, contracts)
        stage.buy("bob", 100 - price, contracts, no=True)
    else:
        stage.buy("bob", 100 - price, contracts, no=True)
        stage.buy("ann", price, contracts)
    assert stage.cash("ann") == pytest.approx(1_000 + change, abs=1e-9)


def test_exactly_enough_cash_buys() -> None:
    stage = Stage(KALSHI, fees=KalshiFees(), cash=537_500)
    stage.exchange.deposit("bob", Money(DOLLAR))
    stage.buy("bob", 48, 1, no=True)
    assert stage.buy("ann", 52, 1).state is OrderState.FILLED
    assert stage.cash("ann") == 0
    stage = Stage(fees=PolymarketFees(rate_ppm=50_000), cash=41_200_000)
    stage.exchange.deposit("bob", Money(100 * DOLLAR))
    stage.buy("bob", 60, 100, no=True)
    assert stage.buy("ann", 40, 100, tif=TimeInForce.FOK).state is OrderState.FILLED
    assert stage.cash("ann") == 0


def test_a_micro_dollar_less_than_enough_does_not_buy() -> None:
    stage = Stage(cash=3_999_999)
    refusal = refused(lambda: stage.buy("ann", 40, 10, post_only=True))
    assert (refusal.reason, refusal.have, refusal.need) == (Refusal.BALANCE, 3_999_999, 4_000_000)


def test_dollars_spent_far_below_the_limit_need_cash_for_their_higher_fee() -> None:
    stage = Stage(fees=PolymarketFees(rate_ppm=50_000), cash=10_100_000)
    stage.exchange.deposit("bob", Money(200 * DOLLAR))
    stage.buy("bob", 90, 200, no=True)
    spend = Money(10 * DOLLAR)  # 0.05 of fee at the limit of 0.90, 0.45 at the 0.10 that is asked
    refusal = refused(lambda: stage.buy("ann", 90, 0, spend=spend, tif=TimeInForce.FOK))
    assert (refusal.reason, refusal.need) == (Refusal.BALANCE, 10_450_000)
    stage.exchange.deposit("ann", Money(350_000))
    assert stage.buy("ann", 90, 0, spend=spend, tif=TimeInForce.FOK).filled == 100 * CONTRACT
    assert stage.cash("ann") == 0


def test_orders_that_ended_long_ago_can_be_forgotten() -> None:
    stage = Stage()
    over, live = stage.buy("ann", 40, 10), stage.buy("ann", 40, 10)
    stage.exchange.cancel("ann", over.new.id)
    assert stage.exchange.forget(stage.clock.now()) == 0
    stage.later(60)
    assert stage.exchange.forget(stage.clock.now()) == 1
    assert stage.exchange.order(over.new.id) is None
    assert list(stage.exchange.orders_of("ann")) == [live]


def test_yes_and_no_of_one_kalshi_account_become_dollars_at_once() -> None:
    stage = Stage(KALSHI, fees=NoFees())
    stage.buy("bob", 60, 10, no=True)
    stage.buy("ann", 40, 10)
    stage.buy("cid", 50, 6)
    stage.buy("ann", 50, 6, no=True)
    assert (stage.held("ann", "m0/yes"), stage.held("ann", "m0/no")) == (4, 0)
    assert stage.cash("ann") == pytest.approx(1_000 - 4 - 3 + 6)
    assert stage.exchange.accounts["ann"].realised == 600_000
    assert stage.exchange.open_interest(M0) == 10 * CONTRACT


def test_on_kalshi_an_ask_that_yes_covers_binds_no_cash() -> None:
    stage = Stage(KALSHI, fees=NoFees())
    stage.buy("bob", 60, 10, no=True)
    stage.buy("ann", 40, 10)
    stage.sell("ann", 70, 15)
    ann = stage.exchange.accounts["ann"]
    assert (ann.reserved(), ann.reserved_of(OutcomeId("m0/yes"))) == (1_500_000, 10 * CONTRACT)


def test_on_kalshi_one_may_sell_yes_that_one_does_not_have() -> None:
    stage = Stage(KALSHI, fees=NoFees())
    stage.sell("ann", 40, 10)
    stage.buy("bob", 40, 10)
    assert (stage.held("ann", "m0/no"), stage.cash("ann")) == (10, 994)


def test_orders_that_counted_on_contracts_netted_away_count_on_cash() -> None:
    stage = Stage(KALSHI, fees=NoFees())
    stage.buy("bob", 60, 10, no=True)
    stage.buy("ann", 40, 10)
    covered = stage.sell("ann", 70, 10)
    stage.buy("cid", 50, 10)
    stage.buy("ann", 50, 10, no=True)
    ann = stage.exchange.accounts["ann"]
    assert (covered.resting, dict(ann.holdings), ann.reserved()) == (True, {}, 3 * DOLLAR)


def test_cash_is_held_by_shard() -> None:
    def second(listing: Listing) -> Listing:
        return msgspec.structs.replace(listing, shard=2)

    stage = Stage(KALSHI, fees=NoFees(), change=second)
    assert refused(lambda: stage.buy("ann", 40, 10)).reason is Refusal.BALANCE
    stage.exchange.transfer("ann", 0, 2, Money(4 * DOLLAR))
    stage.buy("ann", 40, 10)
    ann = stage.exchange.accounts["ann"]
    assert (ann.free(0), ann.free(2), ann.reserved(2)) == (996 * DOLLAR, 0, 4 * DOLLAR)
    assert refused(lambda: stage.exchange.transfer("ann", 2, 0, Money(1))).reason is Refusal.BALANCE


def test_scalar_payouts_on_kalshi_are_rounded_down_to_the_accounts_unit() -> None:
    stage = Stage(KALSHI, fees=KalshiFees(taker_ppm=0, unit=Money(10_000)))
    stage.buy("bob", 60, 10.6, no=True)
    stage.buy("ann", 40, 10.6)
    before = stage.exchange.accounts["ann"].cash()
    stage.exchange.resolve(M0, Price(5_970))
    assert stage.exchange.accounts["ann"].cash() - before == 6_320_000


def test_an_account_opens_once_and_amounts_are_above_nothing() -> None:
    stage = Stage()
    assert refused(lambda: stage.exchange.open_account("ann")).reason is Refusal.DUPLICATE
    assert refused(lambda: stage.exchange.deposit("ann", Money(0))).reason is Refusal.TOO_SMALL
    assert refused(lambda: stage.exchange.deposit("dan", Money(1))).reason is Refusal.UNKNOWN_ACCOUNT


def test_accounts_hand_cash_over_that_no_order_counts_on() -> None:
    stage = Stage(KALSHI, fees=NoFees())
    stage.buy("ann", 40, 100)
    assert refused(lambda: stage.exchange.hand_over("ann", "bob", Money(961 * DOLLAR))).reason is Refusal.BALANCE
    stage.exchange.hand_over("ann", "bob", Money(960 * DOLLAR))
    assert (stage.cash("ann"), stage.cash("bob")) == (40, 1_960)


def test_orders_of_some_can_be_forgotten_and_those_of_others_kept() -> None:
    stage = Stage()
    orders = {name: stage.buy(name, 40, 10) for name in ("ann", "bob")}
    for name, order in orders.items():
        stage.exchange.cancel(name, order.new.id)
    stage.later(60)
    assert stage.exchange.forget(stage.clock.now(), {"ann"}) == 1
    assert stage.exchange.order(orders["ann"].new.id) is None
    assert list(stage.exchange.orders_of("bob")) == [orders["bob"]]
    assert stage.exchange.forget(stage.clock.now()) == 1
    assert stage.exchange.order(orders["bob"].new.id) is None
