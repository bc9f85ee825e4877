"""A sandbox whose books never rest, a desk that quotes in it at both venues, and what the exchange has of its orders.

Processes of their own and real sockets throughout. What became of orders is asked of the exchange, never of the desk.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

PROGRAM = (sys.executable, "-m", "dutchbook.interfaces.cli.main")
PATIENCE_S = 60.0
_ADDRESS = re.compile(r"^dashboard: (http://\S+)$", re.MULTILINE)
_CHANCES = (35, 42, 47, 52, 58, 64)
_QUESTION = """\
  - {{kind: binary, name: halted-{number}, ticker: KXHALT{number}, title: "Is question {number} answered?",
     crowd: bustling, category: World, venues: [polymarket, kalshi], lasts: 40d, chance: {chance}%,
     beliefs: {{step: 2s, drift: 1%, news_every: 30d}},
     rewards: {{max_spread: 0.045, min_size: 20, daily: 1000}}, incentive: {{reward: 12000, target_size: 1500}}}}
"""
SCENARIO = """\
name: bustling
crowds:
  bustling:
    mood: 0.002
    makers:
      - {count: 3, half_spread: 0.010, noise: 0.008, levels: 5, stride: 1, sizes: 100..200..400, requote: 1s, moves: 1,
         inventory: 100000}
    noise: {every: 1s, sizes: 2..5..12}
questions:
""" + "".join(_QUESTION.format(number=number, chance=chance) for number, chance in enumerate(_CHANCES))
SETTINGS = """\
strategies: [reward-maker]
reward_maker:
  update_interval: 1m
  max_markets: 12
  max_exposure_per_market: 100
  volatility_check: false
  jump_threshold: 0
  flow_threshold: 0
  one_sided_fills: 1000
  markout_after: 0s
"""
"""Quotes stay whatever the market does: each change of a book moves them."""


class TakenOrder(msgspec.Struct, frozen=True):
    """An order as its exchange has it; times by the clock of this machine, in nanoseconds."""

    id: str
    account: str
    outcome: str
    side: str
    state: str
    reason: str
    placed: int
    updated: int

    @property
    def gives_up(self) -> str:
        """The outcome of which it gives something up, if that is held: at Kalshi buying one is selling the other."""
        market, slash, answer = self.outcome.rpartition("/")
        if self.side == "sell" or not slash:
            return self.outcome if self.side == "sell" else ""
        return f"{market}/{'no' if answer == 'yes' else 'yes'}"

    @property
    def live(self) -> bool:
        """Whether it can still trade."""
        return self.state in ("live", "delayed")


class Bustle:
    """A home with its sandbox and, once begun, its desk. `end` ends both."""

    def __init__(self, folder: Path, faults: str = "") -> None:
        self.home = folder / "home"
        (self.home / "config").mkdir(parents=True)
        (self.home / "config" / "dutchbook.yaml").write_text(SETTINGS)
        (folder / "bustling.yaml").write_text(SCENARIO)
        words = ["--scenario", str(folder / "bustling.yaml")]
        if faults:
            (folder / "faults.yaml").write_text(faults)
            words += ["--faults", str(folder / "faults.yaml")]
        self._said = folder / "said"
        self._desk: subprocess.Popen[bytes] | None = None
        self._sandbox = subprocess.Popen(
            [*PROGRAM, "sandbox", "--json", *words], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        assert self._sandbox.stdout is not None
        self._control: str = json.loads(self._sandbox.stdout.readline())["control"]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DUTCHBOOK_HOME": str(self.home)}

    @property
    def said(self) -> str:
        """What the desk said in its terminal."""
        return self._said.read_text()

    def begin(self, *words: str) -> None:
        """Start the desk."""
        with self._said.open("wb") as said:
            self._desk = subprocess.Popen(
                [*PROGRAM, "run", "--sandbox", "--plain", *words], env=self.environment, stdout=said, stderr=said
            )

    def kill(self) -> None:
        """The desk ends without a word."""
        assert self._desk is not None
        self._desk.kill()
        self._desk.wait()

    def end(self) -> None:
        if self._desk is not None and self._desk.poll() is None:
            self._desk.send_signal(signal.SIGINT)
            self._desk.wait(PATIENCE_S)
        assert self._sandbox.stdout is not None
        self._sandbox.terminate()
        self._sandbox.wait(PATIENCE_S)
        self._sandbox.stdout.close()

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command of this home."""
        return subprocess.run(
            [*PROGRAM, *words], env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    def dashboard(self) -> str:
        """Where the desk's screens are, once they hear of it."""

        def connected() -> str:
            assert self._desk is not None
            assert self._desk.poll() is None, self.said
            found = _ADDRESS.search(self.said)
            return found[1] if found and _read(f"{found[1]}/api/v1/health").get("connected") else ""

        return until(connected, "the dashboard")

    def key(self) -> str:
        """A key with which a program may halt."""
        done = self.call("users", "key", "story", "--role", "operator", "--json")
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["key"])

    def orders(self) -> Mapping[str, list[TakenOrder]]:
        """All that the exchange ever took of the test accounts, by venue."""
        with urllib.request.urlopen(f"{self._control}/orders", timeout=PATIENCE_S) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read(), type=dict[str, list[TakenOrder]])

    def holdings(self) -> set[str]:
        """The outcomes that the test accounts hold something of, as the exchange has it."""
        rows = (row for of_venue in _read(f"{self._control}/accounts").values() for row in of_venue)
        return {outcome for row in rows for outcome, size in row["holdings"].items() if size}

    def taken(self) -> list[TakenOrder]:
        """The same, of all venues."""
        return [order for orders in self.orders().values() for order in orders]

    def quotes(self, most_rest: int = 4, move: int = 10) -> None:
        """Wait until quotes rest at both venues, and were moved a good while."""
        began = len(self.taken())

        def quoting() -> bool:
            resting = {venue: sum(order.live for order in orders) for venue, orders in self.orders().items()}
            return min(resting.values()) >= most_rest and len(self.taken()) >= began + move

        until(quoting, "quotes at both venues")


def _read(address: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {}


def until[T](look: Callable[[], T], what: str) -> T:
    """Look until there is something; it. Fails if there never is."""
    over = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < over, f"waited {PATIENCE_S:g} s for {what}"
        time.sleep(0.05)
    return found
