"""Sizes that a venue takes exactly as asked, and bundles sized to them."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.pricing.depth import executable_size
from dutchbook.domain.pricing.lots import common_lot, taking_lot
from dutchbook.domain.pricing.merge import LegDepth
from dutchbook.domain.units import CONTRACT, ONE, Price, Size

CONDITION = MarketId("0x" + "ab" * 32)
OTHER = MarketId("0x" + "cd" * 32)
TICKER = MarketId("KXFED-26DEC-T4.00")


def test_lots_are_those_of_the_venue() -> None:
    assert taking_lot(CONDITION, Side.BUY, Price(5_300)) == CONTRACT
    assert taking_lot(CONDITION, Side.BUY, Price(5_000)) == CONTRACT // 50
    assert taking_lot(CONDITION, Side.BUY, Price(567 * 10)) == 10 * CONTRACT
    assert taking_lot(CONDITION, Side.BUY, Price(255)) == 20 * CONTRACT
    assert taking_lot(CONDITION, Side.SELL, Price(5_300)) == CONTRACT // 100
    assert taking_lot(CONDITION, Side.SELL, Price(5_670)) == CONTRACT // 10
    assert taking_lot(TICKER, Side.BUY, Price(5_255)) == CONTRACT // 100


@given(st.integers(1, ONE - 1), st.integers(1, 10**6))
def test_a_multiple_of_the_lot_costs_whole_cents_and_nothing_smaller_does(price: int, times: int) -> None:
    lot = taking_lot(CONDITION, Side.BUY, Price(price))
    cents = 10_000 * ONE
    assert lot * times * price % cents == 0
    step = CONTRACT // 100
    assert lot % step == 0
    assert all(size * price % cents for size in range(step, min(lot, 3 * CONTRACT), step))


@given(
    st.lists(
        st.tuples(st.sampled_from([CONDITION, OTHER, TICKER]), st.integers(5, 45), st.integers(100, 500_000)),
        min_size=2,
        max_size=2,
    )
)
def test_every_leg_of_a_sized_bundle_can_be_sent_as_it_is(legs: list[tuple[MarketId, int, int]]) -> None:
    depths = [
        LegDepth(side=Side.BUY, levels=[Level(Price(cents * 100), Size(size * 10_000))], market=market)
        for market, cents, size in legs
    ]
    execution = executable_size(depths, Price(ONE))
    if execution is None:
        assert any(size * 10_000 < common_lot([CONTRACT]) for _, _, size in legs)
        return
    for depth, limit in zip(depths, execution.limits, strict=True):
        assert depth.market is not None
        assert execution.size % taking_lot(depth.market, depth.side, limit) == 0
