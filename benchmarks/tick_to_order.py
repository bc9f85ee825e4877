"""P11 to P13: from a tick to the last order that it leads to, over loopback, against clients that people build.

The clock runs in the venue (`tick_venue`): from the call that sends the frame in which one outcome of three falls, to
the last byte of the last order. One leg (the thinnest first) or three in one batch. Ours is the whole desk as
`dutchbook run` starts it: socket, codec with hashes verified, books, strategy, all risk rules, execution, journal,
recording, signing, warm connection. Theirs: websockets, json and py-clob-client-v2, with coincurve and as pip installs
it. The floor is an empty client on our loop and our sockets, which writes what it has ready.

All clients live through a whole measurement; a round is a run of ticks for each of them in turn, milliseconds apart as
in a busy market (after a longer sleep the wake-up of cold caches is most of what small clients take), within the rate
limits that ours keeps to. Its figure is the median of the round, without its first ticks. Afterwards the official
client makes each of our orders again: bodies are the same to a byte.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.environments import ROOT, python_of
from benchmarks.method import Row, compare, deliver, limit
from benchmarks.tick_market import FALLEN_SIZE, TOKENS
from benchmarks.tick_venue import LateError, TickVenue
from dutchbook.app.sandbox.accounts import sandbox_accounts

ROUNDS = 15
TICKS = 15
"""Three legs each: what the venue lets a signer of the lowest tier place in one burst."""
_FIRST = 6
"""Ticks of a round that only warm up: in slow minutes a desk that slept a second is prepared in time from then on."""
_REFILL_S = 1.2
"""Until the limits allow the next burst."""
_KEY = "0x" + "11" * 31 + "12"
_PAUSE_S = 0.003
"""Between a tick and the outcome's rise, and between that and the next tick: a desk in slow minutes takes two of these
milliseconds to sign what is measured as signed ahead."""
_START_S = 60.0
_SETTLE_S = 2.0

_AHEAD, _AT_ONCE, _FLOOR = "signed ahead", "signed at once", "floor"
_COINCURVE, _INSTALLED = "coincurve", "installed"
_BACKENDS = {_COINCURVE: "CoinCurveECCBackend", _INSTALLED: "NativeECCBackend"}


class Client(msgspec.Struct, frozen=True):
    """A client at work, the venue that it knows, and its key."""

    venue: TickVenue
    key: str


def tick_to_order() -> list[Row]:
    """Measure P11 to P13 for one leg and for three."""
    rows: list[Row] = []
    for legs, at_once, ahead in ((1, 6, 35), (3, 8, 90)):
        us = _measure(legs)
        what = f"tick to last order, {legs} {'leg' if legs == 1 else 'legs'}"
        ours = us[_AHEAD]
        coincurve, installed = "websockets + py-clob-client-v2 with coincurve", "the same as installed"
        rows += [
            _row(f"p11-{legs}", what, us[_AT_ONCE], coincurve, us[_COINCURVE], at_once),
            _row(f"p12-{legs}", f"{what}, signed ahead", ours, installed, us[_INSTALLED], ahead),
            limit(
                f"p13-{legs}",
                f"{what}, signed ahead, in floors",
                ours=[our / empty for our, empty in zip(ours, us[_FLOOR], strict=True)],
                unit="times an empty client",
                bar=3,
            ),
            limit(f"p13-{legs}-floor", f"{what}, an empty client", ours=us[_FLOOR], unit="us"),
        ]
    return rows


def _row(name: str, what: str, ours: list[float], peer: str, theirs: list[float], bar: float) -> Row:
    return compare(name, what, ours=ours, peer=peer, theirs=theirs, unit="us", bar=bar)


def _measure(legs: int) -> Mapping[str, list[float]]:
    """The median of each round, in microseconds, by client."""
    with ExitStack() as stack:
        clients = {name: stack.enter_context(_client(name, legs)) for name in (_AHEAD, _AT_ONCE, _FLOOR, *_BACKENDS)}
        end = time.perf_counter() + _SETTLE_S
        while time.perf_counter() < end:
            for client in clients.values():
                client.venue.rest(0.05)
        found: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(ROUNDS):
            began = time.perf_counter()
            for name, client in clients.items():
                found[name].append(_round(client.venue, legs))
            for client in clients.values():
                client.venue.rest(0.02)
            time.sleep(max(0.0, began + _REFILL_S - time.perf_counter()))
        for name in (_AHEAD, _AT_ONCE):
            _agree(clients[name])
    return found


def _round(venue: TickVenue, legs: int) -> float:
    took = []
    for number in range(TICKS):
        outcome = number % len(TOKENS)
        try:
            took.append(venue.tick(outcome, FALLEN_SIZE, legs))
        except LateError:  # a client that was kept from its answers by others on this machine is still busy with them
            venue.rest(_SETTLE_S / 10)
        venue.rest(_PAUSE_S)
        venue.untick(outcome)
        venue.rest(_PAUSE_S)
    if len(took) < TICKS // 2:
        raise LateError(f"{len(took)} of {TICKS} ticks led to {legs} orders - leave the machine alone, and try again")
    return median(took[_FIRST:])


@contextmanager
def _client(name: str, legs: int) -> Iterator[Client]:
    """Start a client and wait until it reads the market; it ends with the context."""
    venue = TickVenue()
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        home, key = Path(folder), _KEY
        environ = {**os.environ, "ECC_BACKEND_CLASS": f"eth_keys.backends.{_BACKENDS.get(name, '')}"}
        if name in (_AHEAD, _AT_ONCE):
            key = sandbox_accounts(home).polymarket[0].private_key
            how = "ahead" if name == _AHEAD else "at-once"
            command = [sys.executable, "-m", "benchmarks.tick_desk", str(venue.port), folder, str(legs), how]
        elif name == _FLOOR:
            command = [sys.executable, "-m", "benchmarks.tick_clients", "floor", str(venue.port), str(legs)]
        else:
            python = str(python_of("clients"))
            command = [python, "-m", "benchmarks.tick_clients", "official", str(venue.port), str(legs), key]
        process = subprocess.Popen(command, env=environ, cwd=ROOT, stderr=nowhere)
        try:
            if not venue.serve(lambda: venue.reading, _START_S):
                raise SystemExit(f"error: the client {name!r} did not start within {_START_S:g} s - run it by hand")
            yield Client(venue, key)
        finally:
            process.kill()
            process.wait()
            venue.close()


def _agree(client: Client) -> None:
    """Raises SystemExit if the official client would have sent other bodies."""
    bodies = b"".join(body + b"\n" for body in client.venue.bodies)
    command = [str(python_of("clients")), "-m", "benchmarks.tick_clients", "agree", client.key]
    done = subprocess.run(command, input=bodies, capture_output=True, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"error: orders differ from the official client's - {done.stderr.decode()[-600:]}")


if __name__ == "__main__":
    deliver(tick_to_order, ["picows", "aiofastnet", "uvloop", "coincurve", "msgspec"])
