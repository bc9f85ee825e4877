"""Markets found while a desk runs: recorded as frames of our own, so that a replay learns of them too."""

import pytest
from msgspec.structs import replace

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import MarketListed, QuestionListed, RewardsListed, RewardsStated
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.ports import Frame
from dutchbook.domain.rewards import MarketEarnings, OrderScoring, RewardOffer, RewardTerms, SideScoring
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.engine.listings import LISTING_SOURCE, ListingCodec, listing_frame

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


def test_a_market_listed_while_the_desk_runs_is_known_to_the_codec_before_its_frames() -> None:
    learned: list[Market] = []
    listed = MarketListed(MARKET, Nanos(7))
    assert ListingCodec(learned.extend).decode(listing_frame(listed)) == (listed,)
    assert learned == [listed.market]


def test_a_listed_market_is_adapted_before_anybody_learns_of_it() -> None:
    learned: list[Market] = []
    codec = ListingCodec(learned.extend, lambda market: replace(market, min_size=Size(7)))
    adapted = replace(MARKET, min_size=Size(7))
    assert codec.decode(listing_frame(MarketListed(MARKET, Nanos(7)))) == (MarketListed(adapted, Nanos(7)),)
    assert learned == [adapted]


def test_a_question_comes_back_as_it_was_said() -> None:
    question = Question(id=MARKET.question, venue=MARKET.venue, title="Will it?", markets=(MARKET.id,), exclusive=True)
    listed = QuestionListed(question, Nanos(7))
    frame = listing_frame(listed)
    assert (frame.source, frame.received) == (LISTING_SOURCE, 7)
    assert ListingCodec(lambda _: None).decode(frame) == (listed,)


def test_rewards_and_what_a_venue_says_that_we_earn_come_back_as_they_were_said() -> None:
    sides = SideScoring(target_size=Size(1_000_000), discount_ppm=500_000)
    terms = RewardTerms(
        market=MARKET.id, daily=Money(50), max_spread=Price(300), min_size=Size(20), until=Nanos(9), sides=sides
    )
    paid = RewardsListed(Venue.POLYMARKET, (RewardOffer(terms=terms, volume_24h=Money(5)),), Nanos(7), whole=False)
    earned = RewardsStated(
        venue=Venue.POLYMARKET,
        day=Nanos(0),
        received=Nanos(8),
        orders=(OrderScoring("0x1", scores=True),),
        markets=(MarketEarnings(market=MARKET.id, share_ppm=7),),
    )
    for listed in (paid, earned):
        assert ListingCodec(lambda _: None).decode(listing_frame(listed)) == (listed,)


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"type":"trade"}', b"\xff", b'{"type":"question"}'])
def test_a_frame_that_is_no_listing_is_refused(payload: bytes) -> None:
    with pytest.raises(WireError, match="no listing of ours"):
        ListingCodec(lambda _: None).decode(Frame(LISTING_SOURCE, Nanos(1), payload))
