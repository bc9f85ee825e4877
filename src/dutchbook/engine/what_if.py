"""The desk as those see it who only ask: nothing is taken by it, and one book may be another."""

from collections.abc import Sequence

from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.moved_book import MovedBook
from dutchbook.domain.orders import IntentId
from dutchbook.engine.desk import Desk


class AsItIs:
    """The desk at this moment. Reads only."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.now = desk.now

    def book(self, outcome: OutcomeId) -> BookView | None:
        """The book."""
        return self._desk.book(outcome)

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        """What an order could take."""
        return self._desk.depth(outcome, side)

    def next_intent(self) -> IntentId:
        """The id that the next intent will get."""
        return self._desk.intent_to_come()

    def fill_rate(self, kind: str) -> int:
        """As the desk measured it."""
        return self._desk.fill_rate(kind)

    def busy(self, subject: str) -> bool:
        """Whether something for this subject is at work."""
        return self._desk.busy(subject)

    def market(self, market: MarketId) -> Market | None:
        """A market of the catalogue."""
        return self._desk.market(market)


class WhatIf(AsItIs):
    """The desk with one level more, best on its side of one outcome's book."""

    def __init__(self, desk: Desk, outcome: OutcomeId, side: Side, level: Level) -> None:
        """`side` is that of the order which would take the level."""
        super().__init__(desk)
        self._outcome = outcome
        self._side = side
        self._level = level

    def book(self, outcome: OutcomeId) -> BookView | None:
        """The book, or the moved one."""
        book = self._desk.book(outcome)
        if outcome != self._outcome or book is None:
            return book
        return MovedBook(book, self._side.opposite, self._level)

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        """What an order could take, the new level first."""
        levels = self._desk.depth(outcome, side)
        return [self._level, *levels] if outcome == self._outcome and side is self._side else levels
