"""P6 and P14: `price_change` frames to typed changes, from bytes and from a socket, against the official parser.

P6 is our codec against polymarket-client's parser. P14 is the CPU of a message from the socket to typed changes, 2,040
outcomes on one socket: the product's own live stream and codec against the websockets package and that parser, both on
uvloop. Ours is the codec's compiled lane, which also brings the books up to date; the plain codec, without and with the
hash check that no peer has, stands beside.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import msgspec
import uvloop
import websockets
from polymarket._internal.streams.clob.market_protocol import (  # type: ignore[import-not-found]
    MarketServerState,
    build_initial_frame,
    parse_events,
)

from benchmarks.election import election
from benchmarks.flood import text_frames
from benchmarks.method import ROUNDS, Candidate, Row, compare, deliver, interleave, scaled
from dutchbook.domain.events import LevelsSet
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos, price_of, size_of
from dutchbook.engine.book_table import BookTable
from dutchbook.engine.clocks import RealClock
from dutchbook.venues.feed import FeedNotice
from dutchbook.venues.polymarket.codec import PolymarketCodec
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.live import LivePolymarket
from dutchbook.venues.polymarket.stream import StreamTerms
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings

QUESTIONS = 34
CHANGES = 300
"""Of each question."""
_MICRO = 1e-3
_END = Nanos(2**62)


class Exchange(msgspec.Struct, frozen=True):
    """Many markets at once: a snapshot of every token, then changes all over."""

    markets: tuple[Market, ...]
    snapshots: tuple[Frame, ...]
    changes: tuple[Frame, ...]


def exchange() -> Exchange:
    """The markets of 34 questions of 30 outcomes, with their changes mixed in the order of time."""
    parts = [election(CHANGES, seed) for seed in range(QUESTIONS)]
    changes = [frame for frames in zip(*(part.changes for part in parts), strict=True) for frame in frames]
    return Exchange(
        tuple(market for part in parts for market in part.markets),
        tuple(frame for part in parts for frame in part.snapshots),
        tuple(changes),
    )


def feed() -> list[Row]:
    """Measure P6 and P14."""
    market = exchange()
    _agree(market)
    return [*_decoding(market), *_ingest(market)]


def _decoding(market: Exchange) -> list[Row]:
    """P6."""
    found = interleave(_candidates(market))
    us = {name: scaled(values) for name, values in found.items()}
    return _rows("p6", "price_change bytes to typed change", us, "polymarket-client, json + pydantic", "us a frame", 8)


def _rows(name: str, what: str, us: Mapping[str, list[float]], peer: str, unit: str, bar: float) -> list[Row]:
    """Ours with the lane against the bar, and how the plain codec does beside."""
    theirs = us["theirs"]
    return [
        compare(name, what, ours=us["lane"], peer=peer, theirs=theirs, unit=unit, bar=bar),
        compare(f"{name}-plain", "plain codec", ours=us["plain"], peer=peer, theirs=theirs, unit=unit),
        compare(f"{name}-hash", "plain codec, hash verified", ours=us["verified"], peer=peer, theirs=theirs, unit=unit),
    ]


type Take = Callable[[Frame], object]
"""Deals with one frame."""


def _candidates(market: Exchange) -> dict[str, Candidate]:
    made: dict[str, Take] = {}

    def prepared(name: str, make: Callable[[], Take]) -> Candidate:
        def run() -> None:
            take = made[name]
            for frame in market.changes:
                take(frame)

        return Candidate(run, len(market.changes), lambda: made.update({name: make()}))

    def theirs() -> None:
        for frame in few:
            parse_events(json.loads(frame.payload))

    few = market.changes[: len(market.changes) // 5]
    return {
        "lane": prepared("lane", lambda: _lane(market)),
        "theirs": Candidate(theirs, len(few), lambda: None),
        "plain": prepared("plain", lambda: _codec(market, verify=False).decode),
        "verified": prepared("verified", lambda: _codec(market, verify=True).decode),
    }


def _lane(market: Exchange) -> Take:
    """The compiled lane of a codec that knows all books, as the loop drives it."""
    books = BookTable(market.markets)
    codec = PolymarketCodec(market.markets, verify=False)
    for frame in market.snapshots:
        for event in codec.decode(frame):
            books.apply(event)  # type: ignore[arg-type]  # snapshots and their groups
    for event in codec.flush(_END):
        books.apply(event)  # type: ignore[arg-type]
    lane = codec.open_lane(books)
    assert lane is not None, "numba is missing"
    lane.tell_all(False)
    take, go_on = lane.take, lane.go_on

    def all_of(frame: Frame) -> None:
        outcomes = take(frame)
        assert outcomes is not None, "a frame of the venue left the lane"
        while outcomes:
            outcomes = go_on()

    return all_of


def _codec(market: Exchange, *, verify: bool) -> PolymarketCodec:
    """A codec that knows all books."""
    codec = PolymarketCodec(market.markets, verify=verify)
    for frame in market.snapshots:
        codec.decode(frame)
    return codec


def _ingest(market: Exchange) -> list[Row]:
    """P14."""
    with _flooding(market) as url:
        runs: dict[str, Callable[[], Coroutine[None, None, float]]] = {
            "lane": lambda: _ours(market, url, _lane(market)),
            "theirs": lambda: _theirs(market, url),
            "plain": lambda: _ours(market, url, _codec(market, verify=False).decode),
            "verified": lambda: _ours(market, url, _codec(market, verify=True).decode),
        }
        found: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, run in runs.items():
                found[name].append(uvloop.run(run()))
    peer = "websockets + polymarket-client parser"
    return _rows("p14", "socket to typed change, 2,040 outcomes, CPU", found, peer, "us a message", 7)


@contextmanager
def _flooding(market: Exchange) -> Iterator[str]:
    """A server in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messages"
        path.write_bytes(text_frames((*market.snapshots, *market.changes)))
        command = [sys.executable, "-m", "benchmarks.flood", str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert server.stdin is not None
            try:
                yield f"ws://127.0.0.1:{server.stdout.readline().strip()}"
            finally:
                server.stdin.close()


class _Meter:
    """The CPU of the thread between the first change and the last."""

    def __init__(self, market: Exchange) -> None:
        self._before = len(market.snapshots)
        self._last = self._before + len(market.changes)
        self._seen = 0
        self._began = 0
        self.done = asyncio.Event()
        self.us = 0.0
        self.changing = False
        """Whether the snapshots are over."""

    def count(self) -> None:
        """Another message was dealt with."""
        self._seen += 1
        if self._seen == self._before:
            self.changing = True
            self._began = time.thread_time_ns()
        elif self._seen == self._last:
            self.us = (time.thread_time_ns() - self._began) * _MICRO / (self._last - self._before)
            self.done.set()


async def _ours(market: Exchange, url: str, deal: Take) -> float:
    """The live stream of the product, each frame dealt with in its sink. The books are known before, as in a day."""
    meter = _Meter(market)
    count = meter.count

    def take(frame: Frame) -> None:
        if meter.changing:
            deal(frame)
        count()

    notices: list[FeedNotice] = []
    around = Surroundings(RealClock(), Random(0), asyncio.sleep, connect)
    async with aiohttp.ClientSession() as session:
        terms = StreamTerms(outcomes_per_socket=2 * len(market.markets))
        live = LivePolymarket(session, around, PolymarketHosts(ws=url), terms)
        running = asyncio.create_task(live.run(market.markets, take, notices.append))
        await asyncio.wait([running, asyncio.create_task(meter.done.wait())], return_when=asyncio.FIRST_COMPLETED)
        assert meter.done.is_set(), "the stream ended before its messages"
        running.cancel()
        await asyncio.wait([running])
    return meter.us


async def _theirs(market: Exchange, url: str) -> float:
    """What a client made of the usual parts does."""
    meter = _Meter(market)
    assets = tuple(outcome for listed in market.markets for outcome in (listed.yes, listed.no))
    first = json.dumps(build_initial_frame(MarketServerState(assets, custom_feature_enabled=True)))
    async with websockets.connect(f"{url}/ws/market", compression=None, ping_interval=None, max_queue=None) as socket:
        await socket.send(first)
        async for message in socket:
            _, dropped = parse_events(json.loads(message))
            assert not dropped
            meter.count()
            if meter.done.is_set():
                break
    return meter.us


def _agree(market: Exchange) -> None:
    """Both read the same changes out of every frame."""
    codec = _codec(market, verify=False)
    for frame in market.changes:
        [changes] = [event.changes for event in codec.decode(frame) if isinstance(event, LevelsSet)]
        [said], dropped = parse_events(json.loads(frame.payload))
        assert not dropped
        assert [tuple(map(str, (one.outcome, one.side.name, one.price, one.size))) for one in changes] == [
            _plain(one) for one in said.payload.price_changes
        ], "they read another change"


def _plain(change: Any) -> tuple[str, str, str, str]:
    price, size = (f"{value:f}" for value in (change.price, change.size))
    return str(change.token_id), str(change.side), str(price_of(price)), str(size_of(size))


if __name__ == "__main__":
    deliver(feed, ["polymarket-client", "websockets", "picows", "msgspec", "uvloop"])
