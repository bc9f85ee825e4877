"""The market channel: what each message becomes, what completes a group, what loses a book."""

import json

import pytest

from dutchbook.domain.book import Level, Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import (
    BookLost,
    BookSnapshot,
    GridChanged,
    GroupClosed,
    LevelSet,
    LevelsSet,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    TopQuoted,
    TradePrinted,
)
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import MarketStatus, PolymarketFees, PriceGrid
from dutchbook.domain.units import ONE, Nanos, Price, Size
from dutchbook.venues.polymarket.codec import PolymarketCodec
from tests.conftest import protocol_samples
from tests.venues.polymarket.venue_side import (
    CONDITION,
    NO,
    T0,
    YES,
    VenueBook,
    change,
    frame,
    market,
    new_bid,
    pair,
    price_change,
)

LATE = Nanos(10**18)


def synced() -> tuple[PolymarketCodec, VenueBook, VenueBook]:
    """A codec that holds both verified books of the market, and the venue's own."""
    codec = PolymarketCodec([market()])
    yes, no = pair()
    codec.decode(frame([yes.frame(T0), no.frame(T0)]))
    assert (codec.counters.snapshots_checked, codec.counters.snapshots_ok) == (2, 2)
    return codec, yes, no


def test_the_first_frame_is_an_array_of_books_and_the_second_book_completes_the_market() -> None:
    yes, no = pair()
    first, second, closed = PolymarketCodec([market()]).decode(frame([yes.frame(T0), no.frame(T0)]))
    assert isinstance(first, BookSnapshot)
    assert isinstance(second, BookSnapshot)
    assert (first.outcome, first.complete, second.complete) == (YES, False, False)
    assert first.bids == (Level(Price(4000), Size(100_000_000)), Level(Price(4100), Size(25_500_000)))
    assert first.asks == (Level(Price(6000), Size(10_000_000)), Level(Price(4300), Size(7_000_000)))
    assert first.at == T0 * 1_000_000
    assert closed == GroupClosed((OutcomeId(YES), OutcomeId(NO)), Nanos(0))


def test_a_change_of_both_tokens_with_matching_hashes_is_complete_at_once() -> None:
    codec, yes, no = synced()
    [event] = codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", T0 + 500), 20))
    assert event == LevelsSet(
        (
            LevelSet(OutcomeId(YES), Side.BUY, Price(4200), Size(12_000_000)),
            LevelSet(OutcomeId(NO), Side.SELL, Price(5800), Size(12_000_000)),
        ),
        received=Nanos(20_000_000),
        at=Nanos((T0 + 500) * 1_000_000),
        complete=True,
    )
    assert (codec.counters.changes_checked, codec.counters.changes_ok) == (2, 2)


def test_a_batch_of_frames_with_one_timestamp_is_looked_at_only_when_its_last_hash_matches() -> None:
    codec, yes, no = synced()
    at = T0 + 500
    for book, side, price in ((yes, "BUY", "0.42"), (no, "SELL", "0.58"), (yes, "BUY", "0.39"), (no, "SELL", "0.61")):
        book.set(side, price, "12")
    halves = [
        price_change([change(yes, "BUY", bid, "12", yes.hash(at)), change(no, "SELL", ask, "12", no.hash(at))], at)
        for bid, ask in (("0.42", "0.58"), ("0.39", "0.61"))
    ]
    [first] = codec.decode(frame(halves[0], 20))
    assert isinstance(first, LevelsSet)
    assert not first.complete
    assert codec.counters.changes_checked == 0
    second, closed = codec.decode(frame(halves[1], 21))
    assert isinstance(second, LevelsSet)
    assert not second.complete
    assert closed == GroupClosed((OutcomeId(YES), OutcomeId(NO)), Nanos(21_000_000))
    assert (codec.counters.changes_checked, codec.counters.changes_ok) == (2, 2)
    assert not codec.flush(LATE)


