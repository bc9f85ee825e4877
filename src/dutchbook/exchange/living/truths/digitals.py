"""Questions about a price at one instant: up or down since the window opened, or above each of some strikes."""

from collections.abc import Sequence

from dutchbook.domain.units import Nanos
from dutchbook.exchange.living.chance import CERTAIN
from dutchbook.exchange.living.truths.feed import Feed
from dutchbook.exchange.living.truths.ports import Stir

_HALF = CERTAIN // 2


class Digitals:
    """YES where the feed's reading at `closes` is at or above the strike. Moves when the feed ticks, not by itself.

    Without strikes there is one market, and its strike is the reading at `opens`: until then it is even.
    `average` is over how many ticks a reading is taken: venues settle by the last price or by a mean.
    """

    def __init__(
        self, feed: Feed, strikes: Sequence[int] | None, opens: Nanos, closes: Nanos, *, average: int = 1
    ) -> None:
        self._feed = feed
        self._opens = opens
        self._closes = closes
        self._average = average
        self.strikes: Sequence[int | None] = (None,) if strikes is None else tuple(strikes)
        self._chances = [_HALF] * len(self.strikes)
        self._verdicts: list[bool | None] = [None] * len(self.strikes)

    @property
    def chances(self) -> Sequence[int]:
        return self._chances

    @property
    def verdicts(self) -> Sequence[bool | None]:
        return self._verdicts

    def next_at(self) -> Nanos | None:
        return None

    def move(self, now: Nanos) -> Stir:
        """Read the feed anew."""
        if self._verdicts[0] is not None:
            return Stir.QUIET
        if self.strikes[0] is None:
            if now < self._opens:
                return Stir.QUIET
            self.strikes = (self._feed.reading(self._average),)
        left = max(0, (self._closes - now) // self._feed.tick)
        self._chances = [
            self._feed.chance_of_reaching(strike, left, self._average) for strike in self.strikes if strike is not None
        ]
        return Stir.DRIFT

    def decide(self, now: Nanos) -> None:  # noqa: ARG002
        """By the feed as it stands: call it when the last tick before the close has come."""
        if self._verdicts[0] is not None:
            return
        reading = self._feed.reading(self._average)
        self._verdicts = [strike is None or reading >= strike for strike in self.strikes]
        self._chances = [CERTAIN if won else 0 for won in self._verdicts]
