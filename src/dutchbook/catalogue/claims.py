"""What a structured strike claims, as a set of values, and when one claim implies another (formulas G3)."""

import msgspec

from dutchbook.domain.markets import Strike, StrikeKind

_MINUS_INFINITY = (-(10**40), 0)
_INFINITY = (10**40, 0)


class Claim(msgspec.Struct, frozen=True):
    """The values for which a market resolves YES: an interval of the number line, or of time.

    A bound is (value, nudge): nudge 1 is just above the value, -1 just below. `low` and `high` both belong to the set.
    """

    of_time: bool
    low: tuple[int, int]
    high: tuple[int, int]

    def implies(self, other: "Claim") -> bool:
        """Whether every value in this set is in the other."""
        return self.of_time is other.of_time and self.low >= other.low and self.high <= other.high


def claim_of(strike: Strike) -> Claim | None:
    """The set that a strike describes, or None where a bound is missing or the set is empty.

    `between` includes both ends; `before` counts the deadline itself as in time, on every rung alike.
    """
    floor, cap = strike.floor, strike.cap
    low, high = _MINUS_INFINITY, _INFINITY
    match strike.kind:
        case StrikeKind.GREATER if floor is not None:
            low = (floor, 1)
        case StrikeKind.GREATER_OR_EQUAL if floor is not None:
            low = (floor, 0)
        case StrikeKind.LESS if cap is not None:
            high = (cap, -1)
        case StrikeKind.LESS_OR_EQUAL if cap is not None:
            high = (cap, 0)
        case StrikeKind.BETWEEN if floor is not None and cap is not None:
            low, high = (floor, 0), (cap, 0)
        case StrikeKind.BEFORE if cap is not None:
            high = (cap, 0)
        case _:
            return None
    return Claim(strike.kind is StrikeKind.BEFORE, low, high) if low <= high else None
