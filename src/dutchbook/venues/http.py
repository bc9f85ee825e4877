"""Reading over HTTP: one GET or POST that changes nothing at the venue, repeated while that may help.

Never for orders: everything here may be sent twice.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
import msgspec

from dutchbook.domain.errors import (
    VenueError,
    VenueRefused,
    VenueUnavailable,
    VenueUnreachable,
    WireError,
)
from dutchbook.venues.backoff import Backoff
from dutchbook.venues.budget import Budget
from dutchbook.venues.retry_after import retry_after_s
from dutchbook.venues.surroundings import Surroundings

USER_AGENT = "Mozilla/5.0 (compatible; dutchbook)"
"""What some content networks want to see: they answer 403 to the usual names of HTTP libraries."""
LARGEST_BODY = 64 << 20

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_SAID = 160

type Parameters = Sequence[tuple[str, str]]


class Patience(msgspec.Struct, frozen=True):
    """How long to wait for an answer, how often to ask, and the longest pause of a venue that is waited out."""

    connect_s: float = 5.0
    total_s: float = 15.0
    tries: int = 3
    longest_pause_s: float = 30.0


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One request that only reads. `groups` are the buckets it bills, the narrowest first, with `tokens` each."""

    path: str
    groups: tuple[str, ...]
    parameters: Parameters = ()
    body: bytes | None = None
    """Sent by POST, as JSON, if there is one."""
    tokens: int = 1
    headers: Callable[[], Mapping[str, str]] | None = None
    """More headers, made anew for each try: a signature over the body."""


class HttpReader:
    """Asks one host. Every failure is a VenueError or WireError whose message is one line.

    `base` is scheme, host and perhaps a prefix of all paths. `headers` makes more headers of a method and a full path
    (signatures); it is asked again for each try.
    """

    def __init__(
        self,
        base: str,
        session: aiohttp.ClientSession,
        budget: Budget,
        surroundings: Surroundings,
        *,
        patience: Patience = Patience(),  # noqa: B008 - a frozen value
        headers: Callable[[str, str], Mapping[str, str]] | None = None,
    ) -> None:
        self.base = base.rstrip("/")
        self._session = session
        self._budget = budget
        self._clock = surroundings.clock
        self._sleep = surroundings.sleep
        self._rng = surroundings.rng
        self._patience = patience
        self._headers = headers
        self._timeout = aiohttp.ClientTimeout(total=patience.total_s, connect=patience.connect_s)

    async def read[T](self, question: Question, decode: Callable[[bytes], T]) -> T:
        """The decoded answer.

        Raises VenueRefused for what asking again does not mend, VenueUnreachable, VenueUnavailable or WireError (an
        answer that `decode` cannot read) when the last try failed like that.
        """
        backoff = Backoff(self._rng)
        for _ in range(self._patience.tries - 1):
            try:
                return decode(await self._ask(question))
            except VenueRefused:
                raise
            except VenueUnavailable as error:
                if (error.retry_after_s or 0) > self._patience.longest_pause_s:
                    raise
            except (VenueUnreachable, WireError):
                pass  # told by the last try, if that fails too
            await self._sleep(backoff.next_s())
        return decode(await self._ask(question))

    async def _ask(self, question: Question) -> bytes:
        await self._budget.spend(question.groups, question.tokens)
        method = "GET" if question.body is None else "POST"
        url = self.base + question.path
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
        if question.body is not None:
            headers["Content-Type"] = "application/json"
        if self._headers is not None:
            headers.update(self._headers(method, urlsplit(url).path))
        if question.headers is not None:
            headers.update(question.headers())
        try:
            async with self._session.request(
                method,
                url,
                params=question.parameters,
                data=question.body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,  # signed headers are for this host alone
            ) as answer:
                body = await _body(answer, url)
        except TimeoutError as error:
            raise VenueUnreachable(
                f"{url}: no answer within {self._patience.total_s:g} s - check the network, or try again later"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise VenueUnreachable(f"{url}: {_reason(error)} - check the network and the host's name") from error
        self._judge(answer, body, url, question)
        return body

    def _judge(self, answer: aiohttp.ClientResponse, body: bytes, url: str, question: Question) -> None:
        """Raises the error that the status means, if it means one."""
        status = answer.status
        if status == HTTPStatus.OK:
            self._budget.served(question.groups[0])
            if body.lstrip()[:1] == b"<":
                raise VenueUnavailable(f"{url}: answered with a web page, not JSON - a proxy or block page is between")
            return
        said = f"{url}: {status} {_phrase(status)}{_text(body)}"
        if status not in _BUSY:
            raise VenueRefused(f"{said} - {_advice(status)}", status)
        pause = retry_after_s(answer.headers.get("Retry-After"), self._clock)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            pause = self._budget.cool_down(question.groups[0], pause)
        elif pause is not None:
            self._budget.cool_down(question.groups[0], pause)
        wait = "" if pause is None else f" in {pause:g} s"
        raise VenueUnavailable(f"{said} - try again{wait or ' later'}", pause)


async def _body(answer: aiohttp.ClientResponse, url: str) -> bytes:
    """The whole body. Raises VenueUnreachable if there is too much of it."""
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise VenueUnreachable(f"{url}: an answer of more than {LARGEST_BODY} bytes - is this the right host?")
    return b"".join(parts)


def failed(error: VenueError | WireError) -> str:
    """The one line of a failure."""
    return str(error).splitlines()[0]


def _reason(error: Exception) -> str:
    text = str(error).splitlines()
    return text[0] if text and text[0] else type(error).__name__


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unknown status"


def _text(body: bytes) -> str:
    """What a refusal says for itself, cut short; nothing of a web page."""
    text = " ".join(body[: 4 * _SAID].decode("utf-8", "replace").split())
    if not text or text.startswith("<"):
        return ""
    return f" {text[:_SAID]}"


def _advice(status: int) -> str:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return "check the key, its environment and this machine's clock"
        case HTTPStatus.FORBIDDEN:
            return "the venue does not serve this network, region or account"
        case HTTPStatus.NOT_FOUND:
            return "check the name, it may be closed or not listed yet"
        case HTTPStatus.GONE:
            return "the venue took this call away: dutchbook needs an update"
        case _:
            return "check what was asked for"
