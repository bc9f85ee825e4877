"""Stories of the bundle strategy on small books."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from dutchbook.catalogue.relations import bundles_of
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleId, BundleKind
from dutchbook.domain.events import GridChanged, MarketListed, MarketResolved, MarketStatusChanged, QuestionListed
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import FeeSchedule, KalshiFees, Market, MarketStatus, NoFees, PolymarketFees, PriceGrid
from dutchbook.domain.orders import Intent, TimeInForce
from dutchbook.domain.units import DOLLAR, ONE, Money, Price
from dutchbook.strategies.appraisal import Why
from dutchbook.strategies.bundle import BundleStrategy
from dutchbook.strategies.observations import CrossedBook, OpportunitySeen
from tests.catalogue.makers import NOW, QUESTION, above, market, question
from tests.strategies.desk import PaperDesk, Quotes, Story, bundles_apart, contracts, dollars

FEES = PolymarketFees(rate_ppm=50_000)
PARTITION = {"exclusive": True, "exhaustive": True}


def three(fees: FeeSchedule = FEES, **facts: Any) -> list[Market]:
    return [market(name, fees=fees, **facts) for name in "abc"]


def story_of(markets: Sequence[Market], **settings: Any) -> Story:
    return Story(question(markets, **PARTITION), markets, **settings)


B9: dict[str, Quotes] = {
    "a": [(0.30, 50), (0.31, 100), (0.33, 200)],
    "b": [(0.40, 80), (0.41, 120), (0.44, 300)],
    "c": [(0.24, 60), (0.25, 90), (0.27, 400)],
}


def b9(story: Story, markets: Sequence[Market], *, bid: float = 0.02) -> Sequence[Intent]:
    """The books of formulas B9; bids far away, so that only ALL_YES pays."""
    return story.quote(*((m, [(bid, 1000)], B9[m.id]) for m in markets))


def test_all_yes_below_one_dollar_is_bought_at_full_depth_net_of_fees() -> None:
    markets = three()
    story = story_of(markets)
    [intent] = b9(story, markets)
    assert intent.kind == BundleKind.ALL_YES
    assert intent.subject == f"all_yes:{QUESTION}"
    assert [leg.size for leg in intent.legs] == [contracts(80)] * 3
    assert [leg.limit for leg in intent.legs] == [dollars(0.31), dollars(0.40), dollars(0.25)]
    assert all(leg.side is Side.BUY and leg.tif is TimeInForce.FOK for leg in intent.legs)
    assert intent.edge == pytest.approx(1_759_450, abs=40)  # formulas B9
    assert intent.oldest == story.desk.now


def test_the_reason_says_what_a_set_costs_and_leaves() -> None:
    markets = [market(name, fees=FEES) for name in "abcd"]
    story = story_of(markets)
    asks = (0.41, 0.27, 0.16, 0.09)  # formulas B4
    [intent] = story.quote(*((m, [(0.01, 100)], [(ask, 80)]) for m, ask in zip(markets, asks, strict=True)))
    start = "all YES of 4 outcomes cost 0.9300 + fees 0.0328 < 1.00: 0.0372 a set, 80 sets"
    assert intent.reason.startswith(start)
    assert "a year on" in intent.reason


def test_fees_can_take_all_of_it() -> None:
    markets = three(PolymarketFees(rate_ppm=100_000))
    story = story_of(markets)
    assert not b9(story, markets)
    assert story.strategy.stats.declined[Why.UNPROFITABLE] == 1
    assert story.strategy.stats.opportunities == 0


def test_every_no_of_an_exclusive_question_is_bought_and_converted() -> None:
    markets = [market(name, fees=FEES) for name in "abcd"]
    asked = question(markets, exclusive=True, convertible=True)
    story = Story(asked, markets, least_yield="90%", capital_yield="50%")
    bids = (0.44, 0.30, 0.19, 0.12)  # formulas B5
    [intent] = story.quote(*((m, [(bid, 10)], [(0.9, 10)]) for m, bid in zip(markets, bids, strict=True)))
    assert intent.kind == BundleKind.ALL_NO
    assert [leg.outcome for leg in intent.legs] == [m.no for m in markets]
    assert intent.edge == pytest.approx(142_050, abs=40)  # 0.014205 a set: no lock-up is charged
    assert "converted to cash at once" in intent.reason


def test_a_conversion_fee_counts_against_the_edge() -> None:
    markets = [market(name, fees=FEES) for name in "abcd"]
    bids = (0.44, 0.30, 0.19, 0.12)
    for ppm, wanted in ((4_000, 1), (5_000, 0)):  # 0.0120 and 0.0150 of 0.0142
        asked = question(markets, exclusive=True, convertible=True, conversion_fee_ppm=ppm)
        story = Story(asked, markets)
        intents = story.quote(*((m, [(bid, 10)], [(0.9, 10)]) for m, bid in zip(markets, bids, strict=True)))
        assert len(intents) == wanted


def test_every_no_on_kalshi_is_priced_from_the_yes_books() -> None:
    markets = [market(name, venue=Venue.KALSHI, fees=KalshiFees()) for name in "abc"]
    story = Story(question(markets, exclusive=True), markets)
    assert set(story.strategy.outcomes()) == {m.yes for m in markets}
    assert not story.quote(*((m, [(0.33, 100)], [(0.5, 100)]) for m in markets))
    [intent] = story.quote((markets[0], [(0.45, 100)], [(0.5, 100)]))
    assert [leg.outcome for leg in intent.legs] == [m.no for m in markets]
    assert [leg.limit for leg in intent.legs] == [dollars(0.55), dollars(0.67), dollars(0.67)]


def test_a_wider_threshold_cheaper_than_the_narrower_one_is_a_ladder() -> None:
    low, high = above(65), above(70)
    story = Story(question([low, high]), [low, high])
    assert not story.quote((low, [(0.40, 50)], [(0.42, 50)]), (high, [(0.38, 20)], [(0.41, 20)]))
    [intent] = story.quote((high, [(0.46, 20)], [(0.48, 20)]))
    assert [(leg.outcome, leg.limit) for leg in intent.legs] == [(low.yes, dollars(0.42)), (high.no, dollars(0.54))]
    assert intent.edge == 800_000  # 20 sets of 0.04


def test_a_crossed_mirrored_book_is_a_fault_of_the_data_and_no_profit() -> None:
    only = market("a")
    story = Story(question([only]), [only])
    story.quote((only, [(0.44, 100)], [(0.46, 100)]))
    # YES at 0.46 and NO at 0.50: 0.96 for a dollar, on two books each of which looks right.
    story.desk.quote(only.no, [(0.40, 100)], [(0.50, 100)])
    assert not story.look([only.yes, only.no])
    assert story.strategy.stats.crossed == 1
    [crossed] = [seen for seen in story.strategy.observations() if isinstance(seen, CrossedBook)]
    assert crossed.market == only.id
    assert crossed.total == dollars(0.96)
    assert not story.look([only.yes, only.no])
    assert story.strategy.stats.crossed == 1, "one fault is reported once while it lasts"
    assert any("fault of the data" in line for line in story.strategy.why_not(only.id))


def test_a_market_crossed_from_both_sides_is_one_fault() -> None:
    only = market("a")
    story = Story(question([only]), [only])
    story.desk.quote(only.yes, [(0.44, 100)], [(0.46, 100)])
    story.desk.quote(only.no, [(0.57, 100)], [(0.50, 100)])
    assert not story.look([only.yes, only.no])
    assert story.strategy.stats.crossed == 1


def test_a_crossed_market_is_in_no_other_bundle_while_it_lasts() -> None:
    markets = three()
    story = story_of(markets)
    a = markets[0]
    story.desk.quote_market(a, [(0.02, 1000)], B9["a"])
    story.desk.quote(a.no, [(0.40, 100)], [(0.50, 100)])
    rest = [outcome for m in markets[1:] for outcome in story.desk.quote_market(m, [(0.02, 1000)], B9[m.id])]
    assert not story.look([a.yes, a.no, *rest])
    assert story.strategy.stats.declined[Why.CROSSED] == 1
    [intent] = story.quote((a, [(0.02, 1000)], B9["a"]))
    assert intent.kind == BundleKind.ALL_YES


@pytest.mark.parametrize("bid", [0.30, 0.31])
def test_a_leg_whose_own_book_is_locked_or_crossed_is_not_traded(bid: float) -> None:
    markets = three()
    story = story_of(markets)
    alone = [t.bundle for t in story.strategy.index if t.bundle.kind is BundleKind.ALL_YES]
    strategy = BundleStrategy(alone, story.settings)
    for m in markets:
        story.desk.quote(m.yes, [(bid if m is markets[0] else 0.02, 100)], B9[m.id])
    assert not strategy.books_changed([m.yes for m in markets], story.desk)
    assert strategy.stats.declined[Why.CROSSED] == 1


def test_a_settlement_that_is_overdue_is_not_taken_for_an_imminent_one() -> None:
    markets = three(settles=NOW - 86_400 * 10**9)
    story = story_of(markets, least_yield="100%", overdue_lockup="7d")
    assert len(b9(story, markets)) == 1
    slow = story_of(markets, least_yield="100%", overdue_lockup="60d")
    assert not b9(slow, markets)
    assert slow.strategy.stats.declined[Why.LOW_YIELD] == 1


def test_books_that_do_not_mirror_each_other_can_be_bought_both() -> None:
    only = market("a", fees=PolymarketFees(rate_ppm=40_000))
    asked = question([only])
    story = Story(asked, [only])
    apart = [bundles_apart(b) for b in bundles_of(asked, story.catalogue)]
    strategy = BundleStrategy(apart, story.settings)
    story.desk.quote(only.yes, [(0.30, 100)], [(0.46, 100)])
    story.desk.quote(only.no, [(0.30, 100)], [(0.49, 100)])
    [intent] = strategy.books_changed([only.yes, only.no], story.desk)
    assert intent.kind == BundleKind.BUY_BOTH
    assert intent.edge == pytest.approx(3_006_800, abs=20)  # formulas B2
    assert "YES and NO cost 0.9500 + fees 0.0200 < 1.00" in intent.reason


def test_a_dollar_can_be_split_and_both_halves_sold() -> None:
    only = market("a", fees=PolymarketFees(rate_ppm=40_000))
    asked = question([only])
    story = Story(asked, [only])
    strategy = BundleStrategy([bundles_apart(b) for b in bundles_of(asked, story.catalogue)], story.settings)
    story.desk.quote(only.yes, [(0.53, 100)], [(0.60, 100)])
    story.desk.quote(only.no, [(0.51, 100)], [(0.60, 100)])
    [intent] = strategy.books_changed([only.yes, only.no], story.desk)
    assert intent.kind == BundleKind.SPLIT_SELL
    assert all(leg.side is Side.SELL for leg in intent.legs)
    assert intent.edge == pytest.approx(2_004_000, abs=20)  # formulas B3
    assert intent.cost == 100 * DOLLAR


@pytest.mark.parametrize(("ask", "wanted"), [(0.50, 1), (0.51, 0)])
def test_both_sides_of_one_market_must_cost_99_cents_at_most(ask: float, wanted: int) -> None:
    only = market("a")
    asked = question([only])
    story = Story(asked, [only])
    strategy = BundleStrategy([bundles_apart(b) for b in bundles_of(asked, story.catalogue)], story.settings)
    story.desk.quote(only.yes, [], [(0.49, 100)])
    story.desk.quote(only.no, [], [(ask, 100)])
    assert len(strategy.books_changed([only.yes, only.no], story.desk)) == wanted


def test_the_required_edge_stops_the_walk_and_does_not_lower_the_reported_profit() -> None:
    markets = three()
    story = story_of(markets, edge_all_yes="0.02")
    [intent] = b9(story, markets)
    assert intent.legs[0].size == contracts(50)
    assert intent.edge == pytest.approx(50 * 28_380, abs=40)


def test_an_order_below_the_smallest_is_not_wanted() -> None:
    markets = three(min_size=contracts(100))
    story = story_of(markets)
    assert not b9(story, markets)
    assert story.strategy.stats.too_small == 1
    assert any("smallest order" in line for line in story.strategy.why_not(markets[0].id, story.desk))


def test_a_marketable_order_below_its_least_amount_is_not_wanted() -> None:
    markets = three(min_notional=Money(30 * DOLLAR))
    story = story_of(markets)
    assert not b9(story, markets)  # 80 of the third cost less than 30 dollars
    assert story.strategy.stats.too_small == 1


def test_cash_of_one_basket_is_capped_with_its_fees() -> None:
    markets = three()
    story = story_of(markets, cash="20")
    [intent] = b9(story, markets)
    assert 19 * DOLLAR < intent.cost <= 20 * DOLLAR


def test_more_legs_than_allowed_are_only_watched() -> None:
    markets = three()
    story = story_of(markets, max_legs=2)
    assert not b9(story, markets)
    assert story.strategy.stats.declined[Why.TOO_MANY_LEGS] == 1


def test_a_limit_off_the_grid_is_moved_to_a_price_that_takes_the_level() -> None:
    markets = [replace(m, grid=PriceGrid.uniform(Price(100))) for m in three()]
    story = story_of(markets)
    off_grid = {**B9, "a": [(0.305, 50)]}
    [intent] = story.quote(*((m, [(0.02, 1000)], off_grid[m.id]) for m in markets))
    assert intent.legs[0].limit == dollars(0.31)


def test_a_basket_locked_up_too_long_for_its_profit_is_refused_by_yield() -> None:
    markets = three(settles=NOW + 400 * 86_400 * 10**9)
    story = story_of(markets, least_yield="10%")
    assert not b9(story, markets)
    assert story.strategy.stats.declined[Why.LOW_YIELD] == 1
    assert story.strategy.stats.opportunities == 0


def test_capital_locked_up_is_charged_to_the_edge() -> None:
    markets = three()
    free = b9(story_of(markets), markets)[0]
    charged = b9(story_of(markets, capital_yield="10%"), markets)[0]
    assert charged.edge < free.edge
    # 10 days and two hours at 10 % on some 70 dollars are 18 cents; the last sets may no longer pay.
    assert free.edge - charged.edge < 250_000


def test_no_second_intent_while_a_basket_works() -> None:
    markets = three()
    story = story_of(markets)
    story.desk.working.add(f"all_yes:{QUESTION}")
    assert not b9(story, markets)
    assert story.strategy.stats.declined[Why.BUSY] == 1
    story.desk.working.clear()
    assert len(b9(story, markets)) == 1


def test_the_same_intent_is_not_repeated_within_a_moment() -> None:
    markets = three()
    story = story_of(markets, repeat_after="1s")
    assert len(b9(story, markets)) == 1
    assert not b9(story, markets)
    assert story.strategy.stats.declined[Why.REPEATED] == 1
    story.pass_time(10**9)
    assert len(b9(story, markets)) == 1


def test_what_our_own_orders_claim_is_not_bought_twice() -> None:
    markets = three()
    story = story_of(markets)
    for price, size in B9["a"]:
        story.desk.claims[(markets[0].yes, Side.BUY, dollars(price))] = contracts(size)
    assert not b9(story, markets)


def test_of_two_bundles_in_one_market_the_better_goes_first_and_the_other_waits() -> None:
    rungs = [above(k) for k in (60, 65, 70)]
    story = Story(question(rungs), rungs)
    intents = story.quote(
        (rungs[0], [(0.30, 50)], [(0.32, 50)]),
        (rungs[1], [(0.30, 50)], [(0.38, 50)]),
        (rungs[2], [(0.42, 50)], [(0.44, 50)]),
    )
    assert [intent.subject for intent in intents] == ["ladder:above 60>above 70"]
    assert story.strategy.stats.declined[Why.OVERLAPPING] == 1
    assert story.strategy.stats.opportunities == 2


def test_more_depth_at_an_unchanged_top_is_noticed_while_a_bundle_pays() -> None:
    markets = three()
    story = story_of(markets)
    b9(story, markets)
    a = markets[0]
    [intent] = story.quote((a, [(0.02, 1000)], [(0.30, 500)]))
    assert intent.legs[0].size > contracts(80)


def test_an_opportunity_counts_once_while_it_lasts() -> None:
    markets = three()
    story = story_of(markets)
    b9(story, markets)
    b9(story, markets)
    assert story.strategy.stats.opportunities == 1
    story.quote((markets[0], [], [(0.60, 10)]))
    b9(story, markets)
    assert story.strategy.stats.opportunities == 2
    seen = [o for o in story.strategy.observations() if isinstance(o, OpportunitySeen)]
    assert [o.size for o in seen] == [contracts(80)] * 2
    assert not story.strategy.observations(), "observations are given once"


def test_a_book_between_two_states_is_waited_for() -> None:
    markets = three()
    story = story_of(markets)
    rest = [o for m in markets[1:] for o in story.desk.quote_market(m, [(0.02, 1000)], B9[m.id])]
    story.look(rest)
    a = markets[0]
    story.desk.quote_market(a, [(0.02, 1000)], B9["a"])
    # First change of an instant: b's book is half done when a's is complete.
    story.desk.quote(markets[1].yes, [(0.02, 1000)], [(0.39, 500)])
    assert not story.look([a.yes, a.no])
    assert story.strategy.stats.declined[Why.UNSETTLED] == 1
    assert len(story.quote((markets[1], [(0.02, 1000)], [(0.39, 500)]))) == 1


def test_an_unknown_book_is_never_traded_and_has_no_price() -> None:
    markets = three()
    story = story_of(markets)
    b9(story, markets)
    story.desk.books[markets[1].yes].lose("a message was lost")
    story.strategy.book_lost([markets[1].yes], story.desk)
    assert not story.quote((markets[0], [(0.02, 1000)], [(0.10, 100)]))
    assert any("unknown book" in line for line in story.strategy.why_not(markets[0].id))


def test_a_book_lost_without_notice_is_still_not_traded() -> None:
    markets = three()
    story = story_of(markets)
    story.pass_time()
    for m in markets:
        story.desk.quote_market(m, [(0.02, 1000)], B9[m.id])
    story.look([o for m in markets[:2] for o in (m.yes, m.no)])
    story.desk.books[markets[0].yes].lose("gap")
    assert not story.look([markets[2].yes, markets[2].no])
    assert story.strategy.stats.declined[Why.BOOK_UNKNOWN] == 1


def test_the_worst_loss_is_the_dearest_unwinding_of_all_legs_but_one() -> None:
    markets = three(NoFees())
    story = story_of(markets)
    quotes = {"a": (0.28, 0.30), "b": (0.35, 0.40), "c": (0.20, 0.25)}
    [intent] = story.quote(*((m, [(quotes[m.id][0], 1000)], [(quotes[m.id][1], 10)]) for m in markets))
    assert intent.max_loss == 10 * (
        50_000 + 50_000
    )  # 0.05 for b and for c; a, the cheapest to undo, is the last to fill
    thin = story_of(markets)
    [intent] = thin.quote(*((m, [], [(quotes[m.id][1], 10)]) for m in markets))
    assert intent.max_loss == 10 * (400_000 + 300_000)  # no bids: what is bought may be worth nothing


def test_a_market_resolved_no_leaves_the_set_and_the_rest_goes_on() -> None:
    markets = three()
    story = story_of(markets)
    story.quote(*((m, [(0.02, 100)], [(0.45, 100)]) for m in markets))
    event = MarketResolved(markets[2].id, Price(0), story.desk.now)
    story.catalogue.apply(event)
    [intent] = story.strategy.on_event(event, story.desk)
    assert [leg.market for leg in intent.legs] == ["a", "b"]
    assert intent.edge < 10 * DOLLAR


def test_a_market_resolved_yes_ends_the_question() -> None:
    markets = three()
    story = story_of(markets)
    b9(story, markets)
    event = MarketResolved(markets[2].id, ONE, story.desk.now)
    story.catalogue.apply(event)
    assert not story.strategy.on_event(event, story.desk)
    assert not b9(story, markets)
    assert any("resolved YES" in line for line in story.strategy.why_not(markets[0].id))


def test_a_new_outcome_makes_the_old_set_incomplete_at_once() -> None:
    markets = three()
    story = story_of(markets)
    fourth = market("d", fees=FEES)
    for event in (QuestionListed(question([*markets, fourth], **PARTITION), NOW), MarketListed(fourth, NOW)):
        story.catalogue.apply(event)
        assert not story.strategy.on_event(event, story.desk)
    assert not b9(story, markets)
    assert fourth.yes in story.strategy.outcomes()


def test_a_paused_market_is_dropped_and_a_finer_grid_is_taken_over() -> None:
    markets = three()
    story = story_of(markets)
    for event in (
        GridChanged(markets[0].id, PriceGrid.uniform(Price(10)), NOW),
        MarketStatusChanged(markets[1].id, MarketStatus.PAUSED, NOW),
    ):
        story.catalogue.apply(event)
        story.strategy.on_event(event, story.desk)
    assert not b9(story, markets)
    assert markets[1].yes not in story.strategy.outcomes()
    both = story.strategy.index.get(BundleId("buy_both:a"))
    assert both is not None
    assert both.bundle.legs[0].grid.finest() == 10


def test_without_a_catalogue_bundles_of_a_resolved_market_are_dropped() -> None:
    markets = three()
    story = story_of(markets)
    strategy = BundleStrategy(bundles_of(question(markets, **PARTITION), story.catalogue), story.settings)
    strategy.on_event(MarketResolved(markets[0].id, ONE, NOW), story.desk)
    assert not [o for o in strategy.outcomes() if o in (markets[0].yes, markets[0].no)]
    assert markets[1].yes in strategy.outcomes()


def test_kalshi_markets_past_their_close_are_not_traded() -> None:
    low, high = (above(k, venue=Venue.KALSHI, closes=NOW + 1) for k in (65, 70))
    story = Story(question([low, high]), [low, high])
    assert not story.quote((low, [(0.40, 50)], [(0.42, 50)]), (high, [(0.46, 20)], [(0.48, 20)]))
    assert story.strategy.stats.declined[Why.NOT_TRADING] == 1


def test_why_not_tells_what_each_bundle_lacks_and_which_kinds_cannot_be() -> None:
    markets = three()
    story = Story(question(markets, exclusive=True), markets)
    story.quote(*((m, [(0.30, 100)], [(0.36, 100)]) for m in markets))
    lines = story.strategy.why_not(markets[0].id, story.desk)
    [all_no] = [line for line in lines if line.startswith("all_no:")]
    assert "costs 2.10 before fees" in all_no
    assert "a set short after fees" in all_no
    assert any(line.startswith("all_yes:") and "does not promise" in line for line in lines)
    assert any(line.startswith("buy_both:") and "one mirrored book" in line for line in lines)


def test_a_strategy_ignores_outcomes_it_never_asked_for() -> None:
    markets = three()
    stranger = market("stranger")
    desk = PaperDesk([*markets, stranger])
    strategy = BundleStrategy([], story_of(markets).settings)
    assert not strategy.books_changed(desk.quote_market(stranger, [(0.4, 1)], [(0.5, 1)]), desk)
    assert strategy.why_not(stranger.id) == ["no bundle contains market stranger"]
