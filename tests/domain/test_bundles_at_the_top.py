"""One set of each kind of bundle at given prices: worked examples and the identities behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind, BundleLeg
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import KalshiFees, PolymarketFees, PriceGrid
from dutchbook.domain.pricing.bundles import (
    Quote,
    all_no,
    all_yes,
    buy_both,
    convert_subset,
    cost_ratio,
    margin_at_top,
    split_and_sell,
)
from dutchbook.domain.units import ONE, Price, Size

FOUR, FIVE = PolymarketFees(40_000), PolymarketFees(50_000)
BIDS = (4_400, 3_000, 1_900, 1_200)


def quotes(prices: tuple[int, ...], fees: PolymarketFees = FIVE) -> list[Quote]:
    return [(Price(price), fees) for price in prices]


def micro(pico: int) -> float:
    return pico / 10**6


def test_buying_both_sides() -> None:
    found = buy_both((Price(4_600), FOUR), (Price(4_900), FOUR))
    assert (micro(found.gross), micro(found.fees), micro(found.net)) == (50_000, 19_932, 30_068)
    assert micro(found.outlay) == 969_932
    assert found.return_on_outlay == pytest.approx(0.03100, abs=5e-6)


def test_splitting_and_selling_both_sides() -> None:
    found = split_and_sell((Price(5_300), FOUR), (Price(5_100), FOUR))
    assert (micro(found.gross), micro(found.fees), micro(found.net)) == (40_000, 19_960, 20_040)
    assert micro(found.outlay) == 1_000_000


def test_buying_every_yes() -> None:
    found = all_yes(quotes((4_100, 2_700, 1_600, 900)))
    assert (micro(found.gross), micro(found.fees), micro(found.net)) == (70_000, 32_765, 37_235)
    assert micro(found.outlay - found.fees) == 930_000
    assert found.return_on_outlay == pytest.approx(0.03868, abs=5e-6)


def test_buying_every_no() -> None:
    found = all_no(quotes(tuple(ONE - bid for bid in BIDS)))
    assert (micro(found.gross), micro(found.fees), micro(found.net)) == (50_000, 35_795, 14_205)
    assert micro(found.outlay - found.fees) == 2_950_000
    assert micro(all_no(quotes(tuple(ONE - bid for bid in BIDS)), 1_000).net) == 14_205 - 3_000


@pytest.mark.parametrize(("chosen", "outlay"), [(1, 572_320), (2, 1_282_820), (3, 2_100_515), (4, 2_985_795)])
def test_converting_more_outcomes_only_binds_more_cash(chosen: int, outlay: int) -> None:
    no = quotes(tuple(ONE - bid for bid in BIDS[:chosen]))
    found = convert_subset(no, quotes(BIDS[chosen:]))
    assert micro(found.outlay) == outlay
    assert (micro(found.gross), micro(found.fees), micro(found.net)) == (50_000, 35_795, 14_205)


prices = st.integers(1, ONE - 1)


@given(st.lists(prices, min_size=2, max_size=12), st.integers(0, 250_000), st.data())
def test_on_a_mirrored_book_the_subset_does_not_matter(bids: list[int], rate: int, data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.integers(0, len(bids) - 1), min_size=1))
    fees = PolymarketFees(rate)
    no = quotes(tuple(ONE - bid for i, bid in enumerate(bids) if i in chosen), fees)
    rest = quotes(tuple(bid for i, bid in enumerate(bids) if i not in chosen), fees)
    subset, whole = convert_subset(no, rest), all_no(quotes(tuple(ONE - bid for bid in bids), fees))
    assert (subset.gross, subset.fees) == (whole.gross, whole.fees)
    assert whole.gross == (sum(bids) - ONE) * 10**8


@given(st.integers(2, 12), st.data())
def test_converted_no_shares_pay_what_they_did_before_in_every_state(outcomes: int, data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.integers(0, outcomes - 1), min_size=1))
    for winner in range(outcomes):
        before = sum(winner != outcome for outcome in chosen)
        after = len(chosen) - 1 + sum(winner == outcome for outcome in range(outcomes) if outcome not in chosen)
        assert before == after


@given(prices, prices, st.integers(0, 250_000))
def test_selling_both_sides_mirrors_buying_both(yes: int, no: int, rate: int) -> None:
    fees = PolymarketFees(rate)
    sale = split_and_sell((Price(yes), fees), (Price(no), fees))
    purchase = buy_both((Price(ONE - no), fees), (Price(ONE - yes), fees))
    assert (sale.gross, sale.fees, sale.net) == (purchase.gross, purchase.fees, purchase.net)


def bundle(kind: BundleKind, payoff: int, side: Side, legs: int, conversion_ppm: int = 0) -> Bundle:
    leg = BundleLeg(OutcomeId("o"), MarketId("m"), side, FIVE, PriceGrid.uniform(Price(100)), Size(5_000_000))
    return Bundle(
        id=BundleId("b"),
        kind=kind,
        question=QuestionId("q"),
        title="",
        legs=(leg,) * legs,
        payoff=Price(payoff),
        conversion_ppm=conversion_ppm,
    )


def test_a_bundle_at_the_top_of_its_books() -> None:
    every_yes = bundle(BundleKind.ALL_YES, ONE, Side.BUY, 4)
    tops = [Price(price) for price in (4_100, 2_700, 1_600, 900)]
    assert margin_at_top(every_yes, tops) == all_yes(quotes((4_100, 2_700, 1_600, 900)))
    assert cost_ratio(every_yes, tops) == 930_000
    every_no = bundle(BundleKind.ALL_NO, 3 * ONE, Side.BUY, 4, 1_000)
    tops = [Price(ONE - bid) for bid in BIDS]
    assert margin_at_top(every_no, tops) == all_no(quotes(tuple(ONE - bid for bid in BIDS)), 1_000)
    assert cost_ratio(every_no, tops) == 983_334  # 2.95 / 3, rounded up
    split = bundle(BundleKind.SPLIT_SELL, -ONE, Side.SELL, 2)
    assert margin_at_top(split, [Price(5_300), Price(5_100)]) == split_and_sell(
        (Price(5_300), FIVE), (Price(5_100), FIVE)
    )
    assert cost_ratio(split, [Price(5_300), Price(5_100)]) == 961_539


def test_a_bundle_with_a_missing_price_has_no_margin() -> None:
    both = bundle(BundleKind.BUY_BOTH, ONE, Side.BUY, 2)
    assert margin_at_top(both, [Price(4_600), None]) is None
    assert cost_ratio(both, [Price(4_600), None]) is None


def test_a_pair_across_venues_pays_each_venues_fee() -> None:
    found = buy_both((Price(4_300), FIVE), (Price(5_200), KalshiFees()))
    assert micro(found.fees) == 12_255 + 17_472


def test_an_implied_claim_is_bought_with_the_denial_of_the_wider_one() -> None:
    found = buy_both((Price(2_900), FOUR), (Price(6_600), FOUR))
    assert (micro(found.gross), micro(found.fees), micro(found.net)) == (50_000, 17_212, 32_788)
