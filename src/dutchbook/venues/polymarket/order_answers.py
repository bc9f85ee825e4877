"""The order outcome table for Polymarket: what one answer says of the orders it was asked about (protocol section 2.3).

A refusal counts only if the venue is known to say it of orders that it did not take. Whatever else comes, or nothing,
leaves an order unknown: it may rest, or have traded.
"""

import re
from enum import StrEnum

import msgspec

from dutchbook.domain.events import VenueState
from dutchbook.venues.polymarket.order_wire import (
    CancelAnswer,
    ErrorAnswer,
    OrderAnswer,
    read_cancel_answer,
    read_error,
    read_order_answer,
    read_order_answers,
)
from dutchbook.venues.trading import Exchange

POST_ONLY_S = 120.0
"""How long post-only mode lasts after a restart, where an answer does not say (protocol section 3.6)."""
RESTART_S = 10.0
"""When to ask again during a restart, where an answer does not say."""
LOOK_AGAIN_S = 30.0
"""When to ask again after a refusal that names no time."""
_SAID = 200

_REFUSALS = (
    r"^Invalid order payload",
    r"the order owner has to be the owner of the API KEY",
    r"the order signer address has to be the address of the API KEY",
    r"address banned",
    r"address in closed only mode",
    r"^invalid signature",
    r"order_version_mismatch",
    r"not enough balance / allowance",
    r"breaks minimum tick size rule",
    r"lower than the minimum",
    r"^invalid amount",
    r"Maximum lot size",
    r"max accuracy of",
    r"^invalid post-only order",
    r"^post-only mode",
    r"order couldn't be fully filled",
    r"no orders found to match with FAK order",
    r"^invalid expiration",
    r"^invalid nonce",
    r"order canceled in the CTF exchange contract",
    r"market is not yet ready to process new orders",
    r"^Too many orders in payload",
    r"^Payload exceeds the limit",
    r"^Invalid token id",
    r"No orderbook exists",
    r"^market not found",
    r"Unauthorized",
    r"Invalid api key",
    r"Invalid L1 Request headers",
    r"restricted in your region",
    r"^Trading is currently",
)
"""What the venue says of an order that it did not take. Not among them, though refusals by their status: a duplicate
(the order exists), a delayed match (it may come about still), `context canceled` and the engine's own errors."""
_NOT_TAKEN = re.compile("|".join(_REFUSALS), re.IGNORECASE)
_DEFINITIVE = frozenset({400, 401, 403, 404, 405, 413, 422})


class Fate(StrEnum):
    """What an answer says of one order."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Verdict(msgspec.Struct, frozen=True):
    """One order's fate. `matched` is how many shares traded at once, as text, where the venue says so.

    `trades` are the trades it names, `status` its own word: `live`, `matched`, `delayed`, `unmatched`.
    """

    fate: Fate
    detail: str = ""
    status: str = ""
    making: str = ""
    taking: str = ""
    trades: tuple[str, ...] = ()


class Mode(msgspec.Struct, frozen=True):
    """What an answer says of the venue itself; `lasts_s` is after how long it may be otherwise, None if it is up."""

    state: VenueState
    reason: str = ""
    lasts_s: float | None = None


class Judged(msgspec.Struct, frozen=True):
    """An answer to orders. `untrusted` says why nothing more may be sent until the account was read again."""

    verdicts: tuple[Verdict, ...]
    mode: Mode | None = None
    untrusted: str = ""
    answered: bool | None = True
    """Whether the venue itself spoke; None if nothing was asked of it."""


class JudgedCancel(msgspec.Struct, frozen=True):
    """An answer to a cancel. None of `answer` if there is none: then `detail` says why.

    `ambiguous` if the cancel may have happened all the same.
    """

    answer: CancelAnswer | None = None
    detail: str = ""
    ambiguous: bool = False
    mode: Mode | None = None
    untrusted: str = ""
    answered: bool | None = True
    """As in `Judged`."""


def judge_orders(exchange: Exchange, ids: tuple[str, ...]) -> Judged:
    """What became of orders that were sent in one request; `ids` in its order."""
    if exchange.status is None:
        return _all(ids, _unanswered(exchange), answered=spoke(exchange))
    if 200 <= exchange.status < 300:
        return _taken(exchange, ids)
    mode = mode_of(exchange)
    return _all(ids, _refused(exchange, mode), mode, answered=spoke(exchange))


def judge_cancel(exchange: Exchange) -> JudgedCancel:
    """What an answer to a cancel says. A refused cancel changes nothing."""
    status = exchange.status
    if status is None:
        verdict = _unanswered(exchange)
        return JudgedCancel(detail=verdict.detail, ambiguous=verdict.fate is Fate.UNKNOWN, answered=spoke(exchange))
    if 200 <= status < 300:
        try:
            return JudgedCancel(answer=read_cancel_answer(exchange.body))
        except (msgspec.MsgspecError, RecursionError) as error:
            reason = f"unreadable answer to a cancel: {error}"
            return JudgedCancel(detail=reason, ambiguous=True, untrusted=reason)
    mode = mode_of(exchange)
    verdict = _refused(exchange, mode)
    return JudgedCancel(
        detail=verdict.detail, ambiguous=verdict.fate is Fate.UNKNOWN, mode=mode, answered=spoke(exchange)
    )


def mode_of(exchange: Exchange) -> Mode | None:
    """What an answer tells of the venue's mode; None if nothing."""
    if exchange.status == 425:
        again = exchange.retry_after_s if exchange.retry_after_s is not None else RESTART_S
        return Mode(VenueState.RESTARTING, "the matching engine restarts", again)
    error = _error(exchange) if exchange.status == 503 else None
    return None if error is None else _mode_of_text(error.error, error)


