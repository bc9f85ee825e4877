"""What must be remembered of a journal to tell its lines in words: titles of markets, and what intents were for."""

from collections import OrderedDict

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, IntentId, Order, OrderId
from dutchbook.domain.units import Money

_KEPT = 20_000
"""Intents and orders that are remembered, the newest: what ended long ago is not told again."""


class Purpose(msgspec.Struct, frozen=True):
    """What an intent was for."""

    strategy: str
    kind: str
    edge: Money


class DeskMemory:
    """Fed by the journal of one run."""

    def __init__(self) -> None:
        self.mode = ""
        self.run = ""
        self.bankroll = Money(0)
        self._markets: dict[MarketId, Market] = {}
        self._purposes: OrderedDict[IntentId, Purpose] = OrderedDict()
        self._orders: OrderedDict[OrderId, Order] = OrderedDict()

    def market(self, market: Market) -> None:
        """A market was put on record."""
        self._markets[market.id] = market

    def intent(self, intent: Intent) -> None:
        """An intent was approved."""
        self._purposes[intent.id] = Purpose(intent.strategy, intent.kind, intent.edge)
        if len(self._purposes) > _KEPT:
            self._purposes.popitem(last=False)

    def order(self, order: Order) -> None:
        """An order was put on record."""
        self._orders[order.id] = order
        if len(self._orders) > _KEPT:
            self._orders.popitem(last=False)

    def known_order(self, order: OrderId) -> Order | None:
        """An order as it was sent."""
        return self._orders.get(order)

    def purpose(self, intent: IntentId) -> Purpose | None:
        """What an intent was for, if it is known."""
        return self._purposes.get(intent)

    def venue(self, market: MarketId) -> Venue | None:
        """Where a market is traded, if it is known."""
        found = self._markets.get(market)
        return found.venue if found else None

    def title(self, market: MarketId) -> str:
        """The words of a market; its id where it was never on record."""
        found = self._markets.get(market)
        return found.title if found else market

    def label(self, market: MarketId, outcome: OutcomeId) -> str:
        """What an outcome is called."""
        found = self._markets.get(market)
        return "" if found is None else found.labels[0] if outcome == found.yes else found.labels[1]
