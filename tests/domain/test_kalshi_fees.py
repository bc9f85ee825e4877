"""Kalshi's fees under each dated rule: worked examples, real fills and the accumulator's promises."""

import csv
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.markets import KalshiFees
from dutchbook.domain.pricing.fees import maker_fee, order_fee, taker_fee
from dutchbook.domain.pricing.kalshi_fees import KalshiCharge, KalshiOrderFees, KalshiRule, rule_at, trade_fee
from dutchbook.domain.units import CONTRACT, ONE, SECOND, Money, Nanos, Price, Size, money_of, price_of, size_of
from tests.conftest import recorded_data

CENT = Money(10_000)
UNIT = Money(100)
TAKER, MAKER = 70_000, 17_500


def pico(dollars: str) -> int:
    return money_of(dollars) * 10**6


def day(text: str) -> Nanos:
    return Nanos(int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND)


def buy(state: KalshiOrderFees, size: str, price: str, rate: int = TAKER) -> tuple[KalshiCharge, KalshiOrderFees]:
    return state.charge(rate, Side.BUY, price_of(price), size_of(size))


@pytest.mark.parametrize(
    ("size", "price", "rate", "unit", "trade", "rounding", "net"),
    [
        ("100", "0.50", TAKER, CENT, "1.75", "0", "1.75"),
        ("10", "0.50", TAKER, CENT, "0.175", "0.005", "0.18"),
        ("1", "0.50", TAKER, CENT, "0.0175", "0.0025", "0.02"),
        ("1", "0.95", TAKER, CENT, "0.0034", "0.0066", "0.01"),
        ("100", "0.95", TAKER, CENT, "0.3325", "0.0075", "0.34"),
        ("25", "0.37", TAKER, CENT, "0.408", "0.002", "0.41"),
        ("25", "0.37", TAKER, UNIT, "0.408", "0", "0.408"),
        ("100", "0.50", MAKER, CENT, "0.4375", "0.0025", "0.44"),
    ],
)
def test_single_fills_under_the_centicent_rule(
    size: str, price: str, rate: int, unit: Money, trade: str, rounding: str, net: str
) -> None:
    charge, _ = buy(KalshiOrderFees(unit, KalshiRule.CENTICENT), size, price, rate)
    assert (charge.trade_fee, charge.rounding_fee, charge.refund) == (pico(trade), pico(rounding), 0)
    assert charge.net == pico(net)
    assert charge.fee == money_of(net)


@pytest.mark.parametrize(
    ("size", "price", "trade", "rounding", "refunds", "nets"),
    [
        ("1", "0.055", "0.0085", "0.0065", ("0", "0.01", "0"), ("0.015", "0.005", "0.015")),
        ("0.30", "0.50", "0.0041", "0.0059", ("0", "0.01", "0"), ("0.01", "0", "0.01")),
        ("0.03", "0.3301", None, "0.009597", ("0", "0.01", "0.01"), ("0.010097", "0.000097", "0.000097")),
    ],
)
def test_three_fills_of_one_order_get_whole_cents_back_under_the_centicent_rule(
    size: str, price: str, trade: str | None, rounding: str, refunds: tuple[str, ...], nets: tuple[str, ...]
) -> None:
    state = KalshiOrderFees(CENT, KalshiRule.CENTICENT)
    for refund, net in zip(refunds, nets, strict=True):
        given_fee = pico(trade) if trade else trade_fee(state.rule, TAKER, price_of(price), size_of(size))
        charge, state = state.settle(given_fee, -price_of(price) * size_of(size) * 100)
        assert (charge.rounding_fee, charge.refund, charge.net) == (pico(rounding), pico(refund), pico(net))


