"""A market of the living market as its traders see it: what they believe about, and where they may quote."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from math import isqrt

from dutchbook.domain.book import Level
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, MarketStatus, PriceGrid
from dutchbook.domain.units import ONE, Price
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.living.chance import CERTAIN

PER_PRICE = CERTAIN // ONE
"""Millionths in a price unit."""


class LiveMarket:
    """One market and the latent chance that it resolves YES at its venue, in millionths.

    `chance` is what the world knows; each trader sees it late and blurred. `mood` is by how much all makers of the
    market are wrong together, in millionths at even chances; `longshot` is how much they add to the smallest chances
    and take off the largest, where takers overpay for hope.
    """

    __slots__ = (
        "_grid",
        "_prices",
        "chance",
        "exchange",
        "fees",
        "id",
        "longshot",
        "min_notional",
        "mood",
        "no",
        "venue",
        "yes",
    )

    def __init__(self, exchange: Exchange, market: Market, chance: int) -> None:
        self.exchange = exchange
        self.id = market.id
        self.venue: Venue = market.venue
        self.yes = market.yes
        self.no = market.no
        self.fees = market.fees
        self.min_notional = market.min_notional
        self.chance = chance
        self.mood = 0
        self.longshot = 0
        self._grid: PriceGrid | None = None
        self._prices: tuple[Price, ...] = ()

    @property
    def listing(self) -> Listing:
        """As it is published now."""
        return self.exchange.listings[self.id]

    @property
    def is_open(self) -> bool:
        return self.exchange.listings[self.id].market.status is MarketStatus.OPEN

    @property
    def is_over(self) -> bool:
        return self.exchange.listings[self.id].market.status in (MarketStatus.CLOSED, MarketStatus.RESOLVED)

    def priced(self, chance: int, error: int = 0) -> int:
        """What makers who take `chance` for the truth, and err by `error`, take for the price, all in millionths."""
        hope = self.longshot * (CERTAIN - 2 * chance) // CERTAIN
        return chance + hope + (self.mood + error) * restlessness(chance) // CERTAIN

    def top(self) -> tuple[Level | None, Level | None]:
        """The best bid and the best ask of YES."""
        return self.exchange.top(self.id)

    def prices(self) -> Sequence[Price]:
        """Every price that may be quoted for YES now, rising."""
        grid = self.exchange.listings[self.id].market.grid
        if grid is not self._grid:
            self._grid, self._prices = grid, valid_prices(grid)
        return self._prices

    def at_most(self, price: int) -> int:
        """The index in `prices` of the highest one that is not above `price`; -1 if all are."""
        return bisect_right(self.prices(), price) - 1

    def at_least(self, price: int) -> int:
        """The index in `prices` of the lowest one that is not below `price`; their number if all are."""
        return bisect_left(self.prices(), price)


@cache
def valid_prices(grid: PriceGrid) -> tuple[Price, ...]:
    """All prices of a grid, rising."""
    found = {Price(price) for band in grid.bands for price in range(band.start, band.end + 1, band.step)}
    return tuple(sorted(price for price in found if 0 < price < ONE))


def restlessness(chance: int) -> int:
    """2 sqrt(p (1 - p)) in millionths, at least a twentieth: how far beliefs differ, even chances being 1."""
    return max(50_000, 2 * isqrt(max(0, chance * (CERTAIN - chance))))
