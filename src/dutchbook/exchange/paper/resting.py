"""Our orders that wait in the observed book."""

from collections.abc import Iterator

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.events import TradePrinted
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order, OrderId
from dutchbook.domain.units import Size
from dutchbook.exchange.paper.mirror import place


class Resting(msgspec.Struct):
    """An order that waits. `remaining` falls with each fill."""

    order: Order
    market: MarketId
    remaining: int


class RestingOrders:
    """Waiting orders by id, in the order of their arrival."""

    def __init__(self) -> None:
        self._orders: dict[OrderId, Resting] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def __contains__(self, order: OrderId) -> bool:
        return order in self._orders

    def __iter__(self) -> Iterator[OrderId]:
        return iter(self._orders)

    def add(self, order: Order, market: MarketId, remaining: int) -> None:
        """Let an order wait."""
        self._orders[order.id] = Resting(order, market, remaining)

    def remove(self, order: OrderId) -> bool:
        """Take an order out; whether it was there."""
        return self._orders.pop(order, None) is not None

    def of_market(self, market: MarketId) -> list[Resting]:
        """What waits in one market, of both outcomes."""
        return [resting for resting in self._orders.values() if resting.market == market]

    def passed_by(self, trade: TradePrinted, market: Market) -> list[tuple[Resting, Size]]:
        """Orders that a trade printed strictly through, best price first, and what each gets of the trade's size."""
        _, aggressor, price = place(market, trade.outcome, trade.taker, trade.price)
        passed: list[tuple[int, Resting]] = []
        for resting in self.of_market(market.id):
            leg = resting.order.leg
            _, side, limit = place(market, leg.outcome, leg.side, leg.limit)
            if side is not aggressor and (price < limit if side is Side.BUY else price > limit):
                passed.append((-limit if side is Side.BUY else limit, resting))
        left, shares = int(trade.size), list[tuple[Resting, Size]]()
        for _, resting in sorted(passed, key=lambda entry: entry[0]):
            size = min(left, resting.remaining)
            if size:
                shares.append((resting, Size(size)))
            left -= size
        return shares
