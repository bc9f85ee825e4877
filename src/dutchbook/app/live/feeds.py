"""Runs the live feeds of several venues together: frames, notices, and markets that appear meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from dutchbook.app.live.results import LOOK_S, ReadMarkets, Results
from dutchbook.app.live.rewards import VERIFY_S, RewardScan, Scanned, stated
from dutchbook.app.trading import Trading
from dutchbook.domain.errors import VenueError, WireError
from dutchbook.domain.events import MarketListed, QuestionListed
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, MarketStatus, Question, relisted
from dutchbook.domain.ports import Clock, Frame
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.listings import listing_frame
from dutchbook.venues.feed import Discovered, FeedNotice, LiveFeed
from dutchbook.venues.http import failed

type Take = Callable[[Frame], None]
type Tell = Callable[[str], None]
"""Takes one line for people."""

_OVER = frozenset({MarketStatus.CLOSED, MarketStatus.RESOLVED})


class Link(msgspec.Struct, frozen=True):
    """One venue: its feed, and how to ask what it has."""

    venue: Venue
    feed: LiveFeed
    discover: Callable[[], Awaitable[Discovered]]
    results: ReadMarkets | None = None
    """How single markets are read, to learn what those pay that are over."""
    rewards: RewardScan | None = None
    """What is paid for quotes, where somebody wants to know."""


class LiveFeeds:
    """Several venues as one stream of frames. Made in the event loop that it runs in.

    `questions` and `markets` grow and change as the venues list more, each at the frame that says so.
    """

    def __init__(
        self,
        links: Sequence[Link],
        clock: Clock,
        look_again: Nanos,
        seats: Callable[[], Awaitable[Trading]] | None = None,
    ) -> None:
        """`seats` makes the brokers of a desk that trades there."""
        self._links = tuple(links)
        self._clock = clock
        self._look_again = look_again
        self.questions: dict[QuestionId, Question] = {}
        self.markets: dict[MarketId, Market] = {}
        self.skipped = 0
        self._results = Results(self.markets.values)
        self._seats = seats
        self._first_rewards: list[Scanned | str] = []
        self.trading: Trading | None = None
        """The brokers, once `discover` is done."""

    async def discover(self) -> None:
        """Learn what there is. Raises VenueError."""
        for found in await asyncio.gather(*(link.discover() for link in self._links)):
            self._keep(found)
        for link in self._links:
            self._first_rewards += [await self._first_look(link.rewards)] if link.rewards is not None else []
        if self._seats is not None:
            self.trading = await self._seats()
            self._results.trades(self.trading.lookups)

    async def run(self, take: Take, tell: Tell) -> None:
        """Hand on every frame until cancelled. Raises what a feed raises, or `take`."""
        async with asyncio.TaskGroup() as group:
            for link in self._links:
                known = [market for market in self.markets.values() if market.venue is link.venue and _alive(market)]
                group.create_task(link.feed.run(known, take, lambda notice: self._notice(notice, take, tell)))
            group.create_task(self._keep_looking(take, tell))
            group.create_task(self._ask_results(take, tell))
            self._tell_first_rewards(take, tell)
            for link in self._links:
                if link.rewards is not None:
                    group.create_task(self._keep_scanning(link, link.rewards, take, tell))
            for venue in self._verified():
                group.create_task(self._keep_verifying(venue, take, tell))
            for broker in () if self.trading is None else self.trading.brokers.values():
                group.create_task(broker.run(take, lambda notice: self._notice(notice, take, tell)))
            for line in () if self.trading is None else self.trading.operators.values():
                group.create_task(line.run(take))

    def resync(self, outcomes: Iterable[OutcomeId]) -> None:
        """A codec lost these books: get their snapshots."""
        wanted = tuple(outcomes)
        for link in self._links:
            link.feed.resync(wanted)

    def _notice(self, notice: FeedNotice, take: Take, tell: Tell) -> None:
        take(notice.as_frame())
        tell(notice.line())

    async def _keep_looking(self, take: Take, tell: Tell) -> None:
        while True:
            await asyncio.sleep(self._look_again / SECOND)
            for link in self._links:
                try:
                    found = await link.discover()
                except (VenueError, WireError) as error:
                    tell(f"{link.venue}: markets not asked for again ({failed(error)})")
                else:
                    self._compare(link, found, take)

    async def _ask_results(self, take: Take, tell: Tell) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for link in self._links:
                asked = self._results.due(link.venue, self._clock.now()) if link.results is not None else ()
                if not asked or link.results is None:
                    continue
                try:
                    found = await link.results(asked)
                except (VenueError, WireError) as error:
                    tell(f"{link.venue}: what {len(asked)} markets pay could not be read ({failed(error)})")
                else:
                    for resolved in self._results.read(asked, found, self._clock.now()):
                        take(listing_frame(resolved))

    async def _first_look(self, rewards: RewardScan) -> Scanned | str:
        """What is paid at the start, or why nobody knows: a desk must run without it, to look after what it holds."""
        try:
            scanned = await rewards.look(self.markets, self.questions)
        except (VenueError, WireError) as error:
            return _unread(rewards, error)
        self._keep(scanned.found)
        return scanned

    def _tell_first_rewards(self, take: Take, tell: Tell) -> None:
        """As frames like all that comes later: a replay learns them at the same place."""
        for first in self._first_rewards:
            if isinstance(first, str):
                tell(first)
            else:
                self._tell_rewards(first, take, tell)
        self._first_rewards.clear()

    async def _keep_scanning(self, link: Link, rewards: RewardScan, take: Take, tell: Tell) -> None:
        while True:
            await asyncio.sleep(rewards.every / SECOND)
            try:
                scanned = await rewards.look(self.markets, self.questions)
            except (VenueError, WireError) as error:
                tell(_unread(rewards, error))
            else:
                self._compare(link, scanned.found, take)
                self._tell_rewards(scanned, take, tell)

    def _verified(self) -> tuple[Venue, ...]:
        """Venues that say what our quotes earn, where quotes for rewards are wanted."""
        said = () if self.trading is None else self.trading.rewards
        return tuple(link.venue for link in self._links if link.rewards is not None and link.venue in said)

    async def _keep_verifying(self, venue: Venue, take: Take, tell: Tell) -> None:
        """Ask each minute what our quotes earn, once there were any. Of failures the first of a row is told."""
        well, quoted = True, False
        while self.trading is not None:
            await asyncio.sleep(VERIFY_S)
            orders = tuple(self.trading.lookups.resting(venue))
            quoted = quoted or bool(orders)
            if not quoted:
                continue
            try:
                take(listing_frame(await stated(venue, self.trading.rewards[venue], orders, self._clock)))
                well = True
            except (VenueError, WireError) as error:
                if well:
                    tell(f"{venue}: what our quotes earn could not be read ({failed(error)}) - asked again")
                well = False

    def _tell_rewards(self, scanned: Scanned, take: Take, tell: Tell) -> None:
        for line in scanned.lines:
            tell(line)
        take(listing_frame(scanned.listed))

    def _compare(self, link: Link, found: Discovered, take: Take) -> None:
        now = self._clock.now()
        fresh = [market for market in found.markets if market.id not in self.markets]
        over = [market for market in found.markets if not _alive(market) and _alive(self.markets.get(market.id))]
        for question in found.questions:
            if self.questions.get(question.id) != question:
                take(listing_frame(QuestionListed(question, now)))
        for market in found.markets:
            newest = self._newest(market)
            if newest != self.markets.get(market.id):
                take(listing_frame(MarketListed(newest, now)))
        self._keep(found)
        link.feed.watch([market for market in fresh if _alive(market)])
        link.feed.drop(over)

    def _newest(self, found: Market) -> Market:
        """A market as it is now known to be: an answer may be older than the one before it."""
        known = self.markets.get(found.id)
        return found if known is None else relisted(known, found)

    def _keep(self, found: Discovered) -> None:
        self.questions.update((question.id, question) for question in found.questions)
        self.markets.update((market.id, self._newest(market)) for market in found.markets)
        self.skipped += len(found.skipped)


def _unread(rewards: RewardScan, error: VenueError | WireError) -> str:
    return f"{rewards.venue}: rewards could not be read ({failed(error)}) - asked again in {rewards.every // SECOND} s"


def _alive(market: Market | None) -> bool:
    return market is not None and market.status not in _OVER
