"""What may be lost in the markets of one question together, of which at most one resolves to YES (negRisk)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.units import Money, Size, notional_up
from dutchbook.portfolio.positions import Position
from dutchbook.strategies.reward_maker.making import Making
from dutchbook.strategies.reward_maker.ports import Stock


class Stake(NamedTuple):
    """Contracts of one outcome and what they cost, fees included. `open`: only bid for, so they may never come."""

    market: MarketId
    yes: bool
    size: Size
    cost: Money
    open: bool = False

    def loss(self, winner: MarketId | None) -> int:
        """What it costs less what it pays, where this market resolves to YES and all others to NO; None: all to NO."""
        pays = self.size if (self.market == winner) is self.yes else 0
        return max(0, self.cost - pays) if self.open else self.cost - pays


def worst_loss(stakes: Iterable[Stake]) -> Money:
    """The most that they can lose together, over every outcome of the question; 0 where none of them loses.

    What is only bid for counts where it loses and not where it earns: nobody knows which of it fills.
    """
    stakes = tuple(stakes)
    winners = (None, *dict.fromkeys(stake.market for stake in stakes))
    return Money(max(0, *(sum(stake.loss(winner) for stake in stakes) for winner in winners)))


def stakes_in(question: QuestionId, makings: Iterable[Making], stock: Stock) -> list[Stake]:
    """What is held in a question's markets, whoever bought it, and what the reward maker bids for there."""
    found = list(_held(question, stock.positions(), stock))
    for making in makings:
        for side in making.sides:
            bids = (side.quote, side.hedge if side.completing else None)
            yes = side is making.yes
            found += [
                Stake(making.id, yes, own.left, notional_up(own.price, own.left), open=True)
                for own in bids
                if own is not None and own.left and not own.over
            ]
    return found


def _held(question: QuestionId, positions: Mapping[OutcomeId, Position], stock: Stock) -> Iterable[Stake]:
    for outcome, position in positions.items():
        market = stock.market(position.market)
        if market is not None and market.question == question:
            yield Stake(market.id, outcome == market.yes, position.size, position.cost)
