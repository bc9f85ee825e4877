"""How trades settle, markets live and die, and order groups pull the plug."""

from collections.abc import Callable

import msgspec
import pytest

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import MarketStatus, NoFees, PolymarketFees
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Nanos, Price, Size
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import (
    ExchangeEvent,
    ListingAdded,
    Matched,
    OrderState,
    Refusal,
    Refused,
    Resolved,
    Settlement,
    SettlementMoved,
    StatusMoved,
)
from dutchbook.exchange.rules import KALSHI, POLYMARKET, Mode
from tests.exchange.matching_stage import START, Stage

M0 = MarketId("m0")
YES, NO = OutcomeId("m0/yes"), OutcomeId("m0/no")
ALWAYS = 1_000_000


def refusal(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.reason


def settlements(stage: Stage) -> list[Settlement]:
    return [event.status for event in stage.events if isinstance(event, SettlementMoved)]


def test_who_listens_for_some_kinds_hears_these_alone_and_in_the_order_of_all() -> None:
    stage = Stage()
    heard: list[ExchangeEvent] = []
    first: list[str] = []
    stage.exchange.listen(heard.append, Matched, SettlementMoved)
    stage.exchange.listen(lambda _: first.append("earlier"), Matched)
    stage.exchange.listen(lambda _: first.append("later"), Matched)
    stage.buy("ann", 40, 10)
    assert heard == []
    stage.buy("bob", 60, 10, no=True)
    stage.later(60)
    assert heard == [event for event in stage.events if isinstance(event, Matched | SettlementMoved)]
    assert first == ["earlier", "later"]


def test_a_trade_is_mined_and_then_confirmed() -> None:
    stage = Stage()
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    assert (settlements(stage), len(stage.exchange.unsettled())) == ([], 1)
    stage.later(5)
    assert settlements(stage)[0] is Settlement.MINED
    assert stage.held("ann", "m0/yes") == 10
    stage.later(6)
    assert settlements(stage) == [Settlement.MINED, Settlement.CONFIRMED]
    assert stage.exchange.unsettled() == []


def test_a_trade_that_fails_gives_everything_back() -> None:
    stage = Stage(msgspec.structs.replace(POLYMARKET, fail_ppm=ALWAYS))
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    stage.later(60)
    assert settlements(stage) == [Settlement.RETRYING, Settlement.FAILED]
    for account in ("ann", "bob"):
        owner = stage.exchange.accounts[account]
        assert (owner.cash(), dict(owner.holdings), owner.fees) == (1_000 * DOLLAR, {}, 0)
        assert (owner.cost_of(YES), owner.cost_of(NO)) == (0, 0)
    assert (stage.exchange.open_interest(M0), stage.exchange.fees_collected()) == (0, 0)


def test_a_failed_sale_gives_the_contracts_back() -> None:
    stage = Stage()
    stage.exchange.split("ann", M0, Size(10 * CONTRACT))
    stage.sell("ann", 70, 10)
    stage.buy("bob", 70, 10)
    match = next(event for event in stage.events if isinstance(event, Matched))
    assert stage.exchange.accounts["ann"].incoming_cash() == 7 * DOLLAR
    assert stage.exchange.fail_match(match.number)
    stage.later(60)
    ann = stage.exchange.accounts["ann"]
    assert (ann.cash(), ann.held(YES), ann.realised) == (990 * DOLLAR, 10 * CONTRACT, 0)
    assert (ann.cost_of(YES), ann.incoming_cash()) == (5 * DOLLAR, 0)
    assert not stage.exchange.fail_match(match.number)


def test_a_retried_trade_is_mined_later() -> None:
    stage = Stage(msgspec.structs.replace(POLYMARKET, retry_ppm=ALWAYS))
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    stage.later(60)
    assert settlements(stage) == [Settlement.RETRYING, Settlement.MINED, Settlement.CONFIRMED]


def test_failures_can_be_switched_on_and_off() -> None:
    stage = Stage()
    stage.exchange.set_failures(fail_ppm=ALWAYS, retry_ppm=0)
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 5, no=True)
    stage.exchange.set_failures(fail_ppm=0, retry_ppm=0)
    stage.buy("bob", 60, 5, no=True)
    stage.later(60)
    assert sorted(settlements(stage)) == sorted(
        [Settlement.RETRYING, Settlement.FAILED, Settlement.MINED, Settlement.CONFIRMED]
    )


