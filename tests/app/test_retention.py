"""What a home lets go of, and what it keeps whatever it is told."""

import os
from pathlib import Path

import pytest

from dutchbook.app.retention import Pruned, prune_files, told
from dutchbook.app.runs import new_run
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Frame, SequenceKind
from dutchbook.domain.units import DAY, SECOND, Nanos
from dutchbook.storage.recording import RecordingWriter
from dutchbook.storage.recording_reader import Recording
from dutchbook.storage.retention_settings import RetentionSettings
from dutchbook.storage.settings import StorageSettings

NOW = Nanos(1_790_000_000 * SECOND)


def keep(**ages: str) -> RetentionSettings:
    return RetentionSettings.model_validate({"recordings": "0s", **ages})


def a_run(home: Path, mode: str, days_ago: int, source: str = "a") -> Path:
    """A run with a recording of two segments, both written to for the last time so many days ago."""
    at = NOW - days_ago * DAY
    name, journal = new_run(home, mode, StorageSettings(), {"source": source}, Nanos(at))
    journal.close()
    folder = home / "runs" / name
    small = StorageSettings(recording_segment_bytes=4_096, recording_block_bytes=1_024)
    with RecordingWriter(
        folder / "recording", capture_format="live", venue=Venue.KALSHI, sequence=SequenceKind.NONE, settings=small
    ) as recording:
        for number in range(60):
            recording.write(Frame("kalshi/market", Nanos(at + number), b'{"n":"%b"}' % (b"x" * 100)))
    for file in (folder / "journal").iterdir():
        os.utime(file, ns=(at, at))
    return folder


def test_old_frames_go_and_the_rest_of_their_run_stays(tmp_path: Path) -> None:
    old, new = a_run(tmp_path, "paper", 100), a_run(tmp_path, "paper", 10)
    size = sum(entry.size for entry in Recording.open(old / "recording").manifest.segments)
    done = prune_files(tmp_path, keep(recordings="90d"), NOW)
    assert done.recordings.size == size
    assert done.runs == ()
    assert "segments of recordings" in told(done)
    assert list((old / "journal").iterdir())
    assert not list((old / "recording").glob("frames-*"))
    assert list(Recording.open(new / "recording").frames())


def test_by_default_nothing_but_frames_ever_goes(tmp_path: Path) -> None:
    for days in (4_000, 3_000):
        a_run(tmp_path, "paper", days)
    done = prune_files(tmp_path, RetentionSettings(), NOW)
    assert done.recordings.segments > 0
    assert done.runs == ()


def test_a_home_that_is_told_to_keep_all_keeps_all(tmp_path: Path) -> None:
    a_run(tmp_path, "paper", 4_000)
    assert prune_files(tmp_path, keep(), NOW) == Pruned()
    assert told(Pruned()) == ""


@pytest.mark.parametrize("mode", ["paper", "sandbox", "replay"])
def test_old_runs_go_but_the_latest_of_each_source_from_which_a_desk_comes_back(tmp_path: Path, mode: str) -> None:
    first, latest = a_run(tmp_path, mode, 400), a_run(tmp_path, mode, 390)
    other, fresh = a_run(tmp_path, mode, 380, source="b"), a_run(tmp_path, mode, 2, source="c")
    before = a_run(tmp_path, mode, 1, source="c")
    looked = prune_files(tmp_path, keep(runs="365d"), NOW, look_only=True)
    assert looked.runs == (first.name,)
    assert first.is_dir()
    assert prune_files(tmp_path, keep(runs="365d"), NOW).runs == (first.name,)
    assert not first.exists()
    assert all(folder.is_dir() for folder in (latest, other, fresh, before))


def test_runs_with_real_money_are_never_removed(tmp_path: Path) -> None:
    runs = [a_run(tmp_path, "live", days) for days in (4_000, 3_000, 2_000)]
    assert prune_files(tmp_path, keep(runs="1d"), NOW).runs == ()
    assert all(folder.is_dir() for folder in runs)


def test_a_recording_that_cannot_be_read_stays_and_stops_no_other(tmp_path: Path) -> None:
    broken, old = a_run(tmp_path, "paper", 300), a_run(tmp_path, "paper", 200)
    (broken / "recording" / "manifest.json").write_text("{}")
    done = prune_files(tmp_path, keep(recordings="90d"), NOW)
    assert [str(broken) in problem for problem in done.problems] == [True]
    assert list((broken / "recording").glob("frames-*"))
    assert not list((old / "recording").glob("frames-*"))
