"""One socket of the market channel: what is subscribed on it, what came, and whether that can still be trusted.

A pong proves nothing: sockets were seen that answered pings for hours and sent no data (protocol section 10). What
proves data fresh is that the venue's REST books have not moved on without us:
- when nothing came for a while, a few active books (the canaries) are read; one that changed after our last frame, and
  of which the socket still says nothing, ends the connection as stale;
- a book of which the socket stops to speak is read soon after, in case that the last word was lost, and then now and
  then: as long as the socket does not name it, it must not change.
A book whose snapshot does not come is read over REST, and read again until the socket names it.
"""

import re
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from itertools import batched, count
from typing import Any

import msgspec

from dutchbook.domain.errors import VenueError, WireError
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.connection import Ended
from dutchbook.venues.feed import FrameSink
from dutchbook.venues.http import USER_AGENT, failed
from dutchbook.venues.polymarket.codec import MARKET_SOURCE
from dutchbook.venues.polymarket.repairs import Repairs, TellLost
from dutchbook.venues.polymarket.rest import MOST_BOOKS, PolymarketRest, RestBook
from dutchbook.venues.polymarket.wire import Milliseconds
from dutchbook.venues.sockets import Socket
from dutchbook.venues.surroundings import Surroundings

_HEAD = b'{"market":"0x'
_MARKET = slice(11, 77)
"""Where a frame names its market: a condition id of 66 letters behind `{"market":"`."""
_MARKETS = re.compile(rb'"market":"(0x[0-9a-fA-F]{1,64})"')
_ASSETS = re.compile(rb'"asset_id":"([0-9]{1,78})"')
_TIMES = re.compile(rb'"timestamp":"([0-9]{1,15})"')
_PONG = b"PONG"
_MARGIN_MS = 1_000
"""How far a book may be ahead of our last frame before that means anything."""
_CANARIES = 10
_ALL_TURNS = 3


class Watch(msgspec.Struct, frozen=True):
    """When to do what, in seconds."""

    ping_s: float = 10.0
    look_s: float = 1.0
    silent_s: float = 30.0
    """Without any frame, pongs included: the link is dead."""
    quiet_s: float = 15.0
    """Without data: ask the canaries."""
    unproven_s: float = 60.0
    """Without data, and REST does not answer either: nothing is known any more."""
    settle_s: float = 2.0
    """How much later than REST the socket may say the same."""
    audit_s: float = 20.0
    """How often books that fell quiet are compared with REST; all quiet ones are at each third time."""
    snapshot_s: float = 5.0
    poll_s: float = 5.0


class _Heading(msgspec.Struct, frozen=True):
    event_type: str = ""
    market: str = ""
    asset_id: str = ""
    timestamp: Milliseconds = 0


_decode_headings = msgspec.json.Decoder(tuple[_Heading, ...], strict=False).decode
_decode_heading = msgspec.json.Decoder(_Heading, strict=False).decode
_encode = msgspec.json.Encoder().encode


