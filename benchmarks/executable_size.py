"""P9: how many sets of thirty legs pay, at full depth and after fees, against a linear programme and a plain walk.

Ours takes over one leg's new depth, as after a change of its book, and answers exactly, in integers. The peers are
handed prices with fees already in; they answer in floats, and take over the new depth for nothing.
"""

from itertools import cycle

import numpy as np
from scipy.optimize import linprog

from benchmarks.method import Candidate, Row, compare, deliver, interleave, scaled
from dutchbook.domain.book import Level, Side
from dutchbook.domain.markets import PolymarketFees
from dutchbook.domain.pricing.merge import LegDepth, effective_price
from dutchbook.domain.pricing.packed import PackedLegs, kernel
from dutchbook.domain.units import ONE, Price, Size

LEGS = 30
LEVELS = 6
FEES = PolymarketFees(rate_ppm=20_000)
_PICO = 1e12
_MICRO = 1e6
_ATTO = 1e18

type Ladder = tuple[Level, ...]
type Found = tuple[float, float]
"""Sets, and their profit in dollars."""


def executable_size() -> list[Row]:
    """Measure P9."""
    assert kernel() is not None, "numba is missing"
    ladders = _ladders(0)
    changes = [_ladders(step)[step % LEGS] for step in range(LEGS)]
    packed = PackedLegs([LegDepth(side=Side.BUY, levels=ladder, fees=FEES) for ladder in ladders])
    floats = [[(_with_fee(level), level.size / _MICRO) for level in ladder] for ladder in ladders]
    _agree(ladders, changes, packed)
    turns = cycle(enumerate(changes))

    def ours() -> object:
        leg, ladder = next(turns)
        packed.refresh(leg, ladder)
        return packed.solve(ONE)

    found = interleave(
        {
            "ours": Candidate(ours),
            "solve": Candidate(lambda: packed.solve(ONE)),
            "programme": Candidate(lambda: programme(floats)),
            "walk": Candidate(lambda: plain_walk(floats)),
        }
    )
    us = {name: scaled(values) for name, values in found.items()}

    def row(id: str, what: str, peer: str, theirs: str, *, ours: str, bar: float | None) -> Row:  # noqa: A002
        return compare(id, what, ours=us[ours], peer=peer, theirs=us[theirs], unit="us", bar=bar)

    known, changed = "executable size over 30 legs, exact", "the same, with a leg's new depth taken over"
    return [
        row("p9-lp", known, "scipy linprog", "programme", ours="solve", bar=1_000),
        row("p9-walk", known, "a plain Python walk", "walk", ours="solve", bar=30),
        row("p9-new-lp", changed, "scipy linprog", "programme", ours="ours", bar=None),
        row("p9-new-walk", changed, "a plain Python walk", "walk", ours="ours", bar=None),
    ]


def programme(ladders: list[list[tuple[float, float]]]) -> Found:
    """The portfolio with the best profit in its worst state, as a linear programme: a column for each level, and one
    for the profit; a row for each outcome that may come true, with what every column then pays less what it costs.
    """
    prices = np.array([price for ladder in ladders for price, _ in ladder])
    bounds = [(0.0, size) for ladder in ladders for _, size in ladder]
    pays = np.repeat(np.eye(len(ladders)), [len(ladder) for ladder in ladders], axis=1)
    rows = np.c_[prices - pays, np.ones(len(ladders))]
    goal = np.r_[np.zeros(len(prices)), -1.0]
    solved = linprog(goal, A_ub=rows, b_ub=np.zeros(len(ladders)), bounds=[*bounds, (None, None)], method="highs")
    return float(min(pays @ solved.x[:-1])), -float(solved.fun)


def plain_walk(ladders: list[list[tuple[float, float]]]) -> Found:
    """Level by level: take what the thinnest leg offers, move on where a level is used up."""
    at = [0] * len(ladders)
    left = [ladder[0][1] for ladder in ladders]
    cost = sum(ladder[0][0] for ladder in ladders)
    sets = profit = 0.0
    while cost < 1:
        step = min(left)
        sets += step
        profit += step * (1 - cost)
        for leg, ladder in enumerate(ladders):
            left[leg] -= step
            if left[leg] <= 0:
                at[leg] += 1
                if at[leg] == len(ladder):
                    return sets, profit
                left[leg] = ladder[at[leg]][1]
                cost += ladder[at[leg]][0] - ladder[at[leg] - 1][0]
    return sets, profit


def _agree(ladders: list[Ladder], changes: list[Ladder], packed: PackedLegs) -> None:
    """All three find the same profit, on the first ladders and after each change; sets too, for there is no tie."""
    now = list(ladders)
    for leg, changed in enumerate(changes):
        now[leg] = changed
        packed.refresh(leg, changed)
        solution = packed.solve(ONE)
        assert solution is not None
        floats = [[(_with_fee(level), level.size / _MICRO) for level in ladder] for ladder in now]
        for peer in (programme, plain_walk):
            sets, profit = peer(floats)
            assert abs(sets - solution.size / _MICRO) < 1e-6, f"{peer.__name__} finds {sets} sets"
            assert abs(profit - solution.gain / _ATTO) < 1e-6, f"{peer.__name__} finds {profit} of profit"
    for leg, ladder in enumerate(ladders):
        packed.refresh(leg, ladder)


def _with_fee(level: Level) -> float:
    return effective_price(Side.BUY, FEES, level.price) / _PICO


def _ladders(seed: int) -> list[Ladder]:
    """Thirty asks of some 2 to 4 cents, together below a dollar for the first levels."""
    return [
        tuple(
            Level(Price(230 + leg * 3 + 10 * step), Size((777 + leg * 7 + step * 31 + seed) * 1_000_000))
            for step in range(LEVELS)
        )
        for leg in range(LEGS)
    ]


if __name__ == "__main__":
    deliver(executable_size, ["scipy", "numba", "numpy"])
