"""How a market's grid gets finer once its price comes near an end (Polymarket protocol section 3.4)."""

import msgspec

from dutchbook.domain.markets import Market, PriceGrid
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.messages import GridMoved
from dutchbook.exchange.rules import EdgeGrid


def watches(edge: EdgeGrid | None, market: Market) -> bool:
    """Whether the market's grid is a coarse one that may get finer."""
    return edge is not None and market.grid == PriceGrid.uniform(edge.coarse)


def refine(floor: Floor, market: MarketState) -> None:
    """Make the grid finer if the market's price has come near an end. Orders that rest stay as they are."""
    edge = floor.rules.edge_grid
    if not market.watched or edge is None:
        return
    twice = market.shown_price_twice()
    if twice is not None and not 2 * edge.low <= twice <= 2 * edge.high:
        change_grid(floor, market, PriceGrid.uniform(edge.fine))


def change_grid(floor: Floor, market: MarketState, grid: PriceGrid) -> None:
    """Give the market another grid and tell."""
    before = market.market.grid
    if before == grid:
        return
    market.become(msgspec.structs.replace(market.market, grid=grid))
    market.watched = watches(floor.rules.edge_grid, market.market)
    floor.listings[market.id] = market.listing
    floor.publish(GridMoved(market.id, before, grid, floor.now))