class MarketShard:
    """Carries both outcomes of some markets over one socket. One after the other: its task and the loop's callbacks."""

    def __init__(
        self,
        url: str,
        rest: PolymarketRest,
        surroundings: Surroundings,
        frames: FrameSink,
        watch: Watch,
    ) -> None:
        self.url = url
        self._rest = rest
        self._around = surroundings
        self._now = surroundings.clock.now
        self._frames = frames
        self._watch = watch
        self._markets: dict[bytes, Market] = {}
        self._socket: Socket | None = None
        self._repairs = Repairs(
            rest, surroundings, frames, snapshot_s=watch.snapshot_s, poll_s=watch.poll_s, over=self._is_over
        )
        self._waiting = self._repairs.waiting
        self._forget()

    def tell_lost(self, tell: TellLost) -> None:
        """Whom to tell of books that cannot be had."""
        self._repairs.tell_lost(tell)

    def _forget(self) -> None:
        now = self._now()
        self._signed = self._data = self._proved = now
        self._last = b""
        self._activity: Counter[bytes] = Counter()
        self._named: set[bytes] = set()
        self._changed: dict[OutcomeId, int] = {}
        self._latest = 0

    # What it carries.

    def outcomes(self) -> tuple[OutcomeId, ...]:
        return tuple(outcome for market in self._markets.values() for outcome in (market.yes, market.no))

    def __len__(self) -> int:
        """How many outcomes."""
        return 2 * len(self._markets)

    def __contains__(self, market: Market) -> bool:
        return market.id.encode() in self._markets

    def _is_over(self, outcome: OutcomeId) -> bool:
        """Whether trading in an outcome that it carries should have ended."""
        now = self._now()
        markets = (market for market in self._markets.values() if outcome in (market.yes, market.no))
        return any(market.closes is not None and market.closes <= now for market in markets)

    def add(self, markets: Iterable[Market]) -> None:
        """Carry these too."""
        new = {market.id.encode(): market for market in markets}
        self._markets.update(new)
        if self._socket is not None and new:
            outcomes = [outcome for market in new.values() for outcome in (market.yes, market.no)]
            self._repairs.expect(outcomes)
            self._send({"operation": "subscribe", "assets_ids": outcomes, "custom_feature_enabled": True})

    def remove(self, markets: Iterable[Market]) -> None:
        """Carry these no longer."""
        gone = [market for market in markets if self._markets.pop(market.id.encode(), None) is not None]
        outcomes = [outcome for market in gone for outcome in (market.yes, market.no)]
        self._repairs.forget(outcomes)
        if self._socket is not None and outcomes:
            self._send({"operation": "unsubscribe", "assets_ids": outcomes})

    def resync(self, outcomes: Iterable[OutcomeId]) -> None:
        """Get these books over REST."""
        self._repairs.renew(outcomes)

    # A connection's life.

    def headers(self) -> Mapping[str, str]:
        return {"User-Agent": USER_AGENT}

    def opened(self, socket: Socket) -> None:
        self._socket = socket
        self._forget()
        outcomes = self.outcomes()
        self._repairs.begin(outcomes)
        self._send(
            {
                "type": "market",
                "assets_ids": outcomes,
                "custom_feature_enabled": True,
                "initial_dump": True,
                "level": 2,
            }
        )

    def heard(self, payload: bytes) -> None:
        """The path of every frame: hand it on first, then remember just enough to judge the connection."""
        now = self._now()
        if payload.startswith(_HEAD):
            self._frames(Frame(MARKET_SOURCE, now, payload))
            self._data = now
            self._last = payload
            if self._waiting:
                self._note(payload)
            else:
                self._named.add(payload[_MARKET])
        elif payload == _PONG:
            self._signed = now
        else:
            self._heard_other(payload, now)

    def _heard_other(self, payload: bytes, now: Nanos) -> None:
        """`heard` of a frame that does not begin with its market: several messages, or none of ours."""
        self._frames(Frame(MARKET_SOURCE, now, payload))
        self._data = now
        self._last = payload
        if self._waiting:
            self._note(payload)
        else:
            self._named.update(_MARKETS.findall(payload))

    def beat(self) -> None:
        self._signed = self._now()

    def duties(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (self._ping(), self._look(), self._audit(), self._repairs.work())

    async def _ping(self) -> None:
        while True:
            await self._around.sleep(self._watch.ping_s)
            if self._socket is not None:
                self._socket.send(b"PING")

    async def _look(self) -> None:
        """The watchdog: of the link, and of its data."""
        watch = self._watch
        while True:
            await self._around.sleep(watch.look_s)
            now = self._now()
            self._activity.update(_ASSETS.findall(self._last, 0, 4_096)[:2])
            self._latest = max(self._latest, *map(int, _TIMES.findall(self._last)), 0)
            if now - max(self._signed, self._data) >= watch.silent_s * SECOND:
                raise Ended(f"no frame of any kind for {watch.silent_s:g} s")
            if now - max(self._data, self._proved) >= watch.quiet_s * SECOND:
                await self._prove()

    async def _prove(self) -> None:
        """Ask the canaries whether the venue moved on without us."""
        canaries = self._canaries()
        if not canaries:
            self._proved = self._now()
            return
        before = self._data
        latest = self._latest
        try:
            books = await self._rest.books(canaries)
        except (VenueError, WireError) as error:
            quiet = (self._now() - self._data) / SECOND
            if quiet >= self._watch.unproven_s:
                raise Ended(f"no data for {quiet:.0f} s and no proof: {failed(error)}", stale=True) from error
            return
        if any(book.changed_ms > latest + _MARGIN_MS for book in books):
            await self._around.sleep(self._watch.settle_s)
            if self._data == before:
                raise Ended("the socket is open and silent while the venue's books change", stale=True)
        self._proved = self._now()

    def _canaries(self) -> list[OutcomeId]:
        """The most active outcomes, as far as looks at the last frame told; else the first ones."""
        carried = [outcome for outcome in self.outcomes() if outcome not in self._waiting]
        members = frozenset(carried)
        active = [name.decode() for name, _ in self._activity.most_common(4 * _CANARIES)]
        found = [OutcomeId(name) for name in active if name in members]
        return [*found, *(outcome for outcome in carried[:_CANARIES] if outcome not in found)][:_CANARIES]

    async def _audit(self) -> None:
        """Compare quiet books with the venue's, again and again."""
        lately: set[bytes] = set()
        for turn in count(1):
            await self._around.sleep(self._watch.audit_s)
            named, self._named = self._named, set()
            for some in batched(self._fallen_quiet(named, lately, everyone=turn % _ALL_TURNS == 0), MOST_BOOKS):
                try:
                    books = await self._rest.books(some)
                except (VenueError, WireError):
                    named |= lately  # not asked: they count as fallen quiet the next time too
                    break
                await self._compare(books)
            lately = named

    def _fallen_quiet(self, named: set[bytes], lately: set[bytes], *, everyone: bool) -> list[OutcomeId]:
        """Outcomes of markets that no frame named, but did before; or of all that no frame named."""
        for name in named:
            market = self._markets.get(name)
            if market is not None:
                self._changed.pop(market.yes, None)
                self._changed.pop(market.no, None)
        asked = self._markets if everyone else lately
        quiet = [self._markets[name] for name in asked if name in self._markets and name not in named]
        return [outcome for market in quiet for outcome in (market.yes, market.no)]

    async def _compare(self, books: Sequence[RestBook]) -> None:
        """Books of markets that the socket did not name: none may have changed since the last look at them."""
        moved = [book for book in books if book.changed_ms > self._changed.get(book.outcome, book.changed_ms)]
        if moved:
            await self._around.sleep(self._watch.settle_s)
            deaf = [book for book in moved if book.market.encode() not in self._named]
            if deaf:
                raise Ended(f"the socket does not say that {len(deaf)} of its books changed", stale=True)
        for book in books:
            if book.market.encode() not in self._named:
                self._changed[book.outcome] = book.changed_ms
                self._frames(book.frame)

    def _note(self, payload: bytes) -> None:
        """Which of the awaited books a frame brings."""
        try:
            headings = _decode_headings(payload) if payload[:1] == b"[" else (_decode_heading(payload),)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return  # the codec says what is wrong with it
        for heading in headings:
            outcome = OutcomeId(heading.asset_id)
            if heading.event_type == "book" and outcome in self._waiting:
                self._repairs.came(outcome)
                self._changed[outcome] = heading.timestamp
                self._latest = max(self._latest, heading.timestamp)
            else:
                self._named.add(heading.market.encode())

    def _send(self, message: object) -> None:
        if self._socket is not None:
            self._socket.send(_encode(message))
