"""An order that insists is sent once more as it is where its venue does not find it, and never becomes two."""

from typing import Self

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.events import CancelFailed, OrderMissing, VenueState, VenueStateChanged
from dutchbook.domain.orders import Leg, Order, OrderId, OrderStatus, PlanKind, Report
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Price, Size
from dutchbook.execution.step import Offer, Step
from dutchbook.execution.unknown_orders import MOST_OFFERS
from tests.execution.plan_rig import PlanRig
from tests.execution.rig import HERE
from tests.execution.stage import yes


class Insisting(PlanRig):
    """Its intents insist; what a step offers leaves at once, unless somebody `keeps` it."""

    keeps = False

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.offered: list[tuple[Nanos, OrderId]] = []

    def insist(self, plan: PlanKind = PlanKind.POST_ONLY, *, rests: int = 0) -> Order:
        leg = Leg(yes(0), self.markets[0].id, Side.BUY, Price(4_800), Size(20 * CONTRACT), Price(4_800))
        wanted = msgspec.structs.replace(self.intent("a view", (leg,)), plan=plan, insists=True, rests=Nanos(rests))
        [order] = self.start(wanted).orders
        return order

    def _done(self, step: Step) -> Step:
        step = super()._done(step)
        for offer in step.offers if not self.keeps else ():
            self.lines.append(offer)
            self.offered.append((Nanos(self.now), offer.order))
            self.execution.offered(offer, Nanos(self.now))
            self.fate(self.execution.orders[offer.order])
        return step

    def lost(self) -> Self:
        """Orders vanish on their way."""
        self.fate = lambda _: None
        return self

    def found_again(self) -> Self:
        """They do no longer; a name is taken once."""
        self.fate = lambda order: None if order.id in self.venue.orders else self.venue.take(order)
        return self

    def status(self, order: Order) -> OrderStatus:
        return self.execution.orders[order.id].status


def test_without_an_answer_it_is_asked_for_after_a_second_and_sent_once_more_where_it_is_not_found() -> None:
    rig = Insisting().lost()
    order = rig.insist()
    rig.pass_time(0.9, answering=True)
    assert rig.status(order) is OrderStatus.SENDING
    rig.found_again().pass_time(0.2, answering=True)
    assert [name for _, name in rig.offered] == [order.id]
    rig.pass_time(1, answering=True)
    assert rig.status(order) is OrderStatus.OPEN
    assert len(rig.offered) == 1
    assert rig.execution.blocks(order.leg) is None


def test_after_an_ambiguous_answer_it_is_asked_for_at_once() -> None:
    rig = Insisting().lost()
    order = rig.insist()
    assert rig.report(order.id, Report.TIMEOUT, "HTTP 500").queries == (order.id,)


def test_an_order_that_does_not_insist_is_never_sent_again() -> None:
    rig = Insisting().lost()
    [order] = rig.want(PlanKind.POST_ONLY, 20, 48).orders
    rig.report(order.id, Report.TIMEOUT)
    rig.pass_time(60, answering=True)
    assert rig.status(order) is OrderStatus.DEAD
    assert not rig.offered


def test_it_is_offered_a_few_times_and_proven_absent_thirty_seconds_behind_the_last_offer() -> None:
    rig = Insisting().lost()
    order = rig.insist()
    rig.answer(rig.report(order.id, Report.TIMEOUT))
    rig.pass_time(30, answering=True)
    assert len(rig.offered) == MOST_OFFERS
    last = rig.offered[-1][0]
    while rig.status(order) is OrderStatus.UNKNOWN:
        rig.pass_time(0.5, answering=True)
    assert rig.status(order) is OrderStatus.DEAD
    assert rig.now - last >= 30 * SECOND
    assert len(rig.offered) == MOST_OFFERS


def test_an_answer_to_a_question_from_before_an_offer_proves_nothing() -> None:
    rig = Insisting().lost()
    order = rig.insist()
    rig.report(order.id, Report.TIMEOUT)
    assert rig.hear(OrderMissing(order.id, Nanos(rig.now))).offers == (Offer(order.id, 1),)
    assert rig.hear(OrderMissing(order.id, Nanos(rig.now))).offers == ()


