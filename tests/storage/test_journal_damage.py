"""A journal that was changed, cut or shuffled: always noticed, never built upon, and its good beginning is kept."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dutchbook.domain.errors import JournalError
from dutchbook.domain.units import Nanos
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_format import WireLine
from dutchbook.storage.journal_reader import JournalLine, read, verify
from dutchbook.storage.settings import FlushPolicy, StorageSettings

SMALL = StorageSettings(journal_flush=FlushPolicy.MANUAL, journal_segment_bytes=4_096)
LINES = 120


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of several segments, closed in good order."""
    folder = tmp_path_factory.mktemp("original") / "j"
    with Journal.create(folder, SMALL) as journal:
        for number in range(LINES):
            journal.append("k", Nanos(number), {"number": number, "text": "y" * (number % 70)})
    return folder


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "copy")


def read_until_error(folder: Path) -> tuple[list[JournalLine], str]:
    lines: list[JournalLine] = []
    try:
        for line in read(folder):
            lines.append(line)  # noqa: PERF402  # what came before the error is wanted
    except JournalError as error:
        return lines, str(error)
    return lines, ""


def assert_noticed(folder: Path, original: list[JournalLine]) -> None:
    """The damage is reported by all three ways in, and what is read before the error is a true beginning."""
    check = verify(folder)
    assert not check.ok
    assert check.reason
    lines, error = read_until_error(folder)
    assert lines == original[: len(lines)]
    assert error
    assert check.lines == len(lines)
    assert check.first_bad == len(lines) + 1
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    looked: list[WireLine] = []
    with pytest.raises(JournalError):
        Journal.open(folder, SMALL, looked.append)
    assert [line.hash for line in looked] == [line.hash for line in lines]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_any_changed_bit_is_noticed(original: Path, copy: Path) -> None:
    lines = list(read(original))
    rng = random.Random(1)
    segments = sorted(copy.glob("journal-*"))
    for _ in range(400):
        path = rng.choice(segments)
        content = path.read_bytes()
        place = rng.randrange(len(content))
        changed = bytearray(content)
        changed[place] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        assert_noticed(copy, lines)
        path.write_bytes(content)
    assert verify(copy).ok


def test_any_cut_is_noticed(original: Path, copy: Path) -> None:
    lines = list(read(original))
    rng = random.Random(2)
    segments = sorted(copy.glob("journal-*"))
    whole = {path: path.read_bytes() for path in segments}
    ends = [len(whole[segments[-1]]) - 1, 0]
    for number in range(300):
        path = segments[-1] if number < 150 else rng.choice(segments)
        end = ends.pop() if ends else rng.randrange(len(whole[path]))
        path.write_bytes(whole[path][:end])
        assert_noticed(copy, lines)
        path.write_bytes(whole[path])


def test_cutting_between_two_lines_is_noticed_too(original: Path, copy: Path) -> None:
    lines = list(read(original))
    last = max(copy.glob("journal-*"))
    content = last.read_bytes().splitlines(keepends=True)
    for kept in range(len(content)):
        last.write_bytes(b"".join(content[:kept]))
        assert_noticed(copy, lines)


def test_a_missing_segment_is_noticed(original: Path, copy: Path) -> None:
    lines = list(read(original))
    for path in sorted(copy.glob("journal-*")):
        content = path.read_bytes()
        path.unlink()
        assert_noticed(copy, lines)
        path.write_bytes(content)


@pytest.mark.parametrize(
    "shuffle",
    [
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: lines[:3] + lines[4:],
        lambda lines: [*lines[:3], *lines[2:]],
        lambda lines: lines[::-1],
        lambda lines: [*lines, b"\n"],
        lambda lines: [*lines, lines[-1]],
    ],
)
def test_moved_removed_and_repeated_lines_are_noticed(
    original: Path, copy: Path, shuffle: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = sorted(copy.glob("journal-*"))[1]
    path.write_bytes(b"".join(shuffle(path.read_bytes().splitlines(keepends=True))))
    assert_noticed(copy, list(read(original)))


def test_swapped_segments_are_noticed(original: Path, copy: Path) -> None:
    one, two = sorted(copy.glob("journal-*"))[:2]
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)
    assert_noticed(copy, list(read(original)))


def test_another_journal_under_the_same_anchor_is_noticed(tmp_path: Path) -> None:
    for name, body in (("a", {"x": 1}), ("b", {"x": 2})):
        with Journal.create(tmp_path / name, SMALL) as journal:
            for at in range(5):
                journal.append("k", Nanos(at), body)
    shutil.copy(tmp_path / "a" / "journal-000001.jsonl", tmp_path / "b")
    check = verify(tmp_path / "b")
    assert not check.ok
    assert check.lines == 4


def test_a_changed_anchor_is_reported_and_renewed_when_the_journal_is_opened(original: Path, copy: Path) -> None:
    lines = list(read(original))
    anchor = copy / "head.json"
    content = anchor.read_bytes()
    for place in range(len(content)):
        anchor.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        check = verify(copy)
        assert not check.ok
        assert "head.json" in (check.reason or "")
        assert check.lines == LINES
        assert list(read(copy)) == lines
    Journal.open(copy, SMALL).close()
    assert verify(copy).ok


def test_a_lost_anchor_stops_everything(original: Path, copy: Path) -> None:
    anchor = copy / "head.json"
    content = anchor.read_bytes()
    for left in range(0, 100, 7):
        anchor.write_bytes(content[:left])
        assert not verify(copy).ok
        with pytest.raises(JournalError, match=r"head\.json"):
            list(read(copy))
        with pytest.raises(JournalError, match=r"head\.json"):
            Journal.open(copy, SMALL)


