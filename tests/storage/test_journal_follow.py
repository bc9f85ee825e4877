"""Following a journal while it is written: every line once, in order, proven; half a line never."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.errors import JournalError
from dutchbook.domain.units import Nanos
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_follow import Place, follow, journal_size, shrunk
from dutchbook.storage.journal_reader import read
from dutchbook.storage.settings import FlushPolicy, StorageSettings

MANUAL = StorageSettings(journal_flush=FlushPolicy.MANUAL, journal_segment_bytes=4_096)


def written(folder: Path, lines: int) -> Path:
    """A journal of some segments."""
    with Journal.create(folder, MANUAL) as journal:
        for number in range(lines):
            journal.append("note", Nanos(number), {"number": number, "text": "x" * 100})
    return folder


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = written(tmp_path_factory.mktemp("journals") / "journal", 200)
    assert len(list(folder.glob("journal-*.jsonl"))) > 3
    return folder


def test_it_tells_what_the_reader_tells(journal: Path) -> None:
    followed = [(each.line.seq, each.line.hash, bytes(each.line.body)) for each in follow(journal, Place())]
    assert followed == [(line.seq, line.hash, bytes(line.body)) for line in read(journal)]


@given(portions=st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_portions_of_any_size_give_every_line_once(journal: Path, portions: list[int]) -> None:
    place, numbers = Place(), []
    for portion in [*portions, 1_000]:
        for each, _ in zip(follow(journal, place), range(portion), strict=False):
            numbers.append(each.line.seq)
            place = each.place
    assert numbers == list(range(1, 201))
    assert list(follow(journal, place)) == []


def test_each_line_names_the_hash_before_it(journal: Path) -> None:
    lines = list(follow(journal, Place()))
    assert [each.before for each in lines[1:]] == [each.line.hash for each in lines[:-1]]


def test_lines_written_meanwhile_come_next_time_also_in_new_segments(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "journal", MANUAL) as journal:
        place, seen = Place(), []
        for number in range(100):
            journal.append("note", Nanos(number), {"text": "x" * 300})
            if number % 7 == 0:
                for each in follow(journal.folder, place):
                    seen.append(each.line.seq)
                    place = each.place
        seen += [each.line.seq for each in follow(journal.folder, place)]
    assert seen == list(range(1, 101))


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A journal of five lines in one segment, whose bytes may be changed, and what they were."""
    folder = written(tmp_path_factory.mktemp("short") / "journal", 5)
    return folder, (folder / "journal-000001.jsonl").read_bytes()


@given(data=st.data())
def test_half_a_line_is_left_for_later(short: tuple[Path, bytes], data: st.DataObject) -> None:
    folder, whole = short
    segment = folder / "journal-000001.jsonl"
    begun = data.draw(st.integers(whole.rindex(b"\n", 0, -1) + 1, len(whole) - 1))
    segment.write_bytes(whole[:begun])
    before = list(follow(folder, Place()))
    assert [each.line.seq for each in before] == [1, 2, 3, 4]
    segment.write_bytes(whole)
    assert [each.line.seq for each in follow(folder, before[-1].place)] == [5]


@given(data=st.data())
def test_no_changed_byte_is_ever_believed(short: tuple[Path, bytes], data: st.DataObject) -> None:
    folder, whole = short
    segment = folder / "journal-000001.jsonl"
    segment.write_bytes(whole)
    true = [(each.line.seq, each.line.hash) for each in follow(folder, Place())]
    changed = bytearray(whole)
    changed[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    segment.write_bytes(changed)
    told: list[tuple[int, str]] = []
    # A change of the last newline alone leaves half a line, which may come yet.
    with suppress(JournalError):
        told.extend((each.line.seq, each.line.hash) for each in follow(folder, Place()))
    assert told == true[: len(told)]
    assert len(told) < len(true)


def test_a_journal_that_is_shorter_than_it_was_is_noticed(tmp_path: Path) -> None:
    folder = written(tmp_path / "journal", 5)
    *_, last = follow(folder, Place())
    assert not shrunk(folder, last.place)
    segment = folder / "journal-000001.jsonl"
    segment.write_bytes(segment.read_bytes()[:-1])
    assert shrunk(folder, last.place)
    segment.unlink()
    assert shrunk(folder, last.place)


def test_where_no_journal_is_there_is_nothing_to_follow(tmp_path: Path) -> None:
    assert list(follow(tmp_path / "none", Place())) == []
    assert journal_size(tmp_path / "none") == 0
