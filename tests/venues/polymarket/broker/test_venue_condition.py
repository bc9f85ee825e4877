"""What the venue takes: the worst of what it says, of the dead-man switch and of our trust; told when it changes."""

from dutchbook.domain.events import VenueState
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.polymarket.order_answers import Judged, Mode
from dutchbook.venues.polymarket.venue_condition import MOST_PARDONS, MOST_SILENT, VenueCondition

T = Nanos(1_000 * SECOND)
SILENT, SPOKE, UNSENT = Judged((), answered=False), Judged((), answered=True), Judged((), answered=None)


def state(condition: VenueCondition) -> list[VenueState]:
    return [change.state for change in condition.changes(T)]


def test_nothing_is_told_of_a_venue_that_is_up() -> None:
    assert not state(VenueCondition())


def test_a_mode_is_told_once_with_its_end() -> None:
    condition = VenueCondition()
    condition.learn(Mode(VenueState.POST_ONLY, "post-only mode", 79), T)
    [change] = condition.changes(T)
    assert (change.state, change.until) == (VenueState.POST_ONLY, T + 79 * SECOND)
    condition.learn(Mode(VenueState.POST_ONLY, "post-only mode", 78), Nanos(T + SECOND // 2))
    assert not state(condition)


def test_an_order_that_was_taken_proves_the_venue_up_unless_it_could_not_take() -> None:
    condition = VenueCondition()
    condition.learn(Mode(VenueState.POST_ONLY, "post-only mode", 79), T)
    assert state(condition) == [VenueState.POST_ONLY]
    condition.took(resting=True)
    assert not state(condition)
    condition.took(resting=False)
    assert state(condition) == [VenueState.UP]


def test_an_engine_that_answers_again_is_post_only_first() -> None:
    condition = VenueCondition()
    condition.learn(Mode(VenueState.RESTARTING, "restarts", 9), T)
    assert state(condition) == [VenueState.RESTARTING]
    condition.answers(Nanos(T + 20 * SECOND))
    assert state(condition) == [VenueState.POST_ONLY]
    condition.answers(Nanos(T + 30 * SECOND))
    assert not state(condition)
    condition.answers(Nanos(T + 150 * SECOND))
    assert state(condition) == [VenueState.UP]


def test_a_switch_that_is_not_fed_allows_cancels_alone() -> None:
    condition = VenueCondition()
    condition.heart("timeout")
    assert state(condition) == [VenueState.CANCEL_ONLY]
    condition.took(resting=False)
    assert not state(condition)
    condition.heart("")
    assert state(condition) == [VenueState.UP]


def test_the_worst_counts() -> None:
    condition = VenueCondition()
    condition.learn(Mode(VenueState.POST_ONLY, "post-only mode", 79), T)
    condition.heart("timeout")
    condition.distrust("another name")
    assert state(condition) == [VenueState.DOWN]
    condition.account_read()
    assert state(condition) == [VenueState.CANCEL_ONLY]
    condition.heart("")
    assert state(condition) == [VenueState.POST_ONLY]


def test_trust_that_is_lost_too_often_does_not_return_by_itself() -> None:
    condition = VenueCondition()
    for _ in range(MOST_PARDONS):
        condition.distrust("another name")
        assert state(condition) == [VenueState.DOWN]
        condition.account_read()
        assert state(condition) == [VenueState.UP]
    condition.distrust("another name")
    condition.account_read()
    assert state(condition) == [VenueState.DOWN]


def test_the_circuit_opens_after_five_silences_in_a_row_and_closes_with_one_answer() -> None:
    condition = VenueCondition()
    for _ in range(MOST_SILENT - 1):
        condition.judged(SILENT, T)
    condition.judged(UNSENT, T)
    assert (condition.troubled, state(condition)) == (False, [])
    condition.judged(SILENT, T)
    assert (condition.troubled, state(condition)) == (True, [VenueState.DOWN])
    condition.judged(SPOKE, T)
    assert (condition.troubled, state(condition)) == (False, [VenueState.UP])


def test_silences_with_answers_between_them_open_nothing() -> None:
    condition = VenueCondition()
    for _ in range(20):
        condition.judged(SILENT, T)
        condition.judged(SILENT, T)
        condition.judged(SPOKE, T)
    assert not state(condition)
