"""The guardian's rules, one by one, under the default profile of limits."""

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.orders import Intent, Order, OrderId, PlanKind, Report
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.portfolio.entries import Withdrawal
from dutchbook.risk.ports import Block, Refusal
from dutchbook.risk.review import Approved, Refused, review
from dutchbook.risk.rules import guardian_rules
from dutchbook.risk.settings import RiskSettings
from tests.risk.desk import DEFAULTS, RAIN, SUN, WIND, TestDesk, buy, intent, no, sell, yes


def refusals(desk: TestDesk, wanted: Intent, settings: RiskSettings = DEFAULTS) -> dict[str, Refusal]:
    verdict = review(wanted, desk, guardian_rules(settings))
    return {refusal.rule: refusal for refusal in verdict.refusals} if isinstance(verdict, Refused) else {}


def approve(desk: TestDesk, wanted: Intent) -> None:
    assert isinstance(review(wanted, desk, guardian_rules(DEFAULTS)), Approved)
    desk.exposure.reserve(wanted)


def test_a_market_may_hold_ten_percent_of_the_bankroll_and_not_a_contract_more() -> None:
    desk = TestDesk()
    assert refusals(desk, intent(buy(yes(RAIN), 200))) == {}
    refusal = refusals(desk, intent(buy(yes(RAIN), 201)))["position_limit"]
    assert refusal.limit == "position_limit 10% of bankroll = $100.00"
    assert refusal.found == "$100.50"


def test_a_limit_holds_to_the_micro_dollar() -> None:
    just_over = msgspec.structs.replace(buy(yes(RAIN), 200), size=Size(200 * CONTRACT + 2))
    assert refusals(TestDesk(), intent(just_over))["position_limit"].found == "$100.000001"


def test_the_tighter_of_two_limits_holds_and_is_named() -> None:
    settings = RiskSettings.model_validate({"position_limit_dollars": 60})
    assert refusals(TestDesk(), intent(buy(yes(RAIN), 121)), settings)["position_limit"].limit == (
        "position_limit_dollars = $60.00"
    )
    settings = RiskSettings.model_validate({"position_limit_dollars": 150})
    assert "10% of bankroll" in refusals(TestDesk(), intent(buy(yes(RAIN), 201)), settings)["position_limit"].limit


def test_what_was_approved_in_the_same_turn_counts() -> None:
    desk = TestDesk()
    approve(desk, intent(buy(yes(RAIN), 150)))
    assert "position_limit" in refusals(desk, intent(buy(no(RAIN), 51), name="i2"))
    assert refusals(desk, intent(buy(no(RAIN), 50), name="i2")) == {}


def test_an_unknown_order_counts_as_if_it_would_fill() -> None:
    desk = TestDesk()
    wanted = intent(buy(yes(RAIN), 150))
    approve(desk, wanted)
    order = Order(id=OrderId("o"), intent=wanted.id, leg=wanted.legs[0], created=desk.now).after(Report.SENT)
    desk.exposure.order_changed(order.after(Report.TIMEOUT))
    desk.exposure.release(wanted.id)
    assert "position_limit" in refusals(desk, intent(buy(yes(RAIN), 51), name="i2"))


def test_a_venue_may_hold_half_of_the_bankroll() -> None:
    desk = TestDesk(RiskSettings.model_validate({"position_limit": "100%"}))
    wide = RiskSettings.model_validate({"position_limit": "100%"})
    legs = buy(yes(RAIN), 600), buy(yes(WIND), 401)
    refusal = refusals(desk, intent(*legs), wide)["venue_limit"]
    assert (refusal.limit, refusal.found) == ("venue_limit 50% of bankroll = $500.00", "$500.50")
    assert "polymarket" in refusal.message
    assert refusals(desk, intent(buy(yes(RAIN), 600), buy(yes(SUN), 401)), wide) == {}


