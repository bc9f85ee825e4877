"""What Kalshi's codec no longer believes after a frame that it cannot read."""

from dutchbook.domain.events import BookLost
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.venues.kalshi.codec import KalshiCodec
from tests.venues.kalshi.venue_side import OTHER, OTHER_YES, YES, delta, frame, snapshot, text


def with_two_books() -> KalshiCodec:
    codec = KalshiCodec()
    codec.decode(frame(snapshot(1)))
    codec.decode(frame(snapshot(2, ticker=OTHER)))
    return codec


def doubted(codec: KalshiCodec, message: object) -> set[OutcomeId]:
    events = codec.doubt(frame(message))
    return {outcome for event in events if isinstance(event, BookLost) for outcome in event.outcomes}


def test_no_json_loses_all_books_once() -> None:
    codec = with_two_books()
    assert doubted(codec, text(delta(3))[:40]) == {YES, OTHER_YES}
    assert doubted(codec, b"\x00") == set()


def test_a_change_that_cannot_be_read_loses_the_books_of_its_subscription() -> None:
    codec = with_two_books()
    assert doubted(codec, delta(3) | {"sid": 9}) == set()
    assert doubted(codec, delta(3)) == {YES, OTHER_YES}


def test_a_message_of_another_kind_loses_none() -> None:
    codec = with_two_books()
    assert doubted(codec, {"type": "trade", "sid": 1, "seq": 3, "msg": 7}) == set()
    assert not codec.doubt(Frame("polymarket/market", Nanos(1), b"{"))
