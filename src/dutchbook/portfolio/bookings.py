"""Double entry: each ledger entry as postings that sum to zero. Debits are positive; sizes move with their cost."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import assert_never

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill
from dutchbook.domain.units import ONE, Money, Size, complement, notional_down, notional_up
from dutchbook.portfolio.entries import (
    Adopted,
    CashAdopted,
    Claim,
    Convert,
    Deposit,
    FeeRefund,
    FillBooked,
    FillUndone,
    LedgerEntry,
    Merge,
    Settlement,
    Split,
    Withdrawal,
)
from dutchbook.portfolio.positions import Position, cost_of_part, held

_MILLION = 1_000_000


class Account(StrEnum):
    """The accounts. What is owned or spent has a debit balance (positive), capital and profit a credit balance."""

    CASH = "cash"
    POSITIONS = "positions"
    FEES = "fees"
    REALISED = "realised"
    CAPITAL = "capital"
    ADOPTED = "adopted"
    """What venues stated beyond what was booked, less what they did not find."""


class Posting(msgspec.Struct, frozen=True):
    """One line of a booking. On POSITIONS it names the claim, and `size` is what comes or goes with the cost."""

    account: Account
    amount: Money
    claim: Claim | None = None
    size: int = 0


type Booking = Sequence[Posting]


def booking_of(entry: LedgerEntry, positions: Mapping[OutcomeId, Position], cost_sold: Money | None = None) -> Booking:
    """The postings of an entry. Raises LedgerError if it makes no sense or takes what is not held.

    `cost_sold` is the cost that left with a sale that is undone; where nobody kept it, what the sale brought.
    """
    match entry:
        case Deposit() | Withdrawal() | FeeRefund() | CashAdopted():
            return _cash_alone(entry)
        case FillBooked(fill):
            return _fill(fill, positions)
        case FillUndone(fill):
            return _undone(fill, positions, cost_sold)
        case Adopted():
            return _adopted(entry, positions)
        case Split():
            return _split(entry)
        case Merge():
            return _merge(entry, positions)
        case Convert():
            return _convert(entry, positions)
        case Settlement():
            return _settlement(entry, positions)
        case _:
            assert_never(entry)


def _cash_alone(entry: Deposit | Withdrawal | FeeRefund | CashAdopted) -> Booking:
    amount = entry.amount
    if isinstance(entry, CashAdopted):
        return (_cash(amount), Posting(Account.ADOPTED, Money(-amount)))
    _positive(entry, amount)
    if isinstance(entry, Withdrawal):
        return (_cash(-amount), Posting(Account.CAPITAL, amount))
    against = Account.CAPITAL if isinstance(entry, Deposit) else Account.FEES
    return (_cash(amount), Posting(against, Money(-amount)))


def _fill(fill: Fill, positions: Mapping[OutcomeId, Position]) -> Booking:
    _possible(fill)
    fee = Posting(Account.FEES, fill.fee)
    if fill.side is Side.BUY:
        cost = notional_up(fill.price, fill.size)
        return (_cash(-cost - fill.fee), _gain(fill.outcome, fill.market, fill.size, cost), fee)
    proceeds = notional_down(fill.price, fill.size)
    taken = _take(positions, fill.outcome, fill.market, fill.size)
    return (_cash(proceeds - fill.fee), taken, _profit(proceeds + taken.amount), fee)


def _undone(fill: Fill, positions: Mapping[OutcomeId, Position], cost_sold: Money | None) -> Booking:
    """The postings of a fill with their signs turned.

    Where other trades moved the average cost since, a purchase cannot take out more cost than there is: the rest is a
    realised loss or, if the whole position goes, profit.
    """
    _possible(fill)
    fee = Posting(Account.FEES, Money(-fill.fee))
    if fill.side is Side.BUY:
        cost = notional_up(fill.price, fill.size)
        position = held(positions, fill.outcome, fill.size)
        left = position.cost if position.size == fill.size else Money(min(cost, position.cost))
        gone = Posting(Account.POSITIONS, Money(-left), Claim(fill.outcome, fill.market), -fill.size)
        return (_cash(cost + fill.fee), gone, _profit(cost - left), fee)
    proceeds = notional_down(fill.price, fill.size)
    cost = proceeds if cost_sold is None else cost_sold
    back = _gain(fill.outcome, fill.market, fill.size, cost)
    return (_cash(fill.fee - proceeds), back, _profit(cost - proceeds), fee)


def _adopted(entry: Adopted, positions: Mapping[OutcomeId, Position]) -> Booking:
    if not entry.size or entry.cost < 0:
        raise LedgerError(f"ledger: {entry} is no amount that can be adopted - nothing booked")
    if entry.size > 0:
        found = _gain(entry.outcome, entry.market, Size(entry.size), entry.cost)
        return (found, Posting(Account.ADOPTED, Money(-entry.cost)))
    lost = _take(positions, entry.outcome, entry.market, Size(-entry.size))
    return (lost, Posting(Account.ADOPTED, Money(-lost.amount)))


def _split(entry: Split) -> Booking:
    _positive(entry, entry.size)
    _different(entry, (entry.yes, entry.no))
    half = entry.size // 2
    return (
        _cash(-entry.size),
        _gain(entry.yes, entry.market, entry.size, Money(entry.size - half)),
        _gain(entry.no, entry.market, entry.size, Money(half)),
    )


def _merge(entry: Merge, positions: Mapping[OutcomeId, Position]) -> Booking:
    _positive(entry, entry.size)
    _different(entry, (entry.yes, entry.no))
    yes, no = (_take(positions, outcome, entry.market, entry.size) for outcome in (entry.yes, entry.no))
    # One contract pays one dollar, so a size in millionths of a contract is the same number of micro-dollars.
    return (_cash(entry.size), yes, no, _profit(entry.size + yes.amount + no.amount))


def _convert(entry: Convert, positions: Mapping[OutcomeId, Position]) -> Booking:
    """The cost of the NO pays for the dollars first; what is left is the cost of the YES, the other way is profit."""
    _positive(entry, entry.size)
    _different(entry, [claim.outcome for claim in (*entry.gives, *entry.takes)])
    if not entry.gives or not 0 <= entry.fee_ppm < _MILLION:
        raise LedgerError(f"ledger: {entry} gives nothing, or its fee is beyond 0 to 100 % - nothing booked")
    given = [_take(positions, claim.outcome, claim.market, entry.size) for claim in entry.gives]
    gross = (len(given) - 1) * entry.size
    received = Size(entry.size * (_MILLION - entry.fee_ppm) // _MILLION)
    fee = gross - (len(given) - 1) * received
    cost = -sum(posting.amount for posting in given)
    kept = max(0, cost - gross) if entry.takes and received else 0
    gained = _shared(entry.takes, received, kept) if received else ()
    return (*given, *gained, _cash(gross - fee), Posting(Account.FEES, Money(fee)), _profit(gross - cost + kept))


def _settlement(entry: Settlement, positions: Mapping[OutcomeId, Position]) -> Booking:
    if not 0 <= entry.payout <= ONE:
        raise LedgerError(f"ledger: payout {entry.payout} of {entry.market} is beyond 0 to 1 dollar - nothing booked")
    _different(entry, (entry.yes, entry.no))
    postings: list[Posting] = []
    for outcome, payout in ((entry.yes, entry.payout), (entry.no, complement(entry.payout))):
        if outcome in positions:
            size = positions[outcome].size
            taken, proceeds = _take(positions, outcome, entry.market, size), notional_down(payout, size)
            postings += (_cash(proceeds), taken, _profit(proceeds + taken.amount))
    return postings


def _shared(claims: Sequence[Claim], size: Size, cost: int) -> Booking:
    """The same size of each claim, the cost spread evenly; the first ones bear the rest of the division."""
    even, rest = divmod(cost, len(claims)) if claims else (0, 0)
    return [_gain(c.outcome, c.market, size, Money(even + (i < rest))) for i, c in enumerate(claims)]


def _cash(amount: int) -> Posting:
    return Posting(Account.CASH, Money(amount))


def _profit(amount: int) -> Posting:
    """Gross realised profit is a credit."""
    return Posting(Account.REALISED, Money(-amount))


def _gain(outcome: OutcomeId, market: MarketId, size: Size, cost: Money) -> Posting:
    return Posting(Account.POSITIONS, cost, Claim(outcome, market), size)


def _take(positions: Mapping[OutcomeId, Position], outcome: OutcomeId, market: MarketId, size: Size) -> Posting:
    cost = cost_of_part(held(positions, outcome, size), size)
    return Posting(Account.POSITIONS, Money(-cost), Claim(outcome, market), -size)


def _possible(fill: Fill) -> None:
    _positive(fill, fill.size)
    if not 0 <= fill.price <= ONE:
        raise LedgerError(f"ledger: price {fill.price} of order {fill.order} is beyond 0 to 1 dollar - nothing booked")


def _positive(entry: object, amount: int) -> None:
    if amount <= 0:
        raise LedgerError(f"ledger: {amount} is no amount that can be booked: {entry} - nothing booked")


def _different(entry: object, outcomes: Sequence[OutcomeId]) -> None:
    if len(set(outcomes)) != len(outcomes):
        raise LedgerError(f"ledger: an outcome is named twice: {entry} - nothing booked")
