"""What a fault does to one HTTP request."""

from collections.abc import Mapping
from enum import StrEnum
from random import Random

import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Nanos
from dutchbook.exchange.faults.plan import (
    ExtraFields,
    HtmlBody,
    HttpSpec,
    HttpStatus,
    ResetMidBody,
    SlowAnswer,
    StaleBalances,
    TimeoutAfterAccept,
    TimeoutBeforeAccept,
    TruncatedBody,
)

_WORDS: Mapping[Venue, Mapping[int, str]] = {
    # Texts: Polymarket protocol section 2.3; 425 and 500 were not captured, so these are assumed.
    Venue.POLYMARKET: {
        425: "service not ready",
        429: "Too Many Requests",
        500: "could not run the execution",
        503: "Trading is currently disabled. Check polymarket.com for updates",
    },
    # Kalshi protocol section 7.1: `error` is a string for 429 alone.
    Venue.KALSHI: {429: "too many requests"},
}
_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>{status}: {reason}</title></head>"
    "<body><center><h1>{status} {reason}</h1></center><hr><center>cloudflare</center></body></html>\n"
)
_REASONS = {200: "Just a moment...", 403: "Forbidden", 502: "Bad gateway", 503: "Service unavailable", 504: "Timeout"}


class HttpTrouble(StrEnum):
    """At which point a request goes wrong, and how that looks to the client."""

    ANSWER = "answer"
    """Another answer instead of the venue's; the request is not looked at."""
    ANSWER_AFTER = "answer_after"
    """The exchange does what it was asked; another answer comes instead of its own."""
    SWALLOW_BEFORE = "swallow_before"
    """The request never reaches the exchange and no answer ever comes."""
    SWALLOW_AFTER = "swallow_after"
    """The exchange does what it was asked and no answer ever comes."""
    RESET = "reset"
    """The exchange does what it was asked; the connection breaks in the middle of the answer's body."""
    TRUNCATE = "truncate"
    """The exchange does what it was asked; the answer is well-formed HTTP with half of its body."""
    EXTRA = "extra"
    """The exchange does what it was asked; its answer has a member that no documentation names, drawn from `draw`."""
    SLOW = "slow"
    """The exchange does what it was asked at once; the answer comes late."""
    STALE = "stale"
    """The same question gets the same answer again while this lasts, whatever happened since."""


class HttpFault(msgspec.Struct, frozen=True, kw_only=True):
    """One request's trouble. `status`, `headers`, `body` are for both ANSWERs; `lasts` for SLOW and both that swallow.

    `name` is the name of the fault in its plan and `wave` its window, so that STALE knows whose memory it uses.
    """

    name: str
    wave: int = 0
    trouble: HttpTrouble
    status: int = 500
    headers: Mapping[str, str] = {}
    body: bytes = b""
    lasts: Nanos = Nanos(0)
    draw: int = 0


def fault_of(spec: HttpSpec, venue: Venue, wave: int, rng: Random) -> HttpFault:
    """What the fault of a plan does to a request that it struck in its `wave`-th window."""
    match spec:
        case HttpStatus():
            return _status(spec, venue)
        case HtmlBody(status=status):
            page = _PAGE.format(status=status, reason=_REASONS.get(status, "Error")).encode()
            headers = {"Content-Type": "text/html; charset=UTF-8", "Server": "cloudflare"}
            return HttpFault(name=spec.name, trouble=HttpTrouble.ANSWER, status=status, headers=headers, body=page)
        case TimeoutBeforeAccept(hangs=hangs):
            return HttpFault(name=spec.name, trouble=HttpTrouble.SWALLOW_BEFORE, lasts=hangs)
        case TimeoutAfterAccept(hangs=hangs):
            return HttpFault(name=spec.name, trouble=HttpTrouble.SWALLOW_AFTER, lasts=hangs)
        case ResetMidBody():
            return HttpFault(name=spec.name, trouble=HttpTrouble.RESET)
        case TruncatedBody():
            return HttpFault(name=spec.name, trouble=HttpTrouble.TRUNCATE)
        case ExtraFields():
            return HttpFault(name=spec.name, trouble=HttpTrouble.EXTRA, draw=rng.getrandbits(64))
        case SlowAnswer(delay=delay, jitter=jitter):
            late = Nanos(delay + rng.randint(0, jitter))
            return HttpFault(name=spec.name, trouble=HttpTrouble.SLOW, lasts=late)
        case StaleBalances():
            return HttpFault(name=spec.name, wave=wave, trouble=HttpTrouble.STALE)


def _status(spec: HttpStatus, venue: Venue) -> HttpFault:
    headers = {"Content-Type": "application/json"}
    if spec.retry_after is not None:
        headers["Retry-After"] = str(spec.retry_after)
    body = spec.body.encode() if spec.body is not None else _body(spec.status, venue)
    trouble = HttpTrouble.ANSWER_AFTER if spec.accepts else HttpTrouble.ANSWER
    return HttpFault(name=spec.name, trouble=trouble, status=spec.status, headers=headers, body=body)


def _body(status: int, venue: Venue) -> bytes:
    words = _WORDS[venue].get(status)
    if words is not None or venue is Venue.POLYMARKET:
        return msgspec.json.encode({"error": words or "internal server error"})
    code = "service_unavailable" if status == 503 else "internal_server_error"
    return msgspec.json.encode({"error": {"code": code, "message": code.replace("_", " ")}})
