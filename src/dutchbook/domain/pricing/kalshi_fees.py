"""Kalshi's fee on each fill under the rule of its date, with the order's accumulator as a frozen value.

All amounts here are pico-dollars (1e-12 dollars): a trade fee has six decimals of a dollar, price x size may have more.
"""

from enum import StrEnum

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.units import ONE, SECOND, Money, Nanos, Price, Size

PICO = 10**12
"""Pico-dollars in a dollar."""
PICO_PER_MICRO = 10**6
_CENT = PICO // 100
_CENTICENT = PICO // 10_000


class KalshiRule(StrEnum):
    """How fees are rounded: the venue changed it twice (protocol section 9.2)."""

    CENT = "cent"
    """The fee of each fill up to a whole cent. Still printed on the fee schedule."""
    CENTICENT = "centicent"
    """Trade fee up to $0.0001; overpaid rounding comes back in whole cents once it exceeds one."""
    MICRO = "micro"
    """Trade fee up to $0.000001; overpaid rounding comes back in the account's unit."""


# The venue named no instants. Both dates are the first UTC midnight at which the newer rule is believed to hold.
_CENTICENT_SINCE = Nanos(1_773_273_600 * SECOND)
"""2026-03-12: integer contract and cent fields were withdrawn."""
_MICRO_SINCE = Nanos(1_788_048_000 * SECOND)
"""2026-08-30."""


def rule_at(at: Nanos) -> KalshiRule:
    """The rule in force at `at`. The dates are only known about: near one of them, name the rule instead."""
    if at >= _MICRO_SINCE:
        return KalshiRule.MICRO
    return KalshiRule.CENTICENT if at >= _CENTICENT_SINCE else KalshiRule.CENT


_TRADE_STEP = {KalshiRule.CENT: _CENT, KalshiRule.CENTICENT: _CENTICENT, KalshiRule.MICRO: PICO_PER_MICRO}


def trade_fee(rule: KalshiRule, rate_ppm: int, price: Price, size: Size) -> int:
    """rate x contracts x P(1 - P), rounded up to the rule's step, in pico-dollars. Never negative."""
    step = _TRADE_STEP[rule]
    exact = rate_ppm * size * price * (ONE - price)  # 1e-20 dollars
    return -(-exact // (step * 10**8)) * step


class KalshiCharge(msgspec.Struct, frozen=True):
    """What one fill cost beside its price, in pico-dollars; `change` is what it did to the balance."""

    trade_fee: int
    rounding_fee: int
    refund: int
    change: int

    @property
    def net(self) -> int:
        """The venue's `fee_cost`: never negative."""
        return self.trade_fee + self.rounding_fee - self.refund

    @property
    def fee(self) -> Money:
        """`net` in micro-dollars, rounded up (it is whole whenever the size has no more than two decimals)."""
        return Money(-(-self.net // PICO_PER_MICRO))


class KalshiOrderFees(msgspec.Struct, frozen=True):
    """The fee state of one order: what its fills, as taker and maker, have overpaid by rounding so far.

    `unit` is the account's balance precision in micro-dollars, `accumulated` is in pico-dollars.
    """

    unit: Money = Money(100)
    rule: KalshiRule = KalshiRule.MICRO
    accumulated: int = 0

    def charge(self, rate_ppm: int, side: Side, price: Price, size: Size) -> tuple[KalshiCharge, "KalshiOrderFees"]:
        """The charge of a fill at the price of the outcome traded, and the order's state after it."""
        cash = price * size * 100  # 1e-10 dollars to pico-dollars
        return self.settle(trade_fee(self.rule, rate_ppm, price, size), cash if side is Side.SELL else -cash)

    def settle(self, trade: int, revenue: int) -> tuple[KalshiCharge, "KalshiOrderFees"]:
        """As `charge`, for a trade fee known already; `revenue` is negative for a buy. Both in pico-dollars."""
        unit = _CENT if self.rule is KalshiRule.CENT else self.unit * PICO_PER_MICRO
        aligned = (revenue - trade) // unit * unit  # towards minus infinity
        rounding = revenue - trade - aligned
        accumulated = self.accumulated + rounding
        refund = self._refund(accumulated, trade + rounding, unit)
        charge = KalshiCharge(trade, rounding, refund, aligned + refund)
        return charge, KalshiOrderFees(self.unit, self.rule, accumulated - refund)

    def _refund(self, accumulated: int, paid: int, unit: int) -> int:
        if self.rule is KalshiRule.MICRO:
            return min(accumulated, paid) // unit * unit
        if self.rule is KalshiRule.CENTICENT and accumulated > _CENT:
            # Only strictly more than a cent comes back, in whole cents, and never more than this fill paid.
            return min(accumulated, paid) // _CENT * _CENT
        return 0
