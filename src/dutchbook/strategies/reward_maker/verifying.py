"""Checks what venues say that our quotes earn against what their own sampling rule gives, minute by minute.

It wants nothing but to be woken. What it measures is journalled each minute, and each statement of a venue beside it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence

import msgspec

from dutchbook.domain.events import Event, RewardsListed, RewardsStated, TimerFired
from dutchbook.domain.identity import MarketId, OutcomeId, Venue, venue_of
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order
from dutchbook.domain.rewards import RewardOffer, RewardTerms
from dutchbook.domain.units import SECOND, Money, Nanos
from dutchbook.domain.wishes import Wake, Wish
from dutchbook.strategies.names import REWARD_MAKER
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.reward_maker.competition import Competition
from dutchbook.strategies.reward_maker.observations import (
    MarketCompared,
    RewardObservation,
    RewardsCompared,
    RewardsSampled,
)
from dutchbook.strategies.reward_maker.sampling import SURE_AGE, scores, share_of

VERIFIER = f"{REWARD_MAKER}:verifier"
MINUTE = Nanos(60 * SECOND)
DAY = Nanos(86_400 * SECOND)
_SAMPLE = f"{REWARD_MAKER}:sample"
_MINUTES = 1_440
_PPM = 1_000_000
_NOTHING: tuple[Wish, ...] = ()

type Working = Callable[[], Iterable[Order]]
"""All orders of ours that may still trade."""
type MarketOf = Callable[[MarketId], Market | None]


class RewardsToday(msgspec.Struct, frozen=True):
    """For screens: the running UTC day by the rule, by the venues as far as they say, orders on which they differ."""

    earned: Money
    stated: Money | None
    differing: int


class RewardVerifier:
    """One for all markets. `shown`: whether our orders stand in the books that we see; on paper they do not."""

    name = VERIFIER

    def __init__(
        self,
        working: Working,
        market_of: MarketOf,
        offers: Iterable[RewardOffer] = (),
        *,
        shown: bool,
        competition: Competition | None = None,
    ) -> None:
        """`competition` learns from what venues state."""
        self._competition = Competition() if competition is None else competition
        self._samples: Counter[MarketId] = Counter()
        self._working = working
        self._market_of = market_of
        self._shown = shown
        self._terms: dict[MarketId, RewardTerms] = {offer.terms.market: offer.terms for offer in offers}
        self._begun = False
        self._day = Nanos(0)
        self._shares: dict[MarketId, float] = {}
        self._money: dict[MarketId, float] = {}
        self._yesterday: dict[MarketId, float] = {}
        self._stated: dict[Venue, Money] = {}
        self._differing: dict[Venue, int] = {}
        self._seen: list[RewardObservation] = []

    @property
    def today(self) -> RewardsToday:
        """The running UTC day."""
        stated = Money(sum(self._stated.values())) if self._stated else None
        return RewardsToday(Money(int(sum(self._money.values()))), stated, sum(self._differing.values()))

    def outcomes(self) -> Collection[OutcomeId]:
        """None: it is woken by time."""
        return ()

    def deep(self) -> Container[OutcomeId]:
        """None."""
        return ()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Wish]:  # noqa: ARG002
        """Nothing: it looks at books when it samples."""
        return _NOTHING

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """Nothing: a book that is lost is not usable when it is sampled."""

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Wish]:
        """Sample each minute, and compare what a venue states."""
        match event:
            case RewardsListed():
                self._listed(event)
            case TimerFired(name=name) if name == _SAMPLE:
                self._sample(desk)
                return (self._wake(desk.now),)
            case RewardsStated():
                self._compare(event, desk)
        return _NOTHING if self._begun else self._begin(desk)

    def observations(self) -> Sequence[RewardObservation]:
        """What was measured since the last call; given once."""
        if not self._seen:
            return ()
        seen, self._seen = self._seen, []
        return seen

    def _listed(self, event: RewardsListed) -> None:
        if event.whole:
            self._terms = {
                market: terms for market, terms in self._terms.items() if venue_of(market) is not event.venue
            }
        self._terms |= {offer.terms.market: offer.terms for offer in event.offers}

    def _begin(self, desk: DeskView) -> Sequence[Wish]:
        self._begun = True
        self._day = Nanos(desk.now // DAY * DAY)
        return (self._wake(desk.now),)

    def _wake(self, now: Nanos) -> Wake:
        """In the middle of the next minute: venues sample at a random moment of each."""
        return Wake(_SAMPLE, Nanos((now // MINUTE + 1) * MINUTE + MINUTE // 2))

    def _sample(self, desk: DeskView) -> None:
        self._turn_day(desk.now)
        earned: dict[MarketId, Money] = {}
        for terms, market, orders in self._quoted():
            book = desk.book(market.yes)
            if book is None or not book.usable:
                continue
            share = share_of(terms, market, book, orders, desk.now, in_book=self._shown)
            if share:
                self._samples[market.id] += 1
                self._shares[market.id] = self._shares.get(market.id, 0.0) + share
                self._money[market.id] = self._money.get(market.id, 0.0) + terms.daily * share / _MINUTES
                earned[market.id] = Money(int(terms.daily * share / _MINUTES))
        if earned:
            self._seen.append(RewardsSampled(earned, Money(int(sum(self._money.values()))), desk.now))

    def _turn_day(self, now: Nanos) -> None:
        today = Nanos(now // DAY * DAY)
        if today == self._day:
            return
        self._yesterday = self._money if today - self._day == DAY else {}
        self._shares, self._money, self._day = {}, {}, today
        self._stated.clear()
        self._samples.clear()

    def _quoted(self) -> Iterator[tuple[RewardTerms, Market, list[Order]]]:
        """Markets with a reward in which orders of ours are."""
        orders: dict[MarketId, list[Order]] = {}
        for order in self._working():
            orders.setdefault(order.leg.market, []).append(order)
        for market_id in sorted(orders):
            terms, market = self._terms.get(market_id), self._market_of(market_id)
            if terms is not None and market is not None:
                yield terms, market, orders[market_id]

    def _compare(self, event: RewardsStated, desk: DeskView) -> None:
        self._turn_day(desk.now)
        rows = tuple(self._rows(event, desk.now))
        for row in rows:
            self._competition.learn(row.market, row.share_ppm, row.stated_ppm or 0, self._samples[row.market])
        unscored, unforeseen = self._differing_orders(event, desk)
        self._differing[event.venue] = len(unscored) + len(unforeseen)
        worth = [self._worth(row, desk.now) for row in rows if row.stated_ppm is not None]
        if worth:
            self._stated[event.venue] = Money(int(sum(worth)))
        self._seen.append(
            RewardsCompared(
                venue=event.venue,
                day=event.day,
                markets=rows,
                unscored=unscored,
                unforeseen=unforeseen,
                at=desk.now,
            )
        )

    def _rows(self, event: RewardsStated, now: Nanos) -> Iterator[MarketCompared]:
        said = {row.market: row for row in event.markets}
        ours = (market for market in (*self._shares, *self._yesterday) if venue_of(market) is event.venue)
        of_yesterday = event.day == self._day - DAY
        for market in sorted({*said, *ours}):
            row = said.get(market)
            yield MarketCompared(
                market=market,
                share_ppm=round(self._shares.get(market, 0.0) / self._minutes(market, now) * _PPM),
                stated_ppm=None if row is None else row.share_ppm,
                earned=Money(int(self._yesterday.get(market, 0.0))) if of_yesterday else None,
                paid=None if row is None else row.earned,
            )

    def _worth(self, row: MarketCompared, now: Nanos) -> float:
        """What a stated share of the day so far is worth, in micro-dollars."""
        terms = self._terms.get(row.market)
        return (
            0.0
            if terms is None
            else terms.daily * (row.stated_ppm or 0) / _PPM * self._minutes(row.market, now) / _MINUTES
        )

    def _minutes(self, market: MarketId, now: Nanos) -> float:
        """Of the running day so far, since the market opened: as many samples has the venue taken."""
        known = self._market_of(market)
        opened = self._day if known is None or known.opens is None else max(self._day, known.opens)
        return max(1.0, (now - opened) / MINUTE)

    def _differing_orders(self, event: RewardsStated, desk: DeskView) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Orders that only the rule scores, and orders that only the venue scores. Very young ones are left out."""
        said = {row.venue_id: row.scores for row in event.orders}
        ruled: dict[str, bool] = {}
        for terms, market, orders in self._quoted():
            book = desk.book(market.yes)
            if book is not None and book.usable:
                grown = (order for order in orders if desk.now - order.created >= SURE_AGE)
                ruled |= {order.venue_id: scores(terms, market, book, order) for order in grown}
        differing = sorted(order for order, by_venue in said.items() if ruled.get(order, by_venue) != by_venue)
        return tuple(order for order in differing if ruled[order]), tuple(order for order in differing if said[order])
