"""Lots: what was bought, and what became of each piece of it, first in, first out.

The ledger keeps positions at average cost, which is what risk needs. An accountant, and whoever asks which strategy
earned what, needs to know which purchase a sale belongs to: here the oldest contracts leave first. Both ways the sums
over a position that is closed are the same; while it is open they may put profit into different sales.
"""

from collections import deque
from collections.abc import Sequence

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill, IntentId, OrderId
from dutchbook.domain.units import Money, Nanos, Size, complement, notional_down, notional_up
from dutchbook.evaluation.performance.shares import by_weight, part_of
from dutchbook.portfolio.entries import (
    Adopted,
    Claim,
    Convert,
    FillBooked,
    LedgerEntry,
    Merge,
    Settlement,
    Split,
)
from dutchbook.portfolio.positions import Position

_MILLION = 1_000_000


class Origin(msgspec.Struct, frozen=True):
    """Where an entry came from: when, `how` in a few words, and the order and basket it was for, if any."""

    at: Nanos
    how: str
    order: OrderId = OrderId("")
    trade: IntentId = IntentId("")


class Lot(msgspec.Struct, frozen=True):
    """Contracts that were acquired together and are still held. `cost` is without `fee`."""

    number: int
    outcome: OutcomeId
    market: MarketId
    size: Size
    cost: Money
    fee: Money
    origin: Origin


class ClosedLot(msgspec.Struct, frozen=True):
    """A lot, or a part of one, that was given away: for `proceeds`, before the `fee` of doing so."""

    lot: Lot
    proceeds: Money
    fee: Money
    end: Origin

    @property
    def net(self) -> Money:
        """Profit after both fees."""
        return Money(self.proceeds - self.fee - self.lot.cost - self.lot.fee)