def test_all_that_is_deployed_stays_within_the_bankroll() -> None:
    wide = RiskSettings.model_validate({"position_limit": 1, "venue_limit": 1, "deployed_limit_dollars": 700})
    desk = TestDesk(wide)
    approved = intent(buy(yes(RAIN), 1_000))
    assert refusals(desk, approved, wide) == {}
    desk.exposure.reserve(approved)
    refusal = refusals(desk, intent(buy(yes(SUN), 401), name="i2"), wide)["deployed_limit"]
    assert (refusal.limit, refusal.found) == ("deployed_limit_dollars = $700.00", "$700.50")


def test_cash_at_hand_limits_what_is_deployed_when_it_is_less_than_the_bankroll() -> None:
    wide = RiskSettings.model_validate({"position_limit": 1, "venue_limit": 1})
    desk = TestDesk(wide)
    desk.ledger.apply(Withdrawal(Money(900 * DOLLAR)))
    assert refusals(desk, intent(buy(yes(SUN), 200)), wide).keys() == {"ratcheting_stop", "daily_loss"}
    refusal = refusals(desk, intent(buy(yes(SUN), 201)), wide)["deployed_limit"]
    assert (refusal.limit, refusal.found) == ("cash at hand = $100.00", "$100.50")


def test_equity_at_the_floor_refuses_opening_but_lets_reductions_through() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 200)
    desk.hold(yes(WIND), 800)
    desk.quote(yes(WIND), 2_500, 2_600)  # 1,000 - 2 - 200 is below the floor of 800
    refusal = refusals(desk, intent(buy(yes(SUN), 1)))["ratcheting_stop"]
    assert refusal.limit == "ratcheting_stop 20% below $1000.00"
    assert refusals(desk, intent(sell(yes(RAIN), 200))) == {}


def test_what_could_be_lost_in_flight_counts_against_the_floor_and_the_day() -> None:
    desk = TestDesk()
    approve(desk, intent(buy(yes(RAIN), 1), max_loss=60 * DOLLAR))
    assert refusals(desk, intent(buy(yes(SUN), 1), name="i2", max_loss=40 * DOLLAR)) == {}
    refused = refusals(desk, intent(buy(yes(SUN), 1), name="i2", max_loss=40 * DOLLAR + 1))
    assert list(refused) == ["daily_loss"]
    assert refused["daily_loss"].limit == "daily_loss 10% of bankroll = $100.00"
    assert "ratcheting_stop" in refusals(desk, intent(buy(yes(SUN), 1), name="i2", max_loss=140 * DOLLAR))


def test_positions_without_a_price_refuse_opening_where_the_floor_cannot_be_shown_to_hold() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 500)
    del desk.books[yes(RAIN)]
    refused = refusals(desk, intent(buy(yes(SUN), 1)))
    assert "1 positions have no price" in refused["high_water_mark"].message
    small = TestDesk()
    small.hold(yes(RAIN), 10)
    del small.books[yes(RAIN)]
    assert refusals(small, intent(buy(yes(SUN), 1))) == {}


def test_a_pause_refuses_opening_until_the_next_utc_day() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 200)
    assert desk.drawdown.observe(desk.now, Money(900 * DOLLAR), Money(900 * DOLLAR)) is None
    assert "paused until the next UTC day" in refusals(desk, intent(buy(yes(SUN), 1)))["daily_loss"].message
    assert refusals(desk, intent(sell(yes(RAIN), 200))) == {}


def test_a_halt_refuses_opening_and_lets_reductions_through() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 100)
    desk.halt = "somebody said so"
    assert "somebody said so" in refusals(desk, intent(buy(yes(SUN), 1)))["halted"].message
    assert refusals(desk, intent(sell(yes(RAIN), 100))) == {}
    assert "halted" in refusals(desk, intent(sell(yes(RAIN), 101)))


def test_buying_the_other_side_of_what_is_held_reduces_and_more_of_it_opens() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 50)
    desk.halt = "stop"
    assert refusals(desk, intent(buy(no(RAIN), 50))) == {}
    assert "halted" in refusals(desk, intent(buy(no(RAIN), 51)))


