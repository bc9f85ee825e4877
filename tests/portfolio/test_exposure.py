"""What is counted against the limits: reservations, live orders and unknown ones at their worst."""

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import Intent, IntentId, Leg, Order, OrderId, Report
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size
from dutchbook.portfolio.entries import Deposit
from dutchbook.portfolio.exposure import Exposure
from dutchbook.portfolio.ledger import Ledger
from tests.portfolio.entries import RAIN, bought, claim, no, split, yes

SUN = MarketId("sun")
WIND = MarketId("wind")


def no_fee(market: MarketId, price: Price, size: Size) -> Money:
    return Money(0)


def a_percent(market: MarketId, price: Price, size: Size) -> Money:
    return Money(price * size // 1_000_000)


def venue_of(market: MarketId) -> Venue:
    return Venue.KALSHI if market == SUN else Venue.POLYMARKET


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.apply(Deposit(Money(100 * DOLLAR)))
    return ledger


@pytest.fixture
def exposure(ledger: Ledger) -> Exposure:
    return Exposure(ledger, venue_of, no_fee)


def leg(side: Side, outcome: OutcomeId, price: int, contracts: int) -> Leg:
    return Leg(outcome, claim(outcome).market, side, Price(price), Size(contracts * CONTRACT), Price(price))


def intent(*legs: Leg, name: str = "i1", max_loss: int = 0) -> Intent:
    return Intent(
        id=IntentId(name),
        strategy="test",
        kind="test",
        subject="test",
        legs=legs,
        cost=Money(0),
        edge=Money(0),
        max_loss=Money(max_loss),
        oldest=Nanos(0),
        at=Nanos(0),
        reason="test",
    )


def sent(leg: Leg, name: str = "o1", of: str = "i1") -> Order:
    return Order(id=OrderId(name), intent=IntentId(of), leg=leg, created=Nanos(0)).after(Report.SENT)


BUY = leg(Side.BUY, yes(), 4_000, 10)


def test_an_approved_intent_counts_at_once_in_market_venue_and_total(exposure: Exposure) -> None:
    exposure.reserve(intent(BUY, leg(Side.BUY, yes(SUN), 5_000, 2), max_loss=77))
    assert exposure.market(RAIN) == 4 * DOLLAR
    assert exposure.venue(Venue.KALSHI) == DOLLAR
    assert exposure.deployed() == 5 * DOLLAR
    assert exposure.free_cash() == 95 * DOLLAR
    assert exposure.worst_loss() == 77


def test_what_one_intent_may_spend_is_its_part_of_what_is_reserved_until_it_is_over(exposure: Exposure) -> None:
    exposure.reserve(intent(BUY))
    exposure.reserve(intent(leg(Side.BUY, no(), 5_000, 3), leg(Side.BUY, yes(SUN), 5_000, 2), name="i2"))
    parts = [exposure.reserved_for(IntentId(name), RAIN) for name in ("i1", "i2", "i3")]
    assert parts == [4 * DOLLAR, 3 * DOLLAR // 2, 0]
    assert sum(parts) == exposure.reserved_in(RAIN)
    exposure.release(IntentId("i1"))
    assert exposure.reserved_for(IntentId("i1"), RAIN) == 0


def test_purchases_count_with_their_fees(ledger: Ledger) -> None:
    exposure = Exposure(ledger, venue_of, a_percent)
    assert exposure.needed(intent(BUY)) == {RAIN: 4_040_000}


def test_an_intent_is_reserved_once(exposure: Exposure) -> None:
    exposure.reserve(intent(BUY))
    with pytest.raises(LedgerError, match="i1 is reserved already"):
        exposure.reserve(intent(BUY))


def test_a_fill_moves_from_the_reservation_into_the_position(ledger: Ledger, exposure: Exposure) -> None:
    exposure.reserve(intent(BUY))
    order = sent(BUY)
    exposure.order_changed(order)
    assert exposure.market(RAIN) == 4 * DOLLAR  # the order is the plan, not a second one
    ledger.apply(bought(yes(), 4_000, 6 * CONTRACT))
    exposure.order_changed(order.after_fill(Size(6 * CONTRACT)))
    assert exposure.market(RAIN) == 4 * DOLLAR
    assert exposure.reserved() == 4 * 400_000


def test_a_better_price_frees_the_difference(ledger: Ledger, exposure: Exposure) -> None:
    exposure.reserve(intent(BUY))
    ledger.apply(bought(yes(), 3_000, 10 * CONTRACT))
    exposure.order_changed(sent(BUY).after_fill(Size(10 * CONTRACT)))
    assert exposure.market(RAIN) == 3 * DOLLAR
    assert exposure.reserved() == 0


def test_a_killed_order_keeps_its_reservation_until_the_basket_is_over(exposure: Exposure) -> None:
    exposure.reserve(intent(BUY))
    exposure.order_changed(sent(BUY).after(Report.CANCELLED))
    assert exposure.market(RAIN) == 4 * DOLLAR
    exposure.release(IntentId("i1"))
    exposure.release(IntentId("i1"))
    assert exposure.deployed() == 0
    assert not exposure.in_flight(IntentId("i1"))


def test_an_unknown_order_counts_after_its_basket_until_it_is_proven_absent(exposure: Exposure) -> None:
    exposure.reserve(intent(BUY, max_loss=9))
    order = sent(BUY).after(Report.TIMEOUT)
    exposure.order_changed(order)
    exposure.release(IntentId("i1"))
    assert (exposure.market(RAIN), exposure.worst_loss()) == (4 * DOLLAR, 9)
    assert exposure.incoming(yes()) == 10 * CONTRACT
    exposure.order_changed(order.after(Report.ABSENT))
    assert (exposure.market(RAIN), exposure.worst_loss(), exposure.incoming(yes())) == (0, 0, 0)


def test_an_order_found_at_the_venue_counts_though_nobody_reserved_it(exposure: Exposure) -> None:
    order = sent(BUY, of="before the restart").after(Report.ACCEPTED)
    exposure.order_changed(order)
    assert exposure.market(RAIN) == 4 * DOLLAR
    exposure.order_changed(order.after(Report.CANCELLED))
    assert exposure.deployed() == 0


def test_a_final_report_said_twice_counts_once(ledger: Ledger, exposure: Exposure) -> None:
    other = leg(Side.BUY, no(), 5_000, 10)
    exposure.reserve(intent(BUY, other))
    filled = sent(BUY).after_fill(Size(10 * CONTRACT))
    ledger.apply(bought(yes(), 4_000, 10 * CONTRACT))
    exposure.order_changed(filled)
    exposure.order_changed(filled)
    assert exposure.market(RAIN) == 9 * DOLLAR


def test_what_is_held_is_sold_without_capital_and_only_once(ledger: Ledger, exposure: Exposure) -> None:
    ledger.apply(bought(yes(), 4_000, 10 * CONTRACT))
    sale = intent(leg(Side.SELL, yes(), 4_000, 8))
    assert exposure.needed(sale) == {RAIN: 0}
    exposure.reserve(sale)
    assert exposure.sellable(yes()) == 2 * CONTRACT
    again = msgspec.structs.replace(sale, id=IntentId("i2"))
    assert exposure.needed(again) == {RAIN: 6 * DOLLAR}


def test_a_split_that_is_to_be_sold_costs_a_dollar_a_set_once(ledger: Ledger, exposure: Exposure) -> None:
    both = intent(leg(Side.SELL, yes(), 5_300, 10), leg(Side.SELL, no(), 5_100, 10))
    assert exposure.needed(both) == {RAIN: 10 * DOLLAR}
    exposure.reserve(both)
    ledger.apply(split(10 * CONTRACT))
    exposure.moved(IntentId("i1"), RAIN, Money(10 * DOLLAR))
    assert exposure.market(RAIN) == 10 * DOLLAR
    assert exposure.reserved() == 0


def test_a_bundle_counts_in_each_market_with_its_legs_there(exposure: Exposure) -> None:
    exposure.reserve(intent(BUY, leg(Side.BUY, no(SUN), 2_000, 10), leg(Side.BUY, yes(WIND), 3_000, 10)))
    assert [exposure.market(market) for market in (RAIN, SUN, WIND)] == [4 * DOLLAR, 2 * DOLLAR, 3 * DOLLAR]
    assert exposure.venue(Venue.POLYMARKET) == 7 * DOLLAR


def test_a_partly_filled_resting_order_counts_with_what_remains(ledger: Ledger, exposure: Exposure) -> None:
    exposure.reserve(intent(BUY))
    exposure.order_changed(sent(BUY).after(Report.ACCEPTED))
    ledger.apply(bought(yes(), 4_000, 4 * CONTRACT))
    exposure.order_changed(sent(BUY).after(Report.ACCEPTED).after_fill(Size(4 * CONTRACT)))
    exposure.release(IntentId("i1"))
    assert exposure.reserved() == 6 * 400_000
    assert exposure.incoming(yes()) == 6 * CONTRACT


def test_an_order_beyond_the_plan_counts_as_well(ledger: Ledger, exposure: Exposure) -> None:
    exposure.reserve(intent(BUY))
    ledger.apply(bought(yes(), 4_000, 10 * CONTRACT))
    exposure.order_changed(sent(BUY).after_fill(Size(10 * CONTRACT)))
    exposure.order_changed(sent(BUY, name="o2"))
    assert exposure.market(RAIN) == 8 * DOLLAR


def test_what_two_fills_took_is_no_longer_to_come(exposure: Exposure) -> None:
    exposure.reserve(intent(BUY))
    once = sent(BUY).after_fill(Size(4 * CONTRACT))
    twice = once.after_fill(Size(3 * CONTRACT))
    for order in (once, twice, twice.after(Report.CANCELLED)):
        exposure.order_changed(order)
    assert exposure.incoming(yes()) == 3 * CONTRACT
    assert exposure.reserved() == 3 * 400_000


def test_what_is_not_settled_is_held_and_may_not_be_sold(ledger: Ledger) -> None:
    unsettled = {yes(): Size(4 * CONTRACT)}
    exposure = Exposure(ledger, venue_of, no_fee, lambda outcome: unsettled.get(outcome, Size(0)))
    ledger.apply(bought(yes(), 4_000, 10 * CONTRACT))
    assert (exposure.settled(yes()), exposure.sellable(yes())) == (6 * CONTRACT, 6 * CONTRACT)
    assert exposure.needed(intent(leg(Side.SELL, yes(), 5_000, 10))) == {RAIN: 4 * DOLLAR}
    unsettled.clear()
    assert exposure.sellable(yes()) == 10 * CONTRACT


def test_a_fill_that_is_taken_back_is_reserved_again_until_its_intent_is_over(
    ledger: Ledger, exposure: Exposure
) -> None:
    exposure.reserve(intent(BUY))
    order = sent(BUY)
    exposure.order_changed(order)
    exposure.order_changed(order.after_fill(BUY.size))
    assert exposure.market(RAIN) == 0
    exposure.order_changed(order.after_fill(BUY.size).after_reversal(BUY.size))
    assert exposure.market(RAIN) == 4 * DOLLAR
    exposure.release(IntentId("i1"))
    assert exposure.market(RAIN) == 0


def test_an_order_taken_for_gone_that_is_unknown_again_counts_at_its_worst(exposure: Exposure) -> None:
    exposure.reserve(intent(BUY))
    rejected = sent(BUY).after(Report.REJECTED)
    exposure.order_changed(rejected)
    exposure.release(IntentId("i1"))
    assert exposure.deployed() == 0
    exposure.order_changed(rejected.after(Report.ACCEPTED))
    assert exposure.deployed() == 4 * DOLLAR


def test_an_order_that_spends_an_amount_of_money_consumes_what_it_reserved_and_no_more(exposure: Exposure) -> None:
    market = MarketId("0xrain")
    spends = Leg(OutcomeId("y"), market, Side.BUY, Price(5_000), Size(10 * CONTRACT), Price(5_000))
    exposure.reserve(intent(spends))
    order = sent(spends)
    exposure.order_changed(order)
    exposure.order_changed(order.after_fill(Size(12 * CONTRACT)))
    assert exposure.market(market) == 0
    assert exposure.incoming(OutcomeId("y")) == 0
