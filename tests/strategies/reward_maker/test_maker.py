"""What the reward maker does as books, fills, rewards and venues change."""

from msgspec.structs import replace

from dutchbook.domain.book import Side
from dutchbook.domain.events import (
    AccountStated,
    BookLost,
    GridChanged,
    MarketResolved,
    MarketStatusChanged,
    TimerFired,
    VenueState,
    VenueStateChanged,
)
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import MarketStatus, PriceGrid
from dutchbook.domain.orders import EXIT, Intent, IntentId, OrderStatus, PlanKind, Report
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.domain.wishes import Withdraw
from dutchbook.strategies.reward_maker.observations import HedgeFailed, MarketsChosen, QuoteAllowed, QuoteRefused
from tests.strategies.reward_maker.books import cents, terms
from tests.strategies.reward_maker.rig import DEEP, Rig

YES, NO = "a+", "a-"


def quoting(**facts: object) -> Rig:
    """A maker with quotes for both outcomes of a deep market."""
    rig = Rig(**facts)  # type: ignore[arg-type]
    rig.quote()
    return rig


def intents(wishes: object) -> list[Intent]:
    assert isinstance(wishes, list)
    return [wish for wish in wishes if isinstance(wish, Intent)]


def test_both_outcomes_are_quoted_at_the_second_best_bid_post_only() -> None:
    rig = quoting()
    assert rig.prices() == {YES: cents(45), NO: cents(51)}
    assert all(order.leg.post_only and order.leg.size == 20 * CONTRACT for order in rig.resting)
    assert {wish.plan for wish in intents(rig.log)} == {PlanKind.POST_ONLY}


def test_a_book_that_moves_nothing_that_matters_moves_no_quote() -> None:
    rig = quoting()
    assert rig.quote([(0.46, 140), *DEEP[0][1:]]) == []


def test_a_quote_follows_its_price_cancel_first() -> None:
    rig = quoting()
    before = rig.one(Side.BUY, YES)
    wishes = rig.quote([(0.46, 100), (0.44, 100), (0.43, 80), (0.42, 80)])
    assert isinstance(wishes[0], Withdraw)
    assert "second-best bid is 0.44 now" in wishes[0].reason or "boundary" in wishes[0].reason
    assert wishes[0].intent == before.intent
    assert rig.prices()[YES] == cents(44)


def test_one_outcome_is_enough_unless_a_middle_is_at_ten_cents() -> None:
    rig = Rig()
    lopsided = [(0.46, 100), (0.45, 100), (0.44, 80), (0.43, 80)]
    rig.quote(lopsided, [(0.48, 100), (0.49, 100)])  # nothing behind the quote for NO
    assert rig.prices() == {YES: cents(45)}
    low = Rig()
    low.quote([(0.09, 100), (0.08, 100), (0.07, 80), (0.06, 80)], [(0.11, 100), (0.12, 100)])
    assert low.prices() == {}
    assert {seen.rule for seen in low.seen() if isinstance(seen, QuoteRefused)} == {"both_outcomes", "price_cliff"}


def test_a_check_that_refuses_withdraws_the_quote_and_is_told_with_how_long_it_lasted() -> None:
    rig = quoting()
    rig.seen()
    rig.quote([(0.46, 100), (0.45, 100), (0.38, 80), (0.37, 80)])
    assert YES not in rig.prices()
    [refused] = [seen for seen in rig.seen() if isinstance(seen, QuoteRefused)]
    assert (refused.rule, refused.limit, refused.found) == (
        "price_cliff",
        "price_cliff_threshold 0.05",
        "from 0.45 to 0.38",
    )
    rig.pass_time(3)
    rig.quote()
    [allowed] = [seen for seen in rig.seen() if isinstance(seen, QuoteAllowed)]
    assert (allowed.rule, allowed.lasted) == ("price_cliff", 3 * SECOND)
    assert rig.prices()[YES] == cents(45)


