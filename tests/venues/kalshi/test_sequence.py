"""A number that does not follow makes the books of its subscription unusable until their next snapshots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookLost, BookSnapshot, LevelAdded, MarketEvent
from dutchbook.domain.ports import SequenceKind
from dutchbook.venues.kalshi.codec import KalshiCodec
from tests.venues.kalshi.venue_side import (
    OTHER,
    OTHER_YES,
    TICKER,
    YES,
    delta,
    frame,
    ok,
    snapshot,
    subscribed,
    trade,
)


def kinds(codec: KalshiCodec, *messages: object) -> list[type]:
    return [type(event) for message in messages for event in codec.decode(frame(message))]


def with_two_books(kind: SequenceKind = SequenceKind.FULL) -> KalshiCodec:
    codec = KalshiCodec(sequence=kind)
    codec.decode(frame(snapshot(1)))
    codec.decode(frame(snapshot(2, ticker=OTHER)))
    return codec


def test_numbers_count_all_markets_of_a_subscription_together() -> None:
    codec = with_two_books()
    assert kinds(codec, delta(3), delta(4, ticker=OTHER), delta(5)) == [LevelAdded] * 3
    assert codec.counters.gaps == 0


def test_a_gap_loses_every_book_of_the_subscription_before_the_change_is_told() -> None:
    codec = with_two_books()
    lost, change = codec.decode(frame(delta(4)))
    assert isinstance(lost, BookLost)
    assert lost.outcomes == (YES, OTHER_YES)
    assert isinstance(change, LevelAdded)
    assert codec.counters.gaps == 1


def test_lost_books_are_told_once_and_come_back_one_by_one() -> None:
    codec = with_two_books()
    assert kinds(codec, delta(9), delta(10), delta(12)) == [BookLost, LevelAdded, LevelAdded, LevelAdded]
    assert codec.counters.gaps == 2
    assert kinds(codec, snapshot(13)) == [BookSnapshot]
    assert codec.counters.resyncs == 1
    lost, _ = codec.decode(frame(delta(15)))
    assert isinstance(lost, BookLost)
    assert lost.outcomes == (YES,)


def test_a_snapshot_after_a_gap_restores_only_its_own_book() -> None:
    lost, book = with_two_books().decode(frame(snapshot(7)))
    assert isinstance(lost, BookLost)
    assert lost.outcomes == (YES, OTHER_YES)
    assert isinstance(book, BookSnapshot)


@pytest.mark.parametrize("seq", [1, 2])
def test_a_falling_or_repeated_number_is_a_gap_even_where_holes_are_none(seq: int) -> None:
    codec = with_two_books(SequenceKind.FILTERED)
    assert kinds(codec, delta(seq)) == [BookLost, LevelAdded]
    assert codec.counters.gaps == 1


@pytest.mark.parametrize("kind", [SequenceKind.FULL, SequenceKind.FILTERED])
def test_after_a_fall_numbers_are_counted_from_there(kind: SequenceKind) -> None:
    codec = with_two_books(kind)
    codec.decode(frame(delta(3)))
    assert kinds(codec, snapshot(1), delta(2), delta(3)) == [BookLost, BookSnapshot, LevelAdded, LevelAdded]
    assert codec.counters.gaps == 1


def test_a_hole_in_a_filtered_capture_is_no_gap() -> None:
    codec = with_two_books(SequenceKind.FILTERED)
    assert kinds(codec, delta(900), delta(9_000)) == [LevelAdded, LevelAdded]
    assert codec.counters.gaps == 0


def test_without_numbers_that_prove_anything_nothing_is_a_gap() -> None:
    codec = with_two_books(SequenceKind.NONE)
    assert kinds(codec, delta(900), delta(1)) == [LevelAdded, LevelAdded]


def test_another_subscriptions_gap_does_not_touch_the_books() -> None:
    codec = with_two_books()
    codec.decode(frame(trade(1)))
    codec.decode(frame(trade(9)))
    assert codec.counters.gaps == 1
    assert kinds(codec, delta(3)) == [LevelAdded]


def test_acknowledgements_and_messages_of_unknown_type_consume_numbers() -> None:
    codec = with_two_books()
    unknown = {"type": "orderbook_hint", "sid": 1, "seq": 4, "msg": {}}
    assert kinds(codec, ok(3, TICKER, OTHER), unknown, delta(5)) == [LevelAdded]
    assert kinds(codec, {**unknown, "seq": 7}) == [BookLost]


def test_a_market_taken_out_of_the_subscription_has_no_book_any_more() -> None:
    [lost] = with_two_books().decode(frame(ok(3, TICKER)))
    assert isinstance(lost, BookLost)
    assert lost.outcomes == (OTHER_YES,)


def test_a_subscription_that_ends_loses_its_books() -> None:
    codec = with_two_books()
    [lost] = codec.decode(frame({"type": "unsubscribed", "id": 11, "sid": 1, "seq": 3}))
    assert isinstance(lost, BookLost)
    assert lost.outcomes == (YES, OTHER_YES)
    assert kinds(codec, subscribed(2), snapshot(1, sid=2)) == [BookSnapshot]
    assert codec.counters.gaps == 0


def test_a_subscription_acknowledged_again_is_a_new_connection() -> None:
    codec = with_two_books()
    codec.decode(frame(trade(1)))
    [lost] = codec.decode(frame(subscribed(1)))
    assert isinstance(lost, BookLost)
    assert lost.outcomes == (YES, OTHER_YES)
    assert kinds(codec, subscribed(2), snapshot(1), delta(2)) == [BookSnapshot, LevelAdded]
    assert codec.counters.gaps == 0


def test_a_new_connection_forgets_all_subscriptions_of_the_one_before() -> None:
    codec = KalshiCodec()
    for sid, name in ((1, TICKER), (2, OTHER)):
        codec.decode(frame(subscribed(sid)))
        codec.decode(frame(snapshot(1, sid=sid, ticker=name)))
    assert kinds(codec, subscribed(1), snapshot(1), subscribed(2), delta(2)) == [BookLost, BookSnapshot, LevelAdded]
    assert kinds(codec, snapshot(1, sid=2, ticker=OTHER)) == [BookSnapshot]
    assert codec.counters.gaps == 0


@pytest.mark.parametrize("code", [10, 25])
def test_a_terminal_error_loses_the_books(code: int) -> None:
    [lost] = with_two_books().decode(frame({"type": "error", "id": 3, "msg": {"code": code, "msg": "overflow"}}))
    assert isinstance(lost, BookLost)
    assert lost.outcomes == (YES, OTHER_YES)
    codec = with_two_books()
    assert codec.decode(frame({"type": "error", "sid": 9, "msg": {"code": code}})) == ()
    assert codec.decode(frame({"type": "error", "id": 3, "msg": {"code": 8}})) == ()
    assert codec.counters.errors == {code: 1, 8: 1}


@given(st.lists(st.tuples(st.sampled_from(["delta", "snapshot", "ok", "junk"]), st.booleans()), max_size=40))
def test_a_book_is_whole_exactly_while_no_number_is_missing_since_its_snapshot(steps: list[tuple[str, bool]]) -> None:
    codec = KalshiCodec()
    seq, whole, believed = 0, False, False
    for kind, dropped in steps:
        seq += 1
        if dropped:
            whole = False  # learned of with the next message only
            continue
        message: object = {"delta": delta(seq), "snapshot": snapshot(seq), "ok": ok(seq, TICKER), "junk": b"{"}[kind]
        try:
            events: tuple[MarketEvent, ...] = tuple(codec.decode(frame(message)))
        except WireError:
            whole = False
            continue
        for event in events:
            if isinstance(event, BookLost):
                believed = False
            elif isinstance(event, BookSnapshot):
                believed = whole = True
        assert believed == whole
