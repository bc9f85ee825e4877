"""Watches the markets of a running desk for anomalies, in what the desk records anyway: nothing is asked of it."""

from pathlib import Path

from dutchbook.app.recorded_events import RecordedEvents, recorded_events
from dutchbook.config.alert_settings import AnomalySettings
from dutchbook.interfaces.alerts.anomalies import Anomalies
from dutchbook.interfaces.alerts.notices import Notice

_MOST_FRAMES = 20_000
"""Of one look: a recording that is far ahead is caught up with over several."""


class MarketWatch:
    """One for each messenger; follows one recording at a time."""

    def __init__(self, settings: AnomalySettings) -> None:
        self._settings = settings
        self._events: RecordedEvents | None = None
        self._anomalies: Anomalies | None = None

    def look(self, recording: Path, mode: str) -> list[Notice]:
        """What is unusual in what was recorded since the last look. Raises RecordingError for a damaged block."""
        if self._events is None or self._events.folder != recording:
            self._events = recorded_events(recording)
            self._anomalies = None if self._events is None else Anomalies(self._settings, self._events.markets)
        if self._events is None or self._anomalies is None:
            return []
        found = [notice for event in self._events.read(_MOST_FRAMES) for notice in self._anomalies.take(event, mode)]
        return [*found, *self._anomalies.look(self._events.now, mode)]