def test_a_lost_book_takes_its_quotes_away() -> None:
    rig = quoting()
    found = rig.markets[MarketId("a")]
    for outcome in (found.yes, found.no):
        rig.desk.books[outcome].lose("gap")
    rig.tell(BookLost((found.yes, found.no), "gap", rig.desk.now))
    assert rig.resting == []


def test_a_fill_is_sold_at_once_at_the_level_that_takes_all_and_quoted_again() -> None:
    rig = quoting()
    rig.fill(rig.one(Side.BUY, YES))
    sale = rig.one(Side.SELL, YES)
    assert (sale.leg.limit, sale.leg.size) == (cents(46), 20 * CONTRACT)
    [hedge] = [wish for wish in intents(rig.log) if wish.kind == EXIT]
    assert (hedge.plan, hedge.max_loss) == (PlanKind.LIMIT, 0)
    rig.fill(sale)
    assert rig.prices() == {YES: cents(45), NO: cents(51)}


def test_every_part_of_a_fill_is_hedged_and_what_is_left_of_the_quote_is_replaced() -> None:
    rig = quoting()
    quote = rig.one(Side.BUY, YES)
    rig.fill(quote, 8)
    assert rig.one(Side.SELL, YES).leg.size == 8 * CONTRACT
    assert not rig.orders[quote.id].remaining, "12 contracts would earn nothing"
    rig.fill(rig.one(Side.SELL, YES))
    assert rig.one(Side.BUY, YES).leg.size == 20 * CONTRACT


def test_more_that_fills_is_offered_together_with_what_rests() -> None:
    rig = quoting(hedge_sell={"stop_loss_pct": "0"})
    rig.fill(rig.one(Side.BUY, YES), 8)
    rig.quote([(0.30, 1)], [(0.48, 100)])
    assert rig.one(Side.SELL, YES).leg.limit == cents(46), "cost and the least profit: nobody bids near"
    rig.find(rig.markets[MarketId("a")].yes, 6, 45)
    rig.tell(account(rig))
    assert rig.one(Side.SELL, YES).leg.size == 14 * CONTRACT


def test_what_is_not_settled_waits_for_its_block() -> None:
    rig = quoting()
    quote = rig.one(Side.BUY, YES)
    rig.fill(quote, provisional=True)
    assert not [order for order in rig.resting if order.leg.side is Side.SELL]
    assert YES not in rig.prices(), "no more of what stands in its own way"
    rig.mine(quote)
    assert rig.one(Side.SELL, YES).leg.size == 20 * CONTRACT


UNSETTLED = {"patience": "1h", "completing": "unsettled", "uncovered": "4s"}


def hedges(rig: Rig) -> list[Intent]:
    return [wish for wish in intents(rig.log) if wish.kind == EXIT]


def test_what_cannot_be_sold_yet_is_paired_by_whoever_takes_a_bid_and_offered_once_it_is_settled() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    quote = rig.one(Side.BUY, YES)
    rig.fill(quote, provisional=True)
    [bid] = hedges(rig)
    assert (bid.legs[0].outcome, bid.legs[0].side, bid.plan) == (NO, Side.BUY, PlanKind.POST_ONLY)
    assert rig.prices() == {NO: cents(52)}, "the offer of YES at 0.48 beside the others, in place of the quote at 0.51"
    rig.mine(quote)
    assert rig.one(Side.SELL, YES).leg.limit == cents(48)
    assert rig.prices()[NO] == cents(51), "the quote is back"


def test_a_bid_that_pairs_follows_the_book_and_pairs_are_merged() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    quote = rig.one(Side.BUY, YES)
    rig.fill(quote, 8, provisional=True)
    rig.quote(DEEP[0], [(0.47, 100), *DEEP[1]])
    bid = rig.one(Side.BUY, NO)
    assert (bid.leg.limit, bid.leg.size) == (cents(53), 8 * CONTRACT)
    rig.fill(bid)
    rig.mine(quote)
    assert [(merge.market, merge.size) for merge in rig.merges] == [("a", 8 * CONTRACT)]
    assert not [order for order in rig.resting if order.leg.side is Side.SELL]


