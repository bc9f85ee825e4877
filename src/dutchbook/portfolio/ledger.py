"""The ledger: cash, positions, fees and profit in integers, by double entry.

After every entry: cash + positions at cost + fees - gross realised profit = deposits - withdrawals + adopted.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill, OrderId
from dutchbook.domain.units import Money, Nanos, Size, dollars
from dutchbook.portfolio.bookings import Account, Booking, Posting, booking_of
from dutchbook.portfolio.entries import Deposit, FillBooked, FillUndone, LedgerEntry, Withdrawal
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet, Mark, Valuation, valuation


class LedgerState(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger as it stands, for a journal that goes on with it. `sold_at` are sales that may still be undone."""

    balances: dict[Account, int]
    positions: tuple[Position, ...]
    deposits: int
    withdrawals: int
    sold_at: tuple[tuple[OrderId, str, Money], ...] = ()
    opened: dict[OutcomeId, Nanos] = {}


class Ledger:
    """All that was booked, in sums. Knows no prices, no venue and no time.

    A position never goes below zero and neither does cash: what is not there cannot be taken.
    """

    def __init__(self, follow: Callable[[LedgerEntry, Booking], None] | None = None) -> None:
        """`follow` is told of each booking once it is made."""
        self._follow = follow
        self._balances: dict[Account, int] = dict.fromkeys(Account, 0)
        self._positions: dict[OutcomeId, Position] = {}
        self._cost_by_market: dict[MarketId, int] = {}
        self._deposits = 0
        self._withdrawals = 0
        self._sold_at: dict[tuple[OrderId, str], Money] = {}
        """The cost that left with each sale that may still be undone."""
        self._opened: dict[OutcomeId, Nanos] = {}
        """When each position was opened, where a trade did it."""

    @property
    def state(self) -> LedgerState:
        """All of it, to begin another ledger with."""
        return LedgerState(
            balances=dict(self._balances),
            positions=tuple(self._positions.values()),
            deposits=self._deposits,
            withdrawals=self._withdrawals,
            opened=dict(self._opened),
            sold_at=tuple((order, fill, cost) for (order, fill), cost in self._sold_at.items()),
        )

    def restore(self, state: LedgerState) -> None:
        """Be what another ledger was. Raises LedgerError if that was impossible."""
        self._balances = dict.fromkeys(Account, 0) | state.balances
        self._positions = {position.outcome: position for position in state.positions}
        self._cost_by_market = {}
        for position in state.positions:
            self._move_market(position.market, position.cost)
        self._deposits, self._withdrawals = state.deposits, state.withdrawals
        self._sold_at = {(order, fill): cost for order, fill, cost in state.sold_at}
        self._opened = dict(state.opened)
        self.check()

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
    def adopted(self) -> Money:
        """What venues stated beyond what was booked, positions at cost, less what they did not find."""
        return Money(-self._balances[Account.ADOPTED])

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
        booking = booking_of(entry, self._positions, self._cost_sold(entry))
        self._check_booking(entry, booking)
        for posting in booking:
            self._post(posting)
        if isinstance(entry, FillBooked | FillUndone):
            self._remember(entry, booking)
        elif isinstance(entry, Deposit):
            self._deposits += entry.amount
        elif isinstance(entry, Withdrawal):
            self._withdrawals += entry.amount
        if self._follow is not None:
            self._follow(entry, booking)
        return booking

    def opened_at(self, outcome: OutcomeId) -> Nanos | None:
        """When a trade opened the position; None if there is none, or something else made it."""
        return self._opened.get(outcome)

    def settled(self, order: OrderId, fill: str) -> None:
        """A provisional fill is final: it will not be undone."""
        self._sold_at.pop((order, fill), None)

    def equity(self, mark: Mark, sets: Iterable[CompleteSet] = ()) -> Money:
        """Cash and positions at what they would surely bring; a position without a price is worth nothing."""
        return self.valuation(mark, sets).low

    def valuation(self, mark: Mark, sets: Iterable[CompleteSet] = ()) -> Valuation:
        """What all is worth at the bids that `mark` tells; see `valuation.py`."""
        return valuation(self.cash, self._positions, mark, sets)

    def check(self) -> None:
        """Raises LedgerError unless the identity holds and the sums agree with the positions they sum."""
        left = self.cash + self.positions_at_cost + self.fees - self.realised
        put_in = self._deposits - self._withdrawals + self.adopted
        if left != put_in:
            raise LedgerError(
                f"ledger: cash + positions + fees - realised is {left}, deposits - withdrawals + adopted {put_in} "
                "micro-dollars - stop, and compare with the journal"
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

    def _cost_sold(self, entry: LedgerEntry) -> Money | None:
        return self._sold_at.get(_key(entry.fill)) if isinstance(entry, FillUndone) else None

    def _remember(self, entry: FillBooked | FillUndone, booking: Booking) -> None:
        fill = entry.fill
        if isinstance(entry, FillBooked) and fill.side is Side.BUY:
            self._opened.setdefault(fill.outcome, fill.at)
        if isinstance(entry, FillUndone):
            self._sold_at.pop(_key(fill), None)
        elif fill.provisional and fill.side is Side.SELL:
            self._sold_at[_key(fill)] = Money(-sum(posting.amount for posting in booking if posting.claim))

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
            self._opened.pop(claim.outcome, None)
        self._move_market(claim.market, posting.amount)

    def _move_market(self, market: MarketId, amount: int) -> None:
        cost = self._cost_by_market.get(market, 0) + amount
        if cost:
            self._cost_by_market[market] = cost
        else:
            self._cost_by_market.pop(market, None)


def _key(fill: Fill) -> tuple[OrderId, str]:
    return fill.order, fill.id
