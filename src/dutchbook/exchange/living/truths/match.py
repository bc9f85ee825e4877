"""A match of two sides: they score at random while the clock runs, and the leader at the end has won."""

from collections.abc import Sequence
from functools import cache
from random import Random

from dutchbook.domain.units import Nanos
from dutchbook.exchange.living.chance import CERTAIN
from dutchbook.exchange.living.truths.ports import Stir

_FINE = 10**12
_LEAD = 15


class Match:
    """One market: the home side wins. A draw is decided by a toss, as by penalties.

    In each of `periods` equal periods the home side scores with chance `home` and else the away side with `away`
    (millionths).
    """

    def __init__(self, home: int, away: int, periods: int, starts: Nanos, ends: Nanos, rng: Random) -> None:
        self._rates = (home, away)
        self._periods = periods
        self._length = (ends - starts) // periods
        self._starts = starts
        self._rng = rng
        self._played = 0
        self._won: bool | None = None
        self.score = (0, 0)

    @property
    def chances(self) -> Sequence[int]:
        if self._won is not None:
            return (CERTAIN if self._won else 0,)
        lead = max(-_LEAD, min(_LEAD, self.score[0] - self.score[1]))
        return (_table(*self._rates, self._periods)[self._periods - self._played][lead + _LEAD] * CERTAIN // _FINE,)

    @property
    def verdicts(self) -> Sequence[bool | None]:
        return (self._won,)

    @property
    def played(self) -> int:
        """Periods that are over."""
        return self._played

    def next_at(self) -> Nanos | None:
        if self._played >= self._periods or self._won is not None:
            return None
        return Nanos(self._starts + (self._played + 1) * self._length)

    def move(self, now: Nanos) -> Stir:
        """Play the periods that are over by now: a score is news."""
        before = self.score
        while (due := self.next_at()) is not None and due <= now:
            self._play()
        return Stir.DRIFT if self.score == before else Stir.NEWS

    def decide(self, now: Nanos) -> None:
        if self._won is None:
            self.move(now)
            while self._played < self._periods:
                self._play()
            home, away = self.score
            self._won = bool(self._rng.getrandbits(1)) if home == away else home > away

    def _play(self) -> None:
        self._played += 1
        point = self._rng.randrange(CERTAIN)
        home, away = self.score
        if point < self._rates[0]:
            self.score = (home + 1, away)
        elif point < self._rates[0] + self._rates[1]:
            self.score = (home, away + 1)


@cache
def _table(home: int, away: int, periods: int) -> tuple[tuple[int, ...], ...]:
    """The chance that the home side wins, in 1e-12, by periods left and lead (from -15 to 15, where it is held)."""
    width = 2 * _LEAD + 1
    rows = [tuple(_FINE if lead > _LEAD else 0 if lead < _LEAD else _FINE // 2 for lead in range(width))]
    for _ in range(periods):
        last = rows[-1]
        rows.append(
            tuple(
                (
                    home * last[min(lead + 1, width - 1)]
                    + away * last[max(lead - 1, 0)]
                    + (CERTAIN - home - away) * last[lead]
                )
                // CERTAIN
                for lead in range(width)
            )
        )
    return tuple(rows)