def test_a_bid_that_pairs_stays_where_nobody_asks_for_the_other_outcome_any_more() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    rig.fill(rig.one(Side.BUY, YES), provisional=True)
    rig.quote([], DEEP[1])
    assert rig.prices() == {NO: cents(52)}
    rig.quote([], [])
    assert rig.prices() == {NO: cents(54)}, "cost and the least profit, mirrored: nobody says anything better"


def test_a_fill_that_is_taken_back_takes_its_bid_away() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    quote = rig.one(Side.BUY, YES)
    rig.fill(quote, provisional=True)
    bid = rig.one(Side.BUY, NO)
    rig.take_back(quote)
    assert not rig.orders[bid.id].remaining
    assert rig.prices() == {YES: cents(45), NO: cents(51)}


def test_a_pair_that_is_not_settled_still_binds_what_it_cost_since_either_trade_may_fail() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    rig.fill(rig.one(Side.BUY, YES), provisional=True)
    bid = rig.one(Side.BUY, NO)
    rig.fill(bid, provisional=True)
    held = rig.ledger.positions.values()
    assert len(list(held)) == 2
    bound = sum(position.cost for position in held) + rig.reserved(MarketId("a"))
    assert bound <= 25 * DOLLAR
    rig.take_back(bid)
    bound = sum(position.cost for position in rig.ledger.positions.values()) + rig.reserved(MarketId("a"))
    assert bound <= 25 * DOLLAR


def test_a_loss_that_is_to_be_stopped_does_not_wait_for_a_bid_to_be_taken() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    rig.fill(rig.one(Side.BUY, YES), provisional=True)
    rig.quote([(0.40, 100), (0.39, 100), (0.38, 80), (0.37, 80)], [(0.42, 100), (0.43, 100)])
    last = hedges(rig)[-1]
    assert (last.legs[0].outcome, last.plan, last.legs[0].limit) == (NO, PlanKind.MARKET, cents(62))


def test_what_cannot_be_covered_in_time_is_completed_to_pairs_and_those_are_merged() -> None:
    # No room for a bid that rests beside what filled: 9.00 and 10.40 are more than the market may bind.
    rig = quoting(hedge_sell=UNSETTLED, max_exposure_per_market="19.30")
    quote = rig.one(Side.BUY, YES)
    rig.fill(quote, provisional=True)
    assert NO in rig.prices()
    rig.pass_time(3.9)
    assert not hedges(rig)
    rig.pass_time(0.2)
    [bought] = hedges(rig)
    assert (bought.legs[0].outcome, bought.legs[0].side, bought.plan) == (NO, Side.BUY, PlanKind.MARKET)
    assert bought.legs[0].limit == cents(56), "two cents beyond the asks that it sees"
    taken = next(order for order in rig.resting if order.intent == bought.id)
    rig.fill(taken)
    assert rig.merges == []
    rig.mine(quote)
    assert [(merge.market, merge.size) for merge in rig.merges] == [("a", 20 * CONTRACT)]


def test_a_sale_without_an_answer_is_not_counted_on_and_never_repeated() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    rig.silent = True
    rig.fill(rig.one(Side.BUY, YES))
    sale = rig.one(Side.SELL, YES)
    rig.pass_time(1.9)
    assert len(hedges(rig)) == 1
    rig.silent = False
    rig.pass_time(0.2)
    assert rig.one(Side.BUY, NO).leg.limit == cents(52), "it may be lost: whoever takes this bid pairs what is held"
    assert rig.one(Side.SELL, YES) == sale
    rig.answer(sale, Report.ACCEPTED)
    assert rig.one(Side.SELL, YES).remaining
    assert rig.prices().get(NO) != cents(52), "the sale rests: the bid is not needed"


def test_a_sale_that_was_lost_is_a_new_one_in_the_end() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    rig.silent = True
    rig.fill(rig.one(Side.BUY, YES))
    sale = rig.one(Side.SELL, YES)
    rig.silent = False
    rig.pass_time(2.1)
    rig.answer(sale, Report.REJECTED)
    rig.pass_time(1.1)
    assert rig.one(Side.SELL, YES).leg.limit == cents(48)
    assert rig.prices().get(NO) != cents(52)