def test_a_torn_anchor_falls_back_to_the_flush_before(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    with Journal.create(folder, SMALL) as journal:
        for number in range(9):
            journal.append("k", Nanos(number), {"number": number})
            if number % 2:
                journal.flush()
        content = (folder / "head.json").read_bytes()
    assert content.count(b'"seq":6,') == content.count(b'"seq":8,') == 1
    (folder / "head.json").write_bytes(content.replace(b'"seq":8,', b'"seq":\0,'))
    segment = folder / "journal-000001.jsonl"
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:5]))
    with pytest.raises(JournalError, match="cut off after line 5, but line 6 was written"):
        Journal.open(folder, SMALL)
    segment.write_bytes(b"".join(lines[:6]))
    with Journal.open(folder, SMALL) as journal:
        assert journal.seq == 6


def crashed(folder: Path, *, durable: int, written: int) -> list[int]:
    """A journal as a killed process leaves it: the anchor names fewer lines than were written. Gives the line ends."""
    with Journal.create(folder, SMALL) as journal:
        for number in range(written):
            journal.append("k", Nanos(number), {"number": number})
            if number + 1 == durable:
                journal.flush()
                anchor = (folder / "head.json").read_bytes()
    (folder / "head.json").write_bytes(anchor)
    sizes = [len(line) for line in (folder / "journal-000001.jsonl").read_bytes().splitlines(keepends=True)]
    return [sum(sizes[: number + 1]) for number in range(written)]


def test_lines_beyond_the_anchor_are_kept_after_a_crash(tmp_path: Path) -> None:
    crashed(tmp_path / "j", durable=3, written=9)
    with Journal.open(tmp_path / "j", SMALL) as journal:
        assert journal.seq == 9
        assert journal.repaired is None


def test_a_torn_end_is_put_aside_told_and_never_built_upon(tmp_path: Path) -> None:
    ends = crashed(tmp_path / "j", durable=3, written=9)
    segment = tmp_path / "j" / "journal-000001.jsonl"
    whole = segment.read_bytes()
    around_ends = {end + step for end in ends[3:] for step in (-2, -1, 0, 1)}
    for cut in sorted({*range(ends[2], ends[-1], 11), *around_ends} - {ends[-1] + 1}):
        segment.write_bytes(whole[:cut])
        good = sum(end <= cut for end in ends)
        torn = cut - ends[good - 1]
        check = verify(tmp_path / "j")
        assert (check.lines, check.torn, check.ok) == (good, torn, torn == 0)
        work = shutil.copytree(tmp_path / "j", tmp_path / "work")
        with Journal.open(work, SMALL) as journal:
            assert journal.seq == good
            assert (journal.repaired.size if journal.repaired else 0) == torn
            if journal.repaired:
                assert journal.repaired.kept.read_bytes() == whole[ends[good - 1] : cut]
            journal.append("k", Nanos(0), {"after": "repair"})
        assert verify(work).ok
        assert verify(work).lines == good + 1
        shutil.rmtree(work)


def test_who_looks_on_while_a_journal_is_opened_sees_what_it_will_hold(tmp_path: Path) -> None:
    crashed(tmp_path / "j", durable=3, written=9)
    with (tmp_path / "j" / "journal-000001.jsonl").open("ab") as file:
        file.write(b"torn")
    looked: list[WireLine] = []
    with Journal.open(tmp_path / "j", SMALL, looked.append) as journal:
        assert journal.repaired
        assert (looked[-1].seq, looked[-1].hash) == (journal.seq, journal.head)
    assert [(line.seq, line.at, line.kind, line.body, line.hash) for line in looked] == [
        (line.seq, line.at, line.kind, line.body, line.hash) for line in read(tmp_path / "j")
    ]


def test_who_cannot_read_a_line_leaves_the_journal_as_it_is_and_free(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    crashed(folder, durable=3, written=9)
    with (folder / "journal-000001.jsonl").open("ab") as file:
        file.write(b"torn")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def refuse(line: WireLine) -> None:
        if line.seq == 7:
            raise JournalError("not this one")

    with pytest.raises(JournalError, match="not this one"):
        Journal.open(folder, SMALL, refuse)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    Journal.open(folder, SMALL).close()


def test_a_second_torn_end_does_not_overwrite_the_first(tmp_path: Path) -> None:
    crashed(tmp_path / "j", durable=3, written=3)
    kept = []
    for junk in (b"one", b"two"):
        with (tmp_path / "j" / "journal-000001.jsonl").open("ab") as file:
            file.write(junk)
        with Journal.open(tmp_path / "j", SMALL) as journal:
            assert journal.repaired
            kept.append(journal.repaired.kept)
    assert [path.read_bytes() for path in kept] == [b"one", b"two"]


def test_bad_lines_beyond_the_anchor_take_later_segments_with_them(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    with Journal.create(folder, SMALL) as journal:
        anchor = (folder / "head.json").read_bytes()
        for number in range(100):
            journal.append("k", Nanos(number), {"number": number})
    (folder / "head.json").write_bytes(anchor)
    first, *later = sorted(folder.glob("journal-*.jsonl"))
    expected = first.read_bytes()[200:] + b"".join(path.read_bytes() for path in later)
    first.write_bytes(first.read_bytes()[:200] + b"?" + first.read_bytes()[201:])
    with Journal.open(folder, SMALL) as journal:
        assert journal.repaired
        assert journal.repaired.kept.read_bytes().endswith(expected[1:])
        assert journal.seq == 1
    assert verify(folder).ok
