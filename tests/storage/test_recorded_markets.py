"""A real capture through a recording and back."""

import gzip
from pathlib import Path

from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Frame, SequenceKind
from dutchbook.domain.units import Nanos
from dutchbook.storage.recording import RecordingWriter
from dutchbook.storage.recording_check import verify
from dutchbook.storage.recording_reader import Recording
from tests.conftest import recorded_data


def test_a_captured_market_survives_byte_for_byte(tmp_path: Path) -> None:
    capture = min(recorded_data("kalshi-gold15m-ws").glob("*.jsonl.gz"))
    with gzip.open(capture) as lines:
        frames = [Frame("kalshi/market", Nanos(number), line.rstrip(b"\n")) for number, line in enumerate(lines)]
    with RecordingWriter(
        tmp_path / "rec", capture_format="kalshi-gold15m-ws", venue=Venue.KALSHI, sequence=SequenceKind.FILTERED
    ) as recording:
        for frame in frames:
            recording.write(frame)
    assert [frame for block in Recording.open(tmp_path / "rec").frame_blocks() for frame in block.frames] == frames
    check = verify(tmp_path / "rec")
    assert check.ok
    assert check.frames == len(frames) > 10_000