@pytest.mark.parametrize("why", ["withdrawn", "cancelled", "all cancelled", "the venue is not up"])
def test_it_is_not_offered_once(why: str) -> None:
    rig = Insisting().lost()
    order = rig.insist()
    rig.report(order.id, Report.TIMEOUT)
    now = Nanos(rig.now)
    match why:
        case "withdrawn":
            rig._done(rig.execution.withdraw(order.intent, now))
        case "cancelled":
            rig._done(rig.execution.cancel(order.id, now))
        case "all cancelled":
            rig._done(rig.execution.cancel_all(now))
        case _:
            rig.hear(VenueStateChanged(HERE, VenueState.CANCEL_ONLY, now, "says so"))
    assert rig.hear(OrderMissing(order.id, Nanos(now + 1))).offers == ()
    assert rig.status(order) is OrderStatus.UNKNOWN


def test_once_its_venue_is_back_it_is_offered_anew_and_cancelled_if_its_time_is_over() -> None:
    rig = Insisting().lost()
    order = rig.insist(rests=60 * SECOND)
    rig.answer(rig.report(order.id, Report.TIMEOUT))
    rig.pass_time(10, answering=True)
    assert len(rig.offered) == MOST_OFFERS
    rig.hear(VenueStateChanged(HERE, VenueState.DOWN, Nanos(rig.now), "maintenance"))
    rig.pass_time(600, answering=True)
    assert rig.status(order) is OrderStatus.UNKNOWN
    rig.found_again().answer(rig.hear(VenueStateChanged(HERE, VenueState.UP, Nanos(rig.now))))
    assert len(rig.offered) == MOST_OFFERS + 1
    rig.pass_time(1, answering=True)
    assert rig.status(order) is OrderStatus.CANCELLED, "known at once, where a proof would take half a minute"


def test_what_could_not_be_offered_is_proven_absent_all_the_same() -> None:
    rig = Insisting().lost()
    rig.keeps = True
    order = rig.insist()
    rig.report(order.id, Report.TIMEOUT)
    rig.pass_time(70, answering=True)
    assert rig.status(order) is OrderStatus.DEAD


def test_a_cancel_of_it_that_nothing_is_heard_of_is_repeated_after_a_second() -> None:
    rig = Insisting()
    order = rig.insist()
    rig.report(order.id, Report.ACCEPTED)
    assert rig._done(rig.execution.withdraw(order.intent, Nanos(rig.now))).cancels == (order.id,)
    rig.hear(CancelFailed(order.id, Nanos(rig.now), "no answer", ambiguous=True))
    before = len(rig.steps)
    rig.pass_time(1.1)
    assert [step.cancels for step in rig.steps[before:] if step.cancels] == [(order.id,)]


def test_how_often_it_was_offered_survives_a_restart_and_it_waits_for_the_account() -> None:
    rig = Insisting().lost()
    order = rig.insist()
    rig.answer(rig.report(order.id, Report.TIMEOUT))
    rig.pass_time(0.7, answering=True)
    assert len(rig.offered) == 2
    rig.reachable = False
    again = rig.revived()
    again.lost()
    first = again.hear(OrderMissing(order.id, Nanos(again.now)))
    assert first.offers == (), "nothing leaves before the account was stated"
    again.hear(again.statement())
    again.pass_time(60, answering=True)
    assert len(again.offered) == MOST_OFFERS - 2


@given(
    arrives=st.lists(st.booleans(), min_size=1, max_size=4),
    hears=st.lists(st.booleans(), min_size=1, max_size=80),
    fills=st.integers(0, 20),
)
def test_whatever_is_lost_one_order_at_most_comes_of_it_and_its_end_is_known(
    arrives: list[bool], hears: list[bool], fills: int
) -> None:
    rig = Insisting()
    copies = iter(arrives)

    def arrive(order: Order) -> None:
        if next(copies, True) and order.id not in rig.venue.orders:
            rig.venue.take(order)
            if fills:
                rig.trade(order.id, fills * CONTRACT)

    rig.fate = arrive
    order = rig.insist()
    for heard in hears:
        rig.pass_time(0.5, answering=heard)
    rig.pass_time(150, answering=True)
    assert len(rig.offered) <= MOST_OFFERS
    assert rig.status(order) in (OrderStatus.OPEN, OrderStatus.PARTLY_FILLED, OrderStatus.FILLED, OrderStatus.DEAD)
    there = rig.venue.orders.get(order.id)
    assert rig.execution.orders[order.id].filled == (0 if there is None else there.filled)
    assert (rig.status(order) is OrderStatus.DEAD) is (there is None)
