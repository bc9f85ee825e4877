"""REST order books: bids of both sides, as the book of YES."""

import pytest

from dutchbook.domain.book import Level
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookSnapshot
from dutchbook.domain.units import CONTRACT, Nanos, Price, Size
from dutchbook.venues.kalshi.orderbook import OrderBooks
from tests.conftest import protocol_samples
from tests.venues.kalshi.venue_side import OTHER, OTHER_YES, TICKER, YES

NOW = Nanos(5)


def test_the_demo_book_has_its_no_bid_as_an_ask() -> None:
    body = (protocol_samples("kalshi/rest_demo") / "orderbook__base.json").read_bytes()
    bids = (Level(Price(4_700), Size(3 * CONTRACT)),)
    asks = (Level(Price(5_200), Size(3 * CONTRACT)),)
    assert OrderBooks().one(body, TICKER, NOW) == BookSnapshot(YES, bids, asks, NOW)


@pytest.mark.parametrize("sides", [b"", b'"yes_dollars":null,"no_dollars":null', b'"yes_dollars":[],"no_dollars":[]'])
def test_an_empty_book_is_a_book(sides: bytes) -> None:
    assert OrderBooks().one(b'{"orderbook_fp":{' + sides + b"}}", TICKER, NOW) == BookSnapshot(YES, (), (), NOW)


def test_several_books_come_with_their_tickers() -> None:
    body = b'{"orderbooks":[{"ticker":"%s","orderbook_fp":{}},{"ticker":"%s","orderbook_fp":{}}]}'
    books = OrderBooks().many(body % (TICKER.encode(), OTHER.encode()), NOW)
    assert [book.outcome for book in books] == [YES, OTHER_YES]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"orderbook":{"yes":[[47,3]]}}', b'{"orderbook_fp":{"yes_dollars":[["0.47"]]}}',
        b'{"orderbook_fp":{"yes_dollars":[["0.4700",3]]}}', b'{"orderbook_fp":{"yes_dollars":[["0.4700","-3.00"]]}}',
        b'{"orderbook_fp":{"yes_dollars":[["0.4700","3.00"],["0.47","1.00"]]}}',
        b'{"orderbook_fp":{"no_dollars":[["1.0000","3.00"]]}}', b'{"orderbook_fp":{"no_dollars":[["0.47001","3.00"]]}}',
    ],
)  # fmt: skip
def test_a_body_that_is_no_book_is_refused_and_kept(body: bytes) -> None:
    with pytest.raises(WireError) as caught:
        OrderBooks().one(body, TICKER, NOW)
    assert caught.value.frame == body


def test_one_malformed_book_of_several_refuses_the_answer() -> None:
    body = b'{"orderbooks":[{"ticker":"A","orderbook_fp":{}},{"ticker":"B C","orderbook_fp":{}}]}'
    with pytest.raises(WireError):
        OrderBooks().many(body, NOW)