def test_a_bid_that_pairs_and_quotes_never_bind_more_than_a_market_may() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    rig.silent = True
    rig.fill(rig.one(Side.BUY, YES))
    rig.silent = False
    rig.pass_time(2.1)
    held = rig.ledger.positions[rig.markets[MarketId("a")].yes]
    assert len(rig.prices()) == 1, "9.00 for what is held and 10.40 for the bid leave no room for a quote"
    assert rig.reserved(MarketId("a")) + held.cost <= 25 * DOLLAR


def test_while_an_order_has_no_answer_nothing_else_is_quoted_there() -> None:
    rig = Rig(max_exposure_per_market="12")
    rig.silent = True
    rig.quote()
    lost = rig.one(Side.BUY, YES)
    rig.silent = False
    rig.pass_time(1.9)
    assert rig.prices() == {YES: cents(45)}
    rig.pass_time(0.2)
    lines = rig.seen()
    assert "unanswered" in {line.rule for line in lines if isinstance(line, QuoteRefused)}
    assert not rig.orders[lost.id].remaining
    assert "unanswered" in {line.rule for line in lines if isinstance(line, QuoteAllowed)}, "it was found and cancelled"


def test_wake_ups_that_an_earlier_one_replaced_change_nothing() -> None:
    rig = quoting(hedge_sell=UNSETTLED)
    rig.fill(rig.one(Side.BUY, YES), provisional=True)
    rig.pass_time(0.1)
    rig.quote([(0.46, 120), *DEEP[0][1:]])
    asked = len(rig.wakes)
    for wake in [wake for wake in rig.wakes if wake.name.endswith(":look")]:
        rig.tell(TimerFired(wake.name, rig.desk.now))
    assert len(rig.wakes) == asked, "none of them was due"


CHEAP = [(0.12, 100), (0.11, 100), (0.10, 80), (0.09, 80)], [(0.14, 100), (0.15, 100), (0.16, 80), (0.17, 80)]
DOLLAR_AT_LEAST = {"min_notional": Money(DOLLAR)}


def test_a_sale_worth_too_little_to_trade_at_once_waits_right_above_the_bids() -> None:
    rig = Rig(facts=DOLLAR_AT_LEAST)
    rig.quote(*CHEAP)
    rig.fill(rig.one(Side.BUY, YES), 7)
    sale = rig.one(Side.SELL, YES)
    assert (sale.leg.limit, sale.leg.size) == (cents(13), 7 * CONTRACT), "0.84 dollars at 0.12 would be refused"
    assert hedges(rig)[-1].plan is PlanKind.POST_ONLY
    rig.fill(sale)
    rig.fill(rig.one(Side.BUY, YES))
    assert rig.one(Side.SELL, YES).leg.limit == cents(12), "20 of them are worth enough"


def test_what_is_worth_too_little_to_be_sold_at_once_is_paired_instead_where_that_is_allowed() -> None:
    rig = Rig(facts=DOLLAR_AT_LEAST, hedge_sell={"completing": "cheaper"})
    rig.quote(*CHEAP)
    rig.fill(rig.one(Side.BUY, YES), 7)
    [bought] = hedges(rig)
    assert (bought.legs[0].outcome, bought.legs[0].size, bought.plan) == (NO, 7 * CONTRACT, PlanKind.MARKET)


def test_a_patient_maker_offers_beside_the_asks_follows_them_and_takes_bids_in_the_end() -> None:
    rig = quoting(hedge_sell={"patience": "10m"})
    rig.fill(rig.one(Side.BUY, YES))
    offered = rig.one(Side.SELL, YES)
    assert (offered.leg.limit, offered.leg.post_only) == (cents(48), False)
    assert next(wish for wish in intents(rig.log) if wish.kind == EXIT).plan is PlanKind.POST_ONLY
    rig.quote(DEEP[0], [(0.47, 100), *DEEP[1]])
    assert rig.one(Side.SELL, YES).leg.limit == cents(47)
    rig.pass_time(601)
    assert rig.one(Side.SELL, YES).leg.limit == cents(46)


