"""One connection of the order line: it carries one request at a time, and what became of that is told once."""

import asyncio
import ssl
from collections.abc import Callable, Collection
from typing import Protocol

from dutchbook.domain.units import Nanos
from dutchbook.venues.http_answer import HttpAnswer, MalformedAnswer
from dutchbook.venues.trading import Exchange

TIMEOUT = "timeout"
RESET = "reset"
TLS = "tls"
CLOSED = "closed before answer"
MALFORMED = "malformed answer"
UNREACHED = "no connection"
FULL = "line is full"
"""Why there is no answer: the beginnings of `Exchange.failure`."""

type OnAnswer = Callable[[Exchange], None]


class Timer(Protocol):
    """A wake-up that can be called off."""

    def cancel(self) -> None: ...


type Later = Callable[[float, Callable[[], None]], Timer]
"""Calls a function after so many seconds; `loop.call_later`, or a test's own."""


class Pool(Protocol):
    """Whom a connection belongs to."""

    def freed(self, connection: "Connection") -> None:
        """It may carry the next request."""
        ...

    def pause(self, retry_after: str | None) -> float | None:
        """The seconds that a header Retry-After asks for."""
        ...


class Wish:
    """A request on its way: told of once, whatever happens first. `cargo` is the sender's own, to know it by."""

    __slots__ = ("cargo", "connection", "on_answer", "request", "timer")

    def __init__(self, request: bytes, on_answer: OnAnswer, cargo: object = None) -> None:
        self.request = request
        self.on_answer: OnAnswer | None = on_answer
        self.cargo = cargo
        self.connection: Connection | None = None
        self.timer: Timer | None = None

    @property
    def over(self) -> bool:
        """Whether it was told of."""
        return self.on_answer is None

    def tell(self, exchange: Exchange) -> None:
        """What became of it; only the first word counts."""
        tell, self.on_answer = self.on_answer, None
        if self.timer is not None:
            self.timer.cancel()
        if tell is not None:
            tell(exchange)

    def fail(self, failure: str) -> None:
        """No whole answer. Nothing of it left if no connection ever carried it."""
        self.tell(Exchange(path=self.path, failure=failure, left=self.connection is not None))

    def call_off(self) -> None:
        """Nobody wants it any more, and nobody is told."""
        self.on_answer = None
        if self.timer is not None:
            self.timer.cancel()

    def expire(self) -> None:
        """Nobody answered in time. An answer that comes later must not be taken for another's: drop the connection."""
        connection = self.connection
        self.timer = None
        self.fail(TIMEOUT)
        if connection is not None:
            connection.abandon()

    @property
    def path(self) -> str:
        """What the request names between its method and its version."""
        return self.request[:4096].split(b" ", 2)[1].decode("latin-1")


class Connection(asyncio.Protocol):
    """One connection: carries one request at a time."""

    def __init__(self, pool: Pool, longest: int, keep: Collection[bytes] = ()) -> None:
        """`keep` are the headers of answers that matter beside the usual ones, in small letters."""
        self._pool = pool
        self._longest = longest
        self._keep = keep
        self._answer: HttpAnswer | None = None
        self._wish: Wish | None = None
        self._transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.used = Nanos(0)
        self.fruitless = True
        """The far end took the connection and gave nothing: not to be opened again at once."""

    @property
    def usable(self) -> bool:
        """Whether a request could be written now."""
        return self._transport is not None and not self._transport.is_closing()

    def opened(self, transport: asyncio.Transport) -> None:
        """It stands."""
        self._transport = transport

    def carry(self, wish: Wish) -> None:
        """Write the request now. There must be no other."""
        if self._wish is not None or self._transport is None:
            raise AssertionError("one request at a time on each connection")
        self._wish = wish
        wish.connection = self
        self._transport.write(wish.request)
        self._answer = HttpAnswer(self._longest, self._keep)

    def abandon(self) -> None:
        """Drop the connection without a goodbye."""
        self.fruitless = False
        if self._transport is not None:
            self._transport.abort()

    def end(self) -> None:
        """Nobody keeps it any more: what is under way has no answer."""
        if self._transport is not None:
            self._transport.abort()
        self.connection_lost(None)

    def data_received(self, data: bytes) -> None:
        """A callback of the transport, as the two that follow."""
        answer, wish = self._answer, self._wish
        if answer is None or wish is None:
            self.end()  # bytes that nobody asked for: the next answer here could be another's
            return
        try:
            if not answer.feed(bytes(data)):
                return
            text = answer.text()
        except MalformedAnswer as error:
            self._finish(wish, Exchange(path=wish.path, failure=f"{MALFORMED}: {error}"), reusable=False)
            return
        exchange = Exchange(
            path=wish.path,
            status=answer.status,
            body=text,
            retry_after_s=self._pool.pause(answer.retry_after),
            headers=answer.kept,
        )
        self._finish(wish, exchange, reusable=answer.keeps_alive and not answer.surplus)

    def eof_received(self) -> None:
        """The far end says no more: the transport closes, which ends what is under way."""

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; what it carried has no answer."""
        wish, self._wish = self._wish, None
        if not self.lost.done():
            self.lost.set_result(None)
        if wish is not None and not wish.over:
            wish.fail(_reason(exc))

    def _finish(self, wish: Wish, exchange: Exchange, *, reusable: bool) -> None:
        self._wish = self._answer = None
        self.fruitless = False
        if reusable and self.usable:
            self._pool.freed(self)
        else:
            self.abandon()
        wish.tell(exchange)


def _reason(exc: Exception | None) -> str:
    match exc:
        case None:
            return CLOSED
        case ssl.SSLError():
            return f"{TLS}: {said(exc)}"
        case _:
            return f"{RESET}: {said(exc)}"


def said(error: Exception) -> str:
    """An error in one line."""
    return str(error).partition("\n")[0] or type(error).__name__
