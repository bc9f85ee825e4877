"""What the reward maker reads of the desk besides its books."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, IntentId, Order, OrderId
from dutchbook.domain.units import Money, Size
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet


class Stock(Protocol):
    """What is held, what is bound, and what is at work."""

    def positions(self) -> Mapping[OutcomeId, Position]: ...

    def complete_sets(self) -> Sequence[CompleteSet]:
        """Sets of held outcomes that pay together, whatever happens."""
        ...

    def sellable(self, outcome: OutcomeId) -> Size:
        """Contracts that are held, settled, and not being sold already."""
        ...

    def reserved(self, market: MarketId) -> Money:
        """What intents and live orders may still spend in a market."""
        ...

    def reserved_for(self, intent: IntentId, market: MarketId) -> Money:
        """What an intent and its live orders may still spend in a market: a part of what is reserved there."""
        ...

    def market(self, market: MarketId) -> Market | None: ...

    def order(self, order: OrderId) -> Order | None:
        """An order of ours as it stands."""
        ...

    def at_work(self, strategy: str) -> Sequence[Intent]:
        """The order plans of a strategy that are at work, oldest first."""
        ...

    def planned(self, intent: IntentId) -> bool:
        """Whether the order plan of an intent is at work, be it only that its fills may still be taken back."""
        ...

    def held_back(self, strategy: str) -> str | None:
        """Why a strategy may open nothing now: a halt or a pause, in words; None if it may."""
        ...