def test_a_stop_loss_never_waits() -> None:
    rig = quoting(hedge_sell={"patience": "10m"})
    rig.fill(rig.one(Side.BUY, YES))
    rig.quote([(0.40, 100), (0.39, 100), (0.38, 80), (0.37, 80)], [(0.42, 100), (0.43, 100)])
    assert rig.one(Side.SELL, YES).leg.limit == cents(40)


def test_a_quote_of_ours_never_trades_with_a_hedge_of_ours() -> None:
    rig = Rig(min_protection_size_multiplier="0")
    rig.quote([(0.46, 2), (0.45, 2), (0.44, 80), (0.43, 80)])
    quote = rig.one(Side.BUY, YES)
    wishes = rig.fill(quote, 8)
    assert isinstance(wishes[0], Withdraw), "the quote at 0.45 goes before the sale at 0.44"
    assert rig.one(Side.SELL, YES).leg.limit == cents(44)
    assert not rig.orders[quote.id].remaining


def test_exposure_counts_open_purchases_and_what_filled_and_is_not_hedged() -> None:
    rig = Rig(max_exposure_per_market="19")
    rig.quote()
    assert rig.prices() == {YES: cents(45)}, "9.00 and 10.20 more would be too much"
    [refused] = [seen for seen in rig.seen() if isinstance(seen, QuoteRefused)]
    assert (refused.rule, refused.found) == ("exposure_per_market", "$9.00 and $10.20 more")
    rig.fill(rig.one(Side.BUY, YES))
    assert NO not in rig.prices(), "what filled still binds its cost"
    rig.fill(rig.one(Side.SELL, YES))
    assert YES in rig.prices()


def test_a_market_that_loses_its_reward_is_left_at_once_and_what_filled_is_still_given_up() -> None:
    rig = quoting()
    rig.fill(rig.one(Side.BUY, YES))
    rig.reward()
    assert rig.prices() == {}
    assert rig.one(Side.SELL, YES).leg.size == 20 * CONTRACT


def test_another_band_or_least_size_places_the_quotes_anew() -> None:
    rig = quoting()
    rig.reward(terms(least=25))
    assert {order.leg.size for order in rig.resting} == {Size(25 * CONTRACT)}
    rig.reward(terms(spread=0.015))
    assert rig.prices() == {}, "within half a cent of the middle a quote would be the best bid"
    assert {seen.rule for seen in rig.seen() if isinstance(seen, QuoteRefused)} == {"queue_position"}


def test_a_paused_or_resolved_market_is_left() -> None:
    rig = quoting()
    paused = replace(rig.markets[MarketId("a")], status=MarketStatus.PAUSED)
    rig.markets[paused.id] = paused
    rig.tell(MarketStatusChanged(paused.id, MarketStatus.PAUSED, rig.desk.now))
    assert rig.resting == []
    over = replace(paused, status=MarketStatus.RESOLVED)
    rig.markets[over.id] = over
    assert rig.tell(MarketResolved(over.id, Price(10_000), rig.desk.now)) == []


def test_nothing_is_quoted_into_a_resolution() -> None:
    soon = quoting(facts={"closes": Nanos(Rig().desk.now + 1_800 * SECOND)})
    assert soon.resting == []
    assert {seen.rule for seen in soon.seen() if isinstance(seen, QuoteRefused)} == {"resolution"}


def test_a_halt_or_a_pause_takes_quotes_away_and_lets_hedges_be() -> None:
    rig = quoting()
    rig.fill(rig.one(Side.BUY, YES), 8)
    rig.stopped = "paused by ann"
    rig.quote([(0.46, 120), *DEEP[0][1:]])
    assert rig.prices() == {}
    assert rig.one(Side.SELL, YES).remaining


