"""Makes the strategies that a run asked for: how each is built from the parts of a desk, by its name."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import UsageError
from dutchbook.domain.rewards import RewardOffer
from dutchbook.engine.desk import Desk
from dutchbook.strategies.bundle import BundleStrategy
from dutchbook.strategies.cross_venue import PairStrategy
from dutchbook.strategies.cross_venue_settings import demands
from dutchbook.strategies.cross_venue_styles import AtomicArb, LegAndHedge
from dutchbook.strategies.exits import ExitStrategy
from dutchbook.strategies.names import ATOMIC_ARB, BUNDLE, LEG_AND_HEDGE, REWARD_MAKER, chosen_names
from dutchbook.strategies.ports import Strategy
from dutchbook.strategies.reward_maker.competition import Competition
from dutchbook.strategies.reward_maker.maker import RewardMaker
from dutchbook.strategies.reward_maker.selection import BestMarkets


class Ingredients(msgspec.Struct, frozen=True, kw_only=True):
    """What strategies are made of. `watching` keeps the costs of all bundles, and of the pairs if any is approved."""

    settings: Settings
    catalogue: Catalogue
    desk: Desk
    watching: BundleStrategy
    paired: bool
    trading: bool = False
    """Whether orders really leave: then those that rest stand in the books that are seen."""
    rewards: tuple[RewardOffer, ...] = ()
    """What is known of rewards at the start; the rest is told."""
    competition: Competition = msgspec.field(default_factory=Competition)
    """What venues' words tell of the others who quote for rewards."""


type Maker = Callable[[Ingredients], Strategy | None]
"""Makes a strategy; None where there is nothing for it to do."""


def made(names: Sequence[str], parts: Ingredients) -> tuple[Strategy, ...]:
    """The strategies of these names, each once and in their order, with those that they cannot be without.

    Who watches the pairs comes before who trades them. Raises UsageError for a name that no strategy has.
    """
    asked = [each for name in checked(names) if (each := _MAKERS[name](parts)) is not None]
    watching = parts.watching
    if any(each is watching or isinstance(each, PairStrategy) for each in asked):
        asked = [watching, *(each for each in asked if each is not watching)]
    return (*asked, ExitStrategy(parts.desk, parts.settings.exits)) if asked else ()


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each once. Raises UsageError for one that no strategy has."""
    try:
        return chosen_names(names)
    except ValueError as error:
        raise UsageError(f"{error} - name one of them") from None


def _atomic_arb(parts: Ingredients) -> PairStrategy | None:
    bundle, own = parts.settings.bundle, parts.settings.cross_venue
    return _pairs(parts, AtomicArb(demands(own.atomic_edge, bundle, own), own))


def _leg_and_hedge(parts: Ingredients) -> PairStrategy | None:
    bundle, own = parts.settings.bundle, parts.settings.cross_venue
    return _pairs(parts, LegAndHedge(demands(own.hedge_edge, bundle, own), own, parts.catalogue))


def _reward_maker(parts: Ingredients) -> RewardMaker:
    settings = parts.settings.reward_maker
    best = BestMarkets(settings, parts.catalogue.market, parts.competition)
    return RewardMaker(parts.desk, settings, best, parts.rewards, shown=parts.trading)


def _pairs(parts: Ingredients, style: AtomicArb | LegAndHedge) -> PairStrategy | None:
    if not parts.paired:
        return None
    return PairStrategy(style, parts.watching.index, parts.catalogue, parts.settings.bundle.repeat_after)


_MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        BUNDLE: lambda parts: parts.watching,
        ATOMIC_ARB: _atomic_arb,
        LEG_AND_HEDGE: _leg_and_hedge,
        REWARD_MAKER: _reward_maker,
    }
)
