"""What a trader of the living market is given: time, chance, and a place on the agenda."""

from functools import cache
from random import Random

import msgspec

from dutchbook.domain.units import Nanos, Size
from dutchbook.exchange.living.agenda import Action, Agenda
from dutchbook.exchange.living.chance import size_table, wait

_CENT_OF_A_CONTRACT = 10_000
_WHOLE = 100


@cache
def _sizes(sizes: tuple[int, int, int], percent: int) -> tuple[Size, ...]:
    """Sixty-four sizes, and the same as whole numbers of contracts: made once, since a market holds many of them."""
    low, typical, high = sizes
    drawn = [size * percent // 100 for size in size_table(low * _WHOLE, typical * _WHOLE, high * _WHOLE)]
    whole = [max(_WHOLE, size // _WHOLE * _WHOLE) for size in drawn]
    return tuple(Size(max(1, size) * _CENT_OF_A_CONTRACT) for size in (*drawn, *whole))


class Local(msgspec.Struct, frozen=True):
    """How one market differs from what its crowd's description says, in percent of it."""

    spread: int = 100
    size: int = 100
    pace: int = 100


class Surroundings(msgspec.Struct, frozen=True):
    """Shared by all traders of a world."""

    agenda: Agenda
    rng: Random

    def later(self, now: Nanos, mean: int, action: Action) -> None:
        """Do something after an exponential wait with this mean."""
        self.agenda.put(now + wait(self.rng, mean), action)

    def reacting(self, now: Nanos, reaction: tuple[Nanos, Nanos]) -> Nanos:
        """When somebody has noticed what happens now: mostly soon, seldom as late as the longest reaction."""
        low, high = reaction
        share = self.rng.getrandbits(10)
        return Nanos(now + low + (high - low) * share * share // (1 << 20) + self.rng.getrandbits(16))

    def size(self, sizes: tuple[int, int, int], percent: int = 100) -> Size:
        """So many percent of a drawn number of contracts, in hundredths: usually a whole number."""
        drawn = self.rng.getrandbits(6)
        return _sizes(sizes, percent)[drawn if self.rng.getrandbits(2) == 0 else 64 + drawn]

    def local(self, variety: tuple[int, int, int]) -> Local:
        """How a new market differs from others of its crowd."""
        table, draw = size_table(*variety), self.rng.getrandbits
        return Local(table[draw(6)], table[draw(6)], table[draw(6)])
