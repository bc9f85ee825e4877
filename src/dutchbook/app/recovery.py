"""What an earlier run of the same account left: found in its journal, whatever ended it."""

from collections.abc import Mapping
from pathlib import Path

from dutchbook.app.runs import runs_with
from dutchbook.engine.memory import Memory, Remembering
from dutchbook.storage.journal import Journal
from dutchbook.storage.settings import StorageSettings


def memory_of(home: Path, facts: Mapping[str, object], storage: StorageSettings) -> Memory | None:
    """The memory of the latest run with these facts that sent anything; None if there was none.

    Its chain is proven once, and read meanwhile. A torn last line, which a crash leaves, is put aside. Raises
    JournalError if more is damaged: then nothing may be sent, since nobody knows what was.
    """
    for folder in runs_with(home, facts):
        journal = folder / "journal"
        if not journal.is_dir():
            continue
        remembering = Remembering()
        Journal.open(journal, storage, remembering.read).close()
        memory = remembering.memory()
        if memory.began:
            return memory
    return None