def test_a_missed_change_loses_both_books_at_the_end_of_the_group() -> None:
    codec, yes, no = synced()
    new_bid(yes, no, "0.3", "0.7", "50", T0 + 400)
    [event] = codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", T0 + 500), 20))
    assert isinstance(event, LevelsSet)
    assert not event.complete
    assert not codec.flush(Nanos(25_000_000))
    [lost] = codec.flush(Nanos(25_000_001))
    assert isinstance(lost, BookLost)
    assert (lost.outcomes, lost.received) == ((YES, NO), 25_000_000)
    assert (codec.counters.changes_checked, codec.counters.changes_ok, codec.counters.gaps) == (2, 0, 2)


def test_a_lost_book_is_decoded_unchecked_until_its_next_snapshot_whatever_the_age() -> None:
    codec, yes, no = synced()
    old_yes, old_no = yes.frame(T0 + 1), no.frame(T0 + 1)
    codec.decode(frame(price_change([change(yes, "BUY", "0.42", "12", "0" * 40)], T0 + 500), 20))
    [lost, levels] = codec.decode(frame(new_bid(yes, no, "0.3", "0.7", "50", T0 + 600), 40))
    assert isinstance(lost, BookLost)
    assert lost.outcomes == (YES,)
    assert isinstance(levels, LevelsSet)
    assert len(levels.changes) == 2
    checked = codec.counters.changes_checked
    codec.decode(frame([old_yes, old_no], 60))
    assert codec.counters.resyncs == 1
    assert codec.counters.stale == 1, "the other token's book was whole, and newer"
    assert codec.counters.changes_checked == checked


def test_a_wrong_snapshot_is_no_book() -> None:
    codec, yes, _ = synced()
    bad = {**yes.frame(T0 + 9), "hash": "f" * 40}
    [lost] = codec.decode(frame(bad, 20))
    assert isinstance(lost, BookLost)
    assert (codec.counters.snapshots_checked, codec.counters.snapshots_ok) == (3, 2)


def test_a_later_timestamp_closes_the_group_before_its_own_events() -> None:
    codec, yes, no = synced()
    codec.decode(frame(yes.frame(T0 + 5), 20))
    closed, event = codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", T0 + 6), 21))
    assert closed == GroupClosed((OutcomeId(YES),), Nanos(21_000_000))
    assert isinstance(event, LevelsSet)
    assert event.complete


def test_groups_of_other_markets_close_when_their_grace_is_over() -> None:
    other = market("3000", "4000", "0xbb")
    codec = PolymarketCodec([market(), other])
    yes, _ = pair()
    codec.decode(frame(yes.frame(T0)))
    quote = {"event_type": "best_bid_ask", "market": "0xbb", "asset_id": "3000", "best_bid": "", "best_ask": "1"}
    closed, top = codec.decode(frame({**quote, "timestamp": str(T0)}, 30))
    assert closed == GroupClosed((OutcomeId(YES),), Nanos(5_000_000))
    assert top == TopQuoted(OutcomeId("3000"), None, None, Nanos(30_000_000), Nanos(T0 * 1_000_000))


def test_without_verification_groups_close_by_time_alone() -> None:
    codec = PolymarketCodec([market()], verify=False)
    yes, no = pair()
    [first] = codec.decode(frame({**yes.frame(T0), "hash": "wrong"}))
    assert isinstance(first, BookSnapshot)
    assert not first.complete
    codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", T0), 1))
    assert codec.flush(LATE) == [GroupClosed((OutcomeId(YES), OutcomeId(NO)), Nanos(6_000_000))]
    assert codec.counters.snapshots_checked == codec.counters.changes_checked == codec.counters.gaps == 0


def test_only_watched_outcomes_have_their_changes_checked() -> None:
    codec = PolymarketCodec([market()], watched=[OutcomeId(YES)])
    yes, no = pair()
    codec.decode(frame([yes.frame(T0), no.frame(T0)]))
    wrong = new_bid(yes, no, "0.42", "0.58", "12", T0 + 500)
    wrong["price_changes"][1]["hash"] = "0" * 40  # type: ignore[index]
    [event] = codec.decode(frame(wrong, 20))
    assert isinstance(event, LevelsSet)
    assert event.complete
    assert (codec.counters.snapshots_ok, codec.counters.changes_checked, codec.counters.changes_ok) == (2, 1, 1)


