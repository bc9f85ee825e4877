"""Intents, orders and fills, and the table of the moves an order may make."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.identity import MarketId, OutcomeId, Venue, venue_of
from dutchbook.domain.units import Money, Nanos, Price, Size

IntentId = NewType("IntentId", str)
OrderId = NewType("OrderId", str)


WAY_HOME = "way_home"
"""The kind of an intent that brings a basket with a missing leg home."""
EXIT = "exit"
"""The kind of an intent that closes what is held."""


class TimeInForce(StrEnum):
    """How long an order may wait."""

    GTC = "gtc"
    GTD = "gtd"
    FOK = "fok"
    """All now, or nothing."""
    IOC = "ioc"
    """What is there now, the rest is cancelled. Polymarket calls it FAK."""


_IMMEDIATE = frozenset({TimeInForce.FOK, TimeInForce.IOC})


class Leg(msgspec.Struct, frozen=True):
    """One order's worth of an intent. `limit` is the worst price, `expected` what the book showed on average.

    `expires` goes with GTD alone. A `post_only` order is refused by the venue where it would take.
    """

    outcome: OutcomeId
    market: MarketId
    side: Side
    limit: Price
    size: Size
    expected: Price
    tif: TimeInForce = TimeInForce.FOK
    post_only: bool = False
    expires: Nanos | None = None


class PlanKind(StrEnum):
    """How the orders of an intent are placed. All but the first work an intent of one leg."""

    BASKET = "basket"
    """All legs as they are written, fill-or-kill by default, with a way home where one misses."""
    LIMIT = "limit"
    """One order that rests at its limit for a time; large ones become an iceberg, and it may be a smart entry."""
    MARKET = "market"
    """What is there within the worst price, at once."""
    TWAP = "twap"
    """Equal slices, spread evenly over time."""
    ICEBERG = "iceberg"
    """A part of the size is shown, and shown again as it fills."""
    POST_ONLY = "post_only"
    """One resting order that the venue refuses where it would take."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy wants, why, and the most it can lose: the input of risk.

    `subject` names what it is about (a bundle id), `max_loss` the worst case if legs miss, `cost` the cash it binds,
    `edge` the profit expected after all costs, `oldest` the receive time of the oldest book it was priced from.
    `waves` are leg numbers (from 0) that leave together, each wave once the one before it filled; empty leaves that to
    the settings of execution. `window` is how long a leg that filled alone may wait for the others. `rests` is how long
    the order of a plan may rest before it is cancelled; 0 leaves that to the settings of execution. `insists`: see
    `Order`; of an intent of one leg alone.
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
    plan: PlanKind = PlanKind.BASKET
    waves: tuple[tuple[int, ...], ...] = ()
    window: Nanos = Nanos(0)
    rests: Nanos = Nanos(0)
    insists: bool = False


class OrderStatus(StrEnum):
    """States of an order; the last five are final: nothing of it trades any more, as far as is known."""

    PLANNED = "planned"
    SENDING = "sending"
    OPEN = "open"
    PARTLY_FILLED = "partly_filled"
    UNKNOWN = "unknown"
    """No answer, or an ambiguous one: it may rest at the venue. Reconcile; no other order in its place."""
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    DEAD = "dead"
    """Was unknown, then proven absent."""

    @property
    def final(self) -> bool:
        return self in _FINAL

    @property
    def rests(self) -> bool:
        """Whether the venue said that it is in the book, and not yet that it left."""
        return self in _RESTING


_RESTING = frozenset({OrderStatus.OPEN, OrderStatus.PARTLY_FILLED})
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
_EXPECTED: Mapping[tuple[OrderStatus, Report], OrderStatus] = {
    (_S.PLANNED, _R.SENT): _S.SENDING,
    (_S.SENDING, _R.ACCEPTED): _S.OPEN,
    (_S.SENDING, _R.REJECTED): _S.REJECTED,
    (_S.SENDING, _R.FILLED_PARTLY): _S.PARTLY_FILLED,
    (_S.SENDING, _R.FILLED): _S.FILLED,
    # A killed fill-or-kill is reported as a cancel, at times before any acceptance.
    (_S.SENDING, _R.CANCELLED): _S.CANCELLED,
    (_S.SENDING, _R.EXPIRED): _S.EXPIRED,
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
    # It was there, and the venue does not find it any more, or gives an answer that nobody can read.
    (_S.OPEN, _R.TIMEOUT): _S.UNKNOWN,
    (_S.PARTLY_FILLED, _R.TIMEOUT): _S.UNKNOWN,
    (_S.UNKNOWN, _R.ACCEPTED): _S.OPEN,
    (_S.UNKNOWN, _R.REJECTED): _S.REJECTED,
    (_S.UNKNOWN, _R.FILLED_PARTLY): _S.PARTLY_FILLED,
    (_S.UNKNOWN, _R.FILLED): _S.FILLED,
    (_S.UNKNOWN, _R.CANCELLED): _S.CANCELLED,
    (_S.UNKNOWN, _R.EXPIRED): _S.EXPIRED,
    (_S.UNKNOWN, _R.ABSENT): _S.DEAD,
}
_ECHOES: Mapping[tuple[OrderStatus, Report], OrderStatus] = {
    # A venue tells each thing twice, as the answer to the request and on the private socket, in no fixed order.
    (_S.OPEN, _R.ACCEPTED): _S.OPEN,
    (_S.PARTLY_FILLED, _R.ACCEPTED): _S.PARTLY_FILLED,
    (_S.UNKNOWN, _R.TIMEOUT): _S.UNKNOWN,
    **{
        (ended, report): ended
        for ended in (_S.CANCELLED, _S.EXPIRED)
        for report in (_R.ACCEPTED, _R.CANCELLED, _R.EXPIRED, _R.TIMEOUT)
    },
    (_S.FILLED, _R.ACCEPTED): _S.FILLED,
    (_S.FILLED, _R.TIMEOUT): _S.FILLED,
    **{(_S.REJECTED, report): _S.REJECTED for report in (_R.REJECTED, _R.CANCELLED, _R.TIMEOUT)},
    **{(_S.DEAD, report): _S.DEAD for report in (_R.ABSENT, _R.REJECTED, _R.CANCELLED, _R.EXPIRED, _R.TIMEOUT)},
}
_LATE: Mapping[tuple[OrderStatus, Report], OrderStatus] = {
    # A trade that was matched before the end and told after it: the position is true, the order stays over.
    (_S.CANCELLED, _R.FILLED_PARTLY): _S.CANCELLED,
    (_S.CANCELLED, _R.FILLED): _S.FILLED,
    (_S.EXPIRED, _R.FILLED_PARTLY): _S.EXPIRED,
    (_S.EXPIRED, _R.FILLED): _S.FILLED,
    # What was refused or proven absent lives after all: an incident, and what is left of it is unknown again.
    **{
        (wrong, report): following
        for wrong in (_S.REJECTED, _S.DEAD)
        for report, following in (
            (_R.ACCEPTED, _S.UNKNOWN),
            (_R.FILLED_PARTLY, _S.UNKNOWN),
            (_R.FILLED, _S.FILLED),
        )
    },
}
NEXT: Mapping[tuple[OrderStatus, Report], OrderStatus] = MappingProxyType({**_EXPECTED, **_ECHOES, **_LATE})
"""The legal moves. What is not listed cannot happen, and raises."""


