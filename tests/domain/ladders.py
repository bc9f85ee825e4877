"""Legs and ladders for tests: written in dollars and contracts, or drawn by hypothesis."""

from collections.abc import Sequence

from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.markets import FeeSchedule, KalshiFees, NoFees, PolymarketFees
from dutchbook.domain.pricing.depth import LegDepth
from dutchbook.domain.units import CONTRACT, ONE, Price, Size

FIVE_PERCENT = PolymarketFees(50_000)

type Ladder = tuple[Level, ...]


def ladder(*levels: tuple[float, int]) -> Ladder:
    """Levels of (price in dollars, contracts)."""
    return tuple(Level(Price(round(price * ONE)), Size(size * CONTRACT)) for price, size in levels)


def bought(levels: Sequence[Level], fees: FeeSchedule = FIVE_PERCENT) -> LegDepth:
    return LegDepth(side=Side.BUY, levels=levels, fees=fees)


def sold(levels: Sequence[Level], fees: FeeSchedule = FIVE_PERCENT) -> LegDepth:
    return LegDepth(side=Side.SELL, levels=levels, fees=fees)


THREE_OUTCOMES = (
    ladder((0.30, 50), (0.31, 100), (0.33, 200)),
    ladder((0.40, 80), (0.41, 120), (0.44, 300)),
    ladder((0.24, 60), (0.25, 90), (0.27, 400)),
)

schedules: st.SearchStrategy[FeeSchedule] = st.one_of(
    st.just(NoFees()),
    st.builds(PolymarketFees, rate_ppm=st.integers(0, 80_000), exponent=st.sampled_from([1, 2])),
    st.builds(KalshiFees, taker_ppm=st.integers(0, 70_000)),
)
fine_sizes = st.integers(1, 10**10)
lot_sizes = st.integers(1, 10**5).map(lambda hundredths: hundredths * 10_000)


@st.composite
def ladders(
    draw: st.DrawFn, side: Side, low: int, high: int, sizes: st.SearchStrategy[int] = fine_sizes, most: int = 6
) -> Ladder:
    """Up to `most` levels between two prices, best first for an order of `side`."""
    prices = draw(st.lists(st.integers(low, high), min_size=1, max_size=most, unique=True))
    prices.sort(reverse=side is Side.SELL)
    return tuple(Level(Price(price), Size(draw(sizes))) for price in prices)


@st.composite
def baskets(draw: st.DrawFn, sizes: st.SearchStrategy[int] = fine_sizes) -> tuple[LegDepth, ...]:
    """Two to six bought legs whose best prices sum to about a dollar."""
    legs = draw(st.integers(2, 6))
    centre = ONE // legs
    low, high = max(1, centre - 400), centre + 300
    return tuple(
        LegDepth(side=Side.BUY, levels=draw(ladders(Side.BUY, low, high, sizes)), fees=draw(schedules))
        for _ in range(legs)
    )


@st.composite
def splits(draw: st.DrawFn, sizes: st.SearchStrategy[int] = fine_sizes) -> tuple[LegDepth, ...]:
    """YES and NO of one market, both sold for about a dollar together."""
    fees = draw(schedules)
    return tuple(
        LegDepth(side=Side.SELL, levels=draw(ladders(Side.SELL, low, low + 900, sizes)), fees=fees)
        for low in (4_400, 4_500)
    )
