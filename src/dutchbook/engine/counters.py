"""What a loop did, in figures for reports."""

from collections import Counter


class LoopCounters:
    """What the loop did, for reports."""

    def __init__(self) -> None:
        self.events = 0
        self.intents = 0
        self.refused = 0
        self.orders = 0
        self.fills = 0
        self.refusals: Counter[str] = Counter()
