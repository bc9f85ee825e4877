"""What the others in a market really score, learnt from the venue's own word of our share."""

from dutchbook.domain.identity import MarketId

LEAST_SAMPLES = 15
"""Samples of ours before a share is believed: of fewer, chance makes too much."""
_LOWEST, _HIGHEST = 0.05, 1.0


class Competition:
    """The others' scores by the most that they can have together, for each market: 1 until it is learnt.

    From outside nobody sees which orders belong together, nor which are too small to score: the most may be several
    times what is true. A stated share s beside ours by the rule, r, tells: (1/s - 1) / (1/r - 1).
    """

    def __init__(self) -> None:
        self._factors: dict[MarketId, float] = {}

    def of(self, market: MarketId) -> float:
        """Between 0.05 and 1."""
        return self._factors.get(market, 1.0)

    def learn(self, market: MarketId, ruled_ppm: int, stated_ppm: int, samples: int) -> None:
        """Shares of one and the same time, of so many samples of ours. Too little is not learnt from."""
        if samples < LEAST_SAMPLES or not 0 < ruled_ppm < 1_000_000 or not 0 < stated_ppm <= 1_000_000:
            return
        factor = (1_000_000 / stated_ppm - 1) / (1_000_000 / ruled_ppm - 1)
        self._factors[market] = min(max(factor, _LOWEST), _HIGHEST)
