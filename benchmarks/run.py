"""`make bench`: builds the peers' environments, measures, keeps results.json and draws the table for the docs.

usage: python -m benchmarks.run [NAME...]     (all of them without a name; `ARGS="p5 p9"` from make)
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks import environments, results
from benchmarks.method import Outcome, Row, line
from benchmarks.picture import picture

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "pictures" / "benchmarks.svg"


class Benchmark(msgspec.Struct, frozen=True):
    """A module of this package, and the environment that it needs."""

    module: str
    environment: str


BENCHMARKS = {
    "p1": Benchmark("order_signing", "clients"),
    "p4": Benchmark("kalshi_order", environments.DESK),
    "p5": Benchmark("price_change", "engines"),
    "p6": Benchmark("feed", "feed"),
    "p8": Benchmark("book_hash", "clients"),
    "p9": Benchmark("executable_size", "clients"),
    "p11": Benchmark("tick_to_order", environments.DESK),
    "p15": Benchmark("book_memory", "engines"),
    "p22": Benchmark("handoff", "clients"),
    "p23": Benchmark("journal", "clients"),
    "p25": Benchmark("footprint", environments.DESK),
    "recovery": Benchmark("recovery", environments.DESK),
    "replay": Benchmark("replay", "engines"),
    "snapshot": Benchmark("snapshot", "engines"),
    "match": Benchmark("matching", "clients"),
    "fanout": Benchmark("sandbox_fanout", environments.DESK),
    "burst": Benchmark("burst", environments.DESK),
    "orders": Benchmark("sandbox_orders", environments.DESK),
    "sandbox-memory": Benchmark("sandbox_memory", environments.DESK),
    "scenario": Benchmark("scenario_speed", environments.DESK),
    "rewards": Benchmark("reward_maker", environments.DESK),
    "screens": Benchmark("screens", environments.DESK),
}
ALSO = {"p2": "p1", "p3": "p1", "p12": "p11", "p13": "p11", "p14": "p6", "p24": "p23"}
"""Rows that another benchmark measures along."""


def main(names: Sequence[str]) -> int:
    """Measure, keep, draw; 1 if a bar is missed."""
    chosen = list(dict.fromkeys(ALSO.get(name.lower(), name.lower()) for name in names)) or list(BENCHMARKS)
    for name in chosen:
        if name not in BENCHMARKS:
            known = ", ".join([*BENCHMARKS, *ALSO])
            print(f"error: no benchmark is called {name!r} - there are: {known}", file=sys.stderr)
            return 2
    pythons = {name: environments.python_of(BENCHMARKS[name].environment) for name in chosen}
    found = results.load()
    for name in chosen:
        found[name] = results.measured(name, _measure(BENCHMARKS[name], pythons[name]))
        results.keep(_in_order(found))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture(_in_order(found)))
    missed = [row for name in chosen for row in found[name].rows if row.holds is False]
    _summary(missed)
    return 1 if missed else 0


def _measure(benchmark: Benchmark, python: Path) -> Outcome:
    """Run one benchmark in its environment. Raises SystemExit if it fails: two results differ, or a peer broke."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "outcome.json"
        command = [str(python), "-m", f"benchmarks.{benchmark.module}", "--json", str(out)]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise SystemExit(f"error: benchmark {benchmark.module} failed - see above")
        return msgspec.json.decode(out.read_bytes(), type=Outcome)


def _in_order(found: dict[str, results.Measured]) -> list[results.Measured]:
    return [found[name] for name in BENCHMARKS if name in found]


def _summary(missed: Sequence[Row]) -> None:
    shown = [path.relative_to(ROOT) for path in (results.FILE, PICTURE)]
    print(f"results in {shown[0]}, picture in {shown[1]}")
    for row in missed:
        print(f"missed: {line(row)}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
