"""Chance in integers: the same draws for the same seed on every platform.

`Random.gauss` and the functions of `math` go through the C library, whose last digit differs between platforms; here
random numbers are counted bits, and tables are made by addition, multiplication and division alone, which IEEE 754
fixes to the last bit.
"""

from functools import cache
from math import isqrt
from random import Random

from dutchbook.domain.units import Nanos

CERTAIN = 1_000_000
"""A chance of one, in millionths."""
_TOSSES = 144
_DEVIATION = 6
"""The standard deviation of the number of heads in 144 tosses."""


def bell(rng: Random, deviation: int) -> int:
    """A nearly normal number with this standard deviation and a mean of exactly zero: plus and minus are mirrored."""
    heads = rng.getrandbits(_TOSSES).bit_count() - _TOSSES // 2
    moved = abs(heads) * deviation // _DEVIATION
    return moved if heads > 0 else -moved


def either(rng: Random, size: int) -> int:
    """`size` or its negative, with equal chance."""
    return size if rng.getrandbits(1) else -size


def happens(rng: Random, ppm: int) -> bool:
    """True in `ppm` of a million cases."""
    return rng.randrange(CERTAIN) < ppm


def wait(rng: Random, mean: int) -> Nanos:
    """An exponential waiting time with this mean, never zero."""
    return Nanos(mean * _waits()[rng.getrandbits(10)] // CERTAIN + 1 + rng.getrandbits(16))


def between(rng: Random, low: int, high: int) -> int:
    """Evenly from `low` to `high`, both included."""
    return low + rng.randrange(high - low + 1)


def normal_ppm(z_milli: int) -> int:
    """The chance that a standard normal number is below `z_milli` thousandths, in millionths, never 0 or a million."""
    table, size = _normal(), abs(z_milli)
    if size >= 5_000:
        return CERTAIN - 1 if z_milli > 0 else 1
    step, rest = divmod(size, 10)
    above = (table[step] * (10 - rest) + table[step + 1] * rest) // 10
    return above if z_milli >= 0 else CERTAIN - above


@cache
def size_table(low: int, typical: int, high: int) -> tuple[int, ...]:
    """Sixty-four equally likely sizes whose 5 %, 50 % and 95 % points are the three given, geometric between them."""
    return (*_halving(low, typical, 5), *_halving(typical, high, 5))


def _halving(low: int, high: int, times: int) -> tuple[int, ...]:
    """2**times values from `low` up to below `high`, each the geometric mean of its neighbours."""
    if times == 0:
        return (low,)
    middle = isqrt(low * high)
    return (*_halving(low, middle, times - 1), *_halving(middle, high, times - 1))


@cache
def _waits() -> tuple[int, ...]:
    """1,024 equally likely exponential waits with a mean of one, in millionths."""
    parts, waits, passed = 2_048, [], 0.0
    for i in range(1, parts):
        # ln(k / (k - 1)) by the series of the inverse hyperbolic tangent
        x = 1.0 / (2 * (parts - i + 1) - 1)
        passed += 2.0 * sum(x**power / power for power in (1, 3, 5, 7, 9, 11, 13))
        if i % 2:
            waits.append(passed)
    scale = len(waits) / sum(waits)
    return tuple(int(value * scale * CERTAIN) for value in waits)


@cache
def _normal() -> tuple[int, ...]:
    """The cumulative normal distribution at 0, 0.01, ... 5, in millionths, by its Taylor series."""
    return tuple(min(CERTAIN - 1, int(_cumulative(i / 100) * CERTAIN + 0.5)) for i in range(501))


def _cumulative(x: float) -> float:
    term, total, k = x, x, 0
    while abs(term) > 1e-18 or k < 10:
        k += 1
        term *= -x * x / (2 * k)
        total += term / (2 * k + 1)
        if k > 200:
            break
    return 0.5 + total * 0.3989422804014327
