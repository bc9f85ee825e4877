"""Books and terms in a line each: (dollars, contracts), best first."""

from collections.abc import Sequence

from dutchbook.domain.book import Level
from dutchbook.domain.identity import MarketId
from dutchbook.domain.rewards import RewardTerms
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Price, Size
from dutchbook.strategies.reward_maker.quoting import Sight

type Quotes = Sequence[tuple[float, float]]


def levels(quotes: Quotes) -> list[Level]:
    return [Level(Price(round(price * 10_000)), Size(round(size * CONTRACT))) for price, size in quotes]


def seen(bids: Quotes, asks: Quotes) -> Sight:
    return Sight(levels(bids), levels(asks))


def terms(*, spread: float = 0.035, least: int = 20, daily: int = 50, market: str = "a") -> RewardTerms:
    return RewardTerms(
        market=MarketId(market),
        daily=Money(daily * DOLLAR),
        max_spread=Price(round(spread * 10_000)),
        min_size=Size(least * CONTRACT),
    )


def cents(value: float) -> Price:
    return Price(round(value * 100))
