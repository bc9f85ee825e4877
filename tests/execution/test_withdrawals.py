"""A plan that nobody wants any more ends, in whatever state its order is."""

import msgspec

from dutchbook.domain.events import FillMined
from dutchbook.domain.orders import IntentId, PlanKind, Report
from dutchbook.domain.units import CONTRACT, SECOND, Nanos
from dutchbook.domain.wishes import Withdraw
from dutchbook.execution.step import Ending, Step
from tests.execution.plan_rig import PlanRig


def withdrawn(rig: PlanRig, intent: IntentId) -> Step:
    rig.lines.append(Withdraw(intent, "moved"))
    return rig._done(rig.execution.withdraw(intent, Nanos(rig.now)))


def test_an_order_that_rests_is_cancelled_at_once_and_once() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    rig.report(order.id, Report.ACCEPTED)
    assert withdrawn(rig, order.intent).cancels == (order.id,)
    assert withdrawn(rig, order.intent).cancels == ()
    assert rig.tell(rig.trade(order.id, 5 * CONTRACT)).cancels == ()
    rig.report(order.id, Report.CANCELLED)
    [end] = rig.ends
    assert end.ending is Ending.PART


def test_an_order_on_its_way_is_cancelled_as_soon_as_it_is_known_to_rest() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    assert withdrawn(rig, order.intent).cancels == ()
    assert rig.report(order.id, Report.ACCEPTED).cancels == (order.id,)


def test_an_order_in_doubt_is_cancelled_once_it_is_found() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    rig.report(order.id, Report.TIMEOUT)
    assert withdrawn(rig, order.intent).cancels == ()
    assert rig.report(order.id, Report.ACCEPTED).cancels == (order.id,)


def test_what_is_over_or_was_never_there_is_no_matter() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    rig.report(order.id, Report.REJECTED)
    assert len(rig.ends) == 1
    assert withdrawn(rig, order.intent) == Step()
    assert withdrawn(rig, IntentId("nobody's")) == Step()


def test_a_withdrawal_survives_a_restart() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    rig.report(order.id, Report.ACCEPTED)
    withdrawn(rig, order.intent)
    again = PlanRig()
    for line in rig.lines:
        again.execution.relive(line)
    again._done(again.execution.resume(Nanos(again.now), Nanos(again.now)))
    assert order.id in again.hear(again.statement()).cancels


def test_an_order_rests_as_long_as_its_intent_says() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    rig.report(order.id, Report.ACCEPTED)
    rig.pass_time(301)
    assert order.id in [cancelled for step in rig.steps for cancelled in step.cancels]
    long = PlanRig()
    began = long.want(PlanKind.POST_ONLY, 20, 48)
    wanted = msgspec.structs.replace(long.intent("longer", (began.orders[0].leg,)))
    wanted = msgspec.structs.replace(wanted, plan=PlanKind.POST_ONLY, rests=Nanos(3_600 * SECOND))
    [patient] = long.start(wanted).orders
    long.report(patient.id, Report.ACCEPTED)
    long.pass_time(3_500)
    assert patient.id not in [cancelled for step in long.steps for cancelled in step.cancels]
    long.pass_time(101)
    assert patient.id in [cancelled for step in long.steps for cancelled in step.cancels]


def test_a_plan_that_only_waits_for_settlement_frees_what_it_had_reserved() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    rig.report(order.id, Report.ACCEPTED)
    assert rig.tell(rig.trade(order.id, 5 * CONTRACT, provisional=True)).freed == ()
    assert rig.report(order.id, Report.CANCELLED).freed == (order.intent,)
    assert rig.ends == [], "the fill may still be taken back"


def test_what_stands_in_a_block_may_be_sold_and_may_still_be_taken_back() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    rig.report(order.id, Report.ACCEPTED)
    fill = rig.trade(order.id, 20 * CONTRACT, provisional=True)
    rig.tell(fill)
    orders = rig.execution.orders
    assert orders.unsettled(fill.outcome) == 20 * CONTRACT
    for _ in range(2):
        rig.hear(FillMined(order.id, fill.id, Nanos(rig.now)))
        assert orders.unsettled(fill.outcome) == 0
    assert orders.provisional() == (fill,)
    rig.fail(fill)
    assert (orders.unsettled(fill.outcome), orders[order.id].filled) == (0, 0)


def test_a_block_told_after_the_settlement_changes_nothing() -> None:
    rig = PlanRig()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    rig.report(order.id, Report.ACCEPTED)
    fill = rig.trade(order.id, 20 * CONTRACT, provisional=True)
    rig.tell(fill)
    rig.settle(fill)
    rig.hear(FillMined(order.id, fill.id, Nanos(rig.now)))
    assert rig.execution.orders.unsettled(fill.outcome) == 0
