"""A recorder on a disk that refuses, and in a process that dies: a beginning stays usable and says that it is one."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.storage.recording import RecordingWriter
from dutchbook.storage.recording_check import verify
from dutchbook.storage.recording_reader import Recording
from dutchbook.storage.settings import StorageSettings

RECORD = """
import os, resource, signal, sys
from pathlib import Path
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Frame
from dutchbook.storage.recording import RecordingWriter
from dutchbook.storage.settings import StorageSettings
settings = StorageSettings(recording_segment_bytes=200_000, recording_block_bytes=2_048)
recording = RecordingWriter(Path(sys.argv[1]), capture_format="live", venue=Venue.KALSHI, settings=settings)
if len(sys.argv) > 2:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
number = 0
try:
    while True:
        recording.write(Frame("s", number, b'{"number":%d,"noise":"%b"}' % (number, os.urandom(40).hex().encode())))
        number += 1
        if number % 500 == 0:
            recording.flush()
            print(number, flush=True)
except RecordingError as error:
    print(error, flush=True)
    try:
        recording.write(Frame("s", 0, b"{}"))
    except RecordingError as again:
        print(again, flush=True)
"""


def usable(folder: Path) -> int:
    """How many frames can be read: the first ones, each as it was written."""
    recording = Recording.open(folder)
    assert not recording.manifest.complete
    received = [item.frame.received for item in recording.frames()]
    assert received == list(range(len(received)))
    for item in list(recording.frames())[-3:]:
        assert recording.frame_at(item.ref) == item.frame
    check = verify(folder)
    assert check.ok
    assert not check.complete
    assert check.frames == len(received)
    return len(received)


@pytest.mark.parametrize("flushed", [500, 1_500, 6_000])
def test_a_killed_recorder_leaves_everything_that_it_flushed(tmp_path: Path, flushed: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RECORD, str(tmp_path / "rec")], stdout=subprocess.PIPE, text=True
    ) as recorder:
        assert recorder.stdout
        told = 0
        while told < flushed:
            told = int(recorder.stdout.readline())
        recorder.send_signal(signal.SIGKILL)
    assert usable(tmp_path / "rec") >= told


def test_a_full_disk_stops_the_recorder_and_keeps_what_it_flushed(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", RECORD, str(tmp_path / "rec"), "60001"], check=True, capture_output=True, text=True
    )
    *told, stopped, refused = run.stdout.splitlines()
    assert "File too large" in stopped
    assert "nothing more can be recorded" in refused
    assert usable(tmp_path / "rec") >= int(told[-1])


def test_every_cut_of_an_unfinished_segment_leaves_a_beginning(tmp_path: Path) -> None:
    settings = StorageSettings(recording_segment_bytes=4_096, recording_block_bytes=1_024)
    recording = RecordingWriter(tmp_path / "rec", capture_format="live", venue=Venue.KALSHI, settings=settings)
    for number in range(150):
        recording.write(Frame("s", Nanos(number), b'{"number":%d,"text":"%b"}' % (number, b"q" * (number % 50))))
    recording.flush()
    [part] = (tmp_path / "rec").glob("*.part")
    content = part.read_bytes()
    finished = recording.manifest.frames
    counts = []
    for end in range(0, len(content), 3):
        part.write_bytes(content[:end])
        counts.append(usable(tmp_path / "rec"))
    assert counts == sorted(counts)
    assert counts[0] == finished
    part.write_bytes(content)
    assert usable(tmp_path / "rec") == 150
    # Killed after the segment got its final name, before the manifest listed it.
    part.rename(part.with_suffix(""))
    assert usable(tmp_path / "rec") == 150


def test_a_changed_bit_in_an_unfinished_segment_never_changes_a_frame(tmp_path: Path) -> None:
    recording = RecordingWriter(tmp_path / "rec", capture_format="live", venue=Venue.KALSHI)
    frames = [Frame("s", Nanos(number), b'{"number":%d}' % number) for number in range(300)]
    for number, frame in enumerate(frames):
        recording.write(frame)
        if number % 50 == 49:
            recording.flush()
    [part] = (tmp_path / "rec").glob("*.part")
    content = part.read_bytes()
    noticed = 0
    for place in range(len(content)):
        part.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        found: list[Frame] = []
        try:
            for item in Recording.open(tmp_path / "rec").frames():
                found.append(item.frame)  # what came before an error is wanted
        except RecordingError:
            noticed += 1
        assert found == frames[: len(found)]
    # What goes unnoticed are bits that zstd does not use, and cuts that look like a recorder's sudden end.
    assert noticed > len(content) * 0.9
