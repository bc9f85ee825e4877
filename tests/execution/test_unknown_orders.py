"""How long an unknown order is asked for, and what proves that it does not exist."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.events import OrderMissing, VenueState, VenueStateChanged
from dutchbook.domain.orders import Order, OrderStatus, Report
from dutchbook.domain.units import SECOND, Nanos
from tests.execution.rig import HERE, Rig
from tests.execution.test_order_outcomes import BOOKS, resting, status


def lost(rig: Rig) -> Order:
    """An order that never reached the venue, and whose answer never came."""
    rig.fate = lambda _: None
    order = resting(rig)
    rig.report(order.id, Report.TIMEOUT)
    return order


def test_it_is_asked_for_after_half_a_second_and_then_at_doubling_pauses_up_to_thirty_seconds() -> None:
    rig = Rig(BOOKS)
    order = lost(rig)
    began = rig.now
    rig.pass_time(200)
    times = [at - began for at, asked in rig.asked_for if asked == order.id]
    pauses = [(b - a) / SECOND for a, b in zip([0, *times], times, strict=False)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]
    assert status(rig, order) is OrderStatus.UNKNOWN


def test_it_is_dead_once_three_spread_answers_and_a_later_account_lack_it() -> None:
    rig = Rig(BOOKS)
    order = lost(rig)
    rig.pass_time(29, answering=True)
    assert status(rig, order) is OrderStatus.UNKNOWN
    rig.pass_time(40, answering=True)
    assert status(rig, order) is OrderStatus.DEAD
    notes = [note.text for step in rig.steps for note in step.notes]
    assert any("proven absent" in text and "questions" in text for text in notes)
    assert rig.execution.blocks(order.leg) is None


def test_without_an_account_that_was_asked_for_later_nothing_is_proven() -> None:
    rig = Rig(BOOKS)
    order = lost(rig)
    rig.answers_sweeps = False
    asked_early = rig.statement()
    rig.pass_time(90, answering=True)
    assert rig.swept
    rig.hear(asked_early)
    assert status(rig, order) is OrderStatus.UNKNOWN
    rig.state()
    assert status(rig, order) is OrderStatus.DEAD


def test_answers_while_the_venue_is_not_up_prove_nothing() -> None:
    rig = Rig(BOOKS)
    order = lost(rig)
    rig.hear(VenueStateChanged(HERE, VenueState.RESTARTING, Nanos(rig.now), "425"))
    rig.pass_time(120, answering=True)
    rig.state()
    assert status(rig, order) is OrderStatus.UNKNOWN
    back = rig.hear(VenueStateChanged(HERE, VenueState.UP, Nanos(rig.now)))
    assert back.queries == (order.id,)
    assert back.sweeps == (HERE,)
    rig.answer(back)
    rig.pass_time(25, answering=True)
    assert status(rig, order) is OrderStatus.UNKNOWN
    rig.pass_time(80, answering=True)
    assert status(rig, order) is OrderStatus.DEAD


@given(st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_the_proof_takes_twice_the_slowest_recent_acknowledgement(seconds: list[int]) -> None:
    rig = Rig(BOOKS)
    slow = resting(rig)
    rig.now = Nanos(rig.now + 40 * SECOND)
    rig.report(slow.id, Report.ACCEPTED)
    order = lost(rig)
    first = rig.now
    for gap in seconds:
        rig.hear(OrderMissing(order.id, Nanos(rig.now)))
        rig.now = Nanos(rig.now + gap * SECOND)
    rig.state()
    spread = rig.now - seconds[-1] * SECOND - first
    proven = len(seconds) >= 3 and spread >= 80 * SECOND
    assert (status(rig, order) is OrderStatus.DEAD) is proven


def test_an_order_in_the_account_is_found_and_never_buried() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.TIMEOUT)
    rig.state()
    assert status(rig, order) is OrderStatus.OPEN


def test_an_open_order_that_is_not_found_any_more_becomes_unknown_and_is_proven_absent() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.ACCEPTED)
    del rig.venue.orders[order.id]
    rig.now = Nanos(rig.now + SECOND)
    rig.answer(rig.state())
    assert status(rig, order) is OrderStatus.UNKNOWN
    rig.pass_time(90, answering=True)
    assert status(rig, order) is OrderStatus.DEAD
