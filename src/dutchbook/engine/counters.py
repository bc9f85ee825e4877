"""What a loop did, in figures for reports."""

from collections import Counter, deque

from dutchbook.domain.units import Nanos
from dutchbook.execution.step import Alert

_KEPT_ALERTS = 20


class LoopCounters:
    """What the loop did, for reports."""

    def __init__(self) -> None:
        self.events = 0
        self.intents = 0
        self.refused = 0
        self.orders = 0
        self.fills = 0
        self.refusals: Counter[str] = Counter()
        self.alerts = 0
        self.latest_alerts: deque[tuple[Nanos, Alert]] = deque(maxlen=_KEPT_ALERTS)
        """What a person should hear of, the newest first."""

    def alerted(self, alert: Alert, at: Nanos) -> None:
        """A person should hear of this."""
        self.alerts += 1
        self.latest_alerts.appendleft((at, alert))
