"""Asks a venue again and again what it pays for quotes, and what must be known of the markets where it does."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import NamedTuple

from msgspec.structs import replace

from dutchbook.app.live.named import FindNamed
from dutchbook.catalogue.reward_filters import FilterRules
from dutchbook.catalogue.reward_settings import RewardFilters
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import VenueError, WireError
from dutchbook.domain.events import RewardsListed, RewardsStated
from dutchbook.domain.identity import MarketId, QuestionId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import Clock
from dutchbook.domain.rewards import RewardOffer
from dutchbook.domain.units import DAY, Nanos
from dutchbook.strategies.names import REWARD_MAKER
from dutchbook.venues.feed import Discovered
from dutchbook.venues.http import failed
from dutchbook.venues.rewards import ListedRewards, OwnRewardReads, RewardReads

VERIFY_S = 60.0
"""How often a venue is asked what we earn: as often as it samples."""
_AT_ONCE = 50
"""Markets of one question to the venue: more make its address too long."""


def filters_wanted(settings: Settings) -> RewardFilters | None:
    """What the venues are asked for by who quotes for rewards; None if nobody does."""
    return settings.reward_maker.filters if REWARD_MAKER in settings.strategies else None


async def stated(venue: Venue, reads: OwnRewardReads, orders: Sequence[str], clock: Clock) -> RewardsStated:
    """What a venue says that these orders of ours, and our quotes of today and yesterday, earn. Raises like `reads`."""
    yesterday = Nanos((clock.now() // DAY - 1) * DAY)
    earned = await reads.earned(yesterday, orders)
    return RewardsStated(venue=venue, day=yesterday, received=clock.now(), orders=earned.orders, markets=earned.markets)


class Scanned(NamedTuple):
    """What one look brought: the event, markets that were not known, and words for people."""

    listed: RewardsListed
    found: Discovered
    lines: tuple[str, ...] = ()


class RewardScan:
    """One venue's rewards. Markets whose terms pass the filters are read, most paid first, and watched from then on."""

    def __init__(self, venue: Venue, reads: RewardReads, find: FindNamed, filters: RewardFilters, clock: Clock) -> None:
        self.every = filters.look_again
        self.venue = venue
        self._reads = reads
        self._find = find
        self._rules = FilterRules(filters)
        self._most = filters.max_watched
        self._clock = clock
        self._offers: dict[MarketId, RewardOffer] = {}
        self._skipped = 0

    async def look(self, markets: Mapping[MarketId, Market], questions: Mapping[QuestionId, Question]) -> Scanned:
        """Read the rewards, and what is not among `markets` and may be quoted.

        While the venue's list cannot be read, the terms that were known are read by its other way. Raises VenueError or
        WireError if that fails too, or nothing was known.
        """
        lines: list[str] = []
        try:
            listed = await self._reads.listed()
        except (VenueError, WireError) as error:
            if not self._offers:
                raise
            lines.append(f"{self.venue}: rewards could not be read ({failed(error)}) - those that were known go on")
            listed = await self._reads.of_markets(self._wanted(self._offers.values()))
        self._keep(listed)
        lines += self._strange(listed)
        missing = [market for market in self._wanted(listed.offers) if market not in markets]
        found = Discovered()
        for some in batched(missing, _AT_ONCE):
            found = _with(found, await self._find(some), questions)
        event = RewardsListed(self.venue, listed.offers, self._clock.now(), whole=listed.whole)
        return Scanned(event, found, tuple(lines))

    def _wanted(self, offers: Iterable[RewardOffer]) -> list[MarketId]:
        """Those that may be quoted by their terms, as many as are watched, most paid first."""
        now = self._clock.now()
        fit = [offer.terms for offer in offers if not self._rules.of_offer(offer, now)]
        return [terms.market for terms in sorted(fit, key=lambda terms: (-terms.daily, terms.market))[: self._most]]

    def _keep(self, listed: ListedRewards) -> None:
        read = {offer.terms.market: offer for offer in listed.offers}
        self._offers = read if listed.whole else self._offers | read

    def _strange(self, listed: ListedRewards) -> tuple[str, ...]:
        """A word on rows that cannot be read, whenever there are more or fewer of them."""
        before, self._skipped = self._skipped, len(listed.skipped)
        if self._skipped in (0, before):
            return ()
        row, reason = listed.skipped[0]
        return (f"{self.venue}: {self._skipped} rewards cannot be read, the first: {row} ({reason})",)


def _with(first: Discovered, second: Discovered, known: Mapping[QuestionId, Question]) -> Discovered:
    """Both. Single markets come without the promises of their questions: those that are known stay as they are."""
    questions = {question.id: question for question in first.questions}
    for question in second.questions:
        before = questions.get(question.id) or known.get(question.id)
        if before is None:
            questions[question.id] = question
        elif not (before.exclusive or before.exhaustive):
            markets = dict.fromkeys((*before.markets, *question.markets))
            questions[question.id] = replace(before, markets=tuple(markets))
    return Discovered(
        questions=tuple(questions.values()),
        markets=(*first.markets, *second.markets),
        skipped=(*first.skipped, *second.skipped),
    )
