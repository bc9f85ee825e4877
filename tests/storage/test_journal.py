"""The journal: what it promises to those who write decisions into it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Semaphore
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dutchbook.domain.drafts import AT, OLDEST
from dutchbook.domain.errors import DeskLocked, JournalError
from dutchbook.domain.events import Cause, FrameRef, HaltOrdered, JournalRef
from dutchbook.domain.units import Nanos
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_format import GENESIS
from dutchbook.storage.journal_reader import read, verify
from dutchbook.storage.settings import FlushPolicy, StorageSettings

EACH = StorageSettings(journal_flush=FlushPolicy.EACH)
MANUAL = StorageSettings(journal_flush=FlushPolicy.MANUAL)
SMALL = StorageSettings(journal_flush=FlushPolicy.MANUAL, journal_segment_bytes=4_096)


def fill(journal: Journal, lines: int) -> None:
    for number in range(lines):
        journal.append("timer", Nanos(number), {"name": f"t{number}", "note": "x" * (number % 90)}, FrameRef(0, number))


def test_lines_come_back_as_they_were_written(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j") as journal:
        first = journal.append("command.halt", Nanos(5), HaltOrdered("by hand", Nanos(4)))
        journal.append("verdict", Nanos(6), {"b": 1, "a": [None, 2.5, "é\n"]}, first)
        journal.append("order", Nanos(7), {}, FrameRef(3, 12_345))
    halt, verdict, order = read(tmp_path / "j")
    assert (halt.seq, halt.at, halt.kind, halt.cause) == (1, 5, "command.halt", None)
    assert msgspec.json.decode(halt.body, type=HaltOrdered) == HaltOrdered("by hand", Nanos(4))
    assert verdict.cause == JournalRef(1) == first
    assert msgspec.json.decode(verdict.body) == {"a": [None, 2.5, "é\n"], "b": 1}
    assert order.cause == FrameRef(3, 12_345)


def test_the_head_stands_for_the_whole_journal(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j") as journal:
        assert journal.head == GENESIS.hex()
        fill(journal, 10)
        head = journal.head
    *_, last = read(tmp_path / "j")
    check = verify(tmp_path / "j")
    assert last.hash == head == check.head
    assert check.ok
    assert check.lines == 10


def test_equal_decisions_make_equal_journals_whatever_the_policy(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c", "d")]
    for folder, policy in zip(folders, (MANUAL, EACH, StorageSettings(), MANUAL), strict=True):
        with Journal.create(folder, policy) as journal:
            fill(journal, 300)
    contents = {(folder / "journal-000001.jsonl").read_bytes() for folder in folders}
    assert len(contents) == 1


def test_the_head_depends_on_neither_process_nor_hash_seed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from dutchbook.storage.journal import Journal\n"
        "with Journal.create(Path(sys.argv[1])) as journal:\n"
        "    for n in range(50):\n"
        "        journal.append('k', n, {'names': {f'n{i}': i for i in range(n)}, 's': {'b', 'a', 'c'}})\n"
        "    print(journal.head)"
    )
    heads = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / seed)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2", "77")
    }
    assert len(heads) == 1


class Wanted(msgspec.Struct, frozen=True):
    """A body with two times."""

    name: str
    oldest: int
    legs: tuple[int, ...]
    at: int


@given(st.text(), st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.integers(0, 5), st.booleans())
def test_lines_worked_out_before_are_those_that_are_written_one_by_one(
    text: str, oldest: int, at: int, more: int, caused: bool
) -> None:
    cause = FrameRef(1, 2) if caused else None
    bodies = [Wanted(f"{text} {number}%", oldest, tuple(range(number)), at) for number in range(more + 1)]
    with tempfile.TemporaryDirectory() as folder, Journal.create(Path(folder) / "one", SMALL) as journal:
        fill(journal, 9)
        origin = journal.append("verdict", Nanos(at), bodies[0], cause)
        places = [origin, *(journal.append("order", Nanos(at), body, origin) for body in bodies[1:])]
        journal.close()
        with Journal.create(Path(folder) / "before", SMALL) as another:
            holed = [msgspec.structs.replace(body, oldest=OLDEST, at=AT) for body in bodies]
            first, *rest = [another.draft("order" if number else "verdict", body) for number, body in enumerate(holed)]
            fill(another, 9)
            assert another.append_drafts(Nanos(at), Nanos(oldest), first, rest, cause) == places[0]
        assert list(read(Path(folder) / "one")) == list(read(Path(folder) / "before"))
        assert verify(Path(folder) / "before").ok


def test_what_was_gathered_is_on_record_with_lines_worked_out_before(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j", MANUAL) as journal:
        draft = journal.draft("order", Wanted("a", 1, (), 2))
        assert journal.gather()
        journal.append("timer", Nanos(1), {})
        assert list(read(journal.folder)) == []
        journal.append_drafts(Nanos(2), Nanos(0), draft, [draft, draft], None)
        lines = list(read(journal.folder))
        assert [line.kind for line in lines] == ["timer", "order", "order", "order"]
        assert [line.cause for line in lines[1:]] == [None, JournalRef(2), JournalRef(2)]
        journal.append("timer", Nanos(3), {})
        assert len(list(read(journal.folder))) == 4
        journal.write_out(end=True)
    assert verify(tmp_path / "j").ok


def test_a_rehearsal_leaves_no_trace(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j", SMALL) as journal:
        fill(journal, 9)
        draft = journal.draft("order", Wanted("a", 1, (), AT))  # type: ignore[arg-type]
        before = journal.head, {path.name: path.read_bytes() for path in journal.folder.iterdir()}
        for _ in range(3):
            journal.rehearse(Nanos(7), draft, [draft, draft])
        assert (journal.head, {path.name: path.read_bytes() for path in journal.folder.iterdir()}) == before
        journal.append_drafts(Nanos(7), Nanos(5), draft, [], None)
    assert verify(tmp_path / "j").ok


def test_what_cannot_be_a_line_is_no_draft_either(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j", MANUAL) as journal:
        fill(journal, 3)
        before = journal.head, journal.seq
        with pytest.raises(ValueError, match="is no kind"):
            journal.draft("No Kind", Wanted("", 1, (), 2))
        with pytest.raises(ValueError, match="several lines"):
            journal.draft("order", msgspec.structs.replace(Wanted("", 1, (), 2), name=msgspec.Raw(b'"\n"')))
        assert (journal.head, journal.seq) == before


def test_a_journal_that_failed_takes_no_draft(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "j", MANUAL)
    draft = journal.draft("order", Wanted("", 1, (), 2))
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append_drafts(Nanos(1), Nanos(0), draft, [], None)


def test_the_order_of_a_mappings_keys_makes_no_difference(tmp_path: Path) -> None:
    heads = []
    for name, body in (("a", {"x": 1, "y": 2}), ("b", {"y": 2, "x": 1})):
        with Journal.create(tmp_path / name, MANUAL) as journal:
            journal.append("k", Nanos(0), body)
            heads.append(journal.head)
    assert heads[0] == heads[1]


def test_a_reopened_journal_goes_on_where_it_ended(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "whole", SMALL) as journal:
        fill(journal, 100)
        whole = journal.head
    with Journal.create(tmp_path / "parts", SMALL) as journal:
        for number in range(100):
            if number % 7 == 0:
                journal.close()
                journal = Journal.open(tmp_path / "parts", SMALL)  # noqa: PLW2901
                assert journal.repaired is None
            body = {"name": f"t{number}", "note": "x" * (number % 90)}
            assert journal.append("timer", Nanos(number), body, FrameRef(0, number)) == JournalRef(number + 1)
        assert journal.head == whole
        journal.close()


def test_a_full_segment_is_followed_by_another_and_none_is_larger(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j", SMALL) as journal:
        fill(journal, 200)
    segments = sorted((tmp_path / "j").glob("journal-*.jsonl"))
    assert len(segments) > 5
    assert all(0 < path.stat().st_size <= 4_096 for path in segments)
    assert [line.seq for line in read(tmp_path / "j")] == list(range(1, 201))


def test_flushed_lines_are_named_by_the_anchor(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j", MANUAL) as journal:
        fill(journal, 5)
        assert journal.durable == 0
        journal.flush()
        assert journal.durable == 5
        assert b'"seq":5,' in (tmp_path / "j" / "head.json").read_bytes()


def test_each_line_is_durable_at_once_where_the_policy_says_so(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j", EACH) as journal:
        fill(journal, 5)
        assert journal.durable == 5


def test_the_group_policy_flushes_without_being_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushes = Semaphore(0)
    flush = os.fdatasync

    def counted(descriptor: int) -> None:
        flush(descriptor)
        flushes.release()

    with Journal.create(tmp_path / "j") as journal:
        monkeypatch.setattr(os, "fdatasync", counted)
        fill(journal, 1)
        # One for the line, one for the anchor that names it.
        assert flushes.acquire(timeout=10)
        assert flushes.acquire(timeout=10)
        assert b'"seq":1,' in (tmp_path / "j" / "head.json").read_bytes()


def test_a_flush_that_fails_behind_the_decision_stops_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Semaphore(0)

    def refuse(_: int) -> None:
        asked.release()
        raise OSError(5, "Input/output error")

    journal = Journal.create(tmp_path / "j")
    monkeypatch.setattr(os, "fdatasync", refuse)
    fill(journal, 1)
    assert asked.acquire(timeout=10)
    with pytest.raises(JournalError, match="Input/output error"):
        journal.close()
    with pytest.raises(JournalError, match="Input/output error"):
        journal.append("k", Nanos(0), {})
    assert verify(tmp_path / "j").lines == 1


@pytest.mark.parametrize("kind", ["", "Has Capitals", 'quote"', "new\nline", "ünicode", "1st"])
def test_a_kind_is_a_plain_name(tmp_path: Path, kind: str) -> None:
    with Journal.create(tmp_path / "j") as journal:
        with pytest.raises(ValueError, match="no kind of journal line"):
            journal.append(kind, Nanos(0), {})
        assert journal.append("good", Nanos(0), {}) == JournalRef(1)


@pytest.mark.parametrize(
    ("body", "error"), [({"f": object()}, TypeError), ({"j": msgspec.Raw(b"[1,\n2]")}, ValueError)]
)
def test_a_body_that_makes_no_line_changes_nothing(
    tmp_path: Path, body: dict[str, Any], error: type[Exception]
) -> None:
    with Journal.create(tmp_path / "j") as journal:
        with pytest.raises(error):
            journal.append("k", Nanos(0), body)
        journal.append("k", Nanos(0), {"n": 1})
    assert verify(tmp_path / "j").lines == 1


def test_a_folder_with_anything_in_it_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(JournalError, match="not empty"):
        Journal.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_what_is_no_journal_cannot_be_opened_or_read(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal can be opened"):
        Journal.open(tmp_path)
    with pytest.raises(JournalError, match=r"head\.json is missing"):
        list(read(tmp_path))
    assert not verify(tmp_path).ok
    assert not verify(tmp_path / "nowhere").ok


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "j")
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append("k", Nanos(0), {})


def test_only_one_writer_at_a_time(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j"), pytest.raises(DeskLocked, match="another desk"):
        Journal.open(tmp_path / "j")
    Journal.open(tmp_path / "j").close()


def test_a_second_writer_that_passed_the_lock_is_noticed(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "j", MANUAL)
    fill(journal, 3)
    journal.flush()
    anchor = tmp_path / "j" / "head.json"
    content = bytearray(anchor.read_bytes())
    content[content.rindex(b'"seq":3') + 6] = ord("9")
    with anchor.open("rb+") as file:
        file.write(content)
    fill(journal, 1)
    with pytest.raises(JournalError, match="another process"):
        journal.flush()
    assert "another process" in (journal.failure or "")
    with pytest.raises(JournalError, match="another process"):
        journal.append("k", Nanos(0), {})
    with pytest.raises(JournalError, match="another process"):
        journal.close()


def test_reading_while_the_desk_writes_shows_what_is_written(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "j", MANUAL) as journal:
        fill(journal, 7)
        assert len(list(read(tmp_path / "j"))) == 7
        assert verify(tmp_path / "j").ok


causes = st.one_of(
    st.none(),
    st.builds(FrameRef, st.integers(0, 10**9), st.integers(0, 10**12)),
    st.builds(JournalRef, st.integers(1, 10**12)),
)
bodies = st.dictionaries(st.text(), st.one_of(st.none(), st.integers(-(2**63), 2**63), st.text(), st.floats(-1e9, 1e9)))


@settings(max_examples=40)
@given(lines=st.lists(st.tuples(st.integers(0, 2**62), bodies, causes), max_size=30), split=st.integers(0, 30))
def test_any_lines_survive(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[Nanos, dict[str, Any], Cause | None]], split: int
) -> None:
    folder = tmp_path_factory.mktemp("journal") / "j"
    with Journal.create(folder, SMALL) as journal:
        for at, body, cause in lines[:split]:
            journal.append("k", at, body, cause)
    with Journal.open(folder, SMALL) as journal:
        for at, body, cause in lines[split:]:
            journal.append("k", at, body, cause)
    assert [(line.at, msgspec.json.decode(line.body), line.cause) for line in read(folder)] == lines
