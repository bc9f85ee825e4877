"""`results.json`: what was measured last of each benchmark, on which machine and with which versions."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.method import Outcome, Row

FILE = Path(__file__).with_name("results.json")


class Machine(msgspec.Struct, frozen=True):
    """Where it ran. Absolute figures belong to this machine; the ratios travel."""

    processor: str
    cores: int
    system: str
    python: str


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark: its rows, when they were measured, on what and with what."""

    benchmark: str
    at: str
    load: float
    machine: Machine
    versions: dict[str, str]
    rows: tuple[Row, ...]


def measured(benchmark: str, outcome: Outcome) -> Measured:
    """What was found just now."""
    return Measured(
        benchmark=benchmark,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        load=round(os.getloadavg()[0], 1),
        machine=Machine(_processor(), os.cpu_count() or 0, platform.system(), platform.python_version()),
        versions=outcome.versions,
        rows=outcome.rows,
    )


def load() -> dict[str, Measured]:
    """What was kept, by benchmark."""
    if not FILE.exists():
        return {}
    return {found.benchmark: found for found in msgspec.json.decode(FILE.read_bytes(), type=list[Measured])}


def keep(results: Iterable[Measured]) -> None:
    """Write all results."""
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(list(results)), indent=2) + b"\n")


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for text in path.read_text().splitlines():
            if text.startswith("model name"):
                return text.partition(":")[2].strip()
    return platform.processor() or platform.machine()
