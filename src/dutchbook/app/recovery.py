"""What an earlier run of the same account left: found in its journal, whatever ended it."""

from collections.abc import Mapping
from pathlib import Path

from dutchbook.app.runs import runs_with
from dutchbook.engine.memory import Memory, remember
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_reader import read
from dutchbook.storage.settings import StorageSettings


def memory_of(home: Path, facts: Mapping[str, object], storage: StorageSettings) -> Memory | None:
    """The memory of the latest run with these facts that sent anything; None if there was none.

    A torn last line, which a crash leaves, is put aside. Raises JournalError if more is damaged: then nothing may be
    sent, since nobody knows what was.
    """
    for folder in runs_with(home, facts):
        journal = folder / "journal"
        if not journal.is_dir():
            continue
        Journal.open(journal, storage).close()
        memory = remember(read(journal))
        if memory.began:
            return memory
    return None
