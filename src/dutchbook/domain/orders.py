"""Intents, orders and fills, and the table of the moves an order may make."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import Money, Nanos, Price, Size

IntentId = NewType("IntentId", str)
OrderId = NewType("OrderId", str)


class TimeInForce(StrEnum):
    """How long an order may wait."""

    GTC = "gtc"
    GTD = "gtd"
    FOK = "fok"
    """All now, or nothing."""
    IOC = "ioc"
    """What is there now, the rest is cancelled. Polymarket calls it FAK."""


class Leg(msgspec.Struct, frozen=True):
    """One order's worth of an intent. `limit` is the worst price, `expected` what the book showed on average."""

    outcome: OutcomeId
    market: MarketId
    side: Side
    limit: Price
    size: Size
    expected: Price
    tif: TimeInForce = TimeInForce.FOK


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy wants, why, and the most it can lose: the input of risk.

    `subject` names what it is about (a bundle id), `max_loss` the worst case if legs miss, `cost` the cash it binds,
    `edge` the profit expected after all costs, `oldest` the receive time of the oldest book it was priced from.
    """

    id: IntentId
    strategy: str
    kind: str
    subject: str
    legs: tuple[Leg, ...]
    cost: Money
    edge: Money
    max_loss: Money
    oldest: Nanos
    at: Nanos
    reason: str


class OrderStatus(StrEnum):
    """States of an order; the last five are final."""

    PLANNED = "planned"
    SENDING = "sending"
    OPEN = "open"
    PARTLY_FILLED = "partly_filled"
    UNKNOWN = "unknown"
    """No answer, or an ambiguous one: it may rest at the venue. Reconcile, never resend."""
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    DEAD = "dead"
    """Was unknown, then proven absent."""

    @property
    def final(self) -> bool:
        return self in _FINAL


_FINAL = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.EXPIRED,
        OrderStatus.REJECTED,
        OrderStatus.DEAD,
    }
)


class Report(StrEnum):
    """What can be said of an order from outside."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FILLED_PARTLY = "filled_partly"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TIMEOUT = "timeout"
    ABSENT = "absent"


_S, _R = OrderStatus, Report
NEXT: Mapping[tuple[OrderStatus, Report], OrderStatus] = MappingProxyType(
    {
        (_S.PLANNED, _R.SENT): _S.SENDING,
        (_S.SENDING, _R.ACCEPTED): _S.OPEN,
        (_S.SENDING, _R.REJECTED): _S.REJECTED,
        (_S.SENDING, _R.FILLED_PARTLY): _S.PARTLY_FILLED,
        (_S.SENDING, _R.FILLED): _S.FILLED,
        # A killed fill-or-kill is reported as a cancel, at times before any acceptance.
        (_S.SENDING, _R.CANCELLED): _S.CANCELLED,
        # Silence is not a refusal: the order may rest at the venue.
        (_S.SENDING, _R.TIMEOUT): _S.UNKNOWN,
        (_S.OPEN, _R.FILLED_PARTLY): _S.PARTLY_FILLED,
        (_S.OPEN, _R.FILLED): _S.FILLED,
        (_S.OPEN, _R.CANCELLED): _S.CANCELLED,
        (_S.OPEN, _R.EXPIRED): _S.EXPIRED,
        (_S.PARTLY_FILLED, _R.FILLED_PARTLY): _S.PARTLY_FILLED,
        (_S.PARTLY_FILLED, _R.FILLED): _S.FILLED,
        (_S.PARTLY_FILLED, _R.CANCELLED): _S.CANCELLED,
        (_S.PARTLY_FILLED, _R.EXPIRED): _S.EXPIRED,
        (_S.UNKNOWN, _R.ACCEPTED): _S.OPEN,
        (_S.UNKNOWN, _R.REJECTED): _S.REJECTED,
        (_S.UNKNOWN, _R.FILLED_PARTLY): _S.PARTLY_FILLED,
        (_S.UNKNOWN, _R.FILLED): _S.FILLED,
        (_S.UNKNOWN, _R.CANCELLED): _S.CANCELLED,
        (_S.UNKNOWN, _R.EXPIRED): _S.EXPIRED,
        (_S.UNKNOWN, _R.ABSENT): _S.DEAD,
    }
)
"""The legal moves. What is not listed cannot happen, and raises."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order with its state. A new value for each move."""

    id: OrderId
    intent: IntentId
    leg: Leg
    status: OrderStatus = OrderStatus.PLANNED
    filled: Size = Size(0)
    created: Nanos

    @property
    def remaining(self) -> Size:
        """What may still trade; 0 once the order is final."""
        return Size(0) if self.status.final else Size(self.leg.size - self.filled)

    def after(self, report: Report) -> "Order":
        """The order after a report. Raises IllegalTransition, changing nothing, if it cannot follow."""
        following = NEXT.get((self.status, report))
        if following is None:
            raise IllegalTransition(f"order {self.id}: {report} cannot follow {self.status} - reconcile with the venue")
        return msgspec.structs.replace(self, status=following)

    def after_fill(self, size: Size) -> "Order":
        """The order after `size` more of it traded. Raises IllegalTransition if that is more than remains."""
        filled = Size(self.filled + size)
        if filled > self.leg.size:
            raise IllegalTransition(f"order {self.id}: filled {filled} of {self.leg.size} - reconcile with the venue")
        report = Report.FILLED if filled == self.leg.size else Report.FILLED_PARTLY
        return msgspec.structs.replace(self.after(report), filled=filled)


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """A trade of ours, as the venue (or the paper exchange) charged it. `fee` is negative for a rebate."""

    order: OrderId
    intent: IntentId
    outcome: OutcomeId
    market: MarketId
    side: Side
    price: Price
    size: Size
    fee: Money
    at: Nanos
    maker: bool = False
