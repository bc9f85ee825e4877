"""The venue's dead-man switch: once fed, it cancels every open order ten seconds after the last feeding.

There is no way to disarm it (protocol section 3.5). So it is fed from the first order that rests until the desk ends.
"""

from collections.abc import Awaitable, Callable

import msgspec

from dutchbook.venues.polymarket.order_wire import read_heartbeat
from dutchbook.venues.trading import Exchange

EVERY_S = 5.0
PATH = "/v1/heartbeats"

type Post = Callable[[bytes], Awaitable[Exchange]]


class Heartbeat:
    """Keeps the id that the venue wants to see next."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._id = ""

    async def beat(self) -> Exchange:
        """Feed the switch: the last answer. A wrong id is corrected by the one that the venue names, once."""
        exchange = await self._post(self._body())
        if exchange.status == 400 and self._learn(exchange):
            exchange = await self._post(self._body())
        if fed(exchange):
            self._learn(exchange)
        return exchange

    def _body(self) -> bytes:
        return msgspec.json.encode({"heartbeat_id": self._id})

    def _learn(self, exchange: Exchange) -> bool:
        named = _named(exchange)
        self._id = self._id if named is None else named
        return named is not None


def fed(exchange: Exchange) -> bool:
    """Whether the venue took it. A page of a proxy is not the venue, whatever its status."""
    return exchange.status == 200 and _named(exchange) is not None


def _named(exchange: Exchange) -> str | None:
    """The id that an answer names."""
    try:
        return read_heartbeat(exchange.body).heartbeat_id
    except (msgspec.MsgspecError, RecursionError):
        return None
