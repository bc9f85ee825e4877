"""Frames to events: who reads a frame, what becomes of a broken one, and who is asked when time passes."""

from collections.abc import Sequence

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookLost, GroupClosed, MarketEvent
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.engine.feed import Feed


class Echo:
    """Holds back one closed group for each frame, until time passes."""

    def __init__(self, name: str) -> None:
        self.name = OutcomeId(name)
        self.held: list[MarketEvent] = []

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        if frame.payload == b"broken":
            raise WireError(Venue.KALSHI, "broken on purpose", frame.payload)
        self.held.append(GroupClosed((self.name,), frame.received))
        return ()

    def flush(self, now: Nanos) -> Sequence[MarketEvent]:
        due, self.held = self.held, []
        assert all(event.received <= now for event in due)
        return due


def frame(source: str, payload: bytes = b"{}", received: int = 1) -> Frame:
    return Frame(source, Nanos(received), payload)


def test_what_codecs_hold_back_comes_when_time_passes_in_the_order_of_their_first_frames() -> None:
    feed = Feed({"a": Echo("a"), "b": Echo("b"), "c": Echo("c")})
    assert not feed.flush(Nanos(5))
    for source in ("b", "a", "b"):
        feed.decode(frame(source))
    closed = [event.outcomes[0] for event in feed.flush(Nanos(5)) if isinstance(event, GroupClosed)]
    assert closed == ["b", "b", "a"]
    assert not feed.flush(Nanos(6))


def test_a_codec_of_two_sources_is_asked_once() -> None:
    both = Echo("both")
    feed = Feed({"market": both, "rest": both})
    feed.decode(frame("market"))
    feed.decode(frame("rest"))
    assert len(feed.flush(Nanos(5))) == 2


def test_a_malformed_frame_is_counted_and_kept_until_it_is_taken_for_the_record() -> None:
    feed = Feed({"a": Echo("a")})
    feed.decode(frame("a"))
    before = feed.fault
    assert not feed.decode(frame("a", b"broken"))
    feed.decode(frame("a"))
    assert before is None
    assert feed.malformed == 1
    assert feed.fault is not None
    assert feed.fault.reason == "broken on purpose"


def test_frames_that_no_codec_reads_are_counted_by_source() -> None:
    feed = Feed({"a": Echo("a")})
    feed.decode(frame("binance"))
    feed.decode(frame("binance"))
    assert (feed.frames, feed.unread["binance"], feed.malformed) == (2, 2, 0)


class Doubter(Echo):
    """Loses its book with every frame that it cannot read."""

    def doubt(self, frame: Frame) -> Sequence[MarketEvent]:
        return (BookLost((self.name,), "unreadable", frame.received),)


def test_a_codec_that_can_say_so_tells_what_a_malformed_frame_makes_unknown() -> None:
    feed = Feed({"a": Doubter("a"), "b": Echo("b")})
    assert feed.decode(frame("a", b"broken")) == (BookLost((OutcomeId("a"),), "unreadable", Nanos(1)),)
    assert not feed.decode(frame("b", b"broken"))
    assert feed.malformed == 2
