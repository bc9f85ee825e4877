"""Which moves a near miss waits for: those that pay after fees, and the first of each leg that do."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind, BundleLeg
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import PolymarketFees, PriceGrid
from dutchbook.domain.pricing.bundles import margin_at_top
from dutchbook.domain.units import CONTRACT, ONE, Price
from dutchbook.strategies.foresight import DEEP, Move, likely_moves
from dutchbook.strategies.index import BundleIndex, Tracked

TICK = 100


def moves(found: Tracked) -> list[Move]:
    return [move for further in range(DEEP) for move in likely_moves(found, further)]


def bundle(rate_ppm: int, legs: int) -> Bundle:
    grid, fees = PriceGrid.uniform(Price(TICK)), PolymarketFees(rate_ppm)
    return Bundle(
        id=BundleId("which"),
        kind=BundleKind.ALL_YES,
        question=QuestionId("which"),
        title="Which of them",
        legs=tuple(
            BundleLeg(OutcomeId(f"{n}"), MarketId(f"m{n}"), Side.BUY, fees, grid, CONTRACT) for n in range(legs)
        ),
        payoff=Price(ONE),
    )


def tracked(made: Bundle, asks: list[int]) -> Tracked:
    index = BundleIndex([made])
    for leg, ask in zip(made.legs, asks, strict=True):
        index.move(index.watches[leg.outcome], None, Price(ask), [])
    found = index.get(made.id)
    assert found is not None
    return found


@given(st.lists(st.integers(2, 60), min_size=2, max_size=4), st.sampled_from([0, 20_000, 72_000]))
def test_a_move_is_waited_for_exactly_where_a_set_then_pays_after_fees(ticks: list[int], rate_ppm: int) -> None:
    asks = [TICK * each for each in ticks]
    made = bundle(rate_ppm, len(asks))
    near = tracked(made, asks)
    gap = sum(asks) - ONE
    expected = set()
    for number, ask in enumerate(asks):
        first = ask - (gap // TICK + 1 if gap >= 0 else 1) * TICK
        for price in (first - further * TICK for further in range(DEEP)):
            tops = [Price(each) for each in asks]
            if 0 < price < ONE:
                tops[number] = Price(price)
                margin = margin_at_top(made, tops)
                assert margin is not None
                if margin.net > 0:
                    expected.add(Move(number, Price(price)))
    assert set(moves(near)) == expected


def test_fees_that_eat_the_nearest_moves_leave_nothing_to_prepare() -> None:
    asks = [3_400, 3_400, 3_300]
    assert len(moves(tracked(bundle(0, 3), asks))) == 3 * DEEP
    assert moves(tracked(bundle(72_000, 3), asks)) == []


def test_a_bundle_that_nobody_sells_whole_waits_for_no_move() -> None:
    made = bundle(0, 2)
    index = BundleIndex([made])
    index.move(index.watches[OutcomeId("0")], None, Price(4_000), [])
    found = index.get(made.id)
    assert found is not None
    assert moves(found) == []