def test_on_kalshi_a_match_is_final() -> None:
    stage = Stage(KALSHI)
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    stage.later(60)
    assert settlements(stage) == []
    assert (stage.held("ann", "m0/yes"), stage.held("bob", "m0/no")) == (10, 10)


def test_due_things_happen_at_their_own_time_however_late_one_looks() -> None:
    stage = Stage()
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    stage.later(3_600)
    times = [event.at for event in stage.events if isinstance(event, SettlementMoved)]
    assert START + 2 * SECOND <= times[0] <= START + 5 * SECOND
    assert times[0] + 3 * SECOND <= times[1] <= times[0] + 6 * SECOND


def timed(listing: Listing) -> Listing:
    market = msgspec.structs.replace(
        listing.market,
        status=MarketStatus.UNOPENED,
        opens=Nanos(START + 10 * SECOND),
        closes=Nanos(START + 20 * SECOND),
    )
    return msgspec.structs.replace(listing, market=market)


def test_kalshi_opens_and_closes_markets_by_the_clock() -> None:
    stage = Stage(KALSHI, change=timed)
    assert refusal(lambda: stage.buy("ann", 40, 10)) is Refusal.MARKET_NOT_OPEN
    stage.later(10)
    order = stage.buy("ann", 40, 10)
    stage.later(10)
    assert (order.state, order.reason) == (OrderState.CANCELLED, "closed")
    assert stage.exchange.listings[M0].market.status is MarketStatus.CLOSED
    assert refusal(lambda: stage.buy("ann", 40, 10)) is Refusal.MARKET_CLOSED
    moved = [(event.status, event.at) for event in stage.events if isinstance(event, StatusMoved)]
    assert moved == [(MarketStatus.OPEN, START + 10 * SECOND), (MarketStatus.CLOSED, START + 20 * SECOND)]


def test_polymarket_trades_on_after_the_stated_end() -> None:
    stage = Stage(change=timed)
    stage.later(30)
    assert stage.buy("ann", 40, 10).resting


def test_a_new_closing_time_replaces_the_old_one() -> None:
    stage = Stage(KALSHI, change=timed)
    listing = stage.exchange.listings[M0]
    market = msgspec.structs.replace(listing.market, closes=Nanos(START + 40 * SECOND))
    stage.exchange.relist(msgspec.structs.replace(listing, market=market))
    stage.later(30)
    assert stage.exchange.listings[M0].market.status is MarketStatus.OPEN
    stage.later(10)
    assert stage.exchange.listings[M0].market.status is MarketStatus.CLOSED


def test_a_pause_cancels_the_orders_that_asked_for_it_and_kalshi_cancels_the_rest_when_it_ends() -> None:
    stage = Stage(KALSHI)
    careful, patient = stage.buy("ann", 40, 10, cancel_on_pause=True), stage.buy("ann", 40, 10)
    stage.exchange.set_status(M0, MarketStatus.PAUSED)
    assert (careful.reason, patient.resting) == ("pause", True)
    stage.exchange.set_status(M0, MarketStatus.OPEN)
    assert patient.reason == "pause"


def test_what_rests_may_be_cancelled_while_a_market_is_paused() -> None:
    stage = Stage(KALSHI)
    order = stage.buy("ann", 40, 10)
    stage.exchange.set_status(M0, MarketStatus.PAUSED)
    assert stage.exchange.cancel("ann", order.new.id).reason == "user"