def test_what_is_held_can_be_reduced_once_not_twice() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 50)
    desk.halt = "stop"
    approve(desk, intent(sell(yes(RAIN), 30)))
    assert "halted" in refusals(desk, intent(sell(yes(RAIN), 21), name="i2"))
    assert "halted" in refusals(desk, intent(buy(no(RAIN), 21), name="i2"))
    assert "halted" in refusals(desk, intent(sell(yes(RAIN), 20), buy(no(RAIN), 1), name="i2"))
    approve(desk, intent(buy(no(RAIN), 20), name="i2"))
    assert "halted" in refusals(desk, intent(buy(no(RAIN), 1), name="i3"))


def test_a_name_that_sounds_like_a_way_home_opens_no_door() -> None:
    desk = TestDesk()
    desk.halt = "stop"
    disguised = msgspec.structs.replace(intent(buy(yes(RAIN), 1)), kind="way_home", strategy="execution/home")
    assert "halted" in refusals(desk, disguised)


def test_a_price_older_than_five_seconds_is_refused() -> None:
    desk = TestDesk()
    desk.now = Nanos(desk.now + 5 * SECOND)
    fresh = intent(buy(yes(RAIN), 1), at=desk.now)
    assert refusals(desk, fresh) == {}
    desk.now = Nanos(desk.now + 1)
    refusal = refusals(desk, fresh)["stale_price"]
    assert (refusal.limit, refusal.found) == ("stale_price 5.00s", "5.000000001s")


def test_an_old_decision_is_refused_even_on_fresh_books() -> None:
    desk = TestDesk()
    assert (
        "the intent itself"
        in refusals(desk, intent(buy(yes(RAIN), 1), at=Nanos(desk.now - 6 * SECOND)))["stale_price"].message
    )


def test_a_lost_or_missing_book_is_refused() -> None:
    desk = TestDesk()
    desk.books[yes(RAIN)].lose("a message was lost")
    assert "stale_price" in refusals(desk, intent(buy(yes(RAIN), 1)))
    del desk.books[yes(SUN)]
    assert "stale_price" in refusals(desk, intent(buy(yes(SUN), 1)))


def test_a_book_that_has_not_changed_for_an_hour_takes_no_opening_order() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 1)
    desk.now = desk.last_frame = Nanos(desk.now + 3_601 * SECOND)
    late = intent(buy(yes(RAIN), 1), at=desk.now, oldest=desk.now)
    assert refusals(desk, late)["stale_price"].limit == "unchanged_book 3600.00s"
    assert refusals(desk, intent(sell(yes(RAIN), 1), at=desk.now)) == {}
    desk.quote(yes(RAIN), 4_900, 5_000)
    assert refusals(desk, late) == {}


@pytest.mark.parametrize(("side", "limit"), [(Side.BUY, 5_500), (Side.SELL, 4_400)])
def test_a_limit_within_the_allowed_slippage_passes_and_one_tick_further_does_not(side: Side, limit: int) -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 10)
    expected = 5_000 if side is Side.BUY else 4_900
    outcome = yes(SUN)
    step = 100 if side is Side.BUY else -100
    make = buy if side is Side.BUY else sell
    assert refusals(desk, intent(make(outcome, 10, limit, expected))) == {}
    assert "slippage_guard" in refusals(desk, intent(make(outcome, 10, limit + step, expected)))


def test_a_strategy_cannot_talk_the_guard_into_a_bad_price() -> None:
    refusal = refusals(TestDesk(), intent(buy(yes(RAIN), 10, limit=9_000, expected=9_000)))["slippage_guard"]
    assert refusal.found == "$0.40"
    refusal = refusals(TestDesk(), intent(sell(yes(RAIN), 10, limit=2_000, expected=2_000)))["slippage_guard"]
    assert refusal.found == "$0.29"


