"""Old segments of a recording go, what is left stays readable, and nobody takes what went for damage."""

from pathlib import Path

import pytest

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import FrameRef
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.storage.pruning import Freed, prune_recording
from dutchbook.storage.recording_check import verify
from dutchbook.storage.recording_reader import Recording
from dutchbook.storage.recording_tail import RecordingTail
from tests.storage.test_recording import record, some_frames, writer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record(tmp_path / "rec", some_frames(300))
    return tmp_path / "rec"


def middle(folder: Path) -> tuple[int, Nanos]:
    """A segment in the middle, and when it begins."""
    segments = Recording.open(folder).manifest.segments
    assert len(segments) > 4
    return len(segments) // 2, segments[len(segments) // 2].first


def test_only_segments_that_are_over_before_then_go(folder: Path) -> None:
    number, before = middle(folder)
    whole = list(Recording.open(folder).frames())
    wanted = prune_recording(folder, before, look_only=True)
    assert len(list(Recording.open(folder).frames())) == 300, "looking changes nothing"
    assert prune_recording(folder, before) == wanted
    assert wanted.segments == number
    assert wanted.size == sum(entry.size for entry in Recording.open(folder).manifest.segments[:number])
    assert len(list(folder.glob("frames-*"))) == len(Recording.open(folder).manifest.segments) - number
    kept = [frame for block in Recording.open(folder).kept_blocks() for frame in block.frames]
    assert kept == [item.frame for item in whole if item.ref.segment >= number]


def test_what_went_is_told_and_is_no_damage(folder: Path) -> None:
    number, before = middle(folder)
    prune_recording(folder, before)
    check = verify(folder)
    assert (check.ok, check.pruned, check.problems) == (True, number, ())
    recording = Recording.open(folder)
    with pytest.raises(RecordingError, match=r"retention\.recordings"):
        next(recording.frames())
    with pytest.raises(RecordingError, match="was let go with its segment"):
        recording.frame_at(FrameRef(number - 1, 0))
    assert recording.frame_at(FrameRef(number, 0)).received >= before


def test_a_missing_segment_that_was_not_let_go_is_damage(folder: Path) -> None:
    number, before = middle(folder)
    prune_recording(folder, before)
    (folder / Recording.open(folder).manifest.segments[number].name).unlink()
    assert not verify(folder).ok


def test_doing_it_twice_frees_nothing_more_and_finishes_what_a_crash_left(folder: Path) -> None:
    _, before = middle(folder)
    first = Recording.open(folder).manifest.segments[0].name
    content = (folder / first).read_bytes()
    prune_recording(folder, before)
    (folder / first).write_bytes(content)
    assert prune_recording(folder, before) == Freed()
    assert prune_recording(folder, Nanos(before + 100)).segments > 0
    assert not (folder / first).exists()


def test_a_recording_at_work_goes_on_and_is_followed_behind_what_went(tmp_path: Path) -> None:
    folder = tmp_path / "rec"
    with writer(folder) as recording:
        for frame in some_frames(300):
            recording.write(frame)
        recording.flush()
        prune_recording(folder, Nanos(10**9))
        tail = RecordingTail(folder)
        open_segment = [frame for block in tail.blocks() for frame in block]
        late = Frame("kalshi/market", Nanos(9_000), b"{}")
        recording.write(late)
        recording.flush()
        assert [frame for block in tail.blocks() for frame in block] == [late]
    assert verify(folder).ok
    kept = [frame for block in Recording.open(folder).kept_blocks() for frame in block.frames]
    assert kept == [*open_segment, late]
