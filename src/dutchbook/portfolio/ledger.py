"""The ledger: cash, positions, fees and profit in integers, by double entry.

After every entry: cash + positions at cost + fees - gross realised profit = deposits - withdrawals.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import Money, Size, dollars
from dutchbook.portfolio.bookings import Account, Booking, Posting, booking_of
from dutchbook.portfolio.entries import Deposit, LedgerEntry, Withdrawal
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet, Mark, Valuation, valuation


class Ledger:
    """All that was booked, in sums. Knows no prices, no venue and no time.

    A position never goes below zero and neither does cash: what is not there cannot be taken.
    """

    def __init__(self) -> None:
        self._balances: dict[Account, int] = dict.fromkeys(Account, 0)
        self._positions: dict[OutcomeId, Position] = {}
        self._cost_by_market: dict[MarketId, int] = {}
        self._deposits = 0
        self._withdrawals = 0

    @property
    def cash(self) -> Money:
        return Money(self._balances[Account.CASH])

    @property
    def positions_at_cost(self) -> Money:
        """What all positions cost, without fees."""
        return Money(self._balances[Account.POSITIONS])

    @property
    def fees(self) -> Money:
        """Fees paid less rebates and refunds."""
        return Money(self._balances[Account.FEES])

    @property
    def realised(self) -> Money:
        """Profit of closed positions before fees; negative for a loss."""
        return Money(-self._balances[Account.REALISED])

    @property
    def deposits(self) -> Money:
        return Money(self._deposits)

    @property
    def withdrawals(self) -> Money:
        return Money(self._withdrawals)

    @property
    def positions(self) -> Mapping[OutcomeId, Position]:
        """What is held, by outcome; empty positions are absent. A live view."""
        return MappingProxyType(self._positions)

    def held(self, outcome: OutcomeId) -> Size:
        """Contracts held of an outcome."""
        position = self._positions.get(outcome)
        return position.size if position else Size(0)

    @property
    def cost_by_market(self) -> Mapping[MarketId, int]:
        """Positions at cost by market; markets without positions are absent. A live view."""
        return MappingProxyType(self._cost_by_market)

    def apply(self, entry: LedgerEntry) -> Booking:
        """Book an entry and return its postings. Raises LedgerError, booking nothing, if it does not fit."""
        booking = booking_of(entry, self._positions)
        self._check_booking(entry, booking)
        for posting in booking:
            self._post(posting)
        if isinstance(entry, Deposit):
            self._deposits += entry.amount
        elif isinstance(entry, Withdrawal):
            self._withdrawals += entry.amount
        return booking

    def equity(self, mark: Mark, sets: Iterable[CompleteSet] = ()) -> Money:
        """Cash and positions at what they would surely bring; a position without a price is worth nothing."""
        return self.valuation(mark, sets).low

    def valuation(self, mark: Mark, sets: Iterable[CompleteSet] = ()) -> Valuation:
        """What all is worth at the bids that `mark` tells; see `valuation.py`."""
        return valuation(self.cash, self._positions, mark, sets)

    def check(self) -> None:
        """Raises LedgerError unless the identity holds and the sums agree with the positions they sum."""
        left = self.cash + self.positions_at_cost + self.fees - self.realised
        if left != self._deposits - self._withdrawals:
            raise LedgerError(
                f"ledger: cash + positions + fees - realised is {left}, deposits - withdrawals "
                f"{self._deposits - self._withdrawals} micro-dollars - stop, and compare with the journal"
            )
        costs = sum(position.cost for position in self._positions.values())
        if not costs == self.positions_at_cost == sum(self._cost_by_market.values()):
            raise LedgerError(
                f"ledger: positions cost {costs}, their account says {self.positions_at_cost} and the markets "
                f"{sum(self._cost_by_market.values())} micro-dollars - stop, and compare with the journal"
            )
        for position in self._positions.values():
            if position.size <= 0 or position.cost < 0:
                raise LedgerError(f"ledger: impossible {position} - stop, and compare with the journal")

    def _check_booking(self, entry: LedgerEntry, booking: Booking) -> None:
        if sum(posting.amount for posting in booking):
            raise LedgerError(f"ledger: the postings of {entry} do not sum to zero: {booking} - nothing booked")
        needed = -sum(posting.amount for posting in booking if posting.account is Account.CASH)
        if needed > self.cash:
            raise LedgerError(
                f"ledger: {type(entry).__name__} needs ${dollars(Money(needed))}, cash is ${dollars(self.cash)} - "
                "nothing booked - deposit or take less"
            )
        for claim in (posting.claim for posting in booking if posting.claim):
            position = self._positions.get(claim.outcome)
            if position and position.market != claim.market:
                raise LedgerError(
                    f"ledger: {claim.outcome} is held in {position.market}, not in {claim.market} - nothing booked"
                )

    def _post(self, posting: Posting) -> None:
        self._balances[posting.account] += posting.amount
        claim = posting.claim
        if claim is None:
            return
        before = self._positions.get(claim.outcome)
        size, cost = (before.size, before.cost) if before else (0, 0)
        if size + posting.size:
            self._positions[claim.outcome] = Position(
                claim.outcome, claim.market, Size(size + posting.size), Money(cost + posting.amount)
            )
        else:
            del self._positions[claim.outcome]
        self._move_market(claim.market, posting.amount)

    def _move_market(self, market: MarketId, amount: int) -> None:
        cost = self._cost_by_market.get(market, 0) + amount
        if cost:
            self._cost_by_market[market] = cost
        else:
            self._cost_by_market.pop(market, None)