def test_polymarket_keeps_orders_over_a_pause() -> None:
    stage = Stage()
    order = stage.buy("ann", 40, 10)
    stage.exchange.set_status(M0, MarketStatus.PAUSED)
    stage.exchange.set_status(M0, MarketStatus.OPEN)
    assert order.resting


def test_a_pause_of_all_trading_at_kalshi_cancels_the_orders_that_asked_for_it() -> None:
    stage = Stage(KALSHI)
    careful, patient = stage.buy("ann", 40, 10, cancel_on_pause=True), stage.buy("ann", 40, 10)
    stage.exchange.set_mode(Mode.CANCEL_ONLY)
    assert (careful.reason, patient.resting) == ("pause", True)


def test_sports_books_are_cleared_when_the_game_starts() -> None:
    def game(listing: Listing) -> Listing:
        return msgspec.structs.replace(listing, game_start=Nanos(START + 10 * SECOND), clear_on_start=True)

    stage = Stage(change=game)
    order = stage.buy("ann", 40, 10)
    stage.later(10)
    assert order.reason == "game_start"
    assert stage.buy("ann", 40, 10).resting


def test_a_decision_ends_all_orders_and_happens_once() -> None:
    stage = Stage()
    order = stage.buy("ann", 40, 10)
    stage.exchange.resolve(M0, Price(0))
    assert (order.state, stage.exchange.accounts["ann"].reserved()) == (OrderState.CANCELLED, 0)
    assert [event.payout for event in stage.events if isinstance(event, Resolved)] == [0]
    assert stage.exchange.listings[M0].market.payout == 0
    assert refusal(lambda: stage.exchange.resolve(M0, Price(ONE))) is Refusal.MARKET_CLOSED
    assert refusal(lambda: stage.exchange.set_status(M0, MarketStatus.OPEN)) is Refusal.MARKET_CLOSED
    assert refusal(lambda: stage.buy("ann", 40, 10)) is Refusal.MARKET_CLOSED


def test_kalshi_pays_at_once_when_a_market_is_decided() -> None:
    stage = Stage(KALSHI, fees=NoFees())
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    stage.exchange.resolve(M0, Price(ONE))
    assert (stage.cash("ann"), stage.cash("bob")) == (1_006, 994)


def test_contracts_mined_after_the_decision_are_redeemed() -> None:
    stage = Stage(fees=NoFees())
    stage.buy("ann", 40, 10)
    stage.buy("bob", 60, 10, no=True)
    stage.exchange.resolve(M0, Price(ONE))
    assert refusal(lambda: stage.exchange.redeem("ann", M0)) is Refusal.NOT_SETTLED
    stage.later(5)
    assert stage.exchange.redeem("ann", M0) == 10 * DOLLAR


def test_a_market_and_its_outcomes_are_listed_once() -> None:
    stage = Stage()
    listing = stage.exchange.listings[M0]
    assert refusal(lambda: stage.exchange.add_market(listing)) is Refusal.DUPLICATE
    assert stage.exchange.market_of(YES) == M0
    assert stage.exchange.market_of(OutcomeId("else")) is None


def test_relisting_changes_what_is_published_and_not_where_the_market_stands() -> None:
    stage = Stage()
    listing = stage.exchange.listings[M0]
    stage.exchange.set_status(M0, MarketStatus.PAUSED)
    named = msgspec.structs.replace(listing, description="Now with a name")
    stage.exchange.relist(named)
    assert stage.exchange.listings[M0].description == "Now with a name"
    assert stage.exchange.listings[M0].market.status is MarketStatus.PAUSED
    assert isinstance(stage.events[-1], ListingAdded)


def grouped(limit: int = 10) -> Stage:
    stage = Stage(KALSHI, fees=NoFees())
    stage.exchange.create_group("ann", Size(limit * CONTRACT), "g")
    return stage


