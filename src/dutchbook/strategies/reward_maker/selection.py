"""Which of the rewarded markets are quoted: the catalogue's choice, asked with what this strategy would quote there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from dutchbook.catalogue.reward_filters import Unfit
from dutchbook.catalogue.rewards import Candidate, Choice, Plan, Planned, Selector, within
from dutchbook.domain.book import BookView
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.pricing.rewards import Resting
from dutchbook.domain.rewards import RewardOffer
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.reward_maker.competition import Competition
from dutchbook.strategies.reward_maker.quoting import Target, both_needed, boundary_quote, quote_size, sight
from dutchbook.strategies.reward_maker.safety import dangers
from dutchbook.strategies.reward_maker.settings import RewardMakerSettings

type MarketOf = Callable[[MarketId], Market | None]
type RestingOf = Callable[[MarketId], tuple[Resting, ...]]


class Selection(Protocol):
    """Ranks markets. Asked at each scan, never on the path of a price."""

    def choose(self, offers: Mapping[MarketId, RewardOffer], resting: RestingOf, desk: DeskView) -> Choice:
        """The markets worth quoting, best first, and why the others are not."""
        ...


class BestMarkets:
    """The best of those that pass the filters and the safety checks."""

    def __init__(
        self, settings: RewardMakerSettings, market_of: MarketOf, competition: Competition | None = None
    ) -> None:
        self._competition = Competition() if competition is None else competition
        self._settings = settings
        self._market_of = market_of
        self._selector = Selector(
            settings.filters,
            size_multiplier=settings.order_size_multiplier,
            most=settings.max_exposure_per_market,
            planner=self._plan,
        )

    def choose(self, offers: Mapping[MarketId, RewardOffer], resting: RestingOf, desk: DeskView) -> Choice:
        """See `Selection`."""
        settings = self._settings
        choice = self._selector.choose(self._candidates(offers, resting, desk), desk.now, settings.max_markets)
        return choice if settings.budget is None else within(choice, settings.budget)

    def _candidates(
        self, offers: Mapping[MarketId, RewardOffer], resting: RestingOf, desk: DeskView
    ) -> Iterable[Candidate]:
        for offer in offers.values():
            market = self._market_of(offer.terms.market)
            if market is not None:
                yes, no = (_usable(desk.book(outcome)) for outcome in (market.yes, market.no))
                own = resting(market.id)
                yield Candidate(
                    market=market,
                    offer=offer,
                    yes=yes,
                    no=no,
                    resting=own,
                    competition=self._competition.of(market.id),
                )

    def _plan(self, candidate: Candidate, yes: BookView, no: BookView) -> Plan:
        """What would be quoted now, nothing being known of volatility yet."""
        terms, market = candidate.offer.terms, candidate.market
        quotes: list[Planned] = []
        unsafe: dict[OutcomeId, tuple[Unfit, ...]] = {}
        middles = []
        for outcome, book in ((market.yes, yes), (market.no, no)):
            seen = sight(book)
            middles.append(seen.middle)
            placed = boundary_quote(seen, terms, market.grid)
            if placed is None:
                unsafe[outcome] = (Unfit("book", "two bids and an ask", f"{len(seen.bids)} bids"),)
                continue
            settings = self._settings
            size = quote_size(terms, market.min_size, settings.order_size_multiplier, settings.size_where_all_earn)
            target = Target(placed[0], size, placed[1])
            found = tuple(Unfit(*danger) for danger in dangers(target, seen, None, settings))
            if found:
                unsafe[outcome] = found
            else:
                quotes.append(Planned(outcome, target.price, size))
        return Plan(quotes=tuple(quotes), unsafe=unsafe, both=both_needed(middles))


def reasons(choice: Choice) -> Mapping[str, int]:
    """How many markets each rule keeps out: all rules of each market count."""
    counts: dict[str, int] = {}
    for refused in choice.refused:
        for rule in {unfit.rule for unfit in refused.unfit}:
            counts[rule] = counts.get(rule, 0) + 1
    return dict(sorted(counts.items()))


def _usable(book: BookView | None) -> BookView | None:
    return book if book is not None and book.usable else None


def markets_of(choice: Choice) -> Sequence[MarketId]:
    """Those chosen, best first."""
    return [assessed.market for assessed in choice.chosen]
