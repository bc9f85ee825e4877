"""Records what live venues send, without a desk: for replays, scans, and whoever asks for a capture."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiohttp

from dutchbook.app.live.source import CAPTURE_FORMAT, SEQUENCE, LiveSource
from dutchbook.app.live.venues import Where, connecting
from dutchbook.config.settings import Settings
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock
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
        with _writer(out, source.venue, storage) as writer:
            writer.catalogue(source.questions, source.markets)
            frames = 0
            while goes_on(frames):
                frames += source.pump(writer.write)
        return writer.manifest
    finally:
        source.close()


async def record_until_cancelled(where: Where, out: Path, settings: Settings, clock: Clock) -> None:
    """Write what the venues send into a recording in `out`, within a loop that runs already. Raises like `record`."""
    async with aiohttp.ClientSession() as session:
        feeds = connecting(where, settings.venues, clock)(session)
        await feeds.discover()
        with _writer(out, where.label.venue, settings.storage) as writer:
            writer.catalogue(tuple(feeds.questions.values()), tuple(feeds.markets.values()))
            with suppress(asyncio.CancelledError):  # the end that was asked for: the recording is whole
                await feeds.run(writer.write, lambda _: None)


def _writer(out: Path, venue: Venue, storage: StorageSettings) -> RecordingWriter:
    return RecordingWriter(out, capture_format=CAPTURE_FORMAT, venue=venue, sequence=SEQUENCE, settings=storage)