def test_a_quote_that_the_venue_refuses_is_a_new_order_each_second_and_rarely_after_three() -> None:
    rig = Rig()
    rig.refuses = True
    rig.quote()
    yes = [order for order in rig.orders.values() if order.leg.outcome == YES]
    assert len(yes) == 1
    rig.pass_time(3.5)
    tried = [order for order in rig.orders.values() if order.leg.outcome == YES]
    assert [order.created - tried[0].created for order in tried] == [0, SECOND, 2 * SECOND, 3 * SECOND]
    rig.pass_time(29)
    assert len([order for order in rig.orders.values() if order.leg.outcome == YES]) == 4
    rig.pass_time(2)
    assert len([order for order in rig.orders.values() if order.leg.outcome == YES]) == 5


def test_a_hedge_that_never_comes_about_is_tried_ten_times_and_then_the_market_is_left_alone() -> None:
    rig = quoting()
    rig.refuses = True
    rig.fill(rig.one(Side.BUY, YES))
    rig.pass_time(11.5)
    sales = [order for order in rig.orders.values() if order.leg.side is Side.SELL]
    assert len(sales) == 11
    [failed] = [seen for seen in rig.seen() if isinstance(seen, HedgeFailed)]
    assert failed.again - failed.at == 30 * SECOND
    assert rig.prices() == {}, "nothing is quoted where nothing can be given up"
    rig.refuses = False
    rig.pass_time(31)
    assert rig.one(Side.SELL, YES).remaining


def test_a_hedge_waits_for_nothing_once_the_venue_takes_orders_again() -> None:
    rig = quoting()
    rig.refuses = True
    rig.fill(rig.one(Side.BUY, YES))
    rig.pass_time(11.5)
    rig.refuses = False
    rig.pass_time(5)
    assert not [order for order in rig.resting if order.leg.side is Side.SELL], "it cools down"
    rig.tell(VenueStateChanged(Venue.POLYMARKET, VenueState.UP, rig.desk.now, ""))
    assert rig.one(Side.SELL, YES).remaining


def test_a_position_from_outside_is_given_up_too() -> None:
    rig = quoting()
    rig.find(rig.markets[MarketId("a")].yes, 30, 45)
    rig.tell(account(rig))
    assert rig.one(Side.SELL, YES).leg.size == 30 * CONTRACT


def test_what_an_earlier_run_left_in_a_market_that_is_not_chosen_is_given_up_too() -> None:
    rig = Rig("a", "b", most=1)
    rig.find(rig.markets[MarketId("b")].yes, 30, 45)
    for name in "ab":
        rig.quote(name=name)
    assert {order.leg.market for order in rig.resting if order.leg.side is Side.BUY} == {"a"}
    assert rig.one(Side.SELL, "b+").leg.size == 30 * CONTRACT


def test_a_finer_tick_moves_a_quote_to_where_it_belongs_now() -> None:
    rig = quoting(quoting="reservation", risk_aversion="0.002", informed_share="3%")
    before = rig.prices()[YES]
    market = rig.markets[MarketId("a")]
    finer = replace(market, grid=PriceGrid.uniform(Price(10)))
    rig.markets[finer.id] = finer
    rig.tell(GridChanged(finer.id, finer.grid, rig.desk.now))
    assert 0 < rig.prices()[YES] - before < 100, "nearer to its price than a cent allows"
    assert (rig.prices()[YES] % 100) != 0
    coarser = replace(market, grid=PriceGrid.uniform(Price(100)))
    rig.markets[coarser.id] = coarser
    rig.tell(GridChanged(coarser.id, coarser.grid, rig.desk.now))
    assert rig.prices()[YES] == before


def test_a_sale_that_fails_for_lack_of_a_settled_balance_is_tried_again_and_its_quotes_stay_away() -> None:
    rig = quoting()
    rig.refuses = True
    rig.fill(rig.one(Side.BUY, YES))
    assert YES not in rig.prices()
    rig.pass_time(2.5)
    sales = [order for order in rig.orders.values() if order.leg.side is Side.SELL]
    assert [order.status for order in sales] == ["rejected"] * 3, "each second a new order, none sent twice"
    assert len({order.id for order in sales}) == 3
    said = {line.found for line in rig.seen() if isinstance(line, QuoteRefused) and line.rule == "unhedged"}
    assert said == {"20.00 are not"}
    rig.refuses = False
    rig.pass_time(1)
    assert rig.one(Side.SELL, YES).remaining


