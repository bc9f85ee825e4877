"""How each plan places its orders, and that a restart in its middle changes nothing."""

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.events import VenueState, VenueStateChanged
from dutchbook.domain.orders import OrderStatus, PlanKind, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, SECOND, Nanos
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import Ending
from tests.execution.plan_rig import Decided, PlanRig, run_to_end
from tests.execution.rig import HERE


def test_a_limit_order_rests_for_five_minutes_and_is_cancelled() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.LIMIT, 10, 49).orders
    assert (order.leg.tif, order.leg.limit, order.leg.size) == (TimeInForce.GTC, 4_900, 10 * CONTRACT)
    rig.report(order.id, Report.ACCEPTED)
    rig.tell(rig.trade(order.id, 4 * CONTRACT))
    rig.pass_time(299)
    assert not any(step.cancels for step in rig.steps)
    rig.pass_time(2, answering=True)
    [end] = rig.ends
    assert (end.ending, end.kept) == (Ending.PART, ((order.leg.outcome, 4 * CONTRACT),))
    assert rig.execution.orders[order.id].status is OrderStatus.CANCELLED
    assert not rig.execution.busy("a view")


def test_a_limit_order_that_fills_is_over_at_once_and_nothing_of_it_says_unsold() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.LIMIT, 10, 49).orders
    [end] = rig.tell(rig.trade(order.id, 10 * CONTRACT)).ended
    assert (end.ending, end.result) == (Ending.COMPLETE, -4_900_000)


def test_a_post_only_order_says_so_and_a_refusal_ends_its_plan() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 10, 48).orders
    assert order.leg.post_only
    [end] = rig.report(order.id, Report.REJECTED, "would take").ended
    assert end.ending is Ending.NOTHING


def test_a_market_order_trades_within_its_worst_price_and_gives_up_the_rest() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.MARKET, 100, 70, expected=50).orders
    # Two per cent of 50 cents is a cent: nearer than the limit of the intent.
    assert (order.leg.tif, order.leg.limit) == (TimeInForce.IOC, 5_100)
    rig.tell(rig.trade(order.id, 60 * CONTRACT))
    [end] = rig.report(order.id, Report.CANCELLED).ended
    assert end.ending is Ending.PART


@pytest.mark.parametrize(
    ("side", "limit", "tolerance", "worst"),
    [
        (Side.BUY, 70, "10%", 5_500),
        (Side.BUY, 52, "10%", 5_200),
        (Side.SELL, 30, "10%", 4_500),
        (Side.SELL, 48, "2%", 4_900),
    ],
)
def test_the_worst_price_is_within_the_tolerance_and_never_beyond_the_limit(
    side: Side, limit: int, tolerance: str, worst: int
) -> None:
    rig = PlanRig(ExecutionSettings(slippage_tolerance=tolerance))  # type: ignore[arg-type]
    [order] = rig.want(PlanKind.MARKET, 10, limit, side, expected=50).orders
    assert order.leg.limit == worst


def test_a_twap_trades_five_equal_slices_half_a_minute_apart() -> None:
    rig = PlanRig()
    began = rig.now
    step = rig.want(PlanKind.TWAP, 100, 60)
    times = []
    for _ in range(5):
        [order] = step.orders
        times.append((rig.now - began) / SECOND)
        assert (order.leg.size, order.leg.tif) == (20 * CONTRACT, TimeInForce.IOC)
        step = rig.tell(rig.trade(order.id, order.leg.size))
        if not step.ended:
            rig.pass_time(29.9)
            assert len(rig.sent) == len(times)
            seen = len(rig.steps)
            rig.pass_time(0.2)
            step = next(step for step in rig.steps[seen:] if step.orders)
            rig.now = Nanos(began + len(times) * 30 * SECOND)
    assert times == [0, 30, 60, 90, 120]
    assert rig.ends[0].ending is Ending.COMPLETE


def test_what_a_slice_of_a_twap_misses_is_spread_over_the_later_ones() -> None:
    rig = PlanRig()
    [first] = rig.want(PlanKind.TWAP, 100, 60).orders
    rig.report(first.id, Report.CANCELLED)
    rig.pass_time(31)
    second = rig.sent[-1]
    assert second.leg.size == 25 * CONTRACT
    rig.tell(rig.trade(second.id, 10 * CONTRACT))
    rig.report(second.id, Report.CANCELLED)
    rig.pass_time(30)
    assert rig.sent[-1].leg.size == 30 * CONTRACT


def test_no_slice_follows_one_whose_fate_is_unknown() -> None:
    rig = PlanRig()
    [first] = rig.want(PlanKind.TWAP, 100, 60).orders
    rig.report(first.id, Report.TIMEOUT)
    rig.pass_time(70)
    assert len(rig.sent) == 1
    rig.report(first.id, Report.CANCELLED)
    assert len(rig.sent) == 2  # the third of five slices is due: the second's time has passed
    assert rig.sent[1].leg.size == 33 * CONTRACT


def test_no_slice_follows_one_that_is_still_at_work() -> None:
    rig = PlanRig()
    [first] = rig.want(PlanKind.TWAP, 100, 60).orders
    rig.report(first.id, Report.ACCEPTED)
    rig.pass_time(70)
    assert len(rig.sent) == 1


def test_after_a_restart_a_plan_sends_nothing_before_its_account_is_stated() -> None:
    rig = PlanRig()
    [first] = rig.want(PlanKind.TWAP, 100, 60).orders
    rig.report(first.id, Report.CANCELLED)
    again = PlanRig()
    for line in rig.lines:
        again.execution.relive(line)
    again.now = Nanos(rig.now + 31 * SECOND)
    again._done(again.execution.resume(Nanos(again.now), Nanos(again.now)))
    again.fire(f"plan:{first.intent}", SECOND)
    assert len(again.sent) == 1
    assert again.hear(again.statement()).orders


