"""What must hold before a quote is placed, and while it rests: named checks, each with its threshold."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dutchbook.domain.book import Level
from dutchbook.domain.units import Money, Nanos, Price, Size, decimal_text, dollars
from dutchbook.strategies.reward_maker.quoting import Place, Sight, Target
from dutchbook.strategies.reward_maker.settings import RewardMakerSettings
from dutchbook.strategies.reward_maker.toxicity import Toxicity

_MILLION = 1_000_000
_BEHIND = 2
"""Bids behind a quote that must be near."""


class Danger(NamedTuple):
    """A check that refuses: its name, its limit (a setting with its value), and what was found."""

    rule: str
    limit: str
    found: str


def dangers(target: Target, seen: Sight, variation: float | None, settings: RewardMakerSettings) -> Iterator[Danger]:
    """Everything in the book that stands in the way of a quote. `seen` is without our own orders."""
    bids = seen.bids
    if (danger := volatility(variation, settings)) is not None:
        yield danger
    if (danger := queue_position(target, bids)) is not None:
        yield danger
    if (danger := price_cliff(target.price, bids, settings.price_cliff_threshold)) is not None:
        yield danger
    if (danger := protection_size(target.size, bids, settings.min_protection_size_multiplier)) is not None:
        yield danger
    if (danger := hedge_depth(target, bids, settings)) is not None:
        yield danger


def volatility(variation: float | None, settings: RewardMakerSettings) -> Danger | None:
    """The middle moved too much: standard deviation by mean, over the window. None is known: it may be quoted."""
    limit = settings.volatility_threshold
    if not settings.volatility_check or variation is None or variation * _MILLION <= limit:
        return None
    return Danger("volatility", f"volatility_threshold {limit / 10_000:g}%", f"{variation:.2%}")


def queue_position(target: Target, bids: Sequence[Level]) -> Danger | None:
    """A quote at the boundary must be the second-best bid: nothing but the best may stand above it.

    The second-best bid itself is no question, and a reservation price says by itself how near is near enough.
    """
    if target.place is not Place.BOUNDARY:
        return None
    above = sum(level.price > target.price for level in bids)
    if above == 1:
        return None
    found = "it would be the best bid" if not above else f"{above} bids are better"
    return Danger("queue_position", "second-best bid", found)


def price_cliff(price: Price, bids: Sequence[Level], threshold: Price) -> Danger | None:
    """The two bids behind a quote must exist, no step to either larger than the threshold."""
    upper, behind = price, 0
    for level in bids:
        if level.price >= price:
            continue
        if upper - level.price > threshold:
            found = f"from {_price(upper)} to {_price(level.price)}"
            return Danger("price_cliff", f"price_cliff_threshold {_price(threshold)}", found)
        upper, behind = level.price, behind + 1
        if behind == _BEHIND:
            return None
    found = f"{behind} bids behind {_price(price)}"
    return Danger("price_cliff", f"price_cliff_threshold {_price(threshold)}", found)


def protection_size(size: Size, bids: Sequence[Level], multiplier: int) -> Danger | None:
    """What stands at the two best bids must be so many times (millionths) the size of the quote."""
    there = sum(level.size for level in bids[:2])
    if there * _MILLION >= size * multiplier:
        return None
    limit = f"min_protection_size_multiplier {_times(multiplier)}"
    return Danger("protection_size", limit, f"{_contracts(there)} before {_contracts(size)}")


def hedge_depth(target: Target, bids: Sequence[Level], settings: RewardMakerSettings) -> Danger | None:
    """The third-best bid and those behind it, within reach of a hedge, must hold so many times the quote's size."""
    lowest = target.price - settings.hedge_sell.max_bid_gap
    multiplier = settings.min_protection_size_multiplier_hedge
    wanted, there = -(-target.size * multiplier // _MILLION), 0
    for level in bids[2:]:
        if there >= wanted or level.price < lowest:
            break
        there += level.size
    if there >= wanted:
        return None
    limit = f"min_protection_size_multiplier_hedge {_times(multiplier)}"
    return Danger("hedge_depth", limit, f"{_contracts(there)} for {_contracts(target.size)}")


def toxicity(seen: Toxicity, settings: RewardMakerSettings, now: Nanos, *, yes: bool) -> Danger | None:
    """Orders flow against the quote of an outcome, or everybody sells to it and nobody to the other."""
    if settings.flow_threshold:
        against = -seen.flow.pressure(now) if yes else seen.flow.pressure(now)
        if against * _MILLION > settings.flow_threshold:
            return Danger("order_flow", f"flow_threshold {_times(settings.flow_threshold)}", f"{against:.1f}")
    if settings.one_sided_fills and (count := seen.streak.count(now, yes=yes)) >= settings.one_sided_fills:
        return Danger("one_sided", f"one_sided_fills {settings.one_sided_fills}", f"{count} filled, none of the other")
    return None


def exposure(cost: Money, bound: Money, settings: RewardMakerSettings) -> Danger | None:
    """Open purchases, and what filled and is not hedged, must stay within the limit of one market with this quote."""
    limit = settings.max_exposure_per_market
    if bound + cost <= limit:
        return None
    shown = f"max_exposure_per_market ${dollars(limit)}"
    return Danger("exposure_per_market", shown, f"${dollars(bound)} and ${dollars(cost)} more")


def _price(price: int) -> str:
    return decimal_text(price, 4)


def _times(multiplier: int) -> str:
    return f"{multiplier / _MILLION:g}"


def _contracts(size: int) -> str:
    return decimal_text(size, 6)
