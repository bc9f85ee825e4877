"""Signs that others know more: what fills were worth later, which way orders flow, and who alone is hit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.orders import IntentId
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Size
from dutchbook.strategies.reward_maker.observations import QuoteRefused
from dutchbook.strategies.reward_maker.toxicity import ASSUMED, Flow, Markouts, Streak
from tests.strategies.reward_maker.books import cents, seen
from tests.strategies.reward_maker.rig import DEEP, Rig

YES, NO = "a+", "a-"
TWENTY = Size(20 * CONTRACT)
CALM: dict[str, Any] = {"jump_threshold": "0", "volatility_check": False, "one_sided_fills": 0, "flow_threshold": "0"}


def at(seconds: float) -> Nanos:
    return Nanos(round(seconds * SECOND))


def markouts(memory: float = 7_200) -> Markouts:
    return Markouts(at(60), at(memory))


def test_a_fill_is_judged_by_the_middle_a_minute_later_and_not_before() -> None:
    judge = markouts()
    judge.observe(2 * cents(47), at(0))
    judge.filled(TWENTY, cents(46), at(0), yes=True)
    judge.observe(2 * cents(42), at(30))
    assert judge.loss(at(59), yes=True) == 0
    # 20 contracts lost 4 cents each; 60 that lost nothing stand beside them.
    assert judge.loss(at(60), yes=True) == cents(4) * TWENTY // (TWENTY + ASSUMED) == cents(1)
    assert judge.loss(at(60), yes=False) == 0


def test_what_moves_the_middle_at_the_end_of_the_minute_comes_too_late() -> None:
    judge = markouts()
    judge.observe(2 * cents(47), at(0))
    judge.filled(TWENTY, cents(46), at(0), yes=True)
    judge.observe(2 * cents(10), at(60.001))
    assert judge.loss(at(61), yes=True) == 0


def test_a_purchase_of_no_is_judged_by_the_other_side_of_the_middle() -> None:
    judge = markouts()
    judge.observe(2 * cents(47), at(0))
    judge.filled(TWENTY, cents(52), at(0), yes=False)
    judge.observe(2 * cents(52), at(10))
    assert judge.loss(at(70), yes=False) == cents(1), "NO was 0.52 and is 0.48"


def test_losses_are_forgotten() -> None:
    judge = markouts(memory=600)
    judge.observe(2 * cents(42), at(0))
    judge.filled(TWENTY, cents(46), at(0), yes=True)
    assert judge.loss(at(60), yes=True) > 0
    assert judge.loss(at(661), yes=True) == 0


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99), st.integers(1, 200)), max_size=12))
def test_a_loss_is_never_more_than_the_worst_fill_and_never_below_nothing(fills: list[tuple[int, int, int]]) -> None:
    judge, worst = markouts(), 0
    for number, (paid, later, size) in enumerate(fills):
        judge.filled(Size(size * CONTRACT), cents(paid), at(100 * number), yes=True)
        judge.observe(2 * cents(later), at(100 * number + 1))
        worst = max(worst, cents(paid) - cents(later))
    assert 0 <= judge.loss(at(100 * len(fills) + 60), yes=True) <= worst


def test_orders_that_leave_the_bid_and_join_the_ask_press_down_and_half_of_it_is_forgotten() -> None:
    flow = Flow(at(10))
    flow.observe(seen([(0.46, 100)], [(0.48, 100)]), at(0))
    flow.observe(seen([(0.46, 40)], [(0.48, 160)]), at(1))
    assert flow.pressure(at(1)) == pytest.approx(-120 / 100)
    assert flow.pressure(at(11)) == pytest.approx(-60 / 100)
    assert flow.calm_at(0.6) == pytest.approx(at(11), abs=SECOND // 100)
    assert flow.pressure(at(300)) == 0


def test_a_book_that_is_gone_is_no_flow() -> None:
    flow = Flow(at(10))
    flow.observe(seen([(0.46, 100)], [(0.48, 100)]), at(0))
    flow.observe(seen([], []), at(1))
    flow.observe(seen([(0.10, 900)], [(0.12, 1)]), at(2))
    assert flow.pressure(at(2)) == 0


def test_fills_of_one_outcome_are_counted_until_the_other_one_fills_or_time_has_passed() -> None:
    streak = Streak(at(600))
    for number, second in enumerate((0, 1, 100)):
        streak.filled(IntentId(f"i{min(number, 1)}"), at(second), yes=True)
    assert streak.count(at(100), yes=True) == 2, "parts of one quote are one"
    assert streak.count(at(100), yes=False) == 0
    assert streak.calm_at == at(600)
    assert streak.count(at(600), yes=True) == 1
    streak.filled(IntentId("i9"), at(601), yes=False)
    assert (streak.count(at(601), yes=True), streak.count(at(601), yes=False)) == (0, 1)


def refusals(rig: Rig) -> set[str]:
    return {line.rule for line in rig.seen() if isinstance(line, QuoteRefused)}


def filled_and_sold(rig: Rig) -> None:
    """The quote for YES fills, and what it bought is sold."""
    rig.fill(rig.one(Side.BUY, YES))
    rig.fill(rig.one(Side.SELL, YES))


def moved(by: float) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """The deep book, so much lower, with more behind it."""
    bids = [*DEEP[0], (0.42, 80), (0.41, 80)]
    asks = [*DEEP[1], (0.52, 80), (0.53, 80)]
    return [(price - by, size) for price, size in bids], [(price - by, size) for price, size in asks]


def test_a_quote_stands_lower_by_what_fills_lose_beyond_what_rewards_pay_for() -> None:
    rig = Rig(markout_allowance="0.005", **CALM)
    rig.quote(*moved(0))
    filled_and_sold(rig)
    rig.quote(*moved(0.07))
    rig.pass_time(61)
    rig.quote(*moved(0))
    # 20 contracts at 0.45 met a middle of 0.40: 5 cents by 80 are 1.25, of which rewards pay for half a cent.
    assert rig.prices() == {YES: cents(44), NO: cents(51)}


def test_where_fills_lose_more_than_the_band_of_the_reward_is_wide_nothing_is_quoted() -> None:
    rig = Rig(markout_allowance="0", **CALM)
    rig.quote(*moved(0))
    filled_and_sold(rig)
    rig.quote(*moved(0.17))
    rig.pass_time(61)
    rig.quote(*moved(0))
    assert YES not in rig.prices()
    assert "markout" in refusals(rig)
    rig.pass_time(2 * 3_600)
    rig.quote(*moved(0))
    assert rig.prices()[YES] == cents(45), "it is forgotten after two hours"


def test_a_quote_is_withdrawn_while_orders_flow_against_it_and_comes_back_by_itself() -> None:
    rig = Rig(**CALM | {"flow_threshold": "1.5"})
    rig.quote(*moved(0))
    bids, asks = moved(0)
    rig.quote([(0.46, 30), *bids[1:]], [(0.48, 300), *asks[1:]])
    assert set(rig.prices()) == {NO}, "whoever presses YES down sells into our bid for it"
    assert refusals(rig) == {"order_flow"}
    rig.pass_time(20)
    assert set(rig.prices()) == {YES, NO}


def test_an_outcome_of_which_three_quotes_filled_in_a_row_is_left_alone_for_a_while() -> None:
    rig = Rig(**CALM | {"one_sided_fills": 3})
    rig.quote(*moved(0))
    for _ in range(3):
        assert set(rig.prices()) == {YES, NO}
        filled_and_sold(rig)
    assert set(rig.prices()) == {NO}
    assert "one_sided" in refusals(rig)
    rig.pass_time(601)
    assert set(rig.prices()) == {YES, NO}


def test_a_fill_of_the_other_outcome_ends_the_row() -> None:
    rig = Rig(**CALM | {"one_sided_fills": 3})
    rig.quote(*moved(0))
    filled_and_sold(rig)
    filled_and_sold(rig)
    rig.fill(rig.one(Side.BUY, NO))
    rig.fill(rig.one(Side.SELL, NO))
    filled_and_sold(rig)
    assert set(rig.prices()) == {YES, NO}


def test_sales_of_what_filled_are_no_purchases_that_lost() -> None:
    rig = Rig(**CALM | {"one_sided_fills": 1})
    rig.find(rig.markets["a"].yes, 20, 45)  # type: ignore[index]
    rig.quote(*moved(0))
    rig.fill(rig.one(Side.SELL, YES))
    assert set(rig.prices()) == {YES, NO}
    assert rig.maker.figures().unhedged == 0
