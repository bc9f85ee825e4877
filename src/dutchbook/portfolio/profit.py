"""Profit and loss as a report shows it."""

from collections.abc import Iterable

import msgspec

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Money
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.valuation import CompleteSet, Mark


class ProfitAndLoss(msgspec.Struct, frozen=True, kw_only=True):
    """Where the money came from and where it is. Positions without a price are shown at cost, and named.

    `realised` and `unrealised` are before fees; `net` is after them and equals `equity` - deposits + withdrawals -
    `adopted`: what venues stated beyond what was booked is neither profit nor loss.
    """

    deposits: Money
    withdrawals: Money
    adopted: Money = Money(0)
    cash: Money
    positions_at_cost: Money
    positions_value: Money
    realised: Money
    unrealised: Money
    fees: Money
    net: Money
    equity: Money
    unpriced: tuple[OutcomeId, ...]


def profit_and_loss(ledger: Ledger, mark: Mark, sets: Iterable[CompleteSet] = ()) -> ProfitAndLoss:
    """The report of a ledger at these marks."""
    worth = ledger.valuation(mark, sets)
    value = Money(worth.priced + worth.unpriced_cost)
    unrealised = Money(value - ledger.positions_at_cost)
    return ProfitAndLoss(
        deposits=ledger.deposits,
        withdrawals=ledger.withdrawals,
        adopted=ledger.adopted,
        cash=ledger.cash,
        positions_at_cost=ledger.positions_at_cost,
        positions_value=value,
        realised=ledger.realised,
        unrealised=unrealised,
        fees=ledger.fees,
        net=Money(ledger.realised + unrealised - ledger.fees),
        equity=worth.at_cost,
        unpriced=worth.unpriced,
    )
