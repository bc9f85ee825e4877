"""A day of trading does not keep a desk from starting: what 100,000 lines say is known again in seconds."""

import time
from pathlib import Path

from benchmarks.long_journal import write_journal
from dutchbook.app.recovery import memory_of
from dutchbook.engine.memory import order_of
from dutchbook.storage.journal_reader import verify
from dutchbook.storage.settings import StorageSettings

LINES = 100_000
FACTS = {"mode": "sandbox", "source": "a test"}
LOOSE_S = 20.0
"""Four times the bar that the benchmark holds on a quiet machine, in this process's own time."""


def test_a_hundred_thousand_lines_are_recovered_in_seconds(tmp_path: Path) -> None:
    journal = write_journal(tmp_path, LINES, FACTS)
    began = time.process_time()
    memory = memory_of(tmp_path, FACTS, StorageSettings())
    assert time.process_time() - began < LOOSE_S
    check = verify(journal)
    assert check.ok
    assert check.lines >= LINES
    assert memory is not None
    alive = {order_of(line).id for line in memory.lines if line.kind == "order"}
    reported = [line for line in memory.lines if line.kind == "report"]
    assert 0 < len(alive) < 100, "what is over must be forgotten, what is not must be known"
    assert len(reported) == len(alive)