def test_the_price_of_a_later_print_is_tried_when_the_known_one_fails() -> None:
    codec, yes, no = synced()
    trade = {"event_type": "last_trade_price", "market": CONDITION, "asset_id": YES, "price": "0.43", "size": "2.46",
             "side": "BUY", "timestamp": str(T0 + 100), "transaction_hash": "0xabc", "fee_rate_bps": ""}  # fmt: skip
    [printed] = codec.decode(frame(trade, 10))
    assert printed == TradePrinted(
        OutcomeId(YES),
        Price(4300),
        Size(2_460_000),
        Side.BUY,
        Nanos(10_000_000),
        Nanos((T0 + 100) * 1_000_000),
        "0xabc",
    )
    [before] = codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", T0 + 200), 20))
    yes.last = no.last = "0.430"
    [after] = codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "13", T0 + 300), 30))
    assert isinstance(before, LevelsSet)
    assert isinstance(after, LevelsSet)
    assert before.complete
    assert after.complete
    assert codec.counters.changes_ok == 4


def test_a_new_tick_size_makes_the_book_wait_for_its_snapshot() -> None:
    codec, yes, _ = synced()
    message = {"event_type": "tick_size_change", "market": CONDITION, "asset_id": YES, "timestamp": str(T0 + 1),
               "old_tick_size": "0.01", "new_tick_size": "0.001"}  # fmt: skip
    grid, lost = codec.decode(frame(message, 10))
    assert isinstance(grid, GridChanged)
    assert (grid.market, grid.grid) == (CONDITION, PriceGrid.uniform(Price(10)))
    assert isinstance(lost, BookLost)
    assert lost.outcomes == (YES,)
    yes.tick = "0.001"
    events = codec.decode(frame(yes.frame(T0 + 2), 20))
    assert [type(event) for event in events] == [BookSnapshot]
    assert codec.counters.resyncs == 1
    late = {**message, "timestamp": str(T0 + 2)}
    assert not codec.decode(frame(late, 21)), "the book has this grid already"
    assert not codec.decode(frame({**message, "new_tick_size": "0.01", "old_tick_size": "0.1"}, 22)), "older than it"
    assert codec.counters.stale == 1


def test_a_tick_size_change_that_changes_nothing_keeps_the_book() -> None:
    codec, _, _ = synced()
    message = {"event_type": "tick_size_change", "market": CONDITION, "asset_id": YES, "timestamp": str(T0 + 1),
               "old_tick_size": "0.01", "new_tick_size": "0.01"}  # fmt: skip
    assert not codec.decode(frame(message, 10))
    assert codec.counters.gaps == 0


def test_a_snapshot_with_another_tick_size_tells_the_new_grid() -> None:
    codec, yes, _ = synced()
    yes.tick = "0.001"
    grid, book = codec.decode(frame(yes.frame(T0 + 2), 20))
    assert isinstance(grid, GridChanged)
    assert isinstance(book, BookSnapshot)


def test_frames_older_than_the_book_are_dropped_and_counted() -> None:
    codec, yes, no = synced()
    newer = [yes.frame(T0 + 100), no.frame(T0 + 100)]
    stale = new_bid(yes, no, "0.42", "0.58", "12", T0 + 50)
    codec.decode(frame(newer, 20))
    assert not codec.decode(frame(stale, 21))
    assert not codec.decode(frame(yes.frame(T0 + 60), 22))
    assert codec.counters.stale == 3


def test_rest_bodies_are_books_that_carry_their_own_terms() -> None:
    codec = PolymarketCodec([])
    yes, no = pair("0.590")
    assert codec.decode(frame(yes.body(T0), source="polymarket/rest"))
    assert codec.decode(frame([no.body(T0)], source="polymarket/rest"))
    assert (codec.counters.snapshots_checked, codec.counters.snapshots_ok) == (2, 2)
    [event] = codec.decode(frame(new_bid(yes, no, "0.42", "0.58", "12", T0 + 500), 20))
    assert isinstance(event, LevelsSet)
    assert event.complete


