"""The greedy walk is the optimum of the linear programme over portfolios (scipy as the judge)."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings

from dutchbook.domain.markets import NoFees
from dutchbook.domain.pricing.depth import LegDepth
from dutchbook.domain.pricing.merge import effective_price, merge, net_payoff
from dutchbook.domain.units import CONTRACT, ONE
from tests.domain.ladders import THREE_OUTCOMES, baskets, bought, lot_sizes

linprog = pytest.importorskip("scipy.optimize").linprog

type Floats = npt.NDArray[np.float64]


def best_portfolio(legs: tuple[LegDepth, ...]) -> tuple[float, Floats]:
    """The largest sure profit of any portfolio of these outcomes, exactly one of which pays, and the state prices."""
    columns, bounds = [], []
    for state, leg in enumerate(legs):
        for level in leg.levels:
            paid = effective_price(leg.side, leg.fees, level.price) / 10**12
            columns.append([(other == state) - paid for other in range(len(legs))])
            bounds.append((0, level.size / CONTRACT))
    earned = np.array(columns).T
    states, assets = earned.shape
    found = linprog(
        np.r_[np.zeros(assets), -1],
        A_ub=np.c_[-earned, np.ones(states)],
        b_ub=np.zeros(states),
        bounds=[*bounds, (None, None)],
        method="highs",
    )
    return -found.fun, -found.ineqlin.marginals


def test_the_worked_basket_has_the_programmes_profit_and_state_prices() -> None:
    legs = tuple(bought(levels) for levels in THREE_OUTCOMES)
    profit, prices = best_portfolio(legs)
    assert profit == pytest.approx(1.75945)
    assert prices == pytest.approx((0.320695, 0.419930, 0.259375), abs=1e-6)
    assert prices.sum() == pytest.approx(1)
    assert merge(legs, net_payoff(ONE, 0), 10**14, None)[1] / 10**18 == pytest.approx(profit)
    assert best_portfolio(tuple(bought(levels, NoFees()) for levels in THREE_OUTCOMES))[0] == pytest.approx(6.4)


@settings(max_examples=40)
@given(baskets(lot_sizes))
def test_no_portfolio_of_a_partition_beats_the_walk(legs: tuple[LegDepth, ...]) -> None:
    profit, prices = best_portfolio(legs)
    assert merge(legs, net_payoff(ONE, 0), 10**14, None)[1] / 10**18 == pytest.approx(profit, abs=1e-6, rel=1e-7)
    assert prices.sum() == pytest.approx(1)