class LotBook:
    """Takes what was booked, in order. `closed` and `held` tell what became of it."""

    def __init__(self) -> None:
        self.closed: list[ClosedLot] = []
        self._open: dict[OutcomeId, deque[Lot]] = {}
        self._number = 0

    def held(self) -> list[Lot]:
        """What is still there, oldest first for each outcome."""
        return [lot for lots in self._open.values() for lot in lots]

    def forget(self) -> None:
        """Nothing is held any more, and nobody sold it: the money was play money of a run that is over."""
        self._open.clear()

    def take(self, entry: LedgerEntry, origin: Origin) -> None:
        """One entry. Those that move cash alone are nothing to lots."""
        match entry:
            case FillBooked(fill):
                self._filled(fill, origin)
            case Split():
                half = entry.size // 2
                self._gain(Claim(entry.yes, entry.market), entry.size, entry.size - half, 0, origin)
                self._gain(Claim(entry.no, entry.market), entry.size, half, 0, origin)
            case Merge():
                claims = (Claim(entry.yes, entry.market), Claim(entry.no, entry.market))
                self._give(claims, entry.size, entry.size, 0, origin)
            case Convert():
                self._converted(entry, origin)
            case Settlement():
                self._settled(entry, origin)
            case Adopted():
                self._adopted(entry, origin)
            case _:
                pass

    def carried_over(self, positions: Sequence[Position], opened: dict[OutcomeId, Nanos], at: Nanos) -> None:
        """Hold exactly these positions from now on: what a run begins with.

        Lots that are known stay. What is missing comes at the average cost of its position, what is too much leaves,
        the newest first, as it came: without profit.
        """
        wanted = {position.outcome: position for position in positions}
        for outcome in [outcome for outcome in self._open if outcome not in wanted]:
            del self._open[outcome]
        for outcome, position in wanted.items():
            lots = self._open.setdefault(outcome, deque())
            missing = position.size - sum(lot.size for lot in lots)
            if missing < 0:
                _drop_newest(lots, -missing)
            elif missing:
                cost = position.cost * missing // position.size
                origin = Origin(opened.get(outcome, at), "held before")
                lots.appendleft(self._lot(Claim(outcome, position.market), missing, cost, 0, origin))

    def _filled(self, fill: Fill, origin: Origin) -> None:
        claim = Claim(fill.outcome, fill.market)
        if fill.side is Side.BUY:
            self._gain(claim, fill.size, notional_up(fill.price, fill.size), fill.fee, origin)
        else:
            self._sell(claim, fill.size, notional_down(fill.price, fill.size), fill.fee, origin)

    def _converted(self, entry: Convert, origin: Origin) -> None:
        """As the ledger books it: the cost of the NO pays for the dollars first, the rest is the cost of the YES."""
        gross = (len(entry.gives) - 1) * entry.size
        received = Size(entry.size * (_MILLION - entry.fee_ppm) // _MILLION)
        fee = gross - (len(entry.gives) - 1) * received
        cost = sum(self._cost_of(claim.outcome, entry.size) for claim in entry.gives)
        kept = max(0, cost - gross) if entry.takes and received else 0
        self._give(entry.gives, entry.size, gross + kept, fee, origin)
        for number, claim in enumerate(entry.takes if received else ()):
            self._gain(claim, received, part_of(kept, number, 1, len(entry.takes)), 0, origin)

    def _settled(self, entry: Settlement, origin: Origin) -> None:
        for outcome, payout in ((entry.yes, entry.payout), (entry.no, complement(entry.payout))):
            size = Size(sum(lot.size for lot in self._open.get(outcome, ())))
            if size:
                self._sell(Claim(outcome, entry.market), size, notional_down(payout, size), 0, origin)

    def _adopted(self, entry: Adopted, origin: Origin) -> None:
        claim = Claim(entry.outcome, entry.market)
        if entry.size > 0:
            self._gain(claim, entry.size, entry.cost, 0, origin)
        else:
            gone = Size(-entry.size)
            self._sell(claim, gone, self._cost_of(entry.outcome, gone), 0, origin)

    def _gain(self, claim: Claim, size: int, cost: int, fee: int, origin: Origin) -> None:
        lots = self._open.setdefault(claim.outcome, deque())
        lots.append(self._lot(claim, size, cost, fee, origin))

    def _lot(self, claim: Claim, size: int, cost: int, fee: int, origin: Origin) -> Lot:
        self._number += 1
        return Lot(self._number, claim.outcome, claim.market, Size(size), Money(cost), Money(fee), origin)

    def _sell(self, claim: Claim, size: Size, proceeds: int, fee: int, origin: Origin) -> None:
        """One outcome for money: the same money for each contract."""
        done = 0
        for lot in self._taken(claim, size, proceeds, origin):
            got = part_of(proceeds, done, lot.size, size)
            paid = part_of(fee, done, lot.size, size)
            self.closed.append(ClosedLot(lot, Money(got), Money(paid), origin))
            done += lot.size

    def _give(self, claims: Sequence[Claim], size: Size, proceeds: int, fee: int, origin: Origin) -> None:
        """Several outcomes for one sum: each bears the profit in proportion to what it cost."""
        taken = [lot for claim in claims for lot in self._taken(claim, size, proceeds // len(claims), origin)]
        weights = [lot.cost for lot in taken] if any(lot.cost for lot in taken) else [lot.size for lot in taken]
        shares, fees = by_weight(proceeds, weights), by_weight(fee, weights)
        for lot, got, paid in zip(taken, shares, fees, strict=True):
            self.closed.append(ClosedLot(lot, Money(got), Money(paid), origin))

    def _taken(self, claim: Claim, size: Size, proceeds: int, origin: Origin) -> list[Lot]:
        """The oldest `size` of an outcome. What nobody knows the purchase of counts as bought for its `proceeds`."""
        lots, taken, missing = self._open.get(claim.outcome, deque()), [], int(size)
        while missing and lots:
            lot = lots.popleft()
            if lot.size > missing:
                lot, rest = divided(lot, Size(missing))
                lots.appendleft(rest)
            taken.append(lot)
            missing -= lot.size
        if missing:
            cost = part_of(proceeds, size - missing, missing, size)
            taken.append(self._lot(claim, missing, cost, 0, Origin(origin.at, "purchase not on record")))
        if not lots:
            self._open.pop(claim.outcome, None)
        return taken

    def _cost_of(self, outcome: OutcomeId, size: Size) -> int:
        """What the oldest `size` of an outcome cost."""
        cost, missing = 0, int(size)
        for lot in self._open.get(outcome, ()):
            part = min(missing, lot.size)
            cost += part_of(lot.cost, 0, part, lot.size)
            missing -= part
        return cost


def _drop_newest(lots: deque[Lot], size: int) -> None:
    while size > 0:
        newest = lots.pop()
        if newest.size > size:
            lots.append(divided(newest, Size(newest.size - size))[0])
        size -= newest.size


def divided(lot: Lot, size: Size) -> tuple[Lot, Lot]:
    """The first `size` of a lot, and the rest of it: nothing appears or is lost."""
    cost, fee = part_of(lot.cost, 0, size, lot.size), part_of(lot.fee, 0, size, lot.size)
    first = msgspec.structs.replace(lot, size=size, cost=Money(cost), fee=Money(fee))
    rest = msgspec.structs.replace(
        lot, size=Size(lot.size - size), cost=Money(lot.cost - cost), fee=Money(lot.fee - fee)
    )
    return first, rest
