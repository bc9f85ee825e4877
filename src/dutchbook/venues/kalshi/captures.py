"""Captures of Kalshi that others recorded, by format: what `data import` can read."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dutchbook.domain.ports import Capture
from dutchbook.venues.kalshi import events_capture, gold15m_capture, rest_books_capture

FORMATS: Mapping[str, Callable[[Sequence[Path]], Capture]] = {
    gold15m_capture.FORMAT: gold15m_capture.read,
    rest_books_capture.FORMAT: rest_books_capture.read,
    events_capture.FORMAT: events_capture.read,
}
"""Each opens files or folders of its format. All raise RecordingError for what cannot be used."""
