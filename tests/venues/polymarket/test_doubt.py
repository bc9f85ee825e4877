"""What the codec no longer believes: after a frame that it cannot read, a clock set back, or an answer of yesterday."""

from dutchbook.domain.events import BookLost, BookSnapshot, MarketEvent
from dutchbook.venues.polymarket.codec import REST_SOURCE, PolymarketCodec
from tests.venues.polymarket.venue_side import CONDITION, NO, T0, YES, VenueBook, frame, market, new_bid, pair

OTHER = "0x" + "2b" * 32


def synced() -> tuple[PolymarketCodec, VenueBook, VenueBook]:
    """A codec that holds both books of its first market, and knows of a second one."""
    codec = PolymarketCodec([market(), market("3000", "4000", OTHER)])
    yes, no = pair()
    codec.decode(frame([yes.frame(T0), no.frame(T0)]))
    return codec, yes, no


def lost(events: list[MarketEvent]) -> set[str]:
    return {outcome for event in events if isinstance(event, BookLost) for outcome in event.outcomes}


def test_a_frame_that_cannot_be_read_loses_the_books_of_the_market_that_it_names() -> None:
    codec, *_ = synced()
    broken = f'{{"market":"{CONDITION}","price_changes":[{{"asset_id'.encode()
    assert lost(list(codec.doubt(frame(broken, 10)))) == {YES, NO}
    assert codec.counters.gaps == 2


def test_one_that_names_another_market_loses_none_and_one_that_names_none_loses_all() -> None:
    codec, *_ = synced()
    assert codec.doubt(frame(f'{{"market":"{OTHER}","pri'.encode(), 10)) == []
    assert lost(list(codec.doubt(frame(b"{\x00\x00", 10)))) == {YES, NO}


def test_an_unreadable_message_that_is_no_word_on_books_loses_none() -> None:
    codec, *_ = synced()
    strange = {"event_type": "last_trade_price", "market": CONDITION, "price": "many"}
    assert not codec.doubt(frame(strange, 10))
    assert not codec.doubt(frame(b"{", 10, REST_SOURCE))


def test_what_was_doubted_in_the_middle_of_a_group_comes_back_whole() -> None:
    codec, yes, no = synced()
    codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", T0 + 500) | {"timestamp": str(T0 + 501)}, 10))
    assert lost(list(codec.doubt(frame(b"{", 11)))) == {YES, NO}
    events = codec.decode(frame([yes.frame(T0 + 600), no.frame(T0 + 600)], 12))
    assert {event.outcome for event in events if isinstance(event, BookSnapshot)} == {YES, NO}


def test_a_clock_that_is_set_back_loses_the_books_until_whole_ones_come() -> None:
    codec, yes, no = synced()
    back = T0 - 300_000
    assert lost(list(codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", back), 10)))) == {YES, NO}
    codec.decode(frame([yes.frame(back), no.frame(back)], 20))
    assert not lost(list(codec.decode(frame(new_bid(yes, no, "0.43", "0.57", "5", back + 100), 30))))
    assert codec.counters.changes_ok == 2


def test_a_whole_book_from_before_the_clock_was_set_back_is_not_taken_at_its_word() -> None:
    codec, yes, _ = synced()
    events = list(codec.decode(frame(yes.frame(T0 - 300_000), 10)))
    assert lost(events) == {YES, NO}
    assert not any(isinstance(event, BookSnapshot) for event in events)


def test_it_is_told_again_of_books_that_were_lost_already() -> None:
    codec, yes, _ = synced()
    codec.doubt(frame(b"{", 5))
    assert lost(list(codec.decode(frame(yes.frame(T0 - 300_000), 10)))) == {YES, NO}


def test_a_little_disorder_is_no_clock_set_back() -> None:
    codec, yes, no = synced()
    assert not codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", T0 - 900), 10))
    assert codec.counters.stale == 2


def test_a_lost_book_is_not_repaired_by_an_older_one() -> None:
    codec, yes, no = synced()
    old = yes.body(T0)
    codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", T0 + 500), 10))
    codec.doubt(frame(b"{", 11))
    assert lost(list(codec.decode(frame(old, 12, REST_SOURCE)))) == {YES}
    events = codec.decode(frame(yes.body(T0 + 500), 13, REST_SOURCE))
    assert [event.outcome for event in events if isinstance(event, BookSnapshot)] == [YES]
