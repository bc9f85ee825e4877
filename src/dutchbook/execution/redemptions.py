"""Decided markets: what is held of them becomes cash, by the venue itself or by redeeming it there."""

from collections.abc import Collection, Mapping

import msgspec

from dutchbook.domain.events import AccountStated
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import SECOND, Money, Nanos, Size, complement, notional_down
from dutchbook.execution.operations import Operations
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.execution.settings import Redeem
from dutchbook.execution.step import StepDraft
from dutchbook.portfolio.entries import Settlement

_FIRST_PAUSE = Nanos(60 * SECOND)
_LONGEST_PAUSE = Nanos(3_600 * SECOND)


class _Tried(msgspec.Struct, frozen=True):
    """When a redemption may be tried again, and the pause after that."""

    again: Nanos
    pause: Nanos


class Redemptions:
    """Where a venue is to be asked, shares are redeemed once its account states them as the ledger has them.

    A statement comes at the start, after a resolution, and again and again: so nothing is forgotten, and a redemption
    that failed is tried again, after pauses of a minute that double up to an hour.
    """

    def __init__(self, desk: ExecutionDesk, operations: Operations, redeem: Redeem) -> None:
        self._desk = desk
        self._operations = operations
        self._redeem = redeem
        self._tried: dict[MarketId, _Tried] = {}

    def resolved(self, market: Market, draft: StepDraft) -> None:
        """A market is decided: what pays nothing, or where the venue pays by itself, is settled now."""
        if not any(position.market == market.id for position in self._desk.positions().values()):
            return
        if not self._desk.operates(market.venue) or not worth(market, self._sizes(market)):
            draft.operations.append(settlement_of(market))
        else:
            draft.sweeps.append(market.venue)

    def account_stated(self, event: AccountStated, busy: Collection[MarketId], draft: StepDraft) -> None:
        """Redeem what the account states as held of decided markets."""
        if self._redeem is Redeem.OFF or not self._desk.operates(event.venue):
            return
        stated = {position.outcome: position.size for position in event.positions}
        for market_id in sorted({position.market for position in event.positions} - set(busy)):
            market = self._desk.market(market_id)
            if market is not None and market.payout is not None and self._may(market, stated, event.received):
                self._operations.begin(settlement_of(market), draft)

    def ended(self, market: MarketId, now: Nanos, *, done: bool) -> None:
        """A redemption is over: one that was not done is tried again later."""
        if done:
            self._tried.pop(market, None)
            return
        pause = self._tried[market].pause if market in self._tried else _FIRST_PAUSE
        self._tried[market] = _Tried(Nanos(now + pause), Nanos(min(2 * pause, _LONGEST_PAUSE)))

    def _may(self, market: Market, stated: Mapping[OutcomeId, Size], now: Nanos) -> bool:
        sizes = self._sizes(market)
        tried = self._tried.get(market.id)
        return (
            worth(market, sizes) > 0
            # Losing shares are worth nothing wherever they are: they may be left out.
            and all(
                stated.get(outcome, 0) == sizes.get(outcome, 0) or not pays(market, outcome)
                for outcome in (market.yes, market.no)
            )
            and (tried is None or now >= tried.again)
            and not self._operations.redeeming(market.id)
        )

    def _sizes(self, market: Market) -> Mapping[OutcomeId, Size]:
        positions = self._desk.positions()
        return {outcome: positions[outcome].size for outcome in (market.yes, market.no) if outcome in positions}


def settlement_of(market: Market) -> Settlement:
    """What is booked once a decided market paid. Raises ValueError if it is not decided."""
    if market.payout is None:
        raise ValueError(f"{market.id} is not decided")
    return Settlement(market.id, market.yes, market.no, market.payout)


def pays(market: Market, outcome: OutcomeId) -> int:
    """What one contract of an outcome brings, in units of price; 0 while nobody knows."""
    if market.payout is None:
        return 0
    return int(market.payout if outcome == market.yes else complement(market.payout))


def worth(market: Market, sizes: Mapping[OutcomeId, Size]) -> Money:
    """What contracts of a decided market bring."""
    if market.payout is None:
        return Money(0)
    yes, no = sizes.get(market.yes, Size(0)), sizes.get(market.no, Size(0))
    return Money(notional_down(market.payout, yes) + notional_down(complement(market.payout), no))