def spoke(exchange: Exchange) -> bool | None:
    """Whether the venue itself answered: not a proxy, not silence, not an engine that failed. None if nothing left."""
    if exchange.status is None:
        return False if exchange.left else None
    if exchange.status >= 500 and exchange.status != 503:
        return False
    return _error(exchange) is not None or 200 <= exchange.status < 300 or exchange.status == 425


def _mode_of_text(text: str, error: ErrorAnswer | None = None) -> Mode | None:
    if (error is not None and error.code == "post_only_mode") or text.startswith("post-only mode"):
        left = error.retry_after_seconds if error is not None else None
        return Mode(VenueState.POST_ONLY, "post-only mode", left if left is not None and left > 0 else POST_ONLY_S)
    if "cancel-only" in text:
        return Mode(VenueState.CANCEL_ONLY, "trading is cancel-only", LOOK_AGAIN_S)
    if "currently disabled" in text:
        return Mode(VenueState.DOWN, "trading is disabled", LOOK_AGAIN_S)
    return None


def _unanswered(exchange: Exchange) -> Verdict:
    if not exchange.left:
        return Verdict(Fate.REJECTED, f"not sent: {exchange.failure}")
    return Verdict(Fate.UNKNOWN, f"no answer: {exchange.failure}")


def _refused(exchange: Exchange, mode: Mode | None) -> Verdict:
    said = _said(exchange)
    if mode is not None:
        return Verdict(Fate.REJECTED, said)
    error = _error(exchange)
    if error is None:
        return Verdict(Fate.UNKNOWN, said)
    if exchange.status == 429:  # refused as a whole, whatever it was (protocol section 2.4 b)
        return Verdict(Fate.REJECTED, said)
    if exchange.status in _DEFINITIVE and _NOT_TAKEN.search(error.error):
        return Verdict(Fate.REJECTED, said)
    return Verdict(Fate.UNKNOWN, said)


def _taken(exchange: Exchange, ids: tuple[str, ...]) -> Judged:
    """A 2xx: each element by its id and message, never by `success` alone."""
    batch = exchange.path.partition("?")[0].endswith("/orders")
    try:
        answers = read_order_answers(exchange.body) if batch else (read_order_answer(exchange.body),)
    except (msgspec.MsgspecError, RecursionError) as error:
        return _distrusted(ids, f"unreadable answer: {error}")
    if len(answers) != len(ids):
        return _distrusted(ids, f"{len(answers)} answers to {len(ids)} orders")
    verdicts = tuple(_element(answer, id_) for answer, id_ in zip(answers, ids, strict=True))
    strange = next((verdict.detail for verdict in verdicts if verdict.status == _STRANGE), "")
    modes = (_mode_of_text(answer.errorMsg) for answer in answers if answer.errorMsg and not answer.orderID)
    return Judged(verdicts, next((mode for mode in modes if mode is not None), None), strange)


_STRANGE = "strange"


def _element(answer: OrderAnswer, id_: str) -> Verdict:
    message = " ".join((answer.errorMsg or "").split())[:_SAID]
    if not answer.orderID:
        if not message:
            return Verdict(Fate.UNKNOWN, "an answer with neither id nor message", _STRANGE)
        fate = Fate.REJECTED if _NOT_TAKEN.search(message) else Fate.UNKNOWN
        return Verdict(fate, message)
    if answer.orderID.lower() != id_.lower():
        return Verdict(Fate.UNKNOWN, f"the venue calls the order {answer.orderID[:80]}, not {id_}", _STRANGE)
    if message:
        return Verdict(Fate.UNKNOWN, f"taken, with a message: {message}")
    return Verdict(
        Fate.ACCEPTED,
        status=(answer.status or "").lower(),
        making=answer.makingAmount or "",
        taking=answer.takingAmount or "",
        trades=answer.tradeIDs or (),
    )


def _all(ids: tuple[str, ...], verdict: Verdict, mode: Mode | None = None, *, answered: bool | None) -> Judged:
    return Judged((verdict,) * len(ids), mode, answered=answered)


def _distrusted(ids: tuple[str, ...], reason: str) -> Judged:
    return Judged((Verdict(Fate.UNKNOWN, reason),) * len(ids), untrusted=reason)


def _error(exchange: Exchange) -> ErrorAnswer | None:
    """What the venue itself says; None for a proxy's page and anything else that is not its form."""
    try:
        return read_error(exchange.body)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _said(exchange: Exchange) -> str:
    """A refusal in one line."""
    error = _error(exchange)
    text = exchange.body if error is None else error.error
    line = " ".join(text[: 4 * _SAID].split())[:_SAID]
    if error is None and line.startswith("<"):
        line = "a web page"
    return f"{exchange.status} {line}".rstrip()