class How(StrEnum):
    """What an order's fills do to the holding it was sent for."""

    LEG = "leg"
    """They add to it."""
    OUT = "out"
    """They give it back."""
    TWIN = "twin"
    """They bring the other outcome of its market, to be merged with it."""


class Route(msgspec.Struct, frozen=True):
    """Whom an order is sent for: a holding, by its number from 0, of what the intent `begun` started."""

    begun: IntentId
    number: int = 0
    how: How = How.LEG


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order with its state. A new value for each move.

    `venue_id` is the name that the venue knows it by before it answers: Polymarket's EIP-712 digest, Kalshi's
    `client_order_id`; empty on paper. `taken_back` is what had filled until its settlement failed: it neither fills
    again nor rests any more. One that `insists` is looked after sooner where no answer comes, and is offered again as
    it is, under the same name, where its venue does not find it: a venue takes a name once.
    """

    id: OrderId
    intent: IntentId
    leg: Leg
    venue_id: str = ""
    status: OrderStatus = OrderStatus.PLANNED
    filled: Size = Size(0)
    taken_back: Size = Size(0)
    created: Nanos
    route: Route | None = None
    insists: bool = False

    @property
    def remaining(self) -> Size:
        """What may still trade; 0 once the order is final."""
        return Size(0) if self.status.final else Size(self.leg.size - self.filled - self.taken_back)

    def after(self, report: Report) -> "Order":
        """The order after a report. Raises IllegalTransition, changing nothing, if it cannot follow."""
        following = NEXT.get((self.status, report))
        if following is None:
            raise IllegalTransition(f"order {self.id}: {report} cannot follow {self.status} - reconcile with the venue")
        return msgspec.structs.replace(self, status=following)

    @property
    def most(self) -> Size:
        """The most that can ever trade: its size, but for a purchase that spends an amount of money.

        Polymarket takes a BUY with FOK or FAK as dollars: what a better price saves buys more contracts, at the finest
        price of all at most so many.
        """
        leg = self.leg
        spends = leg.side is Side.BUY and leg.tif in _IMMEDIATE and venue_of(leg.market) is Venue.POLYMARKET
        return Size(leg.size * leg.limit) if spends else leg.size

    def after_fill(self, size: Size) -> "Order":
        """The order after `size` more of it traded. Raises IllegalTransition if that is more than can trade."""
        filled = Size(self.filled + size)
        traded = filled + self.taken_back
        if traded > self.most:
            raise IllegalTransition(f"order {self.id}: filled {traded} of {self.leg.size} - reconcile with the venue")
        if self.status is OrderStatus.FILLED and traded > self.leg.size:
            return msgspec.structs.replace(self, filled=filled)
        report = Report.FILLED if traded >= self.leg.size else Report.FILLED_PARTLY
        return msgspec.structs.replace(self.after(report), filled=filled)

    def after_reversal(self, size: Size) -> "Order":
        """The order after the settlement of `size` failed; that much never trades again. Raises IllegalTransition."""
        if size > self.filled:
            raise IllegalTransition(f"order {self.id}: {size} taken back of {self.filled} - reconcile with the venue")
        return msgspec.structs.replace(self, filled=Size(self.filled - size), taken_back=Size(self.taken_back + size))


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """A trade of ours, as the venue (or the paper exchange) charged it. `fee` is negative for a rebate.

    `id` is the venue's name of the trade, unique together with the order. A `provisional` fill is matched but not
    settled: it may still be taken back, and what it bought may not be sold yet.
    """

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
    id: str = ""
    provisional: bool = False
