"""What execution reads of the desk."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.orders import IntentId
from dutchbook.domain.units import Money
from dutchbook.portfolio.positions import Position


class ExecutionDesk(Protocol):
    """Books, markets and bundles as they stand.

    `depth` is what an order of that side could take, best first. `bundle` finds what an intent's subject names, None if
    that is no bundle.
    """

    def book(self, outcome: OutcomeId) -> BookView | None: ...
    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]: ...
    def market(self, market: MarketId) -> Market | None: ...
    def question(self, question: QuestionId) -> Question | None: ...
    def bundle(self, subject: str) -> Bundle | None: ...
    def next_intent(self) -> IntentId: ...

    def positions(self) -> Mapping[OutcomeId, Position]:
        """What the ledger has as held, at all venues."""
        ...

    def cash_at(self, venue: Venue) -> Money:
        """What the ledger has as cash at a venue."""
        ...

    def operates(self, venue: Venue) -> bool:
        """Whether token operations are sent to a venue, and reported; else they are done once they are booked."""
        ...

    def moving(self, venue: Venue) -> bool:
        """Whether operations of ours that are booked are not done yet at a venue: splits, merges, conversions,
        transfers, redemptions. What its account states meanwhile cannot be compared."""
        ...
