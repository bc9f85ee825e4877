"""What is held of one outcome, at average cost."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import Money, Size


class Position(msgspec.Struct, frozen=True):
    """Contracts held of one outcome and what they cost, without fees."""

    outcome: OutcomeId
    market: MarketId
    size: Size
    cost: Money


def cost_of_part(position: Position, size: Size) -> Money:
    """The cost that leaves with `size` of a position: its share, rounded up; the last contract takes all that is left.

    Rounding up takes it from the realised profit, never from what is kept: no micro-dollar appears or is lost.
    """
    return Money(-(-position.cost * size // position.size))


def held(positions: Mapping[OutcomeId, Position], outcome: OutcomeId, size: Size) -> Position:
    """The position that `size` is to be taken from. Raises LedgerError if it is not there."""
    position = positions.get(outcome)
    if position is None or position.size < size:
        found = position.size if position else 0
        raise LedgerError(
            f"ledger: {size} of {outcome} to take, {found} held - nothing booked - reconcile with the venue"
        )
    return position
