"""What a desk learns beside the venue's frames: recorded as frames of our own, so that a replay meets it too."""

import pytest

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookLost, MarketListed
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.engine.notices import NOTICE_SOURCE, NoticeCodec, notice_frame

MARKET = Market(
    id=MarketId("0x1"),
    venue=Venue.POLYMARKET,
    question=QuestionId("q"),
    title="Will it?",
    yes=OutcomeId("1"),
    no=OutcomeId("2"),
    grid=PriceGrid.uniform(Price(100)),
    min_size=Size(5_000_000),
    fees=NoFees(),
)


def test_a_lost_book_comes_back_as_it_was_said() -> None:
    lost = BookLost((OutcomeId("yes"), OutcomeId("no")), "polymarket market socket 1 silent for 12 s", Nanos(5))
    frame = notice_frame(lost)
    assert frame.source == NOTICE_SOURCE
    assert frame.received == lost.received
    assert NoticeCodec(lambda _: None).decode(frame) == (lost,)


def test_a_market_listed_while_the_desk_runs_is_known_to_the_codec_before_its_frames() -> None:
    learned: list[Market] = []
    listed = MarketListed(MARKET, Nanos(7))
    assert NoticeCodec(learned.extend).decode(notice_frame(listed)) == (listed,)
    assert learned == [listed.market]


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"type":"trade"}', b"\xff", b'{"type":"lost","outcomes":3}'])
def test_a_frame_that_is_no_notice_is_refused(payload: bytes) -> None:
    with pytest.raises(WireError, match="no notice of ours"):
        NoticeCodec(lambda _: None).decode(Frame(NOTICE_SOURCE, Nanos(1), payload))
