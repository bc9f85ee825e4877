"""A running desk hears what venues pay for quotes: at the start, again and again, and when nobody can tell."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from dutchbook.app.live.feeds import Link, LiveFeeds
from dutchbook.app.live.rewards import RewardScan
from dutchbook.app.trading import Lookups, Trading
from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.reward_settings import RewardFilters
from dutchbook.domain.errors import DutchbookError, VenueUnavailable
from dutchbook.domain.events import MarketListed, QuestionListed, RewardsListed, RewardsStated
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Question
from dutchbook.domain.ports import Frame
from dutchbook.domain.rewards import MarketEarnings, OrderScoring, RewardOffer, RewardTerms
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, SECOND, Money, Nanos, Price, Size
from dutchbook.engine.clocks import VirtualClock
from dutchbook.engine.listings import ListingCodec
from dutchbook.venues.feed import Discovered
from dutchbook.venues.rewards import Earned, ListedRewards
from tests.app.test_live_feeds import ASKS, NOW, Answers, FakeFeed, market

DOWN = VenueUnavailable("http://clob/rewards/markets/current: 503 Service Unavailable - try again later")


def offer(name: str, daily: int = 50, min_size: int = 20) -> RewardOffer:
    terms = RewardTerms(
        market=MarketId(name),
        daily=Money(daily * DOLLAR),
        max_spread=Price(300),
        min_size=Size(min_size * CONTRACT),
    )
    return RewardOffer(terms=terms)


class FakeRewards:
    """A venue's rewards, one answer after the other; `over` once the last was taken in."""

    def __init__(self, *answers: ListedRewards | DutchbookError, other: ListedRewards | DutchbookError = DOWN) -> None:
        self._answers = list(answers)
        self._other = other
        self.asked: list[Sequence[MarketId]] = []
        self.over = asyncio.Event()

    async def listed(self) -> ListedRewards:
        if not self._answers:
            self.over.set()
            await asyncio.Event().wait()
        return _or_raised(self._answers.pop(0))

    async def of_markets(self, markets: Sequence[MarketId]) -> ListedRewards:
        self.asked.append(tuple(markets))
        return _or_raised(self._other)


def _or_raised(answer: ListedRewards | DutchbookError) -> ListedRewards:
    if isinstance(answer, DutchbookError):
        raise answer
    return answer


class Seen:
    """What came of a desk that knows market m1 and looks at these rewards."""

    def __init__(self, rewards: FakeRewards, known: Discovered | None = None, **written: object) -> None:
        self.feed = FakeFeed()
        self.told: list[str] = []
        self.events: list[object] = []
        self.found: list[tuple[MarketId, ...]] = []
        self._known = Discovered((ASKS,), (market("m1"),)) if known is None else known
        self._filters = RewardFilters.model_validate(written).model_copy(update={"look_again": Nanos(MILLISECOND)})
        asyncio.run(self._run(rewards))

    async def _run(self, rewards: FakeRewards) -> None:
        scan = RewardScan(Venue.POLYMARKET, rewards, self._find, self._filters, VirtualClock(NOW))
        link = Link(Venue.POLYMARKET, self.feed, Answers(self._known), rewards=scan)
        self.feeds = LiveFeeds([link], VirtualClock(NOW), Nanos(600 * SECOND))
        await self.feeds.discover()
        running = asyncio.create_task(self.feeds.run(self._take, self.told.append))
        await rewards.over.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def _find(self, ids: Sequence[MarketId]) -> Discovered:
        self.found.append(tuple(ids))
        alone = Question(id=ASKS.id, venue=Venue.POLYMARKET, title="?", markets=tuple(ids))
        return Discovered((alone,), tuple(market(name) for name in ids))

    def _take(self, frame: Frame) -> None:
        if frame.source == "desk/catalogue":
            self.events += ListingCodec(lambda _: None).decode(frame)

    @property
    def listed(self) -> list[RewardsListed]:
        return [event for event in self.events if isinstance(event, RewardsListed)]


