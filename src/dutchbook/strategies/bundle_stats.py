"""Counters of the bundle strategy."""

from collections import Counter

from dutchbook.strategies.appraisal import Why


class BundleStats:
    """What the strategy saw and did, for reports."""

    def __init__(self) -> None:
        self.near_misses = 0
        """Times that a bundle came into the range of near misses."""
        self.crossed = 0
        """Times that a mirrored market's quotes crossed: faults of the data."""
        self.evaluated = 0
        """Looks at bundles below their payoff, most of them pricings at full depth."""
        self.opportunities = 0
        """Times that a bundle, once below its payoff, could be executed at a profit after all costs."""
        self.intents = 0
        self.declined: Counter[Why] = Counter()
        """Bundles below their payoff that were not wanted, by reason, at each look."""

    @property
    def too_small(self) -> int:
        return self.declined[Why.TOO_SMALL]
