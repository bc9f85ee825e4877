"""What the portfolio is worth: at bids, never at mids, and what stays unpriced is named."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.ports import Books
from dutchbook.domain.units import ONE, Money, Price, Size, notional_down
from dutchbook.portfolio.positions import Position

type Mark = Callable[[OutcomeId], Price | None]
"""What one contract could be sold for now; 0 where nobody bids, None where that is not known."""


class CompleteSet(msgspec.Struct, frozen=True):
    """Outcomes that together pay at least `payoff` a set, whatever happens: all YES of an exhaustive question."""

    outcomes: tuple[OutcomeId, ...]
    payoff: Price


class Valuation(msgspec.Struct, frozen=True):
    """A worth in three parts, so that what is not known is not hidden.

    `low` counts unpriced positions as worthless and is what risk looks at; `at_cost` counts them at cost and is for
    reports.
    """

    cash: Money
    priced: Money
    unpriced_cost: Money = Money(0)
    unpriced: tuple[OutcomeId, ...] = ()

    @property
    def low(self) -> Money:
        return Money(self.cash + self.priced)

    @property
    def at_cost(self) -> Money:
        return Money(self.low + self.unpriced_cost)


def valuation(
    cash: Money, positions: Mapping[OutcomeId, Position], mark: Mark, sets: Iterable[CompleteSet] = ()
) -> Valuation:
    """The worth of cash and positions, rounded down.

    YES and NO of one market are a dollar a pair; then `sets` are taken in their order, each at its payoff or at its
    bids, whichever is more; the rest is at its bid. Errs low: depth aside, no better price than a bid is assumed, nor
    a set that nobody named. The payoff of a set is not discounted for the time until it settles.
    """
    if not positions:
        return Valuation(cash, Money(0), Money(0), ())
    loose = {outcome: int(position.size) for outcome, position in positions.items()}
    priced = 0
    for complete in (*_pairs(positions), *sets):
        size = min(loose.get(outcome, 0) for outcome in complete.outcomes)
        bids = sum(mark(outcome) or 0 for outcome in complete.outcomes) if size else 0
        if size and complete.payoff >= bids:
            priced += notional_down(complete.payoff, Size(size))
            for outcome in complete.outcomes:
                loose[outcome] -= size
    unpriced_cost, unpriced = 0, []
    for outcome, size in loose.items():
        price = mark(outcome) if size else Price(0)
        if price is None:
            unpriced.append(outcome)
            unpriced_cost += positions[outcome].cost * size // positions[outcome].size
        else:
            priced += notional_down(price, Size(size))
    return Valuation(cash, Money(priced), Money(unpriced_cost), tuple(unpriced))


class LastBids:
    """Marks from the books: the best bid, or the last one seen while a book is unknown.

    A connection that breaks makes books unknown, not positions worthless.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._last: dict[OutcomeId, Price] = {}

    def __call__(self, outcome: OutcomeId) -> Price | None:
        book = self._books.view(outcome)
        if book is not None and book.usable:
            self._last[outcome] = book.best_bid or Price(0)
        return self._last.get(outcome)


def _pairs(positions: Mapping[OutcomeId, Position]) -> Iterable[CompleteSet]:
    by_market: dict[MarketId, list[OutcomeId]] = {}
    for position in positions.values():
        by_market.setdefault(position.market, []).append(position.outcome)
    return [CompleteSet(tuple(both), ONE) for both in by_market.values() if len(both) == 2]
