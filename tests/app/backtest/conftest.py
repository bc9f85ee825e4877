"""Fixtures of backtests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dutchbook.storage.journal import Journal
from dutchbook.storage.settings import FlushPolicy, StorageSettings


@pytest.fixture
def journals(tmp_path: Path) -> Iterator[Callable[[], Journal]]:
    """New empty journals, closed in the end."""
    with ExitStack() as ends:

        def new() -> Journal:
            number = sum(1 for _ in tmp_path.iterdir())
            storage = StorageSettings(journal_flush=FlushPolicy.MANUAL)
            return ends.enter_context(Journal.create(tmp_path / f"journal-{number}", storage))

        yield new
