"""Runs of one home: which came after which, whatever the clock said."""

from pathlib import Path

from dutchbook.app.runs import new_run, runs_with
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.storage.settings import StorageSettings


def test_the_latest_run_is_the_one_begun_last_even_if_the_clock_was_set_back(tmp_path: Path) -> None:
    names = []
    for seconds in (2_000, 3_000, 1_000, 1_000):
        name, journal = new_run(tmp_path, "sandbox", StorageSettings(), {"source": "a"}, Nanos(seconds * SECOND))
        journal.close()
        names.append(name)
    assert [folder.name for folder in runs_with(tmp_path, {"source": "a"})] == names[::-1]


def test_only_runs_with_the_same_facts_are_looked_at(tmp_path: Path) -> None:
    for source in ("a", "b"):
        new_run(tmp_path, "sandbox", StorageSettings(), {"source": source}, Nanos(SECOND))[1].close()
    (tmp_path / "runs" / "odd").mkdir()
    assert len(runs_with(tmp_path, {"source": "a", "mode": "sandbox"})) == 1
    assert runs_with(tmp_path, {"source": "a", "mode": "paper"}) == []
