"""Our own orders in the books that we see, whatever is told first."""

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Price
from dutchbook.strategies.reward_maker.shadows import Levels, Shadow, without
from tests.strategies.reward_maker.books import cents, levels

T = Nanos(1_000 * SECOND)
OURS, OTHERS = 20 * CONTRACT, 50 * CONTRACT


def shadow() -> Shadow:
    one = Shadow(OutcomeId("a+"), bid=True, price=cents(45))
    one.sent(OURS, there=OTHERS)
    return one


def test_the_book_may_show_an_order_before_the_venue_accepts_it() -> None:
    one = shadow()
    one.look(OTHERS + OURS, T)
    assert one.shown == OURS


def test_an_accepted_order_is_not_taken_off_a_level_that_does_not_show_it_yet() -> None:
    one = shadow()
    one.confirmed(T)
    one.look(OTHERS, T)
    assert one.shown == 0
    one.look(OTHERS + OURS, Nanos(T + 1))
    assert one.shown == OURS


def test_a_second_after_the_venues_word_the_book_is_taken_to_show_it() -> None:
    one = shadow()
    one.confirmed(T)
    one.look(OURS, T)  # somebody else left at the same time
    assert one.shown == 0
    assert one.settles == T + SECOND
    one.look(OURS, Nanos(T + SECOND))
    assert one.shown == OURS
    assert one.settles is None


def test_a_cancelled_order_is_no_ghost_whichever_is_told_first() -> None:
    for there_first in (True, False):
        one = shadow()
        one.look(OTHERS + OURS, T)
        one.sent(0, there=OTHERS + OURS)
        if there_first:
            one.look(OTHERS, T)
            assert one.over
        else:
            one.confirmed(T)
            one.look(OTHERS + OURS, T)
            assert one.shown == OURS, "the book still shows it, so it is still ours"
            one.look(OTHERS, T)
            assert one.over


def test_a_partial_fill_leaves_the_rest() -> None:
    one = shadow()
    one.look(OTHERS + OURS, T)
    one.sent(5 * CONTRACT, there=OTHERS + OURS)
    one.confirmed(T)
    one.look(OTHERS + 5 * CONTRACT, T)
    assert one.shown == 5 * CONTRACT


def test_an_order_that_is_cancelled_before_the_book_shows_it_still_appears_and_then_goes() -> None:
    one = shadow()
    one.sent(0, there=OTHERS)
    one.look(OTHERS, T)
    assert not one.over
    one.look(OTHERS + OURS, T)
    assert one.shown == OURS, "what appears is ours, though it is withdrawn"
    one.look(OTHERS, T)
    assert one.over


def test_an_order_that_was_refused_is_never_waited_for() -> None:
    one = shadow()
    one.refused()
    assert one.over


def test_others_who_leave_its_level_meanwhile_do_not_hide_it() -> None:
    one = shadow()
    one.look(0, T)
    one.look(OURS, T)
    assert one.shown == OURS, "alone at its price, where fifty stood as it was sent"


def test_others_who_join_meanwhile_do_not_hide_that_it_went() -> None:
    one = shadow()
    one.look(OTHERS + OURS, T)
    one.sent(0, there=OTHERS + OURS)
    one.look(OTHERS + OURS + CONTRACT, T)
    one.look(OTHERS + CONTRACT, T)
    assert one.over


def test_what_was_sent_before_at_its_level_is_shown_first() -> None:
    one = shadow()
    one.look(OTHERS + OURS, T, first=False)
    assert one.shown == 0, "that may be the one before it"
    one.look(OTHERS + OURS, T)
    assert one.shown == OURS


def test_levels_without_ours_lose_what_is_ours_alone() -> None:
    bids = levels([(0.46, 10), (0.45, 70), (0.44, 20)])
    own = {Price(4_500): 20 * CONTRACT, Price(4_400): 20 * CONTRACT}
    assert without(bids, own) == levels([(0.46, 10), (0.45, 50)])
    assert Levels(bids, []).there(bid=True, price=Price(4_500)) == 70 * CONTRACT
    assert Levels(bids, []).there(bid=False, price=Price(4_500)) == 0
