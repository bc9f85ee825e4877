"""How everything here is measured: interleaved rounds, quartiles, and bars that fail only when the good quartile does.

Every round times every candidate once, so that a noisy neighbour or a slow minute of the machine meets all of them; the
ratio of a round compares what ran side by side. Work is timed with the thread's own CPU clock. Waiting (for a disk,
another process, a start) is timed with a wall clock, and the row says so.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

ROUNDS = 15
_ROUND_S = 0.02
_WARM_UP_S = 0.03
_NANO = 1e9

type Clock = Callable[[], int]
"""Nanoseconds from any origin."""

CPU: Clock = time.thread_time_ns
WALL: Clock = time.perf_counter_ns


class Quartiles(msgspec.Struct, frozen=True):
    """The middle half of a sample."""

    q1: float
    median: float
    q3: float


class Candidate(msgspec.Struct, frozen=True):
    """Something to be timed: `run` does `units` pieces of work; `prepare`, untimed, comes before each run."""

    run: Callable[[], object]
    units: int = 1
    prepare: Callable[[], object] | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `ratio` is theirs / ours (how much better we are), `bar` what it must reach.

    Where there is no peer, `bar` is the most that `ours` may be. `absent` says why a row could not be measured.
    """

    id: str
    what: str
    unit: str
    ours: Quartiles | None = None
    peer: str = ""
    theirs: Quartiles | None = None
    ratio: Quartiles | None = None
    bar: float | None = None
    holds: bool | None = None
    rounds: int = 0
    absent: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What one benchmark found, and the versions that it ran."""

    rows: tuple[Row, ...]
    versions: dict[str, str]


def quartiles(values: Sequence[float]) -> Quartiles:
    """The three quartiles. Raises ValueError for nothing."""
    if not values:
        raise ValueError("nothing was measured")
    if len(values) == 1:
        return Quartiles(values[0], values[0], values[0])
    return Quartiles(*statistics.quantiles(values, n=4, method="inclusive"))


def interleave(
    candidates: Mapping[str, Candidate], *, rounds: int = ROUNDS, clock: Clock = CPU
) -> dict[str, list[float]]:
    """Seconds for one unit of each candidate, one figure a round. Garbage is collected between rounds, not in them."""
    repeats = {name: _repeats(candidate, clock) for name, candidate in candidates.items()}
    figures: dict[str, list[float]] = {name: [] for name in candidates}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, candidate in candidates.items():
                figures[name].append(_once(candidate, repeats[name], clock))
            gc.collect()
    finally:
        gc.enable()
    return figures


def quietly(run: Callable[[], object], clock: Clock) -> float:
    """Seconds of one run, without garbage collections of its own."""
    gc.collect()
    gc.disable()
    try:
        began = clock()
        run()
        return (clock() - began) / _NANO
    finally:
        gc.enable()


def compare(
    id: str,  # noqa: A002
    what: str,
    *,
    ours: Sequence[float],
    peer: str,
    theirs: Sequence[float],
    unit: str,
    bar: float | None = None,
) -> Row:
    """A row against a peer, from figures of the same rounds, smaller being better."""
    ratio = quartiles([their / our for our, their in zip(ours, theirs, strict=True)])
    return Row(
        id=id,
        what=what,
        unit=unit,
        ours=quartiles(ours),
        peer=peer,
        theirs=quartiles(theirs),
        ratio=ratio,
        bar=bar,
        holds=None if bar is None else ratio.q3 >= bar,
        rounds=len(ours),
    )


def limit(id: str, what: str, *, ours: Sequence[float], unit: str, bar: float | None = None) -> Row:  # noqa: A002
    """A row against a fixed limit, or against nothing, smaller being better."""
    found = quartiles(ours)
    holds = None if bar is None else found.q1 <= bar
    return Row(id=id, what=what, unit=unit, ours=found, bar=bar, holds=holds, rounds=len(ours))


def scaled(seconds: Sequence[float], factor: float = 1e6) -> list[float]:
    """Seconds in another unit, by default microseconds."""
    return [value * factor for value in seconds]


def deliver(benchmark: Callable[[], Sequence[Row]], packages: Sequence[str]) -> None:
    """Run a benchmark from the command line: print its rows, and write them where `--json` says."""
    parser = argparse.ArgumentParser(description=benchmark.__doc__)
    parser.add_argument("--json", type=Path, help="write the rows and versions to this file")
    out: Path | None = parser.parse_args().json
    rows = tuple(benchmark())
    for row in rows:
        print(line(row), flush=True)
    if out is not None:
        out.write_bytes(msgspec.json.encode(Outcome(rows, {name: version(name) for name in packages})))


def line(row: Row) -> str:
    """A row as text."""
    if row.ours is None:
        return f"{row.id:8} {row.what}: not measured: {row.absent}"
    parts = [f"{row.id:8} {row.what}: {figure(row.ours.median)} {row.unit}"]
    if row.theirs is not None and row.ratio is not None:
        parts.append(f"against {figure(row.theirs.median)} of {row.peer}: {row.ratio.median:,.1f}x")
        parts.append(f"[{row.ratio.q1:,.1f} .. {row.ratio.q3:,.1f}]")
    else:
        parts.append(f"[{figure(row.ours.q1)} .. {figure(row.ours.q3)}]")
    if row.bar is not None:
        bound = f"at least {row.bar:,g}x" if row.ratio is not None else f"at most {row.bar:,g} {row.unit}"
        parts.append(f"bar {bound}: {'holds' if row.holds else 'MISSED'}")
    return " ".join(parts)


def figure(value: float) -> str:
    """A number with three digits that matter."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _repeats(candidate: Candidate, clock: Clock) -> int:
    """How often a candidate runs in a round. One that must be prepared runs once, on a piece of work long enough."""
    if candidate.prepare is not None:
        _once(candidate, 1, clock)
        return 1
    candidate.run()
    began, runs = clock(), 0
    while (spent := clock() - began) < _WARM_UP_S * _NANO:
        candidate.run()
        runs += 1
    return max(1, int(_ROUND_S * _NANO * runs / spent))


def _once(candidate: Candidate, repeats: int, clock: Clock) -> float:
    if candidate.prepare is not None:
        candidate.prepare()
    run, again = candidate.run, range(repeats)
    began = clock()
    for _ in again:
        run()
    return (clock() - began) / (_NANO * repeats * candidate.units)
