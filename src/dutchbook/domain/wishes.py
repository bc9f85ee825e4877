"""What a strategy may wish for besides an intent: quotes withdrawn, a wake-up, two outcomes merged into cash.

None of them can cost anything that was not approved already, so no rule of risk is asked; each is on record.
"""

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.orders import Intent, IntentId
from dutchbook.domain.units import Nanos, Size


class Withdraw(msgspec.Struct, frozen=True):
    """End the order plan of this intent: its order is cancelled as soon as it can be, and none follows it.

    Nothing happens if the plan is over. What filled before the cancel arrived stays filled.
    """

    intent: IntentId
    reason: str


class Wake(msgspec.Struct, frozen=True):
    """A `TimerFired` of this name at a time, once. By convention the name begins with that of the strategy."""

    name: str
    at: Nanos


class MergePair(msgspec.Struct, frozen=True):
    """Turn so many YES and NO of a market, held and settled, back into a dollar each.

    Nothing happens while fewer are there. At venues where that is a transaction it is booked once it is done.
    """

    market: MarketId
    size: Size
    reason: str


type Wish = Intent | Withdraw | Wake | MergePair
"""All that strategies may want."""
