"""What an outcome is worth: a port, since others may know better than its own book; and that book's answer."""

from typing import Protocol

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.pricing.flow import Top, microprice
from dutchbook.domain.units import CONTRACT, ONE
from dutchbook.strategies.reward_maker.quoting import Sight


class FairValue(Protocol):
    """Values an outcome, in dollars between 0 and 1."""

    def of(self, outcome: OutcomeId, seen: Sight) -> float | None:
        """What one contract is worth, given its book without our own orders; None if nobody can say."""
        ...


class Microprice:
    """The middle, weighted towards the side with less size at the top (formula Q2): where it is likely to move."""

    def of(self, outcome: OutcomeId, seen: Sight) -> float | None:  # noqa: ARG002 - it asks nobody but the book
        """See `FairValue`."""
        if not seen.bids or not seen.asks:
            return None
        bid, ask = seen.bids[0], seen.asks[0]
        return microprice(Top(bid.price / ONE, bid.size / CONTRACT, ask.price / ONE, ask.size / CONTRACT))
