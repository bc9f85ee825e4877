"""Captures of Polymarket that others recorded, by format: what `data import` can read."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dutchbook.domain.ports import Capture
from dutchbook.venues.polymarket import btc5m_capture, gamma_capture, mlb_capture, updown_capture

FORMATS: Mapping[str, Callable[[Sequence[Path]], Capture]] = {
    updown_capture.FORMAT: updown_capture.read,
    btc5m_capture.FORMAT: btc5m_capture.read,
    mlb_capture.FORMAT: mlb_capture.read,
    gamma_capture.FORMAT: gamma_capture.read,
}
"""Each opens files or folders of its format. All raise RecordingError for what cannot be used."""
