"""How long a desk takes to know again what it was, from a journal of 100,000 lines: proof of its chain included."""

import tempfile
from pathlib import Path

from benchmarks.long_journal import write_journal
from benchmarks.method import WALL, Row, deliver, limit
from dutchbook.app.recovery import memory_of
from dutchbook.storage.settings import FlushPolicy, StorageSettings

LINES = 100_000
BAR_S = 5.0
_ROUNDS = 5
_FACTS = {"mode": "sandbox", "source": "a benchmark"}


def recovery() -> list[Row]:
    """Measure it."""
    what = f"recovery at a start from {LINES:,} journal lines (wall)"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_journal(home, LINES, _FACTS)
        return [limit("recovery", what, ours=[_recover(home) for _ in range(_ROUNDS)], unit="s", bar=BAR_S)]


def _recover(home: Path) -> float:
    began = WALL()
    memory = memory_of(home, _FACTS, StorageSettings(journal_flush=FlushPolicy.MANUAL))
    spent = (WALL() - began) / 1e9
    assert memory is not None, "there is nothing to recover"
    assert memory.lines, "all was over"
    return spent


if __name__ == "__main__":
    deliver(recovery, ())