def test_rewards_known_at_the_start_are_told_first_and_their_markets_are_watched() -> None:
    seen = Seen(FakeRewards(ListedRewards((offer("m1"), offer("m2")))))
    assert seen.listed == [RewardsListed(Venue.POLYMARKET, (offer("m1"), offer("m2")), NOW)]
    assert seen.found == [("m2",)]
    assert seen.feed.carried == ["m1", "m2"]
    assert tuple(seen.feeds.markets) == ("m1", "m2")


def test_a_market_that_is_rewarded_later_is_listed_before_its_reward_is_told() -> None:
    seen = Seen(FakeRewards(ListedRewards((offer("m1"),)), ListedRewards((offer("m1"), offer("m2", 70)))))
    kinds = [type(event) for event in seen.events]
    assert kinds == [RewardsListed, QuestionListed, MarketListed, RewardsListed]
    assert seen.feed.carried == ["m1", "m2"]


def test_terms_that_the_filters_refuse_are_told_and_their_markets_not_read() -> None:
    seen = Seen(FakeRewards(ListedRewards((offer("m2", daily=1), offer("m3", min_size=500)))))
    assert len(seen.listed[0].offers) == 2
    assert seen.found == []


def test_of_more_than_are_watched_those_that_pay_most_are_read() -> None:
    offers = tuple(offer(f"m{number}", daily=10 * number) for number in range(2, 8))
    seen = Seen(FakeRewards(ListedRewards(offers)), max_watched=2)
    assert seen.found == [("m7", "m6")]


def test_many_markets_are_read_some_at_a_time() -> None:
    offers = tuple(offer(f"m{number}") for number in range(2, 122))
    assert [len(asked) for asked in Seen(FakeRewards(ListedRewards(offers))).found] == [50, 50, 20]


def test_a_question_that_promises_something_stays_as_it_is_known() -> None:
    promised = replace(ASKS, exclusive=True)
    seen = Seen(FakeRewards(ListedRewards((offer("m2"),))), Discovered((promised,), (market("m1"),)))
    assert seen.feeds.questions[ASKS.id] == promised
    grown = Seen(FakeRewards(ListedRewards((offer("m2"),))))
    assert grown.feeds.questions[ASKS.id].markets == ("m1", "m2")


def test_a_desk_starts_where_nobody_can_say_what_is_paid() -> None:
    seen = Seen(FakeRewards(DOWN, ListedRewards((offer("m1"),))))
    assert seen.told[0].startswith("polymarket: rewards could not be read (http://clob/rewards/markets/current: 503")
    assert [event.offers for event in seen.listed] == [(offer("m1"),)]


def test_while_the_list_is_down_what_was_known_is_read_the_other_way() -> None:
    changed = ListedRewards((offer("m1", daily=20),), whole=False)
    rewards = FakeRewards(ListedRewards((offer("m1"),)), DOWN, other=changed)
    seen = Seen(rewards)
    assert rewards.asked == [("m1",)]
    assert [(event.offers[0].terms.daily, event.whole) for event in seen.listed] == [
        (50 * DOLLAR, True),
        (20 * DOLLAR, False),
    ]
    assert any("those that were known go on" in line for line in seen.told)


def test_when_both_ways_fail_a_person_reads_it_and_the_terms_stay() -> None:
    seen = Seen(FakeRewards(ListedRewards((offer("m1"),)), DOWN, ListedRewards((offer("m1", 60),))))
    assert [event.offers[0].terms.daily for event in seen.listed] == [50 * DOLLAR, 60 * DOLLAR]
    assert sum("rewards could not be read" in line for line in seen.told) == 1