def test_slippage_is_measured_against_the_depth_that_the_size_needs() -> None:
    desk = TestDesk()
    desk.quote(yes(RAIN), 4_900, 5_000, contracts=50)
    desk.books[yes(RAIN)].set_level(Side.SELL, Price(6_000), Size(50 * CONTRACT))
    assert refusals(desk, intent(buy(yes(RAIN), 100, limit=6_000, expected=5_500))) == {}
    assert "slippage_guard" in refusals(desk, intent(buy(yes(RAIN), 50, limit=6_000, expected=5_500)))


def test_a_way_out_may_slip_further() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 10)
    assert refusals(desk, intent(sell(yes(RAIN), 10, limit=2_400, expected=4_900))) == {}
    assert refusals(desk, intent(sell(yes(RAIN), 10, limit=2_300, expected=4_900)))["slippage_guard"].limit == (
        "exit_slippage = $0.25"
    )


def test_everything_that_stands_in_the_way_is_reported_at_once() -> None:
    desk = TestDesk()
    desk.halt = "stop"
    desk.now = Nanos(desk.now + 6 * SECOND)
    wanted = intent(buy(yes(RAIN), 3_000, limit=9_000), max_loss=900 * DOLLAR)
    assert list(refusals(desk, wanted)) == [
        "halted",
        "position_limit",
        "venue_limit",
        "deployed_limit",
        "ratcheting_stop",
        "daily_loss",
        "stale_price",
        "slippage_guard",
    ]


def test_what_execution_would_keep_back_is_refused_by_the_name_of_what_stands_in_its_way() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 20)
    desk.blocks[yes(RAIN)] = Block("unknown_order", "order o7 in its market and direction is unknown")
    refusal = refusals(desk, intent(buy(yes(RAIN), 10)))["unknown_order"]
    assert "o7" in refusal.message
    assert "unknown_order" in refusals(desk, intent(sell(yes(RAIN), 10)))  # selling twice is no reduction
    assert refusals(desk, intent(buy(yes(WIND), 10))) == {}
    desk.blocks[yes(WIND)] = Block("venue_state", "polymarket is cancel_only")
    assert "venue_state" in refusals(desk, intent(buy(yes(WIND), 10)))


def test_selling_what_is_not_settled_does_not_count_as_reducing_risk() -> None:
    desk = TestDesk()
    desk.hold(yes(RAIN), 20)
    desk.halt = "a test"
    assert refusals(desk, intent(sell(yes(RAIN), 20))) == {}
    desk.unsettled[yes(RAIN)] = Size(CONTRACT)
    assert "halted" in refusals(desk, intent(sell(yes(RAIN), 20)))
    assert refusals(desk, intent(sell(yes(RAIN), 19))) == {}


def test_nothing_is_opened_shortly_before_a_market_closes_and_what_is_held_may_be_sold() -> None:
    settings = RiskSettings.model_validate({"no_opening_before_close": "1h"})
    desk = TestDesk(settings)
    desk.hold(yes(RAIN), 20)
    closes = Nanos(desk.now + 3_600 * SECOND)
    desk.markets[RAIN] = msgspec.structs.replace(desk.markets[RAIN], closes=closes)
    assert "closes in 3600.00s" in refusals(desk, intent(buy(yes(RAIN), 10)), settings)["before_close"].message
    assert refusals(desk, intent(sell(yes(RAIN), 10)), settings) == {}
    assert refusals(desk, intent(buy(yes(WIND), 10)), settings) == {}
    assert refusals(desk, intent(buy(yes(RAIN), 10))) == {}
    desk.markets[RAIN] = msgspec.structs.replace(desk.markets[RAIN], closes=Nanos(closes + 1))
    assert refusals(desk, intent(buy(yes(RAIN), 10)), settings) == {}


def test_a_plan_works_one_leg() -> None:
    both = intent(buy(yes(RAIN), 10), buy(yes(WIND), 10))
    assert refusals(TestDesk(), both) == {}
    sliced = msgspec.structs.replace(both, plan=PlanKind.TWAP)
    assert "works one leg" in refusals(TestDesk(), sliced)["sound_intent"].message
    assert refusals(TestDesk(), msgspec.structs.replace(intent(buy(yes(RAIN), 10)), plan=PlanKind.TWAP)) == {}
