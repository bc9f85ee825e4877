"""What a fault plan does to messages that are no bytes: requests that fail, frames that are lost."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Nanos
from dutchbook.exchange.faults.http_faults import HttpFault, HttpTrouble
from dutchbook.exchange.faults.switchboard import Switchboard


class Way(StrEnum):
    """What a request wants."""

    PLACE = "place"
    CANCEL = "cancel"
    QUERY = "query"
    SWEEP = "sweep"


_KALSHI_ORDERS = "/trade-api/v2/portfolio/events/orders"
_REQUESTS: Mapping[Venue, Mapping[Way, tuple[str, str]]] = {
    Venue.POLYMARKET: {
        Way.PLACE: ("POST", "/order"),
        Way.CANCEL: ("DELETE", "/order"),
        Way.QUERY: ("GET", "/data/order/id"),
        Way.SWEEP: ("GET", "/data/orders"),
    },
    Venue.KALSHI: {
        Way.PLACE: ("POST", _KALSHI_ORDERS),
        Way.CANCEL: ("DELETE", f"{_KALSHI_ORDERS}/id"),
        Way.QUERY: ("GET", "/trade-api/v2/portfolio/orders/id"),
        Way.SWEEP: ("GET", "/trade-api/v2/portfolio/orders"),
    },
}
"""The request that a fault plan would see, by method and path."""
_CHANNELS = {Venue.POLYMARKET: "market", Venue.KALSHI: "orderbook_delta"}
_DEFINITE = 500
"""Statuses below it say that nothing was done."""
_FRAME = b"a frame of the market's socket, in virtual time"


class Trouble(msgspec.Struct, frozen=True):
    """What becomes of one request: whether the exchange gets it, whether its answer comes, and how late.

    `refusal` is an answer that comes instead; `ambiguous` if it leaves open whether anything was done.
    """

    reaches: bool = True
    answers: bool = True
    late: Nanos = Nanos(0)
    refusal: str | None = None
    ambiguous: bool = False


_NONE = Trouble()


class Troubles:
    """Asks the faults of a plan, as the servers of a sandbox do.

    Answers that are broken, cut off or in other words than the venue's count as lost. A frame that is lost, damaged or
    overtaken is noticed at once, as hashes and sequence numbers show it.
    """

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard

    def request(self, venue: Venue, way: Way) -> Trouble:
        """What happens to a request that arrives now."""
        if self._switchboard.quiet:
            return _NONE
        fault = self._switchboard.http(venue, *_REQUESTS[venue][way])
        return _NONE if fault is None else _trouble(fault)

    def passes(self, venue: Venue) -> bool:
        """Whether a frame of market data that leaves now comes whole and in its time."""
        if self._switchboard.quiet:
            return True
        sent = self._switchboard.frames(venue, _CHANNELS[venue], 1, _FRAME)
        return bool(sent) and sent[0] == (0, _FRAME)


def _trouble(fault: HttpFault) -> Trouble:
    match fault.trouble:
        case HttpTrouble.ANSWER | HttpTrouble.ANSWER_AFTER:
            told = f"HTTP {fault.status}"
            reaches = fault.trouble is HttpTrouble.ANSWER_AFTER
            ambiguous = reaches or fault.status >= _DEFINITE or fault.status < 400
            return Trouble(reaches=reaches, answers=False, refusal=told, ambiguous=ambiguous)
        case HttpTrouble.SWALLOW_BEFORE:
            return Trouble(reaches=False, answers=False)
        case HttpTrouble.SWALLOW_AFTER | HttpTrouble.RESET | HttpTrouble.TRUNCATE:
            return Trouble(answers=False)
        case HttpTrouble.SLOW:
            return Trouble(late=fault.lasts)
        case HttpTrouble.EXTRA | HttpTrouble.STALE:
            return _NONE
