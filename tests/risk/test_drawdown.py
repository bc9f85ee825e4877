"""The high-water mark, the stop that ratchets, and the loss of the day."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.events import HaltOrdered
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos
from dutchbook.risk.drawdown import Drawdown, DrawdownState, floor_below
from dutchbook.risk.settings import RiskSettings

MIDNIGHT = Nanos(20_000 * 86_400 * SECOND)
MORNING = Nanos(MIDNIGHT + 8 * 3_600 * SECOND)
TOMORROW = Nanos(MIDNIGHT + 86_400 * SECOND)
WITHOUT_DAILY = RiskSettings.model_validate({"daily_loss": 1})


def dollars(amount: int) -> Money:
    return Money(amount * DOLLAR)


def started(bankroll: int = 500, settings: RiskSettings = WITHOUT_DAILY) -> Drawdown:
    return Drawdown(settings, DrawdownState.start(dollars(bankroll), MORNING))


def seen(drawdown: Drawdown, equity: int, at: Nanos = MORNING) -> HaltOrdered | None:
    return drawdown.observe(at, dollars(equity), dollars(equity))


def test_500_grown_to_800_has_a_floor_of_640_and_halts_there_once() -> None:
    drawdown = started()
    assert (drawdown.high_water, drawdown.floor) == (dollars(500), dollars(400))
    assert seen(drawdown, 800) is None
    assert drawdown.floor == dollars(640)
    assert drawdown.observe(MORNING, Money(640 * DOLLAR + 1), Money(640 * DOLLAR + 1)) is None
    halt = seen(drawdown, 640)
    assert halt is not None
    assert halt.reason == (
        "ratcheting stop: equity $640.00 is at or below $640.00, 20% under its high-water mark of $800.00"
    )
    assert seen(drawdown, 630) is None


def test_the_floor_never_falls_with_equity() -> None:
    drawdown = started()
    seen(drawdown, 800)
    seen(drawdown, 700)
    assert drawdown.floor == dollars(640)


def test_a_deposit_raises_the_mark_and_is_no_profit() -> None:
    drawdown = started()
    seen(drawdown, 800)
    drawdown.cash_moved(dollars(200), dollars(800))
    assert (drawdown.high_water, drawdown.floor, drawdown.bankroll) == (dollars(1_000), dollars(800), dollars(700))
    assert drawdown.equity_at_day_start == dollars(700)
    assert seen(drawdown, 1_000) is None
    assert drawdown.high_water == dollars(1_000)


def test_a_withdrawal_at_the_mark_lowers_it_by_its_amount_and_is_no_loss() -> None:
    drawdown = started(settings=RiskSettings())
    seen(drawdown, 800)
    drawdown.cash_moved(dollars(-300), dollars(800))
    assert (drawdown.high_water, drawdown.floor) == (dollars(500), dollars(400))
    assert seen(drawdown, 500) is None
    assert drawdown.paused(MORNING) is None


def test_a_withdrawal_below_the_mark_neither_trips_the_stop_nor_loosens_it() -> None:
    drawdown = started(800)
    seen(drawdown, 700)
    drawdown.cash_moved(dollars(-600), dollars(700))
    assert seen(drawdown, 100) is None
    assert drawdown.observe(MORNING, Money(92 * DOLLAR), Money(92 * DOLLAR)) is None
    assert seen(drawdown, 91) is not None  # 80 % of 800 x 100 / 700


def test_withdrawals_take_profits_first_and_the_bankroll_never_exceeds_what_is_left() -> None:
    drawdown = started()
    seen(drawdown, 800)
    drawdown.cash_moved(dollars(-200), dollars(800))
    assert drawdown.bankroll == dollars(500)
    drawdown.cash_moved(dollars(-400), dollars(600))
    assert drawdown.bankroll == dollars(200)


def test_everything_may_be_withdrawn() -> None:
    drawdown = started()
    drawdown.cash_moved(dollars(-500), dollars(500))
    assert seen(drawdown, 0) is None
    assert (drawdown.bankroll, drawdown.high_water) == (0, 0)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 1_000)), max_size=30))
def test_cash_flows_alone_never_halt_nor_pause(flows: list[tuple[bool, int]]) -> None:
    drawdown = started(settings=RiskSettings())
    equity = 500
    for out, amount in flows:
        moved = -min(amount, equity) if out else amount
        drawdown.cash_moved(dollars(moved), dollars(equity))
        equity += moved
        assert seen(drawdown, equity) is None
        assert drawdown.bankroll == 0 or drawdown.paused(MORNING) is None
        assert drawdown.high_water == dollars(equity)


def test_a_tenth_of_the_bankroll_lost_in_a_day_pauses_until_the_next_utc_day() -> None:
    drawdown = started(1_000, RiskSettings())
    seen(drawdown, 901)
    assert drawdown.paused(MORNING) is None
    seen(drawdown, 900)
    seen(drawdown, 990)
    assert drawdown.paused(MORNING) is not None
    assert drawdown.paused(Nanos(TOMORROW - 1)) is not None
    assert drawdown.paused(TOMORROW) is None
    seen(drawdown, 890, TOMORROW)
    assert drawdown.equity_at_day_start == dollars(990)
    assert drawdown.paused(TOMORROW) is not None


def test_profit_of_the_day_may_be_lost_again_before_the_day_pauses() -> None:
    drawdown = started(1_000, RiskSettings())
    seen(drawdown, 1_050)
    seen(drawdown, 901)
    assert drawdown.paused(MORNING) is None


def test_the_daily_limit_in_dollars_holds_where_it_is_tighter() -> None:
    drawdown = started(1_000, RiskSettings.model_validate({"daily_loss_dollars": 20}))
    assert drawdown.daily_limit == dollars(20)
    seen(drawdown, 980)
    assert drawdown.paused(MORNING) is not None


def test_unknown_prices_alone_neither_halt_nor_pause_nor_move_the_mark() -> None:
    drawdown = started(1_000, RiskSettings())
    assert drawdown.observe(MORNING, dollars(300), dollars(1_100)) is None
    assert (drawdown.high_water, drawdown.paused(MORNING)) == (dollars(1_000), None)
    assert drawdown.state.last_equity == dollars(1_000)
    assert drawdown.observe(MORNING, dollars(300), dollars(800)) is not None


def test_after_the_stop_a_person_resumes_with_a_new_mark_and_after_another_halt_with_the_old_one() -> None:
    drawdown = started()
    seen(drawdown, 480)
    drawdown.resumed()
    assert drawdown.high_water == dollars(500)
    assert seen(drawdown, 390) is not None
    drawdown.resumed()
    assert (drawdown.high_water, drawdown.floor) == (dollars(390), dollars(312))
    assert seen(drawdown, 350) is None


def test_a_restart_forgets_nothing() -> None:
    before = started(1_000, RiskSettings())
    seen(before, 1_200)
    seen(before, 1_000)
    seen(before, 900)
    after = Drawdown(RiskSettings(), before.state)
    assert (after.high_water, after.state.tripped) == (dollars(1_200), True)
    assert after.paused(MORNING) == before.paused(MORNING) is not None


@given(st.integers(0, 10**15), st.integers(1, 1_000_000))
def test_the_floor_is_rounded_against_risk(mark: int, stop: int) -> None:
    floor = floor_below(Money(mark), stop)
    assert 0 <= floor * 1_000_000 - mark * (1_000_000 - stop) < 1_000_000
