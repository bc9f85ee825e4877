"""The tape of orders and cancels that all matching engines play, and what each of them must have made of it."""

import gc
from collections.abc import Callable, Sequence
from random import Random

import msgspec

from benchmarks.method import CPU
from dutchbook.domain.units import CONTRACT

RESTING = 10_000
STEPS = 20_000
_CANCELLED, _CROSSING = 0.43, 0.2
_MIDDLE, _BUY_ALL, _SELL_ALL = 5_000, 5_300, 4_800
_TICK = 100

type Step = tuple[int, bool, int, int]
"""Number, whether it buys, price in ten-thousandths of a dollar, size in millionths of a contract.

A size of nothing is the cancel of the order of this number.
"""
type Fill = tuple[int, int, int]
"""Number of the taker, of the maker, and size."""


class Ended(msgspec.Struct, frozen=True):
    """What an engine did: all fills in their order, the size at rest, and seconds for one step."""

    fills: list[Fill]
    resting: int
    seconds: float


def tape() -> tuple[list[Step], list[Step]]:
    """What fills the book, and what is timed: orders around a middle, orders that cross it, cancels."""
    rng = Random(5)
    fill = [order(rng, number) for number in range(RESTING)]
    live, steps, number = list(range(RESTING)), list[Step](), RESTING
    for _ in range(STEPS):
        if rng.random() < _CANCELLED:
            place = rng.randrange(len(live))
            live[place], live[-1] = live[-1], live[place]
            steps.append((live.pop(), False, 0, 0))
            continue
        _, buys, price, size = order(rng, number)
        if rng.random() < _CROSSING:
            price = _BUY_ALL if buys else _SELL_ALL
        steps.append((number, buys, price, size))
        live.append(number)
        number += 1
    return fill, steps


def order(rng: Random, number: int) -> Step:
    """An order away from the middle."""
    away = _TICK * (1 + min(28, int(rng.expovariate(0.15))))
    buys = rng.random() < 0.5
    return number, buys, _MIDDLE - away if buys else _MIDDLE + away, rng.randint(5, 100) * CONTRACT


def play(fill: Sequence[Step], steps: Sequence[Step], act: Callable[[Step], None]) -> float:
    """CPU seconds for one step, the filling not counted."""
    for step in fill:
        act(step)
    gc.collect()
    gc.disable()
    try:
        began = CPU()
        for step in steps:
            act(step)
        return (CPU() - began) / 1e9 / len(steps)
    finally:
        gc.enable()
