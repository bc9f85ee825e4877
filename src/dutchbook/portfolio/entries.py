"""What can happen to money and contracts: the entries that the ledger books, each a fact of its own."""

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.orders import Fill, IntentId
from dutchbook.domain.units import Money, Price, Size


class Claim(msgspec.Struct, frozen=True):
    """An outcome, and the market it belongs to."""

    outcome: OutcomeId
    market: MarketId


class Deposit(msgspec.Struct, frozen=True, tag="deposit"):
    """Money put in. Never profit."""

    amount: Money


class Withdrawal(msgspec.Struct, frozen=True, tag="withdrawal"):
    """Money taken out, at most the cash there is. Never a loss."""

    amount: Money


class FillBooked(msgspec.Struct, frozen=True, tag="fill"):
    """A trade of ours. The fee is what was charged; a negative one is a rebate."""

    fill: Fill


class FillUndone(msgspec.Struct, frozen=True, tag="fill_undone"):
    """The settlement of a trade failed: what it moved goes back, to the micro-dollar."""

    fill: Fill


class Adopted(msgspec.Struct, frozen=True, tag="adopted"):
    """A venue states more (`size` > 0) or less of an outcome than was booked, and nobody knows the trade.

    `cost` is what the contracts that were found count as; those that are missing leave at their average cost. Neither
    profit nor deposit: its own account, so that nothing is hidden in either.
    """

    outcome: OutcomeId
    market: MarketId
    size: int
    cost: Money
    reason: str


class CashAdopted(msgspec.Struct, frozen=True, tag="cash_adopted"):
    """The same for cash: a venue states so much more, or less, than was booked; None where no venue did."""

    amount: Money
    reason: str
    venue: Venue | None = None


class Split(msgspec.Struct, frozen=True, tag="split"):
    """One dollar a set becomes one YES and one NO. `basket` is the intent whose basket it was for, if any."""

    market: MarketId
    yes: OutcomeId
    no: OutcomeId
    size: Size
    basket: IntentId | None = None


class Merge(msgspec.Struct, frozen=True, tag="merge"):
    """One YES and one NO become one dollar. Kalshi does it by itself whenever both are held."""

    market: MarketId
    yes: OutcomeId
    no: OutcomeId
    size: Size
    basket: IntentId | None = None


class Convert(msgspec.Struct, frozen=True, tag="convert"):
    """`size` NO of each of `gives` becomes that many YES of each of `takes`, and one dollar for each NO but one.

    `takes` are the YES of all other markets of the question. The fee is kept back in kind: `fee_ppm` of the dollars
    (booked as a fee) and of the YES (which are fewer, at the same cost). Formula B6.
    """

    question: QuestionId
    gives: tuple[Claim, ...]
    takes: tuple[Claim, ...]
    size: Size
    fee_ppm: int = 0
    basket: IntentId | None = None


class Settlement(msgspec.Struct, frozen=True, tag="settlement"):
    """The outcome is known: each YES held pays `payout` (0 to 1 dollar), each NO the rest. None held: no posting."""

    market: MarketId
    yes: OutcomeId
    no: OutcomeId
    payout: Price


class FeeRefund(msgspec.Struct, frozen=True, tag="fee_refund"):
    """Fees given back later: rounding refunds, maker rebates, rewards. `reason` says which."""

    amount: Money
    reason: str


type LedgerEntry = (
    Deposit
    | Withdrawal
    | FillBooked
    | FillUndone
    | Adopted
    | CashAdopted
    | Split
    | Merge
    | Convert
    | Settlement
    | FeeRefund
)
