"""What execution reads of the desk."""

from collections.abc import Sequence
from typing import Protocol

from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.orders import IntentId


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