def test_one_sided_and_empty_books_are_books() -> None:
    codec = PolymarketCodec([market()])
    [book] = codec.decode(frame(VenueBook(YES, [("0.99", "5")], []).frame(T0)))
    assert isinstance(book, BookSnapshot)
    assert (len(book.bids), book.asks) == (1, ())
    assert codec.decode(frame(VenueBook(NO, [], []).frame(T0)))
    assert codec.counters.snapshots_ok == 2


def test_a_boundary_price_without_size_is_no_quote_and_with_size_a_fault() -> None:
    codec, yes, _ = synced()
    hollow = change(yes, "SELL", "1", "0", yes.hash(T0 + 1))
    real = change(yes, "BUY", "0.41", "25.5", yes.hash(T0 + 1))
    [event] = codec.decode(frame(price_change([hollow, real], T0 + 1), 10))
    assert isinstance(event, LevelsSet)
    assert [level.price for level in event.changes] == [4100]
    assert event.complete
    with pytest.raises(WireError, match="0 or 1 dollar"):
        codec.decode(frame(price_change([{**hollow, "size": "3"}], T0 + 2), 20))


def test_one_asset_twice_in_a_frame_ends_in_its_last_state() -> None:
    codec, yes, _ = synced()
    yes.set("BUY", "0.42", "3")
    rows = [change(yes, "BUY", "0.42", size, yes.hash(T0 + 1)) for size in ("9", "3")]
    [event] = codec.decode(frame(price_change(rows, T0 + 1), 10))
    assert isinstance(event, LevelsSet)
    assert event.complete
    assert (codec.counters.changes_checked, codec.counters.changes_ok) == (1, 1)
    twice = codec.decode(frame([yes.frame(T0 + 2), yes.frame(T0 + 2)], 20))
    assert [type(event) for event in twice] == [BookSnapshot, BookSnapshot]
    assert codec.counters.snapshots_ok == 3, "two from the start, one for this group"


def test_frames_until_september_2025_have_one_token_each() -> None:
    codec = PolymarketCodec([], verify=False)
    flat = (protocol_samples("polymarket/nautilus_trader/ws") / "price_change.json").read_bytes()
    [event] = codec.decode(frame(flat))
    assert isinstance(event, LevelsSet)
    [level] = event.changes
    assert (level.side, level.price, level.size) == (Side.SELL, 5140, 21_574_080_000)
    listed = {
        "event_type": "price_change",
        "market": "0xaa",
        "asset_id": "7",
        "hash": "",
        "timestamp": str(T0),
        "changes": [{"price": "0.5", "size": "1", "side": "BUY"}, {"price": "0.6", "size": "0", "side": "SELL"}],
    }
    [*_, second] = codec.decode(frame(listed, 50))  # fmt: skip
    assert isinstance(second, LevelsSet)
    assert [(level.price, level.size) for level in second.changes] == [(5000, 1_000_000), (6000, 0)]


def test_a_book_without_the_terms_of_its_hash_is_taken_on_trust_and_counted_so() -> None:
    codec = PolymarketCodec([])
    payload = (protocol_samples("polymarket/nautilus_trader/ws") / "book.json").read_bytes()
    [book] = codec.decode(frame(payload))
    assert isinstance(book, BookSnapshot)
    assert not book.complete
    assert (codec.counters.snapshots_checked, codec.counters.snapshots_unverifiable) == (0, 1)


def test_a_new_market_is_listed_unopened() -> None:
    samples = protocol_samples("polymarket/nautilus_trader/ws")
    message = json.loads((samples / "adapter_ws_market_new_market_msg.json").read_bytes())
    fees = {"exponent": "1", "rate": "0.03", "taker_only": True, "rebate_rate": "0.25"}
    [event] = PolymarketCodec([]).decode(frame({**message, "fees_enabled": True, "fee_schedule": fees}))
    assert isinstance(event, MarketListed)
    assert event.market.status is MarketStatus.UNOPENED
    assert event.market.question == "nvda-above-in-january-2026"
    assert event.market.fees == PolymarketFees(30_000, 1, True, 250_000)
    assert event.market.grid == PriceGrid.uniform(Price(100))