def test_a_group_that_trades_its_limit_ends_all_its_orders_and_takes_none_until_reset() -> None:
    stage = grouped()
    hit, other = stage.buy("ann", 40, 20, group="g"), stage.buy("ann", 30, 20, group="g")
    alone = stage.buy("ann", 29, 20)
    stage.buy("bob", 60, 10, no=True)
    assert (hit.reason, other.reason, alone.resting) == ("group", "group", True)
    assert refusal(lambda: stage.buy("ann", 40, 1, group="g")) is Refusal.GROUP_TRIGGERED
    stage.exchange.reset_group("ann", "g")
    assert stage.buy("ann", 40, 1, group="g").resting


def test_a_group_counts_fifteen_seconds() -> None:
    stage = grouped()
    order = stage.buy("ann", 40, 40, group="g")
    stage.buy("bob", 60, 9, no=True)
    stage.later(15)
    stage.buy("bob", 60, 9, no=True)
    assert order.resting
    stage.later(14)
    stage.buy("bob", 60, 1, no=True)
    assert order.reason == "group"


def test_a_taker_may_trigger_its_own_group() -> None:
    stage = grouped()
    stage.buy("bob", 60, 15, no=True)
    taker = stage.buy("ann", 40, 30, group="g")
    assert (taker.filled, taker.state, taker.reason) == (15 * CONTRACT, OrderState.CANCELLED, "group")
    assert stage.bids() == []


def test_groups_are_their_owners_and_can_be_triggered_resized_and_deleted() -> None:
    stage = grouped()
    exchange = stage.exchange
    order = stage.buy("ann", 40, 20, group="g")
    assert [each.new.id for each in exchange.group("ann", "g").open_orders()] == [order.new.id]
    assert refusal(lambda: exchange.group("bob", "g")) is Refusal.UNKNOWN_ORDER
    assert refusal(lambda: stage.buy("bob", 40, 20, group="g")) is Refusal.UNKNOWN_ORDER
    assert refusal(lambda: exchange.create_group("ann", Size(1), "g")) is Refusal.DUPLICATE
    exchange.limit_group("ann", "g", Size(100 * CONTRACT))
    stage.buy("bob", 60, 15, no=True)
    assert order.resting
    exchange.limit_group("ann", "g", Size(15 * CONTRACT))
    assert order.reason == "group"
    exchange.delete_group("ann", "g")
    assert exchange.groups_of("ann") == []


def test_maker_rebates_are_paid_after_midnight_from_the_fees_of_the_day() -> None:
    fees = PolymarketFees(rate_ppm=50_000, rebate_ppm=250_000)
    stage = Stage(fees=fees)
    stage.buy("ann", 50, 400)
    stage.buy("cid", 50, 200)
    stage.buy("bob", 50, 600, no=True)  # fees of 600 x 0.05 x 0.25 = 7.50, of which 1.875 goes back
    collected = stage.exchange.fees_collected()
    assert collected == 7_500_000
    before = (stage.cash("ann"), stage.cash("cid"))
    stage.later(86_400)
    assert stage.cash("ann") - before[0] == pytest.approx(1.25)
    assert stage.cash("cid") == before[1], "below a dollar nothing is paid"
    assert stage.exchange.fees_collected() == collected - 1_250_000
    assert stage.cash("bob") == 1_000 - 300 - 7.5


def test_a_failed_trade_earns_no_rebate() -> None:
    fees = PolymarketFees(rate_ppm=50_000, rebate_ppm=250_000)
    stage = Stage(msgspec.structs.replace(POLYMARKET, fail_ppm=ALWAYS), fees=fees)
    stage.buy("ann", 50, 1_000)
    stage.buy("bob", 50, 1_000, no=True)
    stage.later(86_400)
    assert (stage.cash("ann"), stage.cash("bob")) == (1_000, 1_000)


def test_what_is_due_next_is_told() -> None:
    stage = Stage(KALSHI)
    assert stage.exchange.next_due() is None
    stage.buy("ann", 40, 10, expires=Nanos(START + 5 * SECOND))
    assert stage.exchange.next_due() == START + 5 * SECOND
