"""The named points at which a desk is killed: between journal, sign, send, receive, apply and publish."""

from collections.abc import Mapping, Sequence
from typing import Any

from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Frame
from dutchbook.engine import loop as engine_loop
from dutchbook.engine.bus.local import LocalBus
from dutchbook.engine.drivers.live import LiveDriver
from dutchbook.execution.executor import Execution
from dutchbook.execution.gateway import VenueGateway
from dutchbook.portfolio.ledger import Ledger
from dutchbook.storage.journal import Journal
from dutchbook.storage.recording import RecordingWriter
from dutchbook.venues.kalshi.broker import KalshiBroker
from dutchbook.venues.kalshi.order_codec import KalshiOrderCodec
from dutchbook.venues.kalshi.sign_ahead import SignedAhead
from dutchbook.venues.order_line import OrderLine
from dutchbook.venues.polymarket.broker import PolymarketBroker
from dutchbook.venues.polymarket.order_codec import PolymarketOrderCodec
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.trading import orders_source, user_source
from tests.stories.kill.fuse import Place

_PRIVATE = frozenset(source(venue) for venue in Venue for source in (orders_source, user_source))


def _line(_: Journal, kind: str, *__: object, **___: object) -> str:
    return f"the {kind} line"


def _always(name: str) -> Any:
    return lambda *_, **__: name


def _private(name: str) -> Any:
    """Frames of our own orders and accounts, by their source."""

    def label(_: object, frame: Frame) -> str:
        return f"{name} {frame.source}" if frame.source in _PRIVATE else ""

    return label


def _event(name: str) -> Any:
    def label(_: object, event: object, *__: object) -> str:
        return f"{name} {type(event).__name__}"

    return label


def _request(_: OrderLine, request: bytes, *__: object, **___: object) -> str:
    """Requests by what they do: orders and cancels of both venues. Reads are no points."""
    method = request.split(b" ", 1)[0].decode()
    return {"POST": "the bytes of orders", "DELETE": "the bytes of cancels"}.get(method, "")


def _signed_kalshi(_: SignedAhead, method: str, path: str, *__: object) -> str:
    return "signing at kalshi" if method == "POST" and "orders" in path else ""


PLACES: Sequence[Place] = (
    Place(Journal, "append", _line),
    Place(Journal, "write_out", _always("writing lines")),
    Place(VenueGateway, "prepare", _always("preparing an order")),
    Place(VenueGateway, "submit", _always("submitting an order")),
    Place(VenueGateway, "depart", _always("the departure")),
    Place(VenueGateway, "cancel", _always("the wish to cancel")),
    Place(VenueGateway, "query", _always("the wish to ask")),
    Place(VenueGateway, "sweep", _always("the wish to sweep")),
    Place(VenueGateway, "adopt", _always("adopting orders")),
    Place(PolymarketBroker, "place", _always("placing at polymarket")),
    Place(KalshiBroker, "place", _always("placing at kalshi")),
    Place(OrderWriter, "body", _always("signing at polymarket")),
    Place(SignedAhead, "request", _signed_kalshi),
    Place(OrderLine, "send", _request),
    Place(RecordingWriter, "put", _private("keeping a frame of")),
    Place(LiveDriver, "take", _private("taking a frame of"), mute=True),
    Place(PolymarketOrderCodec, "decode", _private("decoding")),
    Place(KalshiOrderCodec, "decode", _private("decoding")),
    Place(Execution, "start", _always("starting an intent")),
    Place(Execution, "on_event", _event("execution on")),
    Place(Execution, "resume", _always("resuming")),
    Place(Execution, "connect", _always("connecting")),
    Place(Ledger, "apply", _event("booking")),
    Place(engine_loop, "turn", _event("the turn of")),
    Place(LocalBus, "publish", _event("publishing")),
)


def _around(*names: str) -> tuple[str, ...]:
    return tuple(f"{when} {name}" for name in names for when in ("before", "after"))


DECIDING = _around(
    "the verdict line", "starting an intent", "preparing an order", "the order line", "submitting an order",
    "the departure", "the market line", "the timer line",
)  # fmt: skip
SENDING = _around(
    "placing at polymarket", "placing at kalshi", "signing at polymarket", "signing at kalshi", "the bytes of orders",
    "the wish to cancel", "the cancel line", "the bytes of cancels", "the wish to ask", "the wish to sweep",
)  # fmt: skip
RECEIVING = _around(
    "keeping a frame of polymarket/orders", "taking a frame of polymarket/orders", "decoding polymarket/orders",
    "keeping a frame of kalshi/orders", "taking a frame of kalshi/orders", "decoding kalshi/orders",
    "taking a frame of polymarket/user", "decoding polymarket/user", "taking a frame of kalshi/user",
    "decoding kalshi/user",
)  # fmt: skip
APPLYING = _around(
    "the report line", "the turn of OrderReported", "execution on OrderReported", "publishing OrderReported",
    "the account line", "the turn of AccountStated", "execution on AccountStated", "publishing AccountStated",
    "the basket line", "publishing TimerFired",
)  # fmt: skip
FILLING = _around(
    "the fill line", "the turn of OrderFilled", "booking FillBooked", "execution on OrderFilled",
    "publishing OrderFilled", "the settled line", "execution on FillSettled", "publishing FillSettled",
)  # fmt: skip
RECOVERING = _around(
    "the state line", "the told line", "the kept line", "the market line", "the began line", "adopting orders",
    "resuming", "connecting",
)  # fmt: skip
"""Passed while a desk starts: it dies of its own recovery."""
AT_WORK: Mapping[str, Sequence[str]] = {
    "deciding": DECIDING,
    "sending": SENDING,
    "receiving": RECEIVING,
    "applying": APPLYING,
    "filling": FILLING,
}
_TURNING = frozenset({"after the departure", "after the bytes of orders", "after the bytes of cancels"})


def foremost(points: Sequence[str]) -> Sequence[str]:
    """One of each pair of points with little between them: what is behind a call is mostly before the next one."""
    return [point for point in points if point.startswith("before") or point in _TURNING]