def test_what_keeps_a_quote_away_is_said_in_words() -> None:
    rig = quoting()
    rig.seen()
    rig.reward()
    found = {line.rule: (line.limit, line.found) for line in rig.seen() if isinstance(line, QuoteRefused)}
    assert found == {"no_reward": ("a reward, and among the markets chosen", "not chosen")}
    paused = quoting()
    market = replace(paused.markets[MarketId("a")], status=MarketStatus.PAUSED)
    paused.markets[market.id] = market
    paused.tell(MarketStatusChanged(market.id, MarketStatus.PAUSED, paused.desk.now))
    assert ("market_status", "open", "paused") in {
        (line.rule, line.limit, line.found) for line in paused.seen() if isinstance(line, QuoteRefused)
    }


def test_pairs_are_merged_and_not_asked_for_twice() -> None:
    rig = quoting()
    yes, no = rig.one(Side.BUY, YES), rig.one(Side.BUY, NO)
    rig.fill(yes, provisional=True)
    rig.fill(no, provisional=True)
    assert rig.merges == []
    rig.mine(yes)
    rig.mine(no)
    rig.quote()
    assert [(merge.market, merge.size) for merge in rig.merges] == [("a", 20 * CONTRACT)]


def test_a_start_is_clean() -> None:
    rig = Rig()
    old = Intent(
        id=IntentId("old"),
        strategy="reward-maker",
        kind="quote",
        subject="",
        legs=(),
        cost=Money(0),
        edge=Money(0),
        max_loss=Money(0),
        oldest=Nanos(0),
        at=Nanos(0),
        reason="",
    )
    rig.plans[old.id] = old
    assert Withdraw(old.id, "a clean start") in rig.quote()


def test_markets_are_chosen_anew_and_those_that_stay_keep_their_quotes() -> None:
    rig = Rig("a", "b", "c", most=2)
    for name in "abc":
        rig.quote(name=name)
    kept = rig.one(Side.BUY, "a+")
    assert {order.leg.market for order in rig.resting} == {"a", "b"}
    rig.reward(terms(market="a", daily=50), terms(market="b", daily=10), terms(market="c", daily=90))
    rig.pass_time(1_201)
    assert {order.leg.market for order in rig.resting} == {"a", "c"}
    assert rig.orders[kept.id].remaining
    last = [seen for seen in rig.seen() if isinstance(seen, MarketsChosen)][-1]
    assert (last.chosen, last.left, last.rewarded) == (("c", "a"), ("b",), 3)


def test_a_jump_of_the_middle_keeps_quotes_away_for_a_minute() -> None:
    rig = quoting()
    up = [(bid + 0.04, size) for bid, size in DEEP[0]], [(ask + 0.04, size) for ask, size in DEEP[1]]
    rig.quote(*up)
    assert rig.prices() == {}
    assert {seen.rule for seen in rig.seen() if isinstance(seen, QuoteRefused)} == {"jump"}
    rig.pass_time(61)
    assert rig.prices() == {YES: cents(49), NO: cents(47)}


def test_quotes_around_a_reservation_price_lean_away_from_what_is_held() -> None:
    patient = {"patience": "1h"}
    rig = Rig(quoting="reservation", risk_aversion="0.002", max_exposure_per_market="100", hedge_sell=patient)
    rig.quote([*DEEP[0], (0.42, 200), (0.41, 200)], [*DEEP[1], (0.52, 200), (0.53, 200)])
    assert rig.prices() == {YES: cents(45), NO: cents(51)}
    rig.fill(rig.one(Side.BUY, YES))
    assert rig.prices() == {YES: cents(44), NO: cents(52)}, "a cent lower, and as near as the best bid allows"


def test_figures_say_what_was_done() -> None:
    rig = quoting()
    rig.fill(rig.one(Side.BUY, YES))
    figures = rig.maker.figures()
    assert (figures.markets, figures.quoting, figures.fills, figures.hedges) == (1, 1, 1, 1)
    assert figures.unhedged == 9_000_000


