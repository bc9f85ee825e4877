"""A recording that was changed or cut: what is good is read, and what is not is said."""

import random
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import LevelAdded
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos, Price
from dutchbook.storage.gaps import Gap
from dutchbook.storage.recording import RecordingWriter
from dutchbook.storage.recording_check import verify
from dutchbook.storage.recording_reader import Recording
from dutchbook.storage.settings import StorageSettings
from tests.storage.test_recording import MARKET, QUESTION

SMALL = StorageSettings(recording_segment_bytes=14_000, recording_block_bytes=1_024)
FRAMES = [
    Frame("s", Nanos(number), b'{"number":%d,"text":"%b"}' % (number, b"z" * (number % 60))) for number in range(400)
]
EVENTS = [LevelAdded(OutcomeId("o"), Side.BUY, Price(number), number, Nanos(number)) for number in range(400)]


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames") / "rec"
    with begun(folder) as recording:
        for frame in FRAMES:
            recording.write(frame)
    return folder


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events") / "rec"
    with begun(folder) as recording:
        for event in EVENTS:
            recording.write_event(event)
    return folder


def begun(folder: Path) -> RecordingWriter:
    recording = RecordingWriter(folder, capture_format="test", venue=Venue.POLYMARKET, settings=SMALL)
    recording.catalogue([QUESTION], [MARKET])
    recording.gap(Gap(source="s", since=Nanos(1), until=Nanos(2), reason="lost"))
    return recording


def everything(folder: Path, found: list[object]) -> None:
    """Read all that a recording holds, noting frames and events, until an error."""
    recording = Recording.open(folder)
    _note((item.frame for item in recording.frames()), found)
    _note((event for event, _ in recording.events()), found)
    assert recording.markets() == (MARKET,)
    assert recording.questions() == (QUESTION,)
    assert len(recording.gaps()) == 1


def _note(items: Iterator[object], found: list[object]) -> None:
    for item in items:
        found.append(item)  # noqa: PERF402  # what came before an error is wanted


def assert_noticed(folder: Path, original: list[object], where: str) -> None:
    found: list[object] = []
    with pytest.raises(RecordingError, match=where):
        everything(folder, found)
    assert found == original[: len(found)]
    check = verify(folder)
    assert not check.ok
    assert any(where in problem for problem in check.problems)
    assert check.frames + check.events <= len(original)


@pytest.mark.parametrize("kind", ["frames", "events"])
def test_any_changed_bit_is_noticed(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    copy = shutil.copytree(request.getfixturevalue(kind), tmp_path / "copy")
    original: list[object] = [*FRAMES] if kind == "frames" else [*EVENTS]
    rng = random.Random(3)
    for path in sorted(copy.iterdir()):
        content = path.read_bytes()
        for _ in range(60 if kind == "frames" else 12):
            changed = bytearray(content)
            changed[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            path.write_bytes(changed)
            assert_noticed(copy, original, path.name)
        path.write_bytes(content)
    assert verify(copy).ok


@pytest.mark.parametrize("kind", ["frames", "events"])
def test_any_cut_and_any_addition_is_noticed(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    copy = shutil.copytree(request.getfixturevalue(kind), tmp_path / "copy")
    original: list[object] = [*FRAMES] if kind == "frames" else [*EVENTS]
    rng = random.Random(4)
    for path in sorted(copy.iterdir()):
        content = path.read_bytes()
        for end in (
            0,
            1,
            len(content) - 1,
            *(rng.randrange(len(content)) for _ in range(25 if kind == "frames" else 5)),
        ):
            path.write_bytes(content[:end])
            assert_noticed(copy, original, path.name)
        for addition in (b"\n", b"junk", content):
            path.write_bytes(content + addition)
            assert_noticed(copy, original, path.name)
        path.write_bytes(content)


@pytest.mark.parametrize("kind", ["frames", "events"])
def test_a_missing_file_is_noticed(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    copy = shutil.copytree(request.getfixturevalue(kind), tmp_path / "copy")
    original: list[object] = [*FRAMES] if kind == "frames" else [*EVENTS]
    for path in sorted(copy.iterdir()):
        content = path.read_bytes()
        path.unlink()
        assert_noticed(copy, original, path.name)
        path.write_bytes(content)


def test_blocks_in_another_order_are_not_taken_for_a_beginning(frames: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(frames, tmp_path / "copy")
    entry = Recording.open(copy).manifest.segments[0]
    path = copy / entry.name
    content = path.read_bytes()
    one, two = entry.marks[0].size, entry.marks[1].size
    path.write_bytes(content[one:two] + content[:one] + content[two:])
    assert_noticed(copy, [*FRAMES], path.name)
    path.write_bytes(content[:two] + content[one:two] + content[two:])
    assert_noticed(copy, [*FRAMES], path.name)
    assert verify(copy).frames == entry.marks[1].count


def test_swapped_segments_are_noticed(frames: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(frames, tmp_path / "copy")
    one, two = sorted(copy.glob("frames-*"))[:2]
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)
    found: list[object] = []
    with pytest.raises(RecordingError, match=one.name):
        everything(copy, found)
    assert not verify(copy).ok


def test_damage_late_in_a_segment_leaves_what_comes_before(frames: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(frames, tmp_path / "copy")
    last = max(copy.glob("frames-*"))
    before = sum(entry.count for entry in Recording.open(copy).manifest.segments[:-1])
    last.write_bytes(last.read_bytes()[:-3])
    found: list[object] = []
    with pytest.raises(RecordingError, match=f"{last.name}.*dutchbook data verify"):
        everything(copy, found)
    assert before < len(found) < len(FRAMES)
    assert verify(copy).frames == len(found)


def test_a_newer_layout_asks_for_a_newer_program(frames: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(frames, tmp_path / "copy")
    manifest = copy / "manifest.json"
    text = manifest.read_bytes().replace(b'"layout": 1', b'"layout": 2')
    text = text[: text.rindex(b',\n  "sha256"')] + b"\n}"
    seal = sha256(text).hexdigest().encode()
    manifest.write_bytes(text[:-2] + b',\n  "sha256": "' + seal + b'"\n}\n')
    with pytest.raises(RecordingError, match="newer dutchbook"):
        Recording.open(copy)
