"""Trading at a venue: the shape that both venues' brokers and their codecs have.

What a venue answers becomes frames of the source `<venue>/orders` (`Answered`, one for each request) or `<venue>/user`
(the private socket, as it came). They are recorded like market data, and a codec makes events of them: so a replay of a
day meets the same answers at the same places.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.events import OrderEvent, VenueStateChanged
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.venues.budget import Filling
from dutchbook.venues.feed import FrameSink, NoticeSink


class OrderDenied(DutchbookError):
    """An order fails a check of our own before a byte leaves: nothing was sent. The message says which and why."""


class Asked(StrEnum):
    """What a request wanted."""

    PLACE = "place"
    CANCEL = "cancel"
    CANCEL_ALL = "cancel_all"
    QUERY = "query"
    """What became of one order."""
    SWEEP = "sweep"
    """The whole account: open orders, fills since, balances, positions."""
    HEARTBEAT = "heartbeat"
    GROUP = "group"


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request and what came back. `status` is None if no whole answer came: `failure` says why, in a word or two.

    `body` is what was answered, as text. `retry_after_s` is the venue's header, if it sent one.
    """

    path: str
    status: int | None = None
    body: str = ""
    failure: str = ""
    retry_after_s: float | None = None
    left: bool = True
    """False if it is certain that not all bytes of the request left."""
    headers: Mapping[str, str] = {}
    """Further headers of the answer that the venue's client wants, their names in small letters."""


class Answered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answers to one wish of the desk: one exchange, or several where one endpoint does not tell all.

    `ids` are the venue ids (`Order.venue_id`) that it was about, in the order in which they were sent.
    """

    asked: Asked
    sent: Nanos
    exchanges: tuple[Exchange, ...]
    ids: tuple[str, ...] = ()


class Prepared(msgspec.Struct, frozen=True):
    """An order as it will be sent, with its `venue_id`; `content` is the broker's own."""

    order: Order
    market: Market
    venue_id: str
    """As in `order`."""
    content: bytes


class Drafter(Protocol):
    """Names orders as the venue will. Needs no key: a replay drafts the same names from the account's public side."""

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """Check an order and give it its name at the venue; the same for the same order, market and time.

        Raises OrderDenied for what the venue would refuse as it stands: price off the grid, size or notional too small,
        too many decimals.
        """
        ...


@runtime_checkable
class SignsAhead(Protocol):
    """A broker that can have an order ready before it is wanted."""

    def sign_ahead(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """Have an order ready that may be wanted soon: if it is, as it stands here, `place` has only to write it.

        It changes no name, and nothing leaves. Raises OrderDenied for what could not be sent.
        """
        ...

    def seal(self, prepared: Sequence[Prepared]) -> None:
        """These, each had ready before, may leave together: have what they leave by ready too."""
        ...

    def rehearse(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        """Do all of `place` that leaves no trace."""
        ...

    def renew_ahead(self, now: Nanos) -> bool:
        """Do a piece of what is to be done anew as time passes for what was made ready; False if there is none."""
        ...

    def good_until(self, now: Nanos) -> Nanos:
        """When what is drafted now will not be what is drafted any more: its time is told in steps."""
        ...

    def forget_ahead(self) -> None:
        """Nothing of that is wanted any more."""
        ...


@runtime_checkable
class Leaves(Protocol):
    """A broker whose venue keeps something for this run alone."""

    def leave(self, now: Nanos) -> None:
        """The desk is about to end: take away what nobody will need, and nothing that guards an order that rests on."""
        ...

    @property
    def leaving(self) -> bool:
        """Whether an answer to that is awaited."""
        ...


@runtime_checkable
class Paced(Protocol):
    """A broker that keeps to the rates that its venue allows."""

    def fillings(self) -> tuple[Filling, ...]:
        """How much of each rate is left now."""
        ...


class OrderCodec(Protocol):
    """Makes events of answers and of the private socket's frames. Keeps which fills it told of, and tells none twice.

    A fill that belongs to no order known here comes as ForeignFill.
    """

    def know(self, orders: Iterable[Order]) -> None:
        """These orders of ours may be spoken of, by their `venue_id`. Told before they leave, and at a start."""
        ...

    def offered(self, order: Order) -> None:
        """This one, known before, is sent once more as it is: it is refused only once each copy of it was."""
        ...

    def told(self, fills: Iterable[tuple[str, str]]) -> None:
        """These fills (venue's order id or our venue_id, fill id) are booked already: at a start."""
        ...

    def decode(self, frame: Frame) -> Sequence[OrderEvent | VenueStateChanged]:
        """The events of one frame, by the order outcome table. Raises WireError for what cannot be read.

        An unreadable answer to PLACE is no error but an unknown order (Report.TIMEOUT) with the reason.
        """
        ...


class Broker(Drafter, Protocol):
    """One account at one venue. Methods that send return at once; what comes of them arrives as frames.

    Signing happens in `sign`, writing in `place`: between both the desk puts the order on record.
    """

    venue: Venue

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        """Sign what was not signed ahead, and write the requests at once: in the same call, not in a later task."""
        ...

    def cancel(self, orders: Sequence[Order], now: Nanos) -> None:
        """Cancel by id. Ahead of orders in every budget."""
        ...

    def cancel_all(self, now: Nanos) -> None:
        """The venue's own switch: every open order of the account."""
        ...

    def query(self, order: Order, now: Nanos) -> None:
        """Ask what became of one order, by every means that the venue offers."""
        ...

    def since(self, at: Nanos) -> None:
        """Fills from this time on are of interest: told at a start, before `run`."""
        ...

    def sweep(self, now: Nanos) -> None:
        """Ask for the whole account, with the fills since the last whole sweep (with an overlap), or since `since`."""
        ...

    def guard(self, *, on: bool) -> None:
        """Keep the venue's dead-man switch armed while orders rest (heartbeat, order group)."""
        ...

    async def run(self, frames: FrameSink, notices: NoticeSink) -> None:
        """Connections, private socket, heartbeat, until cancelled. After each reconnection of the private socket it
        sweeps by itself, and at the start."""
        ...


def orders_source(venue: Venue) -> str:
    """The source of the frames that hold answers to our requests."""
    return f"{venue}/orders"


def user_source(venue: Venue) -> str:
    """The source of the frames of the private socket."""
    return f"{venue}/user"


def answered_frame(venue: Venue, answered: Answered, received: Nanos) -> Frame:
    """An answer as a frame."""
    return Frame(orders_source(venue), received, _encode(answered))


def read_answered(frame: Frame) -> Answered:
    """Raises msgspec.MsgspecError for a frame that is none of ours."""
    return _decode(frame.payload)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answered).decode
