"""How far a journal came is told by its last line, however long it is, and whatever a crash left behind it."""

import time
from pathlib import Path

import pytest

from dutchbook.config.load import shipped_settings
from dutchbook.domain.units import Nanos
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_reader import read
from dutchbook.storage.journal_tail import last_line

SETTINGS = shipped_settings().storage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def written(folder: Path, *sizes: int) -> Path:
    """A journal with lines of about so many bytes."""
    with Journal.create(folder, SETTINGS) as journal:
        for number, size in enumerate(sizes):
            journal.append("note", Nanos(number), {"text": "x" * size}, None)
    return folder


@pytest.mark.parametrize("sizes", [(1,), (1, 1, 1), (1, 500_000), (500_000, 1), (500_000, 500_000), (65_000, 600)])
def test_it_is_the_last_line_of_all(folder: Path, sizes: tuple[int, ...]) -> None:
    *_, last = read(written(folder, *sizes))
    found = last_line(folder)
    assert found is not None
    assert (found.seq, found.hash, found.kind) == (last.seq, last.hash, "note")


def test_a_line_that_was_cut_off_is_passed_over(folder: Path) -> None:
    [segment] = written(folder, 10, 10).glob("*.jsonl")
    segment.write_bytes(segment.read_bytes() + b'{"seq":3,"at":9,"kind":"no')
    found = last_line(folder)
    assert found is not None
    assert found.seq == 2


def test_an_empty_segment_leaves_it_to_the_one_before(folder: Path) -> None:
    written(folder, 10)
    (folder / "journal-000002.jsonl").touch()
    found = last_line(folder)
    assert found is not None
    assert found.seq == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"nonsense\n", b"\xff\xfe\n"])
def test_what_is_no_journal_has_no_last_line(folder: Path, content: bytes) -> None:
    assert last_line(folder) is None
    folder.mkdir()
    (folder / "journal-000001.jsonl").write_bytes(content)
    assert last_line(folder) is None


def test_a_journal_of_gigabytes_takes_no_longer(folder: Path) -> None:
    [segment] = written(folder, 10).glob("*.jsonl")
    line = segment.read_bytes()
    with segment.open("r+b") as file:
        file.truncate(8 << 30)  # a hole: it needs no disk, and reading it would take seconds
        file.seek(0, 2)
        file.write(b"\n" + line)
    began = time.process_time()
    found = last_line(folder)
    assert found is not None
    assert found.seq == 1
    assert time.process_time() - began < 0.2
