"""The venue's book hash: known vectors, and kept fragments against a hash made from scratch."""

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Level
from dutchbook.domain.units import Price, Size, decimal_text, price_of, size_of
from dutchbook.venues.polymarket import wire
from dutchbook.venues.polymarket.book_hash import (
    HashedBook,
    Terms,
    book_digest,
    digest,
    head_of,
    last_trade_text,
    level_texts,
    stripped,
)
from dutchbook.venues.polymarket.codec import PolymarketCodec
from tests.conftest import protocol_samples
from tests.venues.polymarket.venue_side import T0, YES, VenueBook, frame, market

TERMS = Terms("5", False, "0.01", "")


def book_of(body: dict[str, Any]) -> tuple[wire.Book, Terms]:
    book = msgspec.convert(body, wire.Book, strict=False)
    assert book.min_order_size is not None
    assert book.tick_size is not None
    return book, Terms(book.min_order_size, bool(book.neg_risk), book.tick_size, book.last_trade_price or "")


def hashed(book: wire.Book, terms: Terms) -> HashedBook:
    sides = [tuple(Level(price_of(row.price), size_of(row.size)) for row in rows) for rows in (book.bids, book.asks)]
    return HashedBook(book, sides[0], sides[1], terms)


def test_published_vectors_verify() -> None:
    vectors = json.loads((protocol_samples("polymarket/vectors") / "book_hash.json").read_bytes())
    cases = [vectors["official_sdk_vector"], *vectors["synthetic_sequence"]]
    assert len(cases) == 5
    for case in cases:
        book, terms = book_of(json.loads(case["preimage"]))
        assert book_digest(book, terms) == case["sha1"]
        if case is vectors["official_sdk_vector"]:
            continue  # it lists asks from the lowest, as the venue never does: kept books have the venue's order
        assert hashed(book, terms).digest(book.timestamp) == case["sha1"]


def test_the_observed_change_leads_from_one_hash_to_the_next() -> None:
    observed = json.loads((protocol_samples("polymarket/vectors") / "book_hash.json").read_bytes())[
        "observed_2026_04_28"
    ]
    books = observed["book_frames"]
    known = market(books[0]["asset_id"], books[1]["asset_id"], books[0]["market"])
    codec = PolymarketCodec([known])
    codec.decode(frame(books))
    codec.decode(frame(observed["then_price_change"], 20))
    assert (codec.counters.snapshots_ok, codec.counters.changes_checked, codec.counters.changes_ok) == (2, 2, 2)


def test_a_rest_body_of_june_2026_verifies() -> None:
    body = (protocol_samples("polymarket/microstructure_lab") / "clob_book.json").read_bytes()
    codec = PolymarketCodec([])
    codec.decode(frame(body, source="polymarket/rest"))
    assert codec.counters.snapshots_ok == 1


prices = st.integers(1, 99)
updates = st.lists(st.tuples(st.booleans(), prices, st.integers(0, 10**9)), max_size=60)


@given(updates)
def test_kept_fragments_hash_like_a_book_written_anew(changes: list[tuple[bool, int, int]]) -> None:
    venue = VenueBook(YES, [("0.4", "100")], [("0.6", "10")])
    ours = hashed(msgspec.convert(venue.body(T0), wire.Book, strict=False), TERMS)
    for is_bid, cents, size in changes:
        price, text = decimal_text(cents, 2).rstrip("0"), stripped(Size(size))
        venue.set("BUY" if is_bid else "SELL", price, text or "0")
        set_level = ours.set_bid if is_bid else ours.set_ask
        set_level(Price(cents * 100), size, price, text)
    assert ours.digest(T0 + 1) == venue.hash(T0 + 1)


def test_the_sample_of_1936_books_verifies_once_its_last_trade_is_found(tell: Callable[[str], None]) -> None:
    path = protocol_samples("polymarket/btc5min_database") / "btc-updown-5m-1776327600.book.jsonl.gz"
    tails = [Terms("5", False, "0.01", last_trade_text(decimal_text(mill, 3))).tail() for mill in range(1000)]
    found = total = 0
    last = 500
    for line in gzip.decompress(path.read_bytes()).splitlines():
        total += 1
        book = msgspec.convert(json.loads(line)["frame"], wire.Book, strict=False)
        head, bids, asks = head_of(book.market, book.asset_id), level_texts(book.bids), level_texts(book.asks)
        # The recorder left the price out. It is the same for many books, and then one near by.
        near = (last + sign * step for step in range(1000) for sign in (1, -1) if 0 < last + sign * step < 1000)
        for mill in near:
            if digest(head, book.timestamp, bids, asks, tails[mill]) == book.hash:
                last, found = mill, found + 1
                break
    tell(f"btc5min sample: {found} of {total} books verify")
    assert (found, total) == (1936, 1936)


def test_texts_are_as_the_venue_writes_them() -> None:
    assert [stripped(Size(size)) for size in (5_000_000, 25_500_000, 1, 100_000_000)] == [
        "5",
        "25.5",
        "0.000001",
        "100",
    ]
    assert [last_trade_text(price) for price in ("0.59", "0.585", "0.5", "0.5855")] == [
        "0.590",
        "0.585",
        "0.500",
        "0.5855",
    ]


def test_the_hash_is_the_sha1_of_compact_json() -> None:
    body = VenueBook(YES, [], []).body(T0)
    text = json.dumps({**body, "hash": ""}, separators=(",", ":"))
    book, terms = book_of(body)
    assert book_digest(book, terms) == hashlib.sha1(text.encode()).hexdigest()  # noqa: S324
