"""Recordings: what was captured comes back, byte for byte and in order."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import BookSnapshot, FrameRef, LevelAdded
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import KalshiFees, Market, PriceGrid, Question, Strike, StrikeKind
from dutchbook.domain.ports import Frame, RecordedFrame, SequenceKind
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.storage.gaps import Gap
from dutchbook.storage.manifest import read_manifest, writer_name
from dutchbook.storage.recording import RecordingWriter
from dutchbook.storage.recording_check import verify
from dutchbook.storage.recording_reader import Recording
from dutchbook.storage.settings import StorageSettings

SMALL = StorageSettings(recording_segment_bytes=4_096, recording_block_bytes=1_024)

QUESTION = Question(
    id=QuestionId("KX"), venue=Venue.KALSHI, title="How high?", markets=(MarketId("KX-1"),), exclusive=True
)
MARKET = Market(
    id=MarketId("KX-1"),
    venue=Venue.KALSHI,
    question=QUESTION.id,
    title="Above 1?",
    yes=OutcomeId("KX-1/yes"),
    no=OutcomeId("KX-1/no"),
    grid=PriceGrid.uniform(Price(100)),
    min_size=Size(1),
    fees=KalshiFees(),
    strike=Strike(StrikeKind.GREATER, floor=1_000_000),
)


def writer(folder: Path) -> RecordingWriter:
    return RecordingWriter(
        folder, capture_format="live", venue=Venue.KALSHI, sequence=SequenceKind.FILTERED, settings=SMALL
    )


def some_frames(count: int) -> list[Frame]:
    return [
        Frame("kalshi/market", Nanos(1_000 + number), b'{"seq":%d,"text":"%b"}' % (number, b"x" * (number % 150)))
        for number in range(count)
    ]


def record(folder: Path, frames: Sequence[Frame]) -> Recording:
    with writer(folder) as recording:
        for frame in frames:
            recording.write(frame)
    return Recording.open(folder)


def test_a_manifest_is_signed_with_the_version_that_is_packaged() -> None:
    assert writer_name() == f"dutchbook {version('dutchbook')}"


def test_frames_come_back_with_their_places(tmp_path: Path) -> None:
    frames = some_frames(500)
    recording = record(tmp_path / "rec", frames)
    read = list(recording.frames())
    assert [item.frame for item in read] == frames
    assert recording.total == 500
    assert len(recording.manifest.segments) > 5
    places = [(item.ref.segment, item.ref.offset) for item in read]
    assert places == [
        (number, line) for number, entry in enumerate(recording.manifest.segments) for line in range(entry.count)
    ]


def test_blocks_are_the_same_frames(tmp_path: Path) -> None:
    recording = record(tmp_path / "rec", some_frames(300))
    from_blocks = [
        RecordedFrame(frame, FrameRef(block.segment, line))
        for block in recording.frame_blocks()
        for line, frame in enumerate(block.frames, block.first)
    ]
    assert from_blocks == list(recording.frames())


def test_a_cause_leads_back_to_its_frame(tmp_path: Path) -> None:
    recording = record(tmp_path / "rec", some_frames(200))
    for item in recording.frames():
        assert recording.frame_at(item.ref) == item.frame
    for nowhere in (FrameRef(99, 0), FrameRef(0, 10_000), FrameRef(-1, 0)):
        with pytest.raises(RecordingError, match="has no frame:"):
            recording.frame_at(nowhere)


payloads = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.recursive(st.none() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
    .map(lambda value: json.dumps(value, ensure_ascii=False))
    .map(lambda text: text.encode(errors="surrogatepass")),
)


@settings(max_examples=60)
@given(frames=st.lists(st.builds(Frame, st.text(), st.integers(0, 2**63 - 1), payloads), max_size=20))
@example(
    frames=[Frame("s", Nanos(1), payload) for payload in (b"", b" ", b"1 ", b" 1", b"1\n", b"1\n2", b"\xff", b'"\xff"')]
)
@example(
    frames=[Frame("s", Nanos(1), payload) for payload in (b'1,"source":"x"', b"1,2", b"],[", b'{"a":1}\r', b"NaN")]
)
@example(frames=[Frame("s", Nanos(1), b"[" * depth + b"]" * depth) for depth in (10, 4_000, 20_000, 200_000)])
def test_any_bytes_survive(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> None:
    folder = tmp_path_factory.mktemp("recording") / "rec"
    recording = record(folder, frames)
    assert [item.frame for item in recording.frames()] == frames
    assert verify(folder).ok


def test_other_programs_can_read_the_messages(tmp_path: Path) -> None:
    sent = [b'{"a": [1, 2]}', b"PONG", b"\xff\x00", b'{\n"b": 1}']
    record(tmp_path / "rec", [Frame("x/y", Nanos(7), payload) for payload in sent])
    with zstandard.open(tmp_path / "rec" / "frames-000000.jsonl.zst", "rt") as file:
        lines = [json.loads(line) for line in file]
    assert lines == [
        {"received": 7, "source": "x/y", "payload": {"a": [1, 2]}},
        {"received": 7, "source": "x/y", "text": "PONG"},
        {"received": 7, "source": "x/y", "base64": "/wA="},
        {"received": 7, "source": "x/y", "text": '{\n"b": 1}'},
    ]


def test_the_manifest_says_what_is_there(tmp_path: Path) -> None:
    with writer(tmp_path / "rec") as recording:
        for received in (50, 20, 70, 60):
            recording.write(Frame("s", Nanos(received), b"{}"))
    manifest = read_manifest(tmp_path / "rec")
    assert (manifest.format, manifest.venue, manifest.sequence) == ("live", Venue.KALSHI, SequenceKind.FILTERED)
    assert (manifest.frames, manifest.events, manifest.first, manifest.last) == (4, 0, 20, 70)
    assert manifest.complete
    assert manifest.writer.startswith("dutchbook ")


def test_the_catalogue_comes_back_and_may_be_replaced(tmp_path: Path) -> None:
    with writer(tmp_path / "rec") as recording:
        recording.catalogue([], [])
        recording.catalogue([QUESTION], [MARKET])
    read = Recording.open(tmp_path / "rec")
    assert read.questions() == (QUESTION,)
    assert read.markets() == (MARKET,)
    assert (read.manifest.questions, read.manifest.markets) == (1, 1)


def test_a_catalogue_alone_is_a_recording_of_no_frames(tmp_path: Path) -> None:
    with writer(tmp_path / "rec") as recording:
        recording.catalogue([QUESTION], [MARKET])
    read = Recording.open(tmp_path / "rec")
    assert list(read.frames()) == []
    assert list(read.events()) == []
    assert verify(tmp_path / "rec").ok


def test_gaps_come_back(tmp_path: Path) -> None:
    gaps = (
        Gap(source="kalshi/market", since=Nanos(5), until=Nanos(9), reason="connection lost"),
        Gap(source="kalshi/market", since=Nanos(12), reason="two\nlines"),
    )
    with writer(tmp_path / "rec") as recording:
        for gap in gaps:
            recording.gap(gap)
        assert Recording.open(tmp_path / "rec").gaps() == gaps
    assert Recording.open(tmp_path / "rec").gaps() == gaps
    assert verify(tmp_path / "rec").gaps == 2


def test_equal_input_makes_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with writer(tmp_path / name) as recording:
            recording.catalogue([QUESTION], [MARKET])
            for frame in some_frames(200):
                recording.write(frame)
        with writer(tmp_path / (name + "-events")) as recording:
            for number in range(200):
                recording.write_event(LevelAdded(MARKET.yes, Side.BUY, Price(100), number, Nanos(number)))
    for suffix in ("", "-events"):
        contents = [
            {path.name: path.read_bytes() for path in (tmp_path / (name + suffix)).iterdir()} for name in ("a", "b")
        ]
        assert contents[0] == contents[1]


def test_a_folder_with_anything_in_it_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(RecordingError, match="not empty"):
        writer(tmp_path)
    record(tmp_path / "rec", some_frames(1))
    with pytest.raises(RecordingError, match="not empty"):
        writer(tmp_path / "rec")
    assert verify(tmp_path / "rec").ok


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(RecordingError, match="no recording"):
            Recording.open(folder)
        assert not verify(folder).ok


def test_frames_and_events_do_not_share_a_recording(tmp_path: Path) -> None:
    event = LevelAdded(MARKET.yes, Side.BUY, Price(100), 1, Nanos(0))
    with writer(tmp_path / "frames") as recording:
        recording.write(Frame("s", Nanos(0), b"{}"))
        with pytest.raises(RecordingError, match="records frames"):
            recording.write_event(event)
    with writer(tmp_path / "events") as recording:
        recording.write_event(event)
        recording.flush()
        with pytest.raises(RecordingError, match="records events"):
            recording.write(Frame("s", Nanos(0), b"{}"))
    assert verify(tmp_path / "frames").frames == 1
    assert verify(tmp_path / "events").events == 1


def test_a_closed_recording_takes_nothing(tmp_path: Path) -> None:
    recording = writer(tmp_path / "rec")
    recording.close()
    with pytest.raises(RecordingError, match="closed"):
        recording.write(Frame("s", Nanos(0), b"{}"))


def test_what_was_flushed_can_be_read_while_recording_goes_on(tmp_path: Path) -> None:
    frames = some_frames(40)
    with writer(tmp_path / "rec") as recording:
        for frame in frames[:30]:
            recording.write(frame)
        recording.flush()
        for frame in frames[30:]:
            recording.write(frame)
        read = Recording.open(tmp_path / "rec")
        so_far = [item.frame for item in read.frames()]
        assert so_far == frames[: len(so_far)]
        assert len(so_far) >= 30
        assert not read.manifest.complete
        check = verify(tmp_path / "rec")
        assert check.ok
        assert not check.complete
    assert [item.frame for item in Recording.open(tmp_path / "rec").frames()] == frames


def test_a_recording_that_ended_by_an_error_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    def fail_after(frames: list[Frame]) -> None:
        with writer(tmp_path / "rec") as recording:
            for frame in frames:
                recording.write(frame)
            raise RecordingError("line 41 of the capture is damaged")

    with pytest.raises(RecordingError, match="line 41"):
        fail_after(some_frames(40))
    read = Recording.open(tmp_path / "rec")
    assert [item.frame for item in read.frames()] == some_frames(40)
    assert not read.manifest.complete


def test_events_come_back_with_their_places(tmp_path: Path) -> None:
    events = [
        BookSnapshot(MARKET.yes, (Level(Price(number), Size(5)),) * (number % 4), (), Nanos(number))
        for number in range(300)
    ]
    with writer(tmp_path / "rec") as recording:
        for event in events:
            recording.write_event(event)
    read = Recording.open(tmp_path / "rec")
    assert [event for event, _ in read.events()] == events
    assert read.total == 300
    assert len(read.manifest.segments) > 2
    assert [ref for _, ref in read.events()] == [
        FrameRef(number, line) for number, entry in enumerate(read.manifest.segments) for line in range(entry.count)
    ]
    with pytest.raises(RecordingError, match="has no frame"):
        read.frame_at(FrameRef(0, 0))
