"""The chooser between taking, joining and waiting, and what it learns from what its fills were worth."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill, IntentId, OrderId, OrderStatus, PlanKind, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, Money, Nanos, Price, Size
from dutchbook.execution.markouts import Choice, Markouts
from dutchbook.execution.plans.entry import choose
from dutchbook.execution.plans.progress import Progress, Surroundings
from dutchbook.execution.settings import ExecutionSettings
from tests.execution.plan_rig import PlanRig

SMART = ExecutionSettings(adaptive_pricing=True, slippage_tolerance="20%")  # type: ignore[arg-type]


def chosen(
    bids: dict[int, int],
    asks: dict[int, int],
    *,
    side: Side = Side.BUY,
    mids: tuple[float, ...] = (),
    markouts: Markouts | None = None,
    limit: int = 60,
) -> tuple[Choice, Price | None]:
    rig = PlanRig(SMART)
    rig.show(0, bids, asks)
    rig.want(PlanKind.TWAP, 20, limit, side, expected=50)
    [intent] = rig.execution.working()
    leg = intent.legs[0]
    around = Surroundings(rig.markets[0], rig.book(leg.outcome), rig.depth(leg.outcome, side), SMART, Nanos(rig.now))
    return choose(Progress(intent), around, mids, markouts or Markouts())


def fill(side: Side, price: int) -> Fill:
    return Fill(
        order=OrderId("o"),
        intent=IntentId("i"),
        outcome=OutcomeId("x"),
        market=MarketId("m"),
        side=side,
        price=Price(price),
        size=Size(CONTRACT),
        fee=Money(0),
        at=Nanos(0),
    )


def test_a_wide_spread_in_a_quiet_market_is_worth_queueing_for() -> None:
    assert chosen({40: 100}, {60: 100}) == (Choice.JOIN, 4_000)
    assert chosen({40: 100}, {60: 100}, side=Side.SELL, limit=30) == (Choice.JOIN, 6_000)


def test_a_price_that_runs_away_is_taken() -> None:
    rising = tuple(4_500.0 + 150 * i for i in range(6))
    assert chosen({49: 100}, {50: 100}, mids=rising)[0] is Choice.TAKE
    falling = tuple(5_400.0 - 150 * i for i in range(6))
    assert chosen({49: 100}, {50: 100}, side=Side.SELL, limit=30, mids=falling)[0] is Choice.TAKE


def test_a_price_that_comes_closer_is_waited_for() -> None:
    falling = tuple(5_400.0 - 150 * i for i in range(6))
    assert chosen({49: 100}, {50: 100}, mids=falling)[0] is not Choice.TAKE
    rising = tuple(4_500.0 + 150 * i for i in range(6))
    assert chosen({49: 100}, {50: 100}, side=Side.SELL, limit=30, mids=rising)[0] is not Choice.TAKE


def test_bids_that_outweigh_the_asks_make_taking_likelier() -> None:
    """Both books have the same prices; only what stands behind them differs."""
    rising = tuple(4_700.0 + 30 * i for i in range(6))
    assert chosen({48: 10}, {50: 1_000}, mids=rising)[0] is not Choice.TAKE
    assert chosen({48: 10_000}, {50: 30}, mids=rising)[0] is Choice.TAKE


def test_a_size_that_is_not_there_within_the_worst_price_is_never_taken() -> None:
    rising = tuple(4_500.0 + 150 * i for i in range(6))
    assert chosen({49: 100}, {50: 19, 90: 100}, mids=rising)[0] is not Choice.TAKE


def test_without_a_side_of_the_book_there_is_nothing_but_to_wait() -> None:
    assert chosen({}, {50: 100}) == (Choice.WAIT, None)
    assert chosen({49: 100}, {}) == (Choice.WAIT, None)


def test_joins_that_were_run_over_are_not_chosen_again() -> None:
    markouts = Markouts()
    assert chosen({47: 100}, {50: 100}, markouts=markouts)[0] is Choice.JOIN
    for _ in range(40):
        markouts.ordered(Choice.JOIN, filled=True)
        markouts.judged(Choice.JOIN, fill(Side.BUY, 4_700), 4_850, 4_350)
    assert chosen({47: 100}, {50: 100}, markouts=markouts)[0] is not Choice.JOIN


def test_takes_after_which_the_price_fell_are_not_chosen_where_the_alternative_is_near() -> None:
    markouts = Markouts()
    rising = tuple(4_900.0 + 30 * i for i in range(6))
    assert chosen({49: 100}, {50: 100}, mids=rising)[0] is Choice.TAKE
    for _ in range(100):
        markouts.judged(Choice.TAKE, fill(Side.BUY, 5_000), 4_950, 4_700)
    assert chosen({49: 100}, {50: 100}, mids=rising, markouts=markouts)[0] is not Choice.TAKE


@given(st.sampled_from(Side), st.integers(1, 9_999), st.integers(1, 9_999), st.integers(1, 9_999))
def test_a_markout_is_what_the_fill_gained_and_what_of_it_came_later(
    side: Side, price: int, then: int, later: int
) -> None:
    markouts = Markouts()
    markouts.judged(Choice.JOIN, fill(side, price), then, later)
    [stat] = [stat for stat in markouts.stats() if stat.choice is Choice.JOIN]
    sign = 1 if side is Side.BUY else -1
    assert stat.mean == sign * (later - price)
    assert stat.after == sign * (later - then)
    assert stat.mean - stat.after == sign * (then - price)


def test_a_join_rests_without_taking_and_moves_when_the_best_price_does() -> None:
    rig = PlanRig(SMART)
    rig.show(0, {40: 100}, {60: 100})
    [order] = rig.want(PlanKind.LIMIT, 20, 60, expected=50).orders
    assert (order.leg.post_only, order.leg.limit, order.leg.tif) == (True, 4_000, TimeInForce.GTC)
    rig.report(order.id, Report.ACCEPTED)
    rig.pass_time(20, answering=True)
    assert len(rig.sent) == 1
    rig.show(0, {42: 100}, {60: 100})
    rig.pass_time(6, answering=True)
    assert rig.execution.orders[order.id].status is OrderStatus.CANCELLED
    assert (rig.sent[1].leg.limit, rig.sent[1].leg.post_only) == (4_200, True)


def test_the_entry_ends_with_its_time_and_is_never_beyond_its_limit() -> None:
    rig = PlanRig(SMART)
    rig.show(0, {40: 100}, {60: 100})
    rig.want(PlanKind.LIMIT, 20, 41, expected=41)
    for cents in (38, 40, 44, 39, 41) * 14:
        rig.show(0, {cents: 100}, {cents + 10: 100})
        rig.pass_time(5, answering=True)
    assert rig.ends
    assert rig.sent
    assert all(order.leg.limit <= 4_100 for order in rig.sent)


def test_what_fills_were_worth_is_kept_and_shown() -> None:
    rig = PlanRig(SMART)
    rig.show(0, {40: 100}, {60: 100})
    [order] = rig.want(PlanKind.LIMIT, 20, 60, expected=50).orders
    rig.report(order.id, Report.ACCEPTED)
    rig.tell(rig.trade(order.id, order.leg.size))
    rig.show(0, {38: 100}, {58: 100})
    rig.pass_time(31)
    [stat] = [stat for stat in rig.execution.entries() if stat.choice is Choice.JOIN]
    assert (stat.orders, stat.filled, stat.fills) == (1, 1, 1)
    assert (stat.mean, stat.after) == (800, -200)
