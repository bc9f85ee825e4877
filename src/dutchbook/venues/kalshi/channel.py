"""One socket of Kalshi: one subscription to books, one to prints, one to the lives of markets.

All books share one sequence of numbers, so one missing message loses them all; the codec notices. How a book comes
back, each step when the one before did not help (protocol section 8.4): ask for its snapshot, leave and enter the
subscription, and in the end a new connection.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import batched, count
from typing import Any
from urllib.parse import urlsplit

import msgspec

from dutchbook.domain.errors import VenueError, WireError
from dutchbook.domain.events import BookSnapshot
from dutchbook.domain.identity import MarketId, OutcomeId, kalshi_yes
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.connection import Ended
from dutchbook.venues.feed import FrameSink
from dutchbook.venues.http import USER_AGENT, failed
from dutchbook.venues.kalshi.codec import MARKET_SOURCE
from dutchbook.venues.kalshi.recovery import SNAPSHOT, Recovery, TellLost
from dutchbook.venues.kalshi.rest import KalshiRest
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.sockets import Socket
from dutchbook.venues.surroundings import Surroundings

BOOKS, PRINTS, LIVES = "orderbook_delta", "trade", "market_lifecycle_v2"
MOST_TICKERS = 500
"""Markets that one command names; no limit is published."""

_DELTA = b'{"type":"orderbook_delta"'
_PRINT = b'{"type":"trade"'
"""How the messages begin that say nothing of a subscription: all but one in a thousand."""
_TERMINAL = frozenset({10, 25})
_CANARIES = 10


class Watch(msgspec.Struct, frozen=True):
    """When to do what, in seconds."""

    look_s: float = 1.0
    silent_s: float = 30.0
    """Without any frame, the venue's pings included: the link is dead."""
    quiet_s: float = 10.0
    """Without data: ask for proof."""
    unproven_s: float = 60.0
    answer_s: float = 5.0
    """How long a command or a snapshot may take."""


class _Envelope(msgspec.Struct, frozen=True):
    type: str
    id: int = 0
    sid: int | None = None
    msg: msgspec.Raw = msgspec.Raw(b"{}")


class _Body(msgspec.Struct, frozen=True):
    """The members of several bodies."""

    channel: str = ""
    sid: int = 0
    code: int = 0
    msg: str = ""
    market_ticker: str = ""


class _Delta(msgspec.Struct, frozen=True):
    msg: _Body


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_body = msgspec.json.Decoder(_Body).decode
_decode_delta = msgspec.json.Decoder(_Delta).decode
_encode = msgspec.json.Encoder().encode

type Answer = Callable[[_Envelope, _Body], None]