def test_the_winning_token_decides_what_yes_pays() -> None:
    message = {"event_type": "market_resolved", "market": CONDITION, "assets_ids": [YES, NO], "timestamp": str(T0)}
    codec = PolymarketCodec([market()])
    assert codec.decode(frame({**message, "winning_asset_id": YES})) == [MarketResolved(market().id, ONE, Nanos(0))]
    assert codec.decode(frame({**message, "winning_asset_id": NO})) == [MarketResolved(market().id, Price(0), Nanos(0))]
    [closed] = codec.decode(frame({**message, "winning_asset_id": ""}))
    assert isinstance(closed, MarketStatusChanged)
    with pytest.raises(WireError):
        codec.decode(frame({**message, "winning_asset_id": "3"}))
    with pytest.raises(WireError, match="not those of the market"):
        codec.decode(frame({**message, "assets_ids": ["3", "4"], "winning_asset_id": "3"}))


@pytest.mark.parametrize("silence", [b"", b"PONG", b"[]"])
def test_keep_alives_and_empty_frames_say_nothing(silence: bytes) -> None:
    codec = PolymarketCodec([])
    assert not codec.decode(frame(silence))
    assert codec.counters.malformed == 0


def test_unknown_messages_are_counted_and_unknown_fields_ignored() -> None:
    codec, yes, no = synced()
    assert not codec.decode(frame({"event_type": "horoscope", "sign": "ram"}))
    assert codec.counters.unknown_types == {"horoscope": 1}
    message = {"extra": [1], **new_bid(yes, no, "0.42", "0.58", "12", T0 + 500)}
    [event] = codec.decode(frame(message, 20))
    assert isinstance(event, LevelsSet)
    assert event.complete


def test_frames_of_other_feeds_are_none_of_its_business() -> None:
    codec = PolymarketCodec([])
    assert not codec.decode(frame(b"not even JSON", source="binance"))
    assert codec.counters.frames == 0


@pytest.mark.parametrize(
    "field", [{"price": "NaN"}, {"price": "-0.1"}, {"price": "1.5"}, {"price": "0.12345"}, {"price": "\u0660.\u0664"},
              {"size": "inf"}, {"size": "1e3"}, {"size": "0.0000001"}, {"size": "-1"}, {"size": " 1"},
              {"side": "HOLD"}, {"asset_id": "3"}, {"asset_id": "x"}]
)  # fmt: skip
def test_a_frame_with_one_bad_field_changes_nothing(field: dict[str, str]) -> None:
    codec, yes, no = synced()
    codec.learn([market("3", "4", "0xcc")])
    message = new_bid(yes, no, "0.42", "0.58", "12", T0 + 500)
    bad = json.loads(json.dumps(message))
    bad["price_changes"][1] |= field
    with pytest.raises(WireError) as caught:
        codec.decode(frame(bad, 10))
    assert caught.value.frame == frame(bad).payload
    assert codec.counters.malformed == 1
    [event] = codec.decode(frame(message, 20))
    assert isinstance(event, LevelsSet)
    assert event.complete, "the state is as if the bad frame had never come"


def test_a_bad_item_in_an_array_spoils_the_whole_frame() -> None:
    codec = PolymarketCodec([market()])
    yes, no = pair()
    with pytest.raises(WireError):
        codec.decode(frame([yes.frame(T0), {**no.frame(T0), "bids": [{"price": "0.5", "size": "nan"}]}]))
    assert codec.counters.snapshots_checked == 0
    assert len(codec.decode(frame([yes.frame(T0), no.frame(T0)]))) == 3


def test_a_price_named_twice_in_a_book_is_refused() -> None:
    doubled = {**pair()[0].frame(T0), "bids": [{"price": "0.5", "size": "1"}, {"price": "0.50", "size": "2"}]}
    with pytest.raises(WireError, match="twice"):
        PolymarketCodec([market()]).decode(frame(doubled))
