"""When a fault of the plan strikes: its windows on the clock, its count, its chance."""

from random import Random

from dutchbook.domain.units import Nanos
from dutchbook.exchange.faults.plan import FaultSpec, LastingFaultSettings, StrikingFaultSettings

_ALL = 1_000_000


class Occasions:
    """Decides for each occasion of one fault, in order. Deterministic from the generator and the times asked about."""

    def __init__(self, spec: FaultSpec, started: Nanos, rng: Random) -> None:
        self.rng = rng
        self.seen = 0
        self.struck = 0
        self._first = Nanos(started + spec.after)
        self._every = spec.every
        self._lasts = spec.lasts if isinstance(spec, LastingFaultSettings) else None
        self._skip, self._times, self._chance = (
            (spec.skip, spec.times, spec.chance) if isinstance(spec, StrikingFaultSettings) else (0, None, _ALL)
        )

    def wave(self, now: Nanos) -> int | None:
        """Which of its windows is open, counted from 0; None while it is off."""
        into = now - self._first
        if into < 0:
            return None
        number, into = divmod(into, self._every) if self._every else (0, into)
        return None if self._lasts is not None and into >= self._lasts else number

    def begins(self, wave: int) -> Nanos:
        """When a window opens."""
        return Nanos(self._first + wave * (self._every or 0))

    def over(self, now: Nanos) -> bool:
        """Whether it can never strike again."""
        if self._times is not None and self.struck >= self._times:
            return True
        return self._lasts is not None and self._every is None and now >= self._first + self._lasts

    def strikes(self, now: Nanos) -> bool:
        """Whether this occasion is hit. Each call is one occasion."""
        if self.wave(now) is None or (self._times is not None and self.struck >= self._times):
            return False
        self.seen += 1
        if self.seen <= self._skip:
            return False
        if self._chance < _ALL and self.rng.randrange(_ALL) >= self._chance:
            return False
        self.struck += 1
        return True