class KalshiChannel:
    """Carries the books of markets over one socket."""

    def __init__(
        self,
        url: str,
        signer: KalshiSigner,
        rest: KalshiRest,
        surroundings: Surroundings,
        frames: FrameSink,
        watch: Watch,
    ) -> None:
        self.url = url
        self._signer = signer
        self._rest = rest
        self._around = surroundings
        self._now = surroundings.clock.now
        self._frames = frames
        self._watch = watch
        self._markets: dict[MarketId, Market] = {}
        self._socket: Socket | None = None
        self._recovery = Recovery(self._ask, surroundings, answer_s=watch.answer_s)
        self._answers: Mapping[str, Answer] = {
            "subscribed": self._subscribed,
            "ok": self._ok,
            "error": self._error,
            "orderbook_snapshot": self._snapshot,
        }
        self._forget()

    def tell_lost(self, tell: TellLost) -> None:
        """Whom to tell of books that cannot be had."""
        self._recovery.tell_lost(tell)

    def _forget(self) -> None:
        now = self._now()
        self._signed = self._data = self._moved = self._proved = self._answered = now
        self._last = b""
        self._activity: Counter[str] = Counter()
        self._ids = count(1)
        self._pending: dict[int, tuple[str, tuple[MarketId, ...]]] = {}
        self._sids: dict[str, int] = {}
        self._asked = False
        self._later: dict[MarketId, None] = {}
        self._baseline: dict[OutcomeId, BookSnapshot] = {}
        self._baseline_at = Nanos(0)

    # What it carries.

    def outcomes(self) -> tuple[OutcomeId, ...]:
        return tuple(kalshi_yes(market) for market in self._markets)

    def add(self, markets: Iterable[Market]) -> None:
        """Carry these too."""
        new = {market.id: market for market in markets if market.id not in self._markets}
        self._markets.update(new)
        if self._socket is None or not new:
            return
        if BOOKS in self._sids and PRINTS in self._sids:
            self._enter(tuple(new))
        elif self._asked:
            self._later.update(dict.fromkeys(new))
        else:
            self._subscribe()

    def remove(self, markets: Iterable[Market]) -> None:
        """Carry these no longer."""
        gone = tuple(market.id for market in markets if self._markets.pop(market.id, None) is not None)
        self._recovery.forget(gone)
        for market in gone:
            self._later.pop(market, None)
        for channel in (BOOKS, PRINTS):
            if gone and channel in self._sids:
                self._update("delete_markets", channel, gone)

    def resync(self, outcomes: Iterable[OutcomeId]) -> None:
        """Get these books' snapshots."""
        wanted = frozenset(outcomes)
        self._recovery.renew(market for market in self._markets if kalshi_yes(market) in wanted)

    # A connection's life.

    def headers(self) -> Mapping[str, str]:
        return {"User-Agent": USER_AGENT, **self._signer.headers("GET", urlsplit(self.url).path)}

    def opened(self, socket: Socket) -> None:
        self._socket = socket
        self._forget()
        self._recovery.begin()
        self._command("subscribe", (), {"channels": [LIVES]})
        self._subscribe()

    def heard(self, payload: bytes) -> None:
        """The path of every frame: hand it on first; only acknowledgements and snapshots are looked at."""
        now = self._now()
        self._frames(Frame(MARKET_SOURCE, now, payload))
        self._data = now
        if payload.startswith(_DELTA):
            self._moved = now
            self._last = payload
        elif not payload.startswith(_PRINT):
            self._read(payload)

    def beat(self) -> None:
        self._signed = self._now()

    def duties(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (self._look(), self._recovery.work())

    async def _look(self) -> None:
        """The watchdog: of the link, and of its data."""
        watch = self._watch
        while True:
            await self._around.sleep(watch.look_s)
            now = self._now()
            self._sample()
            if now - max(self._signed, self._data) >= watch.silent_s * SECOND:
                raise Ended(f"no frame of any kind for {watch.silent_s:g} s")
            # Before the first snapshot the recovery watches over the connection.
            if self._recovery.whole and now - max(self._moved, self._proved) >= watch.quiet_s * SECOND:
                await self._prove()

    async def _prove(self) -> None:
        """Ask the socket for one snapshot, whose number shows what is missing, and REST whether books moved."""
        canaries = self._canaries()
        moved, answered = self._moved, self._answered
        if BOOKS in self._sids:
            self._ask(SNAPSHOT, canaries[:1])
            await self._around.sleep(self._watch.answer_s)
            if (self._moved, self._answered) == (moved, answered):
                raise Ended("the socket is open and does not answer", stale=True)
        try:
            books = {book.outcome: book for book in await self._rest.books(canaries)}
        except (VenueError, WireError) as error:
            quiet = (self._now() - moved) / SECOND
            if self._moved == moved and quiet >= self._watch.unproven_s:
                raise Ended(f"no change for {quiet:.0f} s and no proof: {failed(error)}", stale=True) from error
            return
        await self._judge(books)

    async def _judge(self, books: dict[OutcomeId, BookSnapshot]) -> None:
        """Books that changed since the last time, in a quiet that lasted all the while, were kept from us."""
        moved = self._moved
        old = self._baseline if self._baseline_at >= moved else {}
        if any(outcome in old and not _same(book, old[outcome]) for outcome, book in books.items()):
            await self._around.sleep(self._watch.answer_s)
            if self._moved == moved:
                raise Ended("the socket is open and silent while the venue's books change", stale=True)
        self._baseline, self._baseline_at = books, self._now()
        self._proved = self._now()

    def _sample(self) -> None:
        """Note whose change came last, to learn which markets are active."""
        if not self._last:
            return
        with suppress(msgspec.MsgspecError, ValueError, RecursionError):  # the codec says what is wrong with it
            self._activity[_decode_delta(self._last).msg.market_ticker] += 1
        self._last = b""

    def _canaries(self) -> list[MarketId]:
        """The most active markets, as far as looks at the last change told; else the first ones."""
        active = [MarketId(name) for name, _ in self._activity.most_common(4 * _CANARIES)]
        found = dict.fromkeys(market for market in (*active, *self._markets) if market in self._markets)
        return list(found)[:_CANARIES]

    # Commands and their answers.

    def _subscribe(self) -> None:
        tickers = tuple(self._markets)
        if not tickers:
            return
        self._asked = True
        first, rest = tickers[:MOST_TICKERS], tickers[MOST_TICKERS:]
        self._later.update(dict.fromkeys(rest))
        self._recovery.expect(first)
        self._command(
            "subscribe", first, {"channels": [BOOKS, PRINTS], "market_tickers": first, "use_yes_price": False}
        )

    def _enter(self, tickers: Sequence[MarketId]) -> None:
        """Add markets to the subscriptions that there are."""
        self._recovery.expect(tickers)
        for channel in (BOOKS, PRINTS):
            if channel in self._sids:
                self._update("add_markets", channel, tickers)

    def _ask(self, action: str, tickers: Sequence[MarketId]) -> bool:
        """Change the subscription to books. False without its number, which only the acknowledgement tells."""
        if BOOKS not in self._sids:
            return False
        self._update(action, BOOKS, tickers)
        return True

    def _update(self, action: str, channel: str, tickers: Sequence[MarketId]) -> None:
        for some in batched(tickers, MOST_TICKERS):
            said = {"sid": self._sids[channel], "action": action, "market_tickers": some}
            self._command("update_subscription", some if channel == BOOKS else (), said)

    def _command(self, command: str, tickers: Sequence[MarketId], parameters: Mapping[str, object]) -> None:
        number = next(self._ids)
        self._pending[number] = (f"{command} {parameters.get('action', '')}".rstrip(), tuple(tickers))
        if self._socket is not None:
            self._socket.send(_encode({"id": number, "cmd": command, "params": parameters}))

    def _read(self, payload: bytes) -> None:
        try:
            envelope = _decode_envelope(payload)
            answer = self._answers.get(envelope.type)
            if answer is None:
                return
            body = _Body() if bytes(envelope.msg).startswith(b"[") else _decode_body(envelope.msg)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return  # the codec says what is wrong with it
        answer(envelope, body)

    def _subscribed(self, envelope: _Envelope, body: _Body) -> None:
        self._pending.pop(envelope.id, None)
        self._sids[body.channel] = body.sid
        if self._later and BOOKS in self._sids and PRINTS in self._sids:
            later, self._later = tuple(self._later), {}
            self._enter(later)

    def _ok(self, envelope: _Envelope, body: _Body) -> None:  # noqa: ARG002 - one shape for all answers
        self._pending.pop(envelope.id, None)

    def _snapshot(self, envelope: _Envelope, body: _Body) -> None:
        self._pending.pop(envelope.id, None)
        market = MarketId(body.market_ticker)
        self._answered = self._now()
        self._baseline.pop(kalshi_yes(market), None)
        self._recovery.came(market)

    def _error(self, envelope: _Envelope, body: _Body) -> None:
        command, tickers = self._pending.pop(envelope.id, ("", ()))
        self._answered = self._now()
        said = f"error {body.code} {body.msg}".rstrip()
        if command.startswith("subscribe") or body.code in _TERMINAL:
            raise Ended(f"the venue ended or refused a subscription: {said}")
        if tickers:
            self._recovery.refused(command, tickers, said)


def _same(one: BookSnapshot, other: BookSnapshot) -> bool:
    return frozenset(one.bids) == frozenset(other.bids) and frozenset(one.asks) == frozenset(other.asks)
