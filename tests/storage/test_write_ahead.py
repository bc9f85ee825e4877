"""Lines that stand ahead of a journal: they are in it after every death, once, and nothing else is."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dutchbook.domain.drafts import AT, Draft
from dutchbook.domain.errors import JournalError
from dutchbook.domain.events import FrameRef, JournalRef
from dutchbook.domain.units import Nanos
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_format import WireLine, segment_name
from dutchbook.storage.journal_reader import read, verify
from dutchbook.storage.settings import FlushPolicy, StorageSettings
from dutchbook.storage.write_ahead import AHEAD_FILE, ROOM, WriteAhead, lines_ahead

MANUAL = StorageSettings(journal_flush=FlushPolicy.MANUAL)
SMALL = StorageSettings(journal_flush=FlushPolicy.MANUAL, journal_segment_bytes=4_096)


class Body(msgspec.Struct, frozen=True):
    """Something with a time to come."""

    text: str
    at: int | msgspec.Raw = AT


def drafts(journal: Journal, number: int, text: str = "x") -> list[Draft]:
    return [journal.draft("order", Body(f"{text} {each}")) for each in range(number)]


def decide(journal: Journal, at: int, lines: list[Draft]) -> JournalRef:
    return journal.append_drafts(Nanos(at), Nanos(0), lines[0], lines[1:], FrameRef(1, at))


def segments(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("journal-*.jsonl")))


def dies_deciding(folder: Path, number: int = 3) -> tuple[Journal, list[Draft]]:
    """A journal whose process died with so many lines ahead of it, after two others."""
    journal = Journal.create(folder, MANUAL)
    journal.append("timer", Nanos(1), {})
    lines = drafts(journal, number)
    journal.append("timer", Nanos(2), {})
    journal.hold()
    decide(journal, 3, lines)
    journal.vanish()
    return journal, lines


def test_lines_that_orders_wait_for_survive_the_process_before_they_are_in_the_journal(tmp_path: Path) -> None:
    died, _ = dies_deciding(tmp_path / "j")
    assert len(list(read(died.folder))) == 2
    seen: list[WireLine] = []
    with Journal.open(died.folder, MANUAL, seen.append) as journal:
        assert (journal.seq, journal.head) == (5, died.head)
        assert journal.repaired is None
        assert [line.seq for line in seen] == [1, 2, 3, 4, 5]
        journal.append("timer", Nanos(9), {})
    assert verify(died.folder).ok
    assert [line.seq for line in read(died.folder)] == [1, 2, 3, 4, 5, 6]
    with Journal.open(died.folder, MANUAL) as journal:
        assert journal.seq == 6, "what stood ahead once is not taken again"


@pytest.mark.parametrize("ends", ["let go", "another line", "flushed", "closed"])
def test_the_journal_has_them_as_soon_as_nothing_waits(tmp_path: Path, ends: str) -> None:
    journal = Journal.create(tmp_path / "j", MANUAL)
    lines = drafts(journal, 3)
    journal.hold()
    assert decide(journal, 1, lines) == JournalRef(1)
    assert segments(journal.folder) == b""
    match ends:
        case "let go":
            journal.let_go()
        case "another line":
            journal.append("timer", Nanos(2), {}, JournalRef(1))
        case "flushed":
            journal.flush()
            assert journal.durable == 3
        case _:
            journal.close()
    assert [line.seq for line in read(journal.folder)][:3] == [1, 2, 3]
    with suppress(JournalError):
        journal.close()
    assert verify(journal.folder).ok


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("decide"), st.integers(1, 5)),
            st.tuples(st.sampled_from(["hold", "let go", "append", "gather", "write out", "die"]), st.just(0)),
        ),
        max_size=30,
    )
)
def test_whatever_comes_between_the_lines_are_those_of_a_journal_that_never_died(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder, plain = Path(home) / "a", Path(home) / "b"
        journal, never = Journal.create(folder, SMALL), Journal.create(plain, SMALL)
        try:
            for at, (step, number) in enumerate(steps):
                match step:
                    case "decide":
                        decide(journal, at, drafts(journal, number))
                        decide(never, at, drafts(never, number))
                    case "append":
                        journal.append("timer", Nanos(at), {"n": at})
                        never.append("timer", Nanos(at), {"n": at})
                    case "hold":
                        journal.hold()
                    case "let go":
                        journal.let_go()
                    case "gather":
                        journal.gather()
                    case "write out":
                        journal.write_out(end=True)
                    case _:
                        journal.write_out(end=True)  # what was gathered only was promised to nobody
                        journal.vanish()
                        journal = Journal.open(folder, SMALL)
                        assert journal.repaired is None
            assert (journal.seq, journal.head) == (never.seq, never.head)
        finally:
            journal.write_out(end=True)
            journal.close()
            never.close()
        assert list(read(folder)) == list(read(plain))
        assert verify(folder).ok


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3_000), st.integers(1, 255))
def test_of_lines_that_were_being_put_there_the_whole_ones_are_taken(place: int, change: int) -> None:
    """A death within `put` leaves old bytes behind some place; here one byte is another."""
    with tempfile.TemporaryDirectory() as home:
        died, _ = dies_deciding(Path(home) / "j", 4)
        ahead = died.folder / AHEAD_FILE
        content = bytearray(ahead.read_bytes())
        content[place] ^= change
        ahead.write_bytes(content)
        whole = bytes(content[:place]).count(b"\n")
        with Journal.open(died.folder, MANUAL) as journal:
            assert journal.seq == 2 + min(4, whole)
        assert verify(died.folder).ok


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2_000))
def test_what_a_death_cut_off_behind_them_is_whole_again(cut: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "j"
        journal = Journal.create(folder, MANUAL)
        journal.append("timer", Nanos(1), {})
        before = len(segments(folder))
        journal.hold()
        decide(journal, 3, drafts(journal, 3))
        journal.let_go()
        journal.vanish()
        written = segments(folder)
        os.truncate(folder / segment_name(1), min(len(written), before + cut))
        # The anchor promised all of it: as if the process had died before it moved.
        with Journal.create(Path(home) / "k", MANUAL) as shorter:
            shorter.append("timer", Nanos(1), {})
        (folder / "head.json").write_bytes((Path(home) / "k" / "head.json").read_bytes())
        with Journal.open(folder, MANUAL) as again:
            assert again.seq == 4
        assert segments(folder) == written


def test_a_look_that_refuses_leaves_the_journal_as_it_is(tmp_path: Path) -> None:
    died, _ = dies_deciding(tmp_path / "j")
    before = segments(died.folder)

    def refuses(line: WireLine) -> None:
        if line.seq > 3:
            raise ValueError("not this one")

    with pytest.raises(ValueError, match="not this one"):
        Journal.open(died.folder, MANUAL, refuses)
    assert segments(died.folder) == before
    with Journal.open(died.folder, MANUAL) as journal:
        assert journal.seq == 5


def test_a_disk_that_is_full_behind_them_stops_the_journal_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.create(tmp_path / "j", MANUAL)
    lines = drafts(journal, 3)
    journal.hold()
    decide(journal, 1, lines)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("dutchbook.storage.journal.write_held", full)
        with pytest.raises(JournalError, match="No space left"):
            journal.let_go()
    assert journal.failure is not None
    with pytest.raises(JournalError, match="No space left"):
        journal.close()
    with Journal.open(tmp_path / "j", MANUAL) as journal:
        assert journal.seq == 3


def test_without_such_a_file_lines_are_written_at_once(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "j", MANUAL)
    (journal.folder / AHEAD_FILE).mkdir()
    with journal:
        lines = drafts(journal, 2)
        journal.hold()
        decide(journal, 1, lines)
        assert len(list(read(journal.folder))) == 2
    (journal.folder / AHEAD_FILE).rmdir()
    assert verify(journal.folder).ok


def test_more_than_there_is_room_for_is_written_at_once(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j", MANUAL) as journal:
        small, large = drafts(journal, 1), drafts(journal, 1, "x" * ROOM)
        journal.hold()
        decide(journal, 1, small)
        decide(journal, 2, large)
        assert [line.seq for line in read(journal.folder)] == [1, 2]


def test_where_each_line_is_flushed_none_stands_ahead(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j", StorageSettings(journal_flush=FlushPolicy.EACH)) as journal:
        lines = drafts(journal, 2)
        journal.hold()
        decide(journal, 1, lines)
        assert journal.durable == 2
    assert not (journal.folder / AHEAD_FILE).exists()


def test_a_touch_changes_nothing_and_the_file_is_its_users_alone(tmp_path: Path) -> None:
    ahead = WriteAhead.beside(tmp_path)
    assert ahead.put(b"one\ntwo\n")
    before = (tmp_path / AHEAD_FILE).read_bytes()
    for size in (0, 1, 5_000, ROOM, 2 * ROOM):
        ahead.touch(size)
    assert (tmp_path / AHEAD_FILE).read_bytes() == before
    assert not ahead.put(b"x" * (ROOM + 1))
    assert lines_ahead(tmp_path)[:2] == [b"one\n", b"two\n"]
    assert (tmp_path / AHEAD_FILE).stat().st_mode & 0o077 == 0
    ahead.close()
    again = WriteAhead.beside(tmp_path)
    assert lines_ahead(tmp_path)[:2] == [b"one\n", b"two\n"]
    again.close()
