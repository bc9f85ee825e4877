"""What an answer to a write means, by the order outcome table: taken, refused, killed, or nobody knows.

Only a refusal that the venue is known to mean as final counts as one. Everything else is unknown: the order may rest.
"""

from enum import StrEnum

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Size, size_of
from dutchbook.venues.kalshi import order_wire as wire
from dutchbook.venues.kalshi.order_facts import in_words, venue_name, words_of
from dutchbook.venues.trading import Answered, Exchange

ORDERS = "/portfolio/events/orders"
BATCHED = "/portfolio/events/orders/batched"
DEFINITIVE = frozenset({400, 401, 403, 404, 409, 410, 429})
"""Refusals after which nothing rests (protocol 7.1). 408 and 5xx are none."""
TOO_MANY = 429
_SUCCESS = frozenset({200, 201})
_EXISTS = "order_already_exists"
_KILLED = frozenset({"fill_or_kill_insufficient_resting_volume", "immediate_or_cancel_insufficient_resting_volume"})
EXCHANGE_PAUSED = "exchange_is_paused"
_REFUSALS = frozenset(
    {
        "invalid_price",
        "invalid_order",
        "invalid_order_size",
        "insufficient_balance",
        "available_balance_too_low",
        "missing_parameters",
        "invalid_parameters",
        "bad_request",
        "not_found",
        "market_not_found",
        "trading_is_paused",
        EXCHANGE_PAUSED,
        "MARKET_INACTIVE",
        "order_group_triggered",
        "authentication_error",
        "header_timestamp_expired",
        "forbidden",
    }
)
"""Codes that a row of a batch may have, which has no status of its own. Others are taken as unknown."""


class Outcome(StrEnum):
    """What became of an order that was sent."""

    TAKEN = "taken"
    REFUSED = "refused"
    KILLED = "killed"
    """It could not fill at once, as it had to: over, without a fill."""
    UNKNOWN = "unknown"
    GARBLED = "garbled"
    """Unknown, because an answer that should say so makes no sense: the venue is not to be trusted."""


class Placed(msgspec.Struct, frozen=True):
    """What an answer says of one order. `order_id`, `filled` and `resting` are those of a TAKEN one."""

    outcome: Outcome
    detail: str = ""
    order_id: str = ""
    filled: Size = Size(0)
    resting: Size = Size(0)


_decode_created = msgspec.json.Decoder(wire.Created).decode
_decode_batch = msgspec.json.Decoder(wire.CreatedBatch).decode
_decode_cancelled = msgspec.json.Decoder(wire.CancelledBatch).decode


def placed(answered: Answered) -> tuple[Placed, ...]:
    """What became of each order of `answered.ids`, in their order."""
    ids = answered.ids
    if len(answered.exchanges) != 1:
        raise WireError(Venue.KALSHI, "an answer to orders is one exchange", repr(answered).encode()[:400])
    exchange = answered.exchanges[0]
    if exchange.status not in _SUCCESS:
        return (failed(exchange),) * len(ids)
    try:
        if exchange.path.endswith(BATCHED):
            rows = _decode_batch(exchange.body).orders
        else:
            rows = (_decode_created(exchange.body),)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return (Placed(Outcome.GARBLED, f"an answer that cannot be read: {error}"),) * len(ids)
    if len(rows) != len(ids):
        return (Placed(Outcome.GARBLED, f"{len(rows)} answers to {len(ids)} orders"),) * len(ids)
    return tuple(_row(row, name) for row, name in zip(rows, ids, strict=True))


def failed(exchange: Exchange) -> Placed:
    """What an answer without success means for an order."""
    if exchange.status is None:
        if exchange.left:
            return Placed(Outcome.UNKNOWN, f"no answer: {exchange.failure}")
        return Placed(Outcome.REFUSED, f"not sent: {exchange.failure}")
    error = words_of(exchange.body)
    detail = f"{exchange.status} {in_words(error)}".rstrip()
    if exchange.status not in DEFINITIVE or error.code == _EXISTS:
        return Placed(Outcome.UNKNOWN, detail)
    if exchange.status == 409 and not error.code:
        return Placed(Outcome.UNKNOWN, f"{detail} - a conflict that does not say which".lstrip())
    return Placed(Outcome.KILLED if error.code in _KILLED else Outcome.REFUSED, detail)


def _row(row: wire.Created, name: str) -> Placed:
    if row.error is not None:
        return _refused(row.error)
    if row.client_order_id is not None and row.client_order_id != name:
        return Placed(Outcome.GARBLED, f"an answer about another order, {row.client_order_id[:80]!r}")
    try:
        return Placed(
            Outcome.TAKEN,
            order_id=venue_name(row.order_id or ""),
            filled=size_of(row.fill_count or ""),
            resting=size_of(row.remaining_count or ""),
        )
    except ValueError as error:
        return Placed(Outcome.GARBLED, f"an answer that cannot be read: {error}")


def _refused(error: wire.Error) -> Placed:
    if error.code in _KILLED:
        return Placed(Outcome.KILLED, in_words(error))
    return Placed(Outcome.REFUSED if error.code in _REFUSALS else Outcome.UNKNOWN, in_words(error))


class CancelAnswer(msgspec.Struct, frozen=True):
    """What an answer says of one cancel. A success proves nothing until the order is read."""

    failed: bool
    ambiguous: bool = False
    detail: str = ""


_READ_IT = CancelAnswer(failed=False)


def cancelled(answered: Answered) -> tuple[CancelAnswer, ...]:
    """What became of the cancel of each order of `answered.ids`, in their order."""
    ids = answered.ids
    if len(answered.exchanges) != 1:
        raise WireError(Venue.KALSHI, "an answer to cancels is one exchange", repr(answered).encode()[:400])
    exchange = answered.exchanges[0]
    if exchange.status not in _SUCCESS:
        said = failed(exchange)
        unknown = said.outcome is Outcome.UNKNOWN
        return (CancelAnswer(failed=True, ambiguous=unknown, detail=said.detail),) * len(ids)
    try:
        rows = _decode_cancelled(exchange.body).orders
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        said_so = CancelAnswer(failed=True, ambiguous=True, detail=f"an answer that cannot be read: {error}")
        return (said_so,) * len(ids)
    if len(rows) != len(ids):
        other = CancelAnswer(failed=True, ambiguous=True, detail=f"{len(rows)} answers to {len(ids)} cancels")
        return (other,) * len(ids)
    return tuple(_READ_IT if row.error is None else _not_cancelled(row.error) for row in rows)


def _not_cancelled(error: wire.Error) -> CancelAnswer:
    return CancelAnswer(failed=True, ambiguous=error.code not in _REFUSALS, detail=in_words(error))
