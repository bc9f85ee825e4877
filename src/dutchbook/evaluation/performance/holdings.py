"""What is still held of a trade, and what it is worth: whole sets at what they surely pay, the rest at its bids."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent
from dutchbook.domain.units import ONE, Money, Price, Size, notional_down
from dutchbook.evaluation.performance.lots import Lot, divided
from dutchbook.evaluation.performance.shares import by_weight

type Mark = Callable[[OutcomeId], Price | None]
"""What a contract is worth at the end; None where nobody can say."""


class HeldPart(msgspec.Struct, frozen=True):
    """A lot, or a part of one, and its worth; None without a price."""

    lot: Lot
    value: Money | None

    @property
    def result(self) -> Money | None:
        """Its worth less what it cost, with its fee."""
        return None if self.value is None else Money(self.value - self.lot.cost - self.lot.fee)


def held_parts(intent: Intent | None, lots: Sequence[Lot], mark: Mark) -> list[HeldPart]:
    """The open lots of one trade with their worth, as the desk counts it: a whole set at its payoff, if that is more.

    Its payoff is spread over the legs in proportion to what they cost.
    """
    payoff, outcomes = _set_of(intent)
    sets = min((sum(lot.size for lot in lots if lot.outcome == outcome) for outcome in outcomes), default=0)
    bids = sum(mark(outcome) or 0 for outcome in outcomes)
    if not sets or payoff < bids:
        return [_at_bid(lot, mark) for lot in lots]
    whole, loose = _taken(lots, outcomes, Size(sets))
    values = by_weight(notional_down(payoff, Size(sets)), [max(1, lot.cost) for lot in whole])
    parts = [HeldPart(lot, Money(value)) for lot, value in zip(whole, values, strict=True)]
    return parts + [_at_bid(lot, mark) for lot in loose]


def _set_of(intent: Intent | None) -> tuple[Price, tuple[OutcomeId, ...]]:
    """What a set of an intent's legs surely pays, and its legs; nothing, if they are no set that is bought."""
    if intent is None or any(leg.side is not Side.BUY for leg in intent.legs):
        return Price(0), ()
    dollars_of = _PAYOFFS.get(intent.kind)
    if dollars_of is None:
        return Price(0), ()
    return Price(dollars_of(len(intent.legs)) * ONE), tuple(dict.fromkeys(leg.outcome for leg in intent.legs))


_PAYOFFS: Mapping[str, Callable[[int], int]] = MappingProxyType(
    {
        BundleKind.BUY_BOTH: lambda _: 1,
        BundleKind.ALL_YES: lambda _: 1,
        BundleKind.ALL_NO: lambda legs: legs - 1,
        BundleKind.LADDER: lambda _: 1,
        BundleKind.CROSS_VENUE: lambda _: 1,
    }
)
"""Dollars that a set of so many legs pays at least."""


def _taken(lots: Sequence[Lot], outcomes: Sequence[OutcomeId], sets: Size) -> tuple[list[Lot], list[Lot]]:
    """The oldest contracts that make up so many sets, and what is left."""
    missing = dict.fromkeys(outcomes, int(sets))
    whole, loose = [], []
    for lot in lots:
        wanted = min(missing.get(lot.outcome, 0), lot.size)
        if not wanted:
            loose.append(lot)
            continue
        missing[lot.outcome] -= wanted
        if wanted == lot.size:
            whole.append(lot)
        else:
            first, rest = divided(lot, Size(wanted))
            whole.append(first)
            loose.append(rest)
    return whole, loose


def _at_bid(lot: Lot, mark: Mark) -> HeldPart:
    price = mark(lot.outcome)
    return HeldPart(lot, None if price is None else notional_down(price, lot.size))