def account(rig: Rig) -> AccountStated:
    now = rig.desk.now
    return AccountStated(venue=Venue.POLYMARKET, cash=Money(0), positions=(), orders=(), asked=now, received=now)


OFFERED = {"patience": "1h"}
"""Sales wait beside the best ask."""
FARTHER = [(0.48, 100), (0.50, 100), (0.51, 80), (0.52, 80)]
"""The second-best ask is a cent farther than in a deep market: a quote of NO moves to 0.50."""


def answered(rig: Rig) -> None:
    """The venue has what it said nothing of."""
    rig.silent = False
    for order in rig.resting:
        if order.status is OrderStatus.SENDING:
            rig.answer(order, Report.ACCEPTED)


def test_nothing_is_quoted_until_the_venue_has_what_gives_up_a_fill() -> None:
    rig = quoting(hedge_sell=OFFERED)
    rig.silent = True
    rig.fill(rig.one(Side.BUY, YES))
    rig.quote(DEEP[0], FARTHER)
    assert rig.prices() == {}, "the quote of NO had to move, and none takes its place while the sale is on its way"
    said = {line.outcome for line in rig.seen() if isinstance(line, QuoteRefused) and line.rule == "unhedged"}
    assert NO in said
    answered(rig)
    assert rig.prices()[NO] == cents(50)


def test_a_sale_stays_where_it_is_while_another_order_has_no_answer() -> None:
    rig = quoting(hedge_sell=OFFERED)
    rig.fill(rig.one(Side.BUY, YES))
    sale = rig.one(Side.SELL, YES)
    rig.silent = True
    rig.quote(DEEP[0], FARTHER)
    assert [order.status for order in rig.resting if order.leg.outcome == NO] == [OrderStatus.SENDING]
    rig.quote(DEEP[0], [(0.49, 100), *FARTHER[1:]])
    assert rig.one(Side.SELL, YES) == sale, "should the quote be lost, no other sale could leave for a while"
    answered(rig)
    assert rig.one(Side.SELL, YES).leg.limit == cents(49)


def test_what_was_sold_stays_at_stake_until_its_trade_stands_in_a_block() -> None:
    rig = quoting(hedge_sell=OFFERED)
    rig.fill(rig.one(Side.BUY, YES))
    sale = rig.one(Side.SELL, YES)
    rig.fill(sale, provisional=True)
    assert YES not in rig.prices(), "nine dollars that may come back, and 10.20 bid for NO: no room for nine more"
    rig.mine(sale)
    assert rig.prices() == {YES: cents(45), NO: cents(51)}


def test_a_sale_whose_trade_fails_leaves_no_more_at_stake_than_is_allowed() -> None:
    rig = quoting(hedge_sell=OFFERED)
    rig.fill(rig.one(Side.BUY, YES))
    sale = rig.one(Side.SELL, YES)
    rig.fill(sale, provisional=True)
    rig.take_back(sale)
    held = sum(position.cost for position in rig.ledger.positions.values())
    assert held + rig.reserved(MarketId("a")) <= 25 * DOLLAR
    assert rig.one(Side.SELL, YES).leg.size == 20 * CONTRACT, "what came back is offered again"


def test_a_purchase_that_a_venue_would_refuse_as_too_few_dollars_completes_nothing() -> None:
    rig = Rig(hedge_sell=UNSETTLED, facts={"min_notional": Money(DOLLAR)})
    rig.quote([(0.87, 100), (0.86, 100), (0.85, 80), (0.84, 80)], [(0.88, 100), (0.89, 100), (0.90, 80), (0.91, 80)])
    rig.refuses = True  # a bid that pairs, too
    rig.fill(rig.one(Side.BUY, YES), 6, provisional=True)
    rig.pass_time(6)
    bought = [order.leg for order in rig.orders.values() if (order.leg.outcome, order.leg.tif) == (NO, "ioc")]
    assert not bought, "six contracts at fifteen cents at most: less than the dollar that may trade at once"
