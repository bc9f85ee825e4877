"""Real processes: the exchange in a box in one, desks that are killed with SIGKILL in others, and what must hold."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Timer
from typing import IO

import msgspec

from dutchbook.app.journals import journal_check
from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.orders import Intent, IntentId, Order, PlanKind
from dutchbook.engine.records import VerdictRecord
from dutchbook.execution.reconciliation import CENT
from dutchbook.storage.home import Home
from dutchbook.storage.journal_reader import read
from tests.stories.kill.desk_process import Life, Told
from tests.stories.kill.venue_process import Standing

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SOONEST_S, LATEST_S = 0.030, 0.500
"""When a desk is killed, counted from its line that says it is ready: drawn evenly."""
PATIENT = 10
"""Every so manieth desk trades only once no order is unknown. That an order was never placed is proven within seconds,
which no other desk lives: else more and more markets would be closed to them."""
LIFE_S = 30.0
"""How long a desk may live, start included, on average: whoever waits longer for a line waits for nothing."""
BOUND_S = 90.0
"""How long the last desk, without faults, may take to know everything."""


class Kills(msgspec.Struct, kw_only=True):
    """What came of a series of kills. `wrong` should be empty."""

    wrong: list[str]
    orders: int
    """Taken by the venues."""
    journaled: int
    intents: int
    """Approved."""
    refusals: dict[str, int]
    """How often each rule refused an intent."""
    struck: dict[str, int]
    to_ready_s: list[float]
    settled_s: float
    """How long after its readiness the last desk knew everything."""


def kill(home: Path, times: int, seed: int) -> Kills:
    """Kill a desk so many times while it trades, start once more without faults, and compare everything."""
    rng = Random(seed)
    longest_s = BOUND_S + LIFE_S * (times + 1)
    with _process("venue_process", longest_s, home, HERE / "rush.yaml", HERE / "faults.yaml") as venue:
        _line(venue)
        with _process("desk_process", longest_s, home) as nursery:
            to_ready = [_one_life(nursery, rng, patient=life % PATIENT == 0) for life in range(1, times + 1)]
            struck = _ask(venue, "peace").struck
            wrong, settled_s = _after(nursery, venue)
        truth = _ask(venue, "truth")
    record = _Record(home)
    wrong += record.wrong + _doubled(truth, record)
    return Kills(
        wrong=wrong,
        orders=len(truth.orders),
        journaled=len(record.orders),
        intents=len(record.intents),
        refusals=dict(record.refusals.most_common()),
        struck=struck,
        to_ready_s=to_ready,
        settled_s=settled_s,
    )


def _one_life(nursery: subprocess.Popen[bytes], rng: Random, *, patient: bool) -> float:
    """A desk from its start to its kill; how long it took to be ready."""
    told = _begin(nursery, Life(rng.getrandbits(32), patient=patient))
    time.sleep(rng.uniform(SOONEST_S, LATEST_S))  # the one thing that this is about
    os.kill(told.pid, signal.SIGKILL)
    return told.started_s


def _after(nursery: subprocess.Popen[bytes], venue: subprocess.Popen[bytes]) -> tuple[list[str], float]:
    """One clean start: what is wrong when it agrees with its venues, or when its time is over."""
    told = _begin(nursery, Life(0, calm=True))
    began = time.monotonic()
    while True:
        told = msgspec.json.decode(_line(nursery), type=Told)
        wrong = _differences(told, _ask(venue, "truth"))
        spent = time.monotonic() - began
        if not wrong or spent > BOUND_S:
            os.kill(told.pid, signal.SIGKILL)
            return wrong, spent


def _differences(told: Told, truth: Standing) -> list[str]:
    theirs = {order.name: order.remaining for order in truth.orders if order.open}
    wrong = [f"{name}: {told.working.get(name)} left here, {theirs.get(name)} there"
             for name in sorted({*theirs, *told.working}) if told.working.get(name) != theirs.get(name)]  # fmt: skip
    wrong += [f"{outcome}: {told.holdings.get(outcome, 0)} held here, {truth.holdings.get(outcome, 0)} there"
              for outcome in sorted({*told.holdings, *truth.holdings})
              if told.holdings.get(outcome, 0) != truth.holdings.get(outcome, 0)]  # fmt: skip
    wrong += [f"cash at {venue}: {told.cash[venue]} here, {truth.cash[venue]} there"
              for venue in Venue if abs(told.cash.get(venue, 0) - truth.cash[venue]) >= CENT]  # fmt: skip
    if told.unknown:
        wrong.append(f"{told.unknown} orders unknown")
    if told.halted:
        wrong.append(f"halted: {told.halted}")
    return wrong


class _Record:
    """All journals of a home, each proven: the orders with their names at the venues, and the intents behind them."""

    def __init__(self, home: Path) -> None:
        self.orders: dict[str, Order] = {}
        self.intents: dict[IntentId, Intent] = {}
        self.refusals = Counter[str]()
        self.wrong: list[str] = []
        for run in sorted(path.name for path in Home(home).runs.iterdir() if path.is_dir()):
            self._take(home, run)

    def _take(self, home: Path, run: str) -> None:
        check = journal_check(home, run)
        if not check.ok:
            self.wrong.append(f"journal of {run}: {check}")
        for line in read(Home(home).runs / run / "journal"):
            if line.kind == "order":
                self._keep(msgspec.json.decode(line.body, type=Order))
            elif line.kind == "verdict":
                verdict = msgspec.json.decode(line.body, type=VerdictRecord)
                if verdict.approved:
                    self.intents[verdict.intent.id] = verdict.intent
                self.refusals.update(refusal.rule for refusal in verdict.refusals)

    def _keep(self, order: Order) -> None:
        if not order.venue_id:
            return
        known = self.orders.setdefault(order.venue_id, order)
        if known.id != order.id:
            self.wrong.append(f"{known.id} and {order.id} have one name: {order.venue_id}")


def _doubled(truth: Standing, record: _Record) -> list[str]:
    """Orders that no journal has, orders that came twice, and legs that were traded twice."""
    wrong, filled, placed = [], Counter[tuple[IntentId, OutcomeId, Side]](), Counter[tuple[IntentId, OutcomeId, Side]]()
    for name, often in Counter((order.venue, order.name) for order in truth.orders).items():
        if often > 1:
            wrong.append(f"{name} is there {often} times")
    for taken in truth.orders:
        order = record.orders.get(taken.name)
        intent = None if order is None else record.intents.get(order.intent)
        if order is None or intent is None:
            wrong.append(f"{taken.venue} took {taken.name}, of which no journal has order and intent")
            continue
        leg = (order.intent, order.leg.outcome, order.leg.side)
        filled[leg] += min(taken.filled, order.leg.size) if taken.spends else taken.filled
        placed[leg] += 1
        if placed[leg] > 1 and intent.plan is PlanKind.BASKET:
            wrong.append(f"{placed[leg]} orders for one leg: {leg}")
        wanted = sum(each.size for each in intent.legs if (each.outcome, each.side) == leg[1:])
        if filled[leg] > wanted:
            wrong.append(f"{leg}: {filled[leg]} traded of {wanted}")
    return wrong


@contextmanager
def _process(module: str, longest_s: float, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    """A script of this folder as a process of its own, with all that it started; it ends with the context."""
    command = [sys.executable, "-m", f"tests.stories.kill.{module}", *map(str, words)]
    paths = os.pathsep.join(path for path in (str(ROOT), *sys.path) if path)
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "DUTCHBOOK_HOME": str(words[0]), "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as running:
        watch = Timer(longest_s, os.killpg, (running.pid, signal.SIGKILL))
        watch.start()
        try:
            yield running
        finally:
            watch.cancel()
            os.killpg(running.pid, signal.SIGKILL)


def _begin(nursery: subprocess.Popen[bytes], life: Life) -> Told:
    _write(nursery, msgspec.json.encode(life))
    return msgspec.json.decode(_line(nursery), type=Told)


def _ask(venue: subprocess.Popen[bytes], what: str) -> Standing:
    _write(venue, what.encode())
    return msgspec.json.decode(_line(venue), type=Standing)


def _write(process: subprocess.Popen[bytes], line: bytes) -> None:
    stdin = _pipe(process.stdin)
    stdin.write(line + b"\n")
    stdin.flush()


def _line(process: subprocess.Popen[bytes]) -> bytes:
    line = _pipe(process.stdout).readline()
    assert line, f"{process.args!r} ended"
    return line


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def summary(kills: Kills) -> Sequence[str]:
    """In lines, for people."""
    ready = sorted(kills.to_ready_s)
    return (
        f"{len(ready)} kills; ready after {ready[len(ready) // 2]:.2f} s (median), {ready[-1]:.2f} s at most",
        f"{kills.intents} intents, {kills.journaled} orders on record, {kills.orders} of them taken by the venues",
        f"intents refused: {kills.refusals}",
        f"faults struck: {kills.struck}",
        f"all known {kills.settled_s:.1f} s after the clean start; {len(kills.wrong)} violations",
    )