@pytest.mark.parametrize(
    ("size", "price", "rate", "unit", "net", "change"),
    [
        ("1", "0.50", TAKER, UNIT, "0.0175", "0.5175"),
        ("1", "0.52", TAKER, UNIT, "0.0175", "0.5375"),
        ("1", "0.99", TAKER, UNIT, "0.0007", "0.9907"),
        ("1", "0.929", TAKER, UNIT, "0.0047", "0.9337"),
        ("12", "0.48", TAKER, UNIT, "0.2097", "5.9697"),
        ("8.93", "0.67", TAKER, UNIT, "0.1383", "6.1214"),
        ("100", "0.50", TAKER, UNIT, "1.75", "51.75"),
        ("100", "0.50", TAKER // 2, UNIT, "0.875", "50.875"),
        ("100", "0.10", TAKER, UNIT, "0.63", "10.63"),
        ("100", "0.50", MAKER, UNIT, "0.4375", "50.4375"),
        ("1", "0.50", MAKER, UNIT, "0.0044", "0.5044"),
        ("100", "0.50", MAKER // 2, UNIT, "0.2188", "50.2188"),
        ("0.13", "0.067", 0, UNIT, "0.00009", "0.0088"),
        ("0.03", "0.3301", TAKER, UNIT, "0.000497", "0.0104"),
        ("1", "0.50", TAKER, CENT, "0.02", "0.52"),
        ("1", "0.99", TAKER, CENT, "0.01", "1.00"),
        ("1", "0.71", TAKER, UNIT, "0.0145", "0.7245"),
        ("1", "0.27", TAKER, UNIT, "0.0138", "0.2838"),
        ("1", "0.07", TAKER, UNIT, "0.0046", "0.0746"),
    ],
)
def test_first_fills_under_the_current_rule(
    size: str, price: str, rate: int, unit: Money, net: str, change: str
) -> None:
    charge, _ = buy(KalshiOrderFees(unit), size, price, rate)
    assert charge.net == pico(net)
    assert charge.change == -pico(change)


def test_exactly_a_cent_overpaid_is_not_refunded_under_the_centicent_rule() -> None:
    state = KalshiOrderFees(CENT, KalshiRule.CENTICENT)
    refunds = []
    for _ in range(3):  # each overpays half a cent
        charge, state = buy(state, "10", "0.50")
        refunds.append(charge.refund)
    assert refunds == [0, 0, pico("0.01")]
    assert state.accumulated == pico("0.005")


def test_small_fills_of_one_order_converge_to_one_fill_under_the_current_rule() -> None:
    state, total = KalshiOrderFees(UNIT), 0
    for _ in range(3):
        charge, state = buy(state, "0.03", "0.3301")
        total += charge.net
    assert total == buy(KalshiOrderFees(UNIT), "0.09", "0.3301")[0].net == pico("0.001491")


def test_the_documented_fill_behind_a_broker_under_the_current_rule() -> None:
    state = KalshiOrderFees(CENT)
    for _ in range(3):
        charge, state = buy(state, "1", "0.055")
        assert (charge.trade_fee, charge.rounding_fee) == (pico("0.003639"), pico("0.001361"))
        assert (charge.net, charge.change) == (pico("0.005"), -pico("0.06"))


def test_the_oldest_rule_charges_whole_cents() -> None:
    charge, _ = buy(KalshiOrderFees(UNIT, KalshiRule.CENT), "1", "0.50")
    assert charge.net == pico("0.02")
    charge, _ = buy(KalshiOrderFees(UNIT, KalshiRule.CENT), "100", "0.50")
    assert charge.net == pico("1.75")


def test_the_rule_follows_the_date() -> None:
    assert rule_at(day("2025-11-01")) is KalshiRule.CENT
    assert rule_at(day("2026-08-18")) is KalshiRule.CENTICENT
    assert rule_at(day("2026-08-29")) is KalshiRule.CENTICENT
    assert rule_at(day("2026-08-30")) is KalshiRule.MICRO


def observed() -> list[dict[str, str]]:
    with (recorded_data("kalshi-observed-fees") / "fills.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.needs_data("kalshi-observed-fees")
def test_every_observed_fill_was_charged_exactly_this() -> None:
    trade_fee_alone = 0
    fills = observed()
    for fill in fills:
        rate = TAKER // 2 if fill["series"].startswith("KXMLB") else TAKER
        order = KalshiOrderFees(UNIT, rule_at(day(fill["observed_on"])))
        charge, _ = buy(order, fill["contracts"], fill["price_dollars"], rate)
        charged = pico(fill["fee_cost_dollars"])
        assert charge.net == charged, fill
        beyond = charged - charge.trade_fee
        assert beyond == 0 or (fill["market_kind"] == "combo" and pico("0.00001") <= beyond <= pico("0.00008"))
        trade_fee_alone += beyond == 0
    assert (len(fills), trade_fee_alone) == (19, 15)


fills_ = st.lists(
    st.tuples(
        st.integers(1, ONE - 1).map(Price),
        st.integers(1, 5_000).map(lambda hundredths: Size(hundredths * 10_000)),
        st.sampled_from([TAKER, MAKER, 0]),
    ),
    min_size=1,
    max_size=30,
)
rules = st.sampled_from([KalshiRule.CENTICENT, KalshiRule.MICRO])
units = st.sampled_from([UNIT, CENT])


@given(fills_, rules, units, st.sampled_from(Side))
def test_no_fill_has_a_negative_fee_and_what_is_overpaid_is_remembered(
    fills: list[tuple[Price, Size, int]], rule: KalshiRule, unit: Money, side: Side
) -> None:
    state = KalshiOrderFees(unit, rule)
    overpaid = 0
    for price, size, rate in fills:
        charge, state = state.charge(rate, side, price, size)
        revenue = price * size * 100 * (1 if side is Side.SELL else -1)
        assert charge.net >= 0
        assert charge.change == revenue - charge.net
        overpaid += charge.net - charge.trade_fee
        assert state.accumulated == overpaid >= 0
        if rule is KalshiRule.MICRO:
            assert charge.change % (unit * 10**6) == 0  # the balance keeps its precision


@given(fills_, rules, units, st.sampled_from(Side))
def test_what_is_owed_comes_back_unless_the_fill_paid_too_little(
    fills: list[tuple[Price, Size, int]], rule: KalshiRule, unit: Money, side: Side
) -> None:
    state = KalshiOrderFees(unit, rule)
    step = (unit if rule is KalshiRule.MICRO else CENT) * 10**6
    for price, size, rate in fills:
        charge, state = state.charge(rate, side, price, size)
        assert charge.refund % step == 0
        owed_at_most = step - 1 if rule is KalshiRule.MICRO else step
        assert state.accumulated <= owed_at_most or charge.net < step


@given(
    st.integers(1, ONE - 1).map(Price),
    st.lists(st.integers(1, 5_000), min_size=1, max_size=30),
    rules,
    units,
    st.sampled_from(Side),
)
def test_an_order_in_pieces_costs_nearly_what_it_costs_at_once(
    price: Price, hundredths: list[int], rule: KalshiRule, unit: Money, side: Side
) -> None:
    state, total = KalshiOrderFees(unit, rule), 0
    for count in hundredths:
        charge, state = state.charge(TAKER, side, price, Size(count * 10_000))
        total += charge.net
    whole, _ = KalshiOrderFees(unit, rule).charge(TAKER, side, price, Size(sum(hundredths) * 10_000))
    held_back = max(state.accumulated - CENT * 10**6, 0)  # fills that paid too little to give a refund from
    assert -pico("0.01") <= total - whole.net <= held_back + pico("0.01") + len(hundredths) * pico("0.0001")


@given(st.integers(1, ONE - 1).map(Price), st.integers(1, 10**6), units)
def test_an_estimate_covers_both_sides(price: Price, hundredths: int, unit: Money) -> None:
    fees, size = KalshiFees(unit=unit), Size(hundredths * 10_000)
    estimate = taker_fee(fees, price, size)
    sides = [taker_fee(fees, price, size, side) for side in Side]
    assert estimate == max(sides)
    assert [order_fee(fees, side, [(price, size)]) for side in Side] == sides
    assert estimate - TAKER * size * price * (ONE - price) / 10**14 <= unit + 1


def test_a_free_maker_fill_can_still_pay_for_rounding() -> None:
    assert maker_fee(KalshiFees(), price_of("0.067"), size_of("0.13"), Side.BUY) == 90
    assert maker_fee(KalshiFees(), price_of("0.50"), CONTRACT) == 0