def test_an_iceberg_shows_a_fifth_and_refills_as_it_fills() -> None:
    rig = PlanRig()
    step = rig.want(PlanKind.LIMIT, 1_200, 49)
    sizes = []
    while step.orders:
        [order] = step.orders
        assert order.leg.tif is TimeInForce.GTC
        sizes.append(order.leg.size // CONTRACT)
        rig.report(order.id, Report.ACCEPTED)
        rig.tell(rig.trade(order.id, CONTRACT))
        assert len(rig.execution.orders.working()) == 1
        step = rig.tell(rig.trade(order.id, order.leg.size - CONTRACT))
    assert sizes == [240, 240, 240, 240, 240]
    assert rig.ends[0].ending is Ending.COMPLETE


def test_below_five_hundred_dollars_an_order_shows_all_of_itself() -> None:
    rig = PlanRig()
    assert rig.want(PlanKind.ICEBERG, 1_000, 49).orders[0].leg.size == 1_000 * CONTRACT


def test_a_part_of_an_iceberg_that_does_not_fill_in_its_time_ends_the_plan() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.ICEBERG, 1_200, 49).orders
    rig.report(order.id, Report.ACCEPTED)
    rig.pass_time(302, answering=True)
    assert rig.ends[0].ending is Ending.NOTHING
    assert len(rig.sent) == 1


def test_a_person_who_cancels_an_order_ends_its_plan() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.ICEBERG, 1_200, 49).orders
    rig.report(order.id, Report.ACCEPTED)
    assert rig.execution.cancel(order.id, Nanos(rig.now)).cancels == (order.id,)
    rig.tell(rig.trade(order.id, order.leg.size))  # it filled before the cancel came
    assert len(rig.sent) == 1
    assert rig.ends[0].ending is Ending.PART


def test_a_person_who_cancels_all_ends_plans_that_have_no_order_at_work() -> None:
    rig = PlanRig()
    [first] = rig.want(PlanKind.TWAP, 100, 60).orders
    rig.report(first.id, Report.CANCELLED)
    rig.execution.cancel_all(Nanos(rig.now))
    rig.pass_time(200)
    assert len(rig.sent) == 1
    assert rig.ends[0].ending is Ending.NOTHING


def test_a_plan_waits_while_its_venue_takes_no_orders() -> None:
    rig = PlanRig()
    rig.hear(VenueStateChanged(HERE, VenueState.CANCEL_ONLY, Nanos(rig.now), "503"))
    step = rig.want(PlanKind.LIMIT, 10, 49)
    assert step.orders == ()
    assert "cancel_only" in step.notes[-1].text
    rig.hear(VenueStateChanged(HERE, VenueState.UP, Nanos(rig.now)))
    rig.pass_time(6)
    assert len(rig.sent) == 1


def test_a_plan_is_over_once_its_fills_are_settled() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.MARKET, 10, 51).orders
    fill = rig.trade(order.id, 10 * CONTRACT, provisional=True)
    assert rig.tell(fill).ended == ()
    assert rig.settle(fill).ended[0].ending is Ending.COMPLETE


def test_a_fill_of_a_twap_that_is_taken_back_is_bought_by_its_later_slices() -> None:
    rig = PlanRig()
    [first] = rig.want(PlanKind.TWAP, 100, 60).orders
    fill = rig.trade(first.id, first.leg.size, provisional=True)
    rig.tell(fill)
    rig.fail(fill)
    rig.pass_time(31)
    assert rig.sent[1].leg.size == 25 * CONTRACT


KINDS = [PlanKind.LIMIT, PlanKind.MARKET, PlanKind.TWAP, PlanKind.ICEBERG, PlanKind.POST_ONLY]


def began(seed: int, plan: PlanKind, settings: ExecutionSettings | None = None) -> Decided:
    rig = Decided(settings)
    rig.seed = seed
    rig.fate = rig.fate_of
    rig.want(plan, 100 if plan is not PlanKind.ICEBERG else 1_200, 49 if seed % 2 else 60, expected=50)
    return rig


@pytest.mark.parametrize("plan", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_venue_does_a_plan_ends_and_never_buys_more_than_was_wanted(plan: PlanKind, seed: int) -> None:
    rig = began(seed, plan)
    run_to_end(rig)
    wanted = rig.sent[0].intent
    assert [end.intents for end in rig.ends] == [(wanted,)]
    bought = sum(order.filled for order in rig.sent)
    assert bought <= (1_200 if plan is PlanKind.ICEBERG else 100) * CONTRACT
    assert bought == sum(held.filled for held in rig.venue.orders.values())
    assert rig.agrees()


@pytest.mark.parametrize("plan", KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_a_restart_at_any_second_ends_with_the_same_orders_and_the_same_result(plan: PlanKind, seed: int) -> None:
    whole = began(seed, plan)
    run_to_end(whole)
    for at in (0, 1, 3, 31, 61, 95):
        rig = began(seed, plan)
        for _ in range(at):
            if rig.execution.working():
                rig.second()
        seconds = rig.seconds
        again = rig.revived()
        again.seed, again.seconds = seed, seconds
        again.fate = again.fate_of
        run_to_end(again)
        ids = [order.id for order in again.sent]
        assert len(ids) == len(set(ids))
        assert {end.intents for end in again.ends} == {end.intents for end in whole.ends}
        assert again.agrees()
        if not any(order.status in (OrderStatus.DEAD, OrderStatus.UNKNOWN) for order in (*whole.sent, *again.sent)):
            assert summary(again) == summary(whole)


def summary(rig: Decided) -> list[tuple[str, int, str, int]]:
    return [(order.id, order.leg.limit, order.status, order.filled) for order in rig.sent]
