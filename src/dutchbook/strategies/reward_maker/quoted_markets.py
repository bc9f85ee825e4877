"""The markets that the reward maker works in: chosen among those that are rewarded, or left with something in them."""

from collections.abc import Collection, Iterable

from dutchbook.domain.events import RewardsListed
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue, venue_of
from dutchbook.domain.pricing.rewards import Resting
from dutchbook.domain.rewards import RewardOffer
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.reward_maker.making import Making, OutcomeSide
from dutchbook.strategies.reward_maker.observations import MarketsChosen
from dutchbook.strategies.reward_maker.ports import Stock
from dutchbook.strategies.reward_maker.selection import Selection, markets_of, reasons
from dutchbook.strategies.reward_maker.settings import RewardMakerSettings
from dutchbook.strategies.reward_maker.toxicity import Toxicity
from dutchbook.strategies.reward_maker.volatility import Moves, Variation

HURRY, HURRIES = Nanos(5 * SECOND), 24
"""How soon, and how often, markets are chosen again at the start, while books or rewards are not told."""


class QuotedMarkets:
    """The rewards that are offered, and a `Making` for each market that was ever taken up for one."""

    def __init__(
        self,
        stock: Stock,
        settings: RewardMakerSettings,
        selection: Selection,
        offers: Iterable[RewardOffer],
        *,
        shown: bool,
    ) -> None:
        """`shown` says whether our own orders stand in the books that we see."""
        self._stock = stock
        self._settings = settings
        self._selection = selection
        self._shown = shown
        self._offers: dict[MarketId, RewardOffer] = {offer.terms.market: offer for offer in offers}
        self._makings: dict[MarketId, Making] = {}
        self._questions: dict[QuestionId, list[Making]] = {}
        self._hurries = HURRIES
        self.by_outcome: dict[OutcomeId, Making] = {}
        """The makings by their outcomes; the same dict for good."""

    def __getitem__(self, market: MarketId) -> Making:
        """Raises KeyError for a market that was never taken up."""
        return self._makings[market]

    @property
    def all(self) -> Collection[Making]:
        """All that are quoted, and those in which something is left."""
        return self._makings.values()

    @property
    def active(self) -> int:
        """How many are quoted."""
        return sum(one.active for one in self._makings.values())

    @property
    def rewarded(self) -> int:
        """How many markets are rewarded."""
        return len(self._offers)

    def get(self, market: MarketId) -> Making | None:
        """What is done in a market, if it was ever taken up."""
        return self._makings.get(market)

    def outcomes(self) -> Collection[OutcomeId]:
        """Those of all rewarded markets: which of them are quoted changes."""
        known = (self._stock.market(market) for market in self._offers)
        return [outcome for market in known if market is not None for outcome in (market.yes, market.no)]

    def related(self, making: Making) -> Iterable[Making]:
        """All of the same question, itself among them."""
        return self._questions[making.market.question]

    def take_over(self, event: RewardsListed) -> list[Making]:
        """Take new terms over; the makings that feel it. New markets are found by choosing."""
        stated = {offer.terms.market: offer for offer in event.offers}
        if event.whole:
            self._offers = {m: offer for m, offer in self._offers.items() if self._venue(m) is not event.venue}
        self._offers |= stated
        changed = []
        for making in self._makings.values():
            offer = self._offers.get(making.id)
            if offer is None and making.active:
                making.active = False
                changed.append(making)
            elif offer is not None and offer.terms != making.terms:
                making.terms = offer.terms
                changed.append(making)
        return changed

    def choose(self, desk: DeskView) -> MarketsChosen | None:
        """Choose anew; what to say of it if anything changed.

        Those that stay keep their quotes; those that do not are followed until nothing of them is left.
        """
        choice = self._selection.choose(self._offers, self._resting, desk)
        chosen = markets_of(choice)
        before = [making.id for making in self._makings.values() if making.active]
        for market in chosen:
            self._take_up(market)
            if market in self._makings:
                self._makings[market].size = choice.sizes.get(market)
        self._take_up_what_is_held()
        left = tuple(market for market in before if market not in chosen)
        for market in left:
            self._makings[market].active = False
        if not left and set(chosen) == set(before):
            return None
        return MarketsChosen(tuple(chosen), left, len(self._offers), reasons(choice), desk.now)

    def next_scan(self, desk: DeskView) -> Nanos:
        """When to choose again: at the interval; soon at the start, while books are missing to choose others by."""
        settings = self._settings
        if not self._hurries or self.active >= settings.max_markets or self._all_known(desk):
            return settings.update_interval
        self._hurries -= 1
        return min(HURRY, settings.update_interval)

    def _all_known(self, desk: DeskView) -> bool:
        known = [market for offer in self._offers if (market := self._stock.market(offer)) is not None]
        views = (desk.book(outcome) for market in known for outcome in (market.yes, market.no))
        return bool(known) and all(view is not None and view.usable for view in views)

    def _venue(self, market_id: MarketId) -> Venue:
        market = self._stock.market(market_id)
        return venue_of(market_id) if market is None else market.venue

    def _resting(self, market: MarketId) -> tuple[Resting, ...]:
        making = self._makings.get(market)
        return () if making is None or not self._shown else making.resting()

    def _take_up(self, market_id: MarketId) -> None:
        market, terms = self._stock.market(market_id), self._offers[market_id].terms
        making = self._makings.get(market_id)
        if making is not None:
            making.active, making.terms = True, terms
        elif market is not None:
            settings = self._settings
            variation = Variation(settings.volatility_window, settings.volatility_every)
            sides = OutcomeSide(market.yes), OutcomeSide(market.no)
            making = Making(market, terms, variation, Moves(settings.jump_window), Toxicity(settings), *sides)
            self._makings[market_id] = making
            self._questions.setdefault(market.question, []).append(making)
            self.by_outcome[market.yes] = self.by_outcome[market.no] = making

    def _take_up_what_is_held(self) -> None:
        """Every holding in a rewarded market is given up, as the classic rule has it: an earlier run may have left it
        in a market that nobody would quote now."""
        held = {position.market for position in self._stock.positions().values() if position.size}
        for market_id in sorted((held & self._offers.keys()) - self._makings.keys()):
            self._take_up(market_id)
            if market_id in self._makings:
                self._makings[market_id].active = False
