"""Which markets with liquidity rewards to quote: filters, safety, the classic ratio, the official score, the best N."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf

import msgspec

from dutchbook.catalogue.reward_filters import FilterRules, Unfit
from dutchbook.catalogue.reward_income import CostModel, Income, Known, income, reward_ratio
from dutchbook.catalogue.reward_settings import RankBy, RewardFilters
from dutchbook.domain.book import BookView
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.pricing.reward_stakes import allocate
from dutchbook.domain.pricing.rewards import Resting
from dutchbook.domain.rewards import RewardOffer
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Nanos, Price, Size, complement

_PPM = 1_000_000


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A market with a reward, as it stands: both books, None where they are not known, and our orders in them."""

    market: Market
    offer: RewardOffer
    yes: BookView | None
    no: BookView | None
    resting: tuple[Resting, ...] = ()
    competition: float = 1.0
    """What the others score, by the most that they can: below 1 where the venue's own word of our share tells so."""


class Planned(msgspec.Struct, frozen=True):
    """A purchase that a quote would be."""

    outcome: OutcomeId
    price: Price
    size: Size


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What could be quoted in a market, and what stands in the way of the rest."""

    quotes: tuple[Planned, ...]
    unsafe: Mapping[OutcomeId, tuple[Unfit, ...]] = {}
    both: bool = False
    """Whether all outcomes are quoted or none: where a middle is at or below 0.10."""


type Planner = Callable[[Candidate, BookView, BookView], Plan]
"""How a strategy would quote a market with these books of YES and NO: its prices, and its safety checks."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of one market; it may be quoted if nothing is `unfit`."""

    market: MarketId
    unfit: tuple[Unfit, ...]
    plan: Plan | None = None
    ratio: float | None = None
    income: Income | None = None


class Choice(msgspec.Struct, frozen=True):
    """The markets to quote, best first; those that are good enough and not among the best; those that are not."""

    chosen: tuple[Assessment, ...]
    spare: tuple[Assessment, ...]
    refused: tuple[Assessment, ...]
    sizes: Mapping[MarketId, Size] = {}
    """Contracts on each side of what is chosen, where a budget was divided."""


class Selector:
    """Chooses among markets with rewards; made once for its settings."""

    def __init__(self, filters: RewardFilters, *, size_multiplier: int, most: Money, planner: Planner) -> None:
        """`size_multiplier` is in millionths, `most` what may be bound in one market."""
        self._filters = filters
        self._rules = FilterRules(filters)
        self._multiplier = size_multiplier
        self._most = most
        self._planner = planner
        self._costs = CostModel(filters.fills_per_day / _PPM, filters.fill_decay / _PPM, filters.adverse_move / ONE)

    def choose(self, candidates: Iterable[Candidate], now: Nanos, count: int) -> Choice:
        """The best `count` of them. All rules are asked of each, so that people see all that stands in the way."""
        fit: list[Assessment] = []
        refused: list[Assessment] = []
        for candidate in candidates:
            assessed = self.assess(candidate, now)
            (refused if assessed.unfit else fit).append(assessed)
        fit.sort(key=self._rank)
        return Choice(tuple(fit[:count]), tuple(fit[count:]), tuple(refused))

    def assess(self, candidate: Candidate, now: Nanos) -> Assessment:
        """One market."""
        market, terms = candidate.market, candidate.offer.terms
        unfit = self._rules.of_market(market, now) + self._rules.of_offer(candidate.offer, now)
        yes, no = candidate.yes, candidate.no
        if yes is None or no is None or not (_two_sided(yes) and _two_sided(no)):
            return Assessment(
                market=market.id, unfit=(*unfit, Unfit("book", "two known books with bids and asks", "not"))
            )
        plan = self._planner(candidate, yes, no)
        ratio = reward_ratio(terms.daily, terms.min_size, self._multiplier, yes)
        quotes = [_in_yes_book(market, quote) for quote in plan.quotes]
        known = Known(candidate.resting, candidate.competition)
        expected = income(terms, yes, quotes, known, self._costs, self._most)
        unfit += (*self._rules.of_book(yes), *_of_plan(plan), *self._of_worth(ratio, plan, expected))
        return Assessment(market=market.id, unfit=unfit, plan=plan, ratio=ratio, income=expected)

    def _of_worth(self, ratio: float, plan: Plan, expected: Income | None) -> tuple[Unfit, ...]:
        least = self._filters.min_reward_ratio / _PPM
        found: tuple[Unfit, ...] = ()
        if ratio < least:
            found = (Unfit("min_reward_ratio", f"at least {least:g}", f"{ratio:.6g}"),)
        if self._filters.rank_by is RankBy.NET_INCOME and plan.quotes and (expected is None or expected.net <= 0):
            worth = "the quotes do not score" if expected is None else f"{expected.net:.4f} dollars a day"
            found += (Unfit("net_income", "more than nothing", worth),)
        return found

    def _rank(self, assessed: Assessment) -> tuple[float, str]:
        if self._filters.rank_by is RankBy.REWARD_RATIO:
            worth = assessed.ratio
        else:
            worth = None if assessed.income is None else assessed.income.net
        return (inf if worth is None else -worth, assessed.market)


def divided(assessed: Sequence[Assessment], budget: Money) -> dict[MarketId, Size]:
    """The contracts to quote on each side of each market so that a budget earns most (M5 with a multiplier).

    Markets whose parts would be less than what scores are left out, the weakest quarter of them at a time, and the rest
    is divided anew.
    """
    left = [(one.market, one.income) for one in assessed if one.income is not None and one.income.stake]
    while left:
        stakes = allocate([worth.pot for _, worth in left], budget / DOLLAR).stakes
        sizes = [_contracts(worth, stake) for (_, worth), stake in zip(left, stakes, strict=True)]
        filled = [size / worth.least for (_, worth), size in zip(left, sizes, strict=True)]
        short = sorted((at for at, part in enumerate(filled) if part < 1), key=filled.__getitem__)
        if not short:
            return {market: size for (market, _), size in zip(left, sizes, strict=True)}
        out = frozenset(short[: -(-len(short) // 4)])
        left = [one for at, one in enumerate(left) if at not in out]
    return {}


def within(choice: Choice, budget: Money) -> Choice:
    """The same choice with a budget divided among what is chosen; markets that get nothing of it are spare."""
    sizes = divided(choice.chosen, budget)
    chosen = tuple(one for one in choice.chosen if one.market in sizes)
    without = tuple(one for one in choice.chosen if one.market not in sizes)
    return msgspec.structs.replace(choice, chosen=chosen, spare=(*without, *choice.spare), sizes=sizes)


def _contracts(worth: Income, stake: float) -> Size:
    """A stake in contracts on each side. What nobody else quotes needs no more than what scores."""
    return Size(int(stake / worth.unit * CONTRACT)) if worth.others else worth.least


def _two_sided(book: BookView) -> bool:
    return book.usable and book.best_bid is not None and book.best_ask is not None


def _of_plan(plan: Plan) -> tuple[Unfit, ...]:
    if plan.both and len(plan.quotes) < 2:
        return (Unfit("safety", "both outcomes: a middle is at most 0.10", f"{len(plan.quotes)} of 2"),)
    return () if plan.quotes else (Unfit("safety", "one outcome at least", "none"),)


def _in_yes_book(market: Market, quote: Planned) -> Resting:
    if quote.outcome == market.yes:
        return Resting(True, quote.price, quote.size)
    return Resting(False, complement(quote.price), quote.size)
