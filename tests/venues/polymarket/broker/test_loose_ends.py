"""What the user channel owes is asked for in time, a few times, and no longer once it was heard."""

from itertools import pairwise

import pytest

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.polymarket.loose_ends import PATIENCE, SETTLES, LooseEnds
from dutchbook.venues.polymarket.order_answers import Fate, Judged, Verdict
from dutchbook.venues.trading import Exchange
from tests.venues.polymarket.broker.telling import START, Match, order, order_event, trade, trade_event, trades_page

SENT = order(1)
ID = SENT.venue_id


def at(seconds: float) -> Nanos:
    return Nanos(START + round(seconds * SECOND))


def answered(ends: LooseEnds, **verdict: object) -> None:
    ends.answered((ID,), Judged((Verdict(Fate.ACCEPTED, **verdict),)), START)  # type: ignore[arg-type]


def asked(ends: LooseEnds, seconds: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    overdue = ends.overdue(at(seconds))
    return overdue.trades, overdue.orders


def test_an_order_that_rests_owes_nothing() -> None:
    ends = LooseEnds()
    answered(ends, status="live")
    assert asked(ends, 1_000) == ((), ())


def test_a_trade_that_nobody_told_of_is_asked_for_within_a_second() -> None:
    ends = LooseEnds()
    answered(ends, status="matched", trades=("t",))
    assert asked(ends, 0.4) == ((), ())
    assert asked(ends, 0.6) == (("t",), ())


def test_a_trade_that_was_heard_in_time_is_not_asked_for_until_it_should_have_settled() -> None:
    ends = LooseEnds()
    answered(ends, status="matched", trades=("t",))
    ends.heard(trade_event(SENT, Match("t", 10), "MATCHED"), START)
    assert asked(ends, 100) == ((), ())
    assert asked(ends, SETTLES / SECOND + 1) == (("t",), ())
    ends.heard(trade_event(SENT, Match("t", 10), "CONFIRMED"), at(130))
    assert asked(ends, 10_000) == ((), ())


@pytest.mark.parametrize("over", ["CONFIRMED", "FAILED", "TRADE_STATUS_CONFIRMED"])
def test_a_trade_that_was_over_before_its_order_was_answered_owes_nothing(over: str) -> None:
    ends = LooseEnds()
    ends.heard(trade_event(SENT, Match("t", 10), over), START)
    ends.heard(trade_event(SENT, Match("t", 10), "MATCHED"), START)
    answered(ends, status="matched", trades=("t",))
    assert asked(ends, 10_000) == ((), ())


@pytest.mark.parametrize("status", ["delayed", "unmatched", "matched", "a new word"])
def test_an_order_in_an_uncertain_state_is_asked_for(status: str) -> None:
    ends = LooseEnds()
    answered(ends, status=status)
    assert asked(ends, 0.6) == ((), (ID,))


def test_the_end_of_a_cancelled_order_is_asked_for_unless_the_channel_tells_it() -> None:
    for payload in (None, order_event(SENT, "CANCELLATION", 0, "CANCELED"), order_event(SENT, "CANCELLATION", None)):
        ends = LooseEnds()
        ends.cancelled([ID], START)
        if payload is not None:
            ends.heard(payload, START)
        assert asked(ends, 0.6) == ((), (ID,) if payload is None else ())


def test_an_end_that_names_no_trades_for_what_it_matched_is_asked_about() -> None:
    ends = LooseEnds()
    ends.heard(order_event(SENT, "CANCELLATION", 4, "CANCELED"), START)
    assert asked(ends, 0.6) == ((), (ID,))
    ends = LooseEnds()
    ends.heard(order_event(SENT, "CANCELLATION", 4, "CANCELED", ["t"]), START)
    assert asked(ends, 0.6) == (("t",), ())


def test_it_is_asked_ever_more_rarely_and_not_for_ever() -> None:
    ends = LooseEnds()
    ends.cancelled([ID], START)
    times = [tenth / 10 for tenth in range(2_000) if asked(ends, tenth / 10) != ((), ())]
    assert len(times) == len(PATIENCE)
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps == sorted(gaps)


def test_answers_settle_what_they_list() -> None:
    ends = LooseEnds()
    answered(ends, status="matched", trades=("t",))
    unread = Exchange(path="/data/trades?id=t", status=200, body="{")
    ends.listed([unread, trades_page([trade(SENT, Match("t", 10), "CONFIRMED")])], START)
    assert asked(ends, 10_000) == ((), ())


@pytest.mark.parametrize(
    "payload", [b"", b"[", b"{}", b"[[]]", b'{"event_type":"trade"}', b'{"event_type":"order","id":7}']
)
def test_what_cannot_be_read_settles_nothing(payload: bytes) -> None:
    ends = LooseEnds()
    ends.cancelled([ID], START)
    ends.heard(payload, START)
    assert asked(ends, 0.6) == ((), (ID,))


def test_whoever_waits_for_something_to_be_owed_is_told_each_time_and_sees_that_it_is() -> None:
    told: list[bool] = []
    ends = LooseEnds(lambda: told.append(ends.owing))
    assert not ends.owing
    answered(ends, status="live")
    assert told == []
    answered(ends, status="matched", trades=("t",))
    assert told == [True]
    ends.heard(trade_event(SENT, Match("t", 10), "MATCHED"), START)  # now its settlement is
    assert told == [True, True]
    ends.heard(trade_event(SENT, Match("t", 10), "CONFIRMED"), at(130))
    assert not ends.owing
    ends.cancelled((ID,), at(140))
    assert told == [True, True, True]
    ends.heard(order_event(SENT, "CANCELLATION", 0, "CANCELED"), at(141))
    assert not ends.owing
