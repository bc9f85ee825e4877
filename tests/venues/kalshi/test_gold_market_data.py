"""Sixteen recorded markets, every message: what the codec makes of them folds into books without a fault."""

from collections import Counter
from collections.abc import Callable

import pytest

from dutchbook.domain.book import Book
from dutchbook.domain.events import BookLost, BookSnapshot, LevelAdded, TradePrinted
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import SequenceKind
from dutchbook.venues.kalshi.captures import FORMATS
from dutchbook.venues.kalshi.codec import KalshiCodec
from tests.conftest import recorded_data


@pytest.mark.needs_data("kalshi-gold15m-ws")
def test_folding_all_files_gives_no_impossible_book(tell: Callable[[str], None]) -> None:
    capture = FORMATS["kalshi-gold15m-ws"]([recorded_data("kalshi-gold15m-ws")])
    assert capture.sequence is SequenceKind.FILTERED
    codec = KalshiCodec(sequence=capture.sequence)
    books: dict[OutcomeId, Book] = {}
    seen: Counter[str] = Counter()
    for frame in capture.frames:
        seen["messages"] += 1
        for event in codec.decode(frame):
            match event:
                case LevelAdded(outcome=outcome):
                    book = books[outcome]
                    book.add(event.side, event.price, event.delta)  # raises if a level fell below zero
                    seen["crossed"] += book.crossed
                case BookSnapshot(outcome=outcome):
                    seen[_resnapshot(books.setdefault(outcome, Book(outcome)), event)] += 1
                    seen["crossed"] += books[outcome].crossed
                case BookLost(outcomes=outcomes):
                    seen["lost"] += len(outcomes)
                case TradePrinted():
                    seen["trades"] += 1
    tell(
        f"gold15m: {seen['messages']:,} messages, {seen['crossed']} crossed books, {seen['equal'] + seen['differs']} "
        f"re-snapshots of which {seen['equal']} equal the folded book and {seen['differs']} differ"
    )
    assert seen["messages"] == capture.total == codec.counters.frames == 788_128
    assert seen["crossed"] == 0
    assert (seen["first"], seen["equal"], seen["differs"]) == (16, 11, 17)
    assert seen["trades"] == 20_556
    # New connections, whose numbers fall: twice on the books' subscription, thrice on that of the trades. The first
    # loses the books of three markets that are over, the second those of eleven, one of them still trading.
    assert codec.counters.gaps == 5
    assert seen["lost"] == 14
    assert codec.counters.resyncs == 1
    assert codec.counters.malformed == 0
    assert not codec.counters.unknown_types


def _resnapshot(book: Book, event: BookSnapshot) -> str:
    """Take the snapshot, and say how it relates to the book folded so far."""
    first, before = not book.usable, (book.bid_sizes, book.ask_sizes)
    book.replace(event.bids, event.asks, event.received)
    if first:
        return "first"
    return "equal" if before == (book.bid_sizes, book.ask_sizes) else "differs"