def test_rows_that_cannot_be_read_are_told_once() -> None:
    strange = ListedRewards((offer("m1"),), (("{}", "no condition id"),))
    seen = Seen(FakeRewards(strange, strange, ListedRewards((offer("m1"),))))
    assert [line for line in seen.told if "cannot be read" in line] == [
        "polymarket: 1 rewards cannot be read, the first: {} (no condition id)"
    ]


class FakeOwn:
    """What a venue says of our quotes, one answer after the other; `over` once the last was taken in."""

    def __init__(self, *answers: Earned | DutchbookError) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[Nanos, tuple[str, ...]]] = []
        self.over = asyncio.Event()

    async def earned(self, day: Nanos, orders: Sequence[str]) -> Earned:
        if not self._answers:
            self.over.set()
            await asyncio.Event().wait()
        self.asked.append((day, tuple(orders)))
        answer = self._answers.pop(0)
        if isinstance(answer, DutchbookError):
            raise answer
        return answer


class Verified:
    """What came of a desk with these orders at work that asks what they earn."""

    def __init__(self, own: FakeOwn, monkeypatch: pytest.MonkeyPatch, *orders: str, scanning: bool = True) -> None:
        monkeypatch.setattr("dutchbook.app.live.feeds.VERIFY_S", 0.001)
        self.told: list[str] = []
        self.stated: list[RewardsStated] = []
        asyncio.run(self._run(own, orders, scanning=scanning))

    async def _run(self, own: FakeOwn, orders: tuple[str, ...], *, scanning: bool) -> None:
        lookups = Lookups()
        lookups.bind(Catalogue([], []), lambda _: (), lambda _: orders)

        async def seats() -> Trading:
            return Trading(brokers={}, codecs={}, lookups=lookups, rewards={Venue.POLYMARKET: own})

        async def nothing(_: Sequence[MarketId]) -> Discovered:
            return Discovered()

        rewards = FakeRewards(ListedRewards())
        scan = RewardScan(Venue.POLYMARKET, rewards, nothing, RewardFilters.model_validate({}), VirtualClock(NOW))
        link = Link(Venue.POLYMARKET, FakeFeed(), Answers(Discovered()), rewards=scan if scanning else None)
        feeds = LiveFeeds([link], VirtualClock(NOW), Nanos(600 * SECOND), seats)
        await feeds.discover()
        running = asyncio.create_task(feeds.run(self._take, self.told.append))
        await asyncio.wait([asyncio.create_task(own.over.wait())], timeout=0.2)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def _take(self, frame: Frame) -> None:
        if frame.source == "desk/catalogue":
            events = ListingCodec(lambda _: None).decode(frame)
            self.stated += [event for event in events if isinstance(event, RewardsStated)]


def test_what_our_orders_earn_is_asked_with_their_names_and_yesterdays_day(monkeypatch: pytest.MonkeyPatch) -> None:
    earned = Earned((OrderScoring("0x1", scores=True),), (MarketEarnings(market=MarketId("m1"), share_ppm=7),))
    own = FakeOwn(earned)
    [stated] = Verified(own, monkeypatch, "0x1", "0x2").stated
    day = 86_400 * SECOND
    assert own.asked == [((NOW // day - 1) * day, ("0x1", "0x2"))]
    assert (stated.orders, stated.markets) == (earned.orders, earned.markets)
    assert stated.day == own.asked[0][0]


def test_of_failures_in_a_row_the_first_is_told_and_asking_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    own = FakeOwn(DOWN, DOWN, Earned(), DOWN, Earned())
    seen = Verified(own, monkeypatch, "0x1")
    assert len(seen.stated) == 2
    assert sum("what our quotes earn could not be read" in line for line in seen.told) == 2


def test_nobody_is_asked_before_there_was_an_order_or_where_rewards_are_not_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    idle, unwanted = FakeOwn(Earned()), FakeOwn(Earned())
    Verified(idle, monkeypatch)
    Verified(unwanted, monkeypatch, "0x1", scanning=False)
    assert idle.asked == unwanted.asked == []
