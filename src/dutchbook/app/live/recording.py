"""Records what live venues send, without a desk: for replays, scans, and whoever asks for a capture."""

from collections.abc import Callable
from pathlib import Path

from dutchbook.app.live.source import LiveSource
from dutchbook.domain.ports import SequenceKind
from dutchbook.storage.manifest import Manifest
from dutchbook.storage.recording import RecordingWriter
from dutchbook.storage.settings import StorageSettings

type Goes = Callable[[int], bool]
"""Told how many frames there are; whether to go on."""


def record(source: LiveSource, out: Path, storage: StorageSettings, goes_on: Goes) -> Manifest:
    """Write the source's frames into a recording in `out` until `goes_on` says no; closes the source.

    Raises RecordingError if there is a recording in `out`, VenueError if the venue refuses for good.
    """
    try:
        with RecordingWriter(
            out,
            capture_format=source.capture_format,
            venue=source.venue,
            sequence=SequenceKind.FULL,
            settings=storage,
        ) as writer:
            writer.catalogue(source.questions, source.markets)
            frames = 0
            while goes_on(frames):
                frames += source.pump(writer.write)
        return writer.manifest
    finally:
        source.close()
