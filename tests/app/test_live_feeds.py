"""Live feeds look at the venues' lists again and again: what is new, what changed, what is over, and who is away."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import pytest
from msgspec.structs import replace

from dutchbook.app.live.feeds import Link, LiveFeeds
from dutchbook.domain.errors import DutchbookError, VenueUnavailable, WireError
from dutchbook.domain.events import MarketListed, QuestionListed
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, MarketStatus, NoFees, PriceGrid, Question
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import MILLISECOND, Nanos, Price, Size
from dutchbook.engine.clocks import VirtualClock
from dutchbook.engine.listings import ListingCodec
from dutchbook.venues.feed import Discovered, FeedNotice, FeedState

NOW = Nanos(1_790_000_000_000_000_000)
ASKS = Question(id=QuestionId("q"), venue=Venue.POLYMARKET, title="Who?", markets=(MarketId("m1"),))


def market(name: str) -> Market:
    return Market(
        id=MarketId(name),
        venue=Venue.POLYMARKET,
        question=ASKS.id,
        title=f"Will it be {name}?",
        yes=OutcomeId(f"{name}+"),
        no=OutcomeId(f"{name}-"),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(5_000_000),
        fees=NoFees(),
    )


class FakeFeed:
    """Carries what it is told to; says one thing of itself, sends nothing."""

    def __init__(self) -> None:
        self.carried: list[MarketId] = []
        self.dropped: list[MarketId] = []
        self.resynced: list[OutcomeId] = []

    async def run(
        self,
        markets: Sequence[Market],
        frames: Callable[[Frame], None],  # noqa: ARG002
        notices: Callable[[FeedNotice], None],
    ) -> None:
        self.watch(markets)
        notices(FeedNotice(venue=Venue.POLYMARKET, connection=1, state=FeedState.CONNECTED, at=NOW))
        await asyncio.Event().wait()

    def watch(self, markets: Iterable[Market]) -> None:
        self.carried += [each.id for each in markets]

    def drop(self, markets: Iterable[Market]) -> None:
        self.dropped += [each.id for each in markets]

    def resync(self, outcomes: Iterable[OutcomeId]) -> None:
        self.resynced += outcomes


class Answers:
    """A venue's list, one answer after the other; `over` once the last of them was taken in."""

    def __init__(self, *answers: Discovered | DutchbookError) -> None:
        self._answers = list(answers)
        self.over = asyncio.Event()

    async def __call__(self) -> Discovered:
        if not self._answers:
            self.over.set()
            await asyncio.Event().wait()
        answer = self._answers.pop(0)
        if isinstance(answer, DutchbookError):
            raise answer
        return answer


class Seen:
    """What came of letting the feeds run over these answers."""

    def __init__(self, *answers: Discovered | DutchbookError) -> None:
        self.feed = FakeFeed()
        self.told: list[str] = []
        self.listed: list[Market | Question] = []
        self._codec = ListingCodec(lambda _: None)
        asyncio.run(self._run(Answers(*answers)))

    async def _run(self, answers: Answers) -> None:
        discover: Callable[[], Awaitable[Discovered]] = answers
        link = Link(Venue.POLYMARKET, self.feed, discover)
        self.feeds = LiveFeeds([link], VirtualClock(NOW), Nanos(MILLISECOND))
        await self.feeds.discover()
        running = asyncio.create_task(self.feeds.run(self._take, self.told.append))
        await answers.over.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def _take(self, frame: Frame) -> None:
        if frame.source != "desk/catalogue":
            return
        [event] = self._codec.decode(frame)
        assert isinstance(event, MarketListed | QuestionListed)
        self.listed.append(event.market if isinstance(event, MarketListed) else event.question)


def found(*markets: Market, questions: tuple[Question, ...] = (ASKS,)) -> Discovered:
    return Discovered(questions, markets)


def test_what_is_as_it_was_is_not_told_again() -> None:
    seen = Seen(found(market("m1")), found(market("m1")))
    assert seen.listed == []
    assert seen.feed.carried == ["m1"]
    assert seen.told == ["polymarket feed 1: connected"]


def test_a_new_market_is_told_and_carried() -> None:
    grown = replace(ASKS, markets=(MarketId("m1"), MarketId("m2")))
    seen = Seen(found(market("m1")), found(market("m1"), market("m2"), questions=(grown,)))
    assert seen.listed == [grown, market("m2")]
    assert seen.feed.carried == ["m1", "m2"]
    assert tuple(seen.feeds.markets) == ("m1", "m2")


@pytest.mark.parametrize(
    "changed",
    [
        replace(market("m1"), placeholder=True, title="Will it be Cleo?"),
        replace(market("m1"), grid=PriceGrid.uniform(Price(10))),
        replace(market("m1"), settles=NOW),
    ],
)
def test_a_market_whose_metadata_changed_is_told_once(changed: Market) -> None:
    seen = Seen(found(market("m1")), found(changed), found(changed))
    assert seen.listed == [changed]
    assert seen.feed.carried == ["m1"]


def test_a_market_that_is_over_is_told_and_carried_no_longer() -> None:
    over = replace(market("m1"), status=MarketStatus.CLOSED)
    seen = Seen(found(market("m1"), market("m2")), found(over, market("m2")), found(market("m1"), market("m2")))
    assert seen.listed == [over]  # the third answer is older than the second: nothing opens again
    assert seen.feed.dropped == ["m1"]
    assert seen.feeds.markets[MarketId("m1")] == over


def test_a_pause_is_the_sockets_to_tell() -> None:
    paused = replace(market("m1"), status=MarketStatus.PAUSED)
    assert Seen(found(market("m1")), found(paused)).listed == []


def test_a_new_market_that_is_over_already_is_not_carried() -> None:
    over = replace(market("m2"), status=MarketStatus.RESOLVED, payout=Price(0))
    seen = Seen(found(market("m1")), found(market("m1"), over))
    assert seen.listed == [over]
    assert seen.feed.carried == ["m1"]


@pytest.mark.parametrize(
    "error",
    [VenueUnavailable("polymarket: /events/keyset: 500"), WireError("polymarket", "no Gamma answer", b"")],
)
def test_a_list_that_cannot_be_had_is_told_and_asked_for_again(error: DutchbookError) -> None:
    seen = Seen(found(market("m1")), error, found(market("m1"), market("m2")))
    assert [line for line in seen.told if line.startswith("polymarket: markets not asked for again (")]
    assert seen.listed == [market("m2")]


def test_a_list_that_cannot_be_had_at_first_is_an_error() -> None:
    with pytest.raises(VenueUnavailable):
        Seen(VenueUnavailable("polymarket: /events/keyset: 500"))


def test_lost_books_are_asked_for_again() -> None:
    seen = Seen(found(market("m1")))
    seen.feeds.resync([OutcomeId("m1+")])
    assert seen.feed.resynced == ["m1+"]
