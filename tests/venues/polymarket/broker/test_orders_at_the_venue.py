"""Orders of ours at the simulated venue: placed, filled, cancelled, and told of once, whatever is lost on the way."""

from typing import Any

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.events import CancelFailed, OrderMissing, OrderReported, VenueState, VenueStateChanged
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import Order, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, Money, Nanos
from dutchbook.exchange.rules import Mode
from dutchbook.exchange.servers.polymarket.auth import Restriction
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.user_events import UserQuirks
from dutchbook.venues.polymarket.order_body import MOST_ORDERS
from dutchbook.venues.polymarket.order_limits import PLACES
from tests.exchange.servers.polymarket.clob_stage import NO, PLAIN, THIRD, V3_YES, YES
from tests.venues.live.virtual_time import until
from tests.venues.polymarket.broker.stage import ADDRESS, Stage

S = OrderStatus


def reports(stage: Stage, order: Order) -> list[Report]:
    return [each.report for each in stage.events if isinstance(each, OrderReported) and each.order == order.id]


def detail(stage: Stage, order: Order) -> str:
    told = [each for each in stage.events if isinstance(each, OrderReported) and each.order == order.id]
    return told[-1].detail


async def test_an_order_rests_until_it_is_cancelled() -> None:
    async with Stage().playing() as stage:
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        assert order.status is S.OPEN
        assert stage.resting() == {order.venue_id: 10 * CONTRACT}
        stage.cancel(order)
        assert (await stage.ended(order)).status is S.CANCELLED
        assert not stage.resting()
        assert not stage.errors


async def test_a_fill_is_told_once_and_settles() -> None:
    async with Stage().playing() as stage:
        stage.crowd(Side.SELL, 50, 20)
        [order] = await stage.placed(stage.order(Side.BUY, 5_000, 10))
        await until(lambda: stage.now(order).status is S.FILLED)
        [fill] = stage.desk.fills.values()
        assert (fill.price, fill.size, fill.maker, fill.provisional) == (5_000, 10 * CONTRACT, False, True)
        assert fill.fee == Money(100_000)  # 10 x 0.04 x 0.5 x 0.5 dollars
        await stage.happen(lambda: len(stage.desk.settled) == 1)
        assert not stage.errors


async def test_a_maker_is_filled_on_its_own_token_and_pays_nothing() -> None:
    async with Stage().playing() as stage:
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        # A buyer of NO at 0.60 meets our bid for YES at 0.40: both are minted.
        stage.crowd(Side.BUY, 60, 5, token=NO)
        await until(lambda: stage.desk.fills)
        [fill] = stage.desk.fills.values()
        assert (fill.outcome, fill.side, fill.price) == (YES, Side.BUY, 4_000)
        assert (fill.size, fill.maker, fill.fee) == (5 * CONTRACT, True, 0)
        assert stage.now(order).status is S.PARTLY_FILLED


async def test_a_taker_that_meets_several_prices_pays_each_exactly() -> None:
    async with Stage().playing() as stage:
        stage.crowd(Side.SELL, 48, 7)
        stage.crowd(Side.BUY, 51, 5, token=NO)  # an offer of YES at 0.49
        stage.crowd(Side.SELL, 50, 9)
        before = stage.exchange.accounts[ADDRESS.lower()].cash()
        [order] = await stage.placed(stage.order(Side.BUY, 5_000, 16))
        await until(lambda: stage.now(order).status is S.FILLED)
        fills = sorted(stage.desk.fills.values(), key=lambda fill: fill.price)
        assert [(fill.price, fill.size // CONTRACT) for fill in fills] == [(4_800, 7), (4_900, 5), (5_000, 4)]
        paid = sum(fill.price * fill.size // 10_000 + fill.fee for fill in fills)
        assert before - stage.exchange.accounts[ADDRESS.lower()].cash() == paid
        await stage.happen(lambda: len(stage.desk.settled) == 3)


async def test_what_leaves_together_goes_in_one_batch_and_never_more_than_the_venue_takes() -> None:
    async with Stage().playing() as stage:
        orders = await stage.placed(*(stage.order(Side.BUY, 1_000 + 100 * n, 5) for n in range(MOST_ORDERS + 5)))
        assert {order.status for order in orders} == {S.OPEN}
        assert len(stage.resting()) == MOST_ORDERS + 5
        stage.cancel(*orders)
        for order in orders:
            assert (await stage.ended(order)).status is S.CANCELLED
        assert not stage.resting()


async def test_each_order_of_a_batch_has_its_own_fate() -> None:
    async with Stage().playing() as stage:
        stage.crowd(Side.SELL, 50, 8)
        orders = await stage.placed(
            stage.order(Side.BUY, 4_000, 10),
            stage.order(Side.BUY, 5_000, 20, tif=TimeInForce.FOK),
            stage.order(Side.BUY, 6_000, 5, post_only=True),
            stage.order(Side.BUY, 5_000, 8, tif=TimeInForce.FOK),
        )
        await until(lambda: stage.now(orders[3]).status is S.FILLED)
        assert stage.now(orders[0]).status is S.OPEN
        assert stage.now(orders[1]).status in (S.REJECTED, S.CANCELLED)
        assert stage.now(orders[2]).status is S.REJECTED
        assert "crosses" in detail(stage, orders[2])


async def test_a_killed_order_ends_once_whichever_channel_is_first() -> None:
    async with Stage().playing() as stage:
        [order] = await stage.placed(stage.order(Side.BUY, 5_000, 20, tif=TimeInForce.FOK))
        await stage.pass_time(5)
        assert order.status in (S.REJECTED, S.CANCELLED)
        assert len(reports(stage, order)) == 1


async def test_what_is_left_of_an_immediate_order_is_cancelled_after_its_fills() -> None:
    async with Stage().playing() as stage:
        stage.crowd(Side.SELL, 50, 8)
        [order] = await stage.placed(stage.order(Side.BUY, 5_000, 20, tif=TimeInForce.IOC))
        assert (await stage.ended(order)).status is S.CANCELLED
        assert stage.now(order).filled == 8 * CONTRACT
        assert not stage.desk.late


async def test_an_order_that_expires_is_told_so() -> None:
    async with Stage().playing() as stage:
        expires = Nanos(stage.time.now() + 200 * 10**9)
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10, tif=TimeInForce.GTD, expires=expires))
        assert (await stage.ended(order, seconds=200)).status is S.EXPIRED


async def test_an_order_of_the_newer_generation_is_taken() -> None:
    async with Stage().playing() as stage:
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10, outcome=V3_YES, market=THIRD))
        assert order.status is S.OPEN


async def test_cancel_all_ends_everything() -> None:
    async with Stage().playing() as stage:
        orders = await stage.placed(*(stage.order(Side.BUY, 1_000 + 100 * n, 5) for n in range(4)))
        stage.broker.cancel_all(stage.time.now())
        for order in orders:
            assert (await stage.ended(order)).status is S.CANCELLED


async def test_a_cancel_that_comes_too_late_fails_and_the_fill_is_told() -> None:
    async with Stage().playing() as stage:
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        stage.turn_on("freeze", channel="user")
        stage.crowd(Side.SELL, 40, 10)
        stage.cancel(order)
        await until(lambda: any(isinstance(event, CancelFailed) for event in stage.events))
        assert (await stage.ended(order)).status is S.FILLED


async def test_a_failed_settlement_takes_the_fill_back() -> None:
    async with Stage().playing() as stage:
        stage.turn_on("failed_settlement")
        stage.crowd(Side.SELL, 50, 20)
        [order] = await stage.placed(stage.order(Side.BUY, 5_000, 10))
        await stage.happen(lambda: stage.desk.reversed)
        assert stage.desk.filled(order.id) == 0
        assert not stage.desk.settled


@pytest.mark.parametrize(
    "quirks",
    [
        UserQuirks(repeat_trades=True),
        UserQuirks(created_at_in_ms=True, null_expiration=True, trade_timestamp_in_ms=True),
        UserQuirks(match_time_name="matchtime"),
    ],
)
async def test_the_user_channel_may_write_things_in_several_ways(quirks: UserQuirks) -> None:
    async with Stage(quirks=quirks).playing() as stage:
        stage.crowd(Side.SELL, 50, 20)
        [order] = await stage.placed(stage.order(Side.BUY, 5_000, 10))
        await until(lambda: stage.now(order).status is S.FILLED)
        await stage.happen(lambda: stage.desk.settled)
        assert not stage.errors


@pytest.mark.parametrize(
    "options",
    [
        ClobOptions(gone_order="null"),
        ClobOptions(trade_status_prefix=True, hashes_in_answers=True),
        ClobOptions(page=1),
    ],
)
async def test_the_venue_may_answer_in_several_ways(options: ClobOptions) -> None:
    async with Stage(options).playing() as stage:
        stage.turn_on("freeze", channel="user")
        stage.crowd(Side.SELL, 50, 5)
        stage.crowd(Side.SELL, 51, 5)
        [order] = await stage.placed(stage.order(Side.BUY, 5_100, 20))
        await stage.happen(lambda: stage.now(order).filled == 10 * CONTRACT)
        stage.cancel(order)
        assert (await stage.ended(order, seconds=3)).status is S.CANCELLED
        await stage.happen(lambda: len(stage.desk.settled) == 2, seconds=200)
        assert not stage.errors


# What is refused.

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no money": ({"side": Side.BUY, "price": 9_000, "size": 100_000}, "not enough balance / allowance"),
    "nothing to sell": ({"side": Side.SELL, "price": 9_000, "size": 5_000}, "not enough balance / allowance"),
    "crosses": ({"side": Side.BUY, "price": 6_000, "size": 10, "post_only": True}, "crosses book"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_is_told_in_the_venues_words(name: str) -> None:
    wanted, words = REFUSED[name]
    async with Stage().playing() as stage:
        stage.crowd(Side.SELL, 50, 20)
        [order] = await stage.placed(stage.order(**wanted))
        assert order.status is S.REJECTED
        assert words in detail(stage, order)
        assert not stage.resting()


@pytest.mark.parametrize("restriction", [Restriction.BANNED, Restriction.CLOSED_ONLY])
async def test_an_account_that_may_not_trade_is_refused(restriction: Restriction) -> None:
    async with Stage().playing() as stage:
        stage.venue.clob.auth.restrictions[ADDRESS.lower()] = restriction
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        assert order.status is S.REJECTED


@pytest.mark.parametrize("status", [MarketStatus.PAUSED, MarketStatus.CLOSED])
async def test_a_market_that_takes_no_orders_refuses(status: MarketStatus) -> None:
    async with Stage().playing() as stage:
        stage.remembered[PLAIN] = stage.exchange.listings[PLAIN].market
        stage.exchange.set_status(PLAIN, status)
        order = stage.order(Side.BUY, 4_000, 10)
        [order] = await stage.placed(order)
        assert order.status is S.REJECTED


async def test_the_same_order_twice_is_one_order() -> None:
    """The venue calls the second one a duplicate: that is no refusal, the order exists."""
    async with Stage().playing() as stage:
        order = stage.order(Side.BUY, 4_000, 10)
        [sent] = await stage.placed(order)
        stage.codec = type(stage.codec)(stage.me, stage.listings)
        stage.desk.orders.clear()
        [again] = await stage.placed(order)
        assert again.venue_id == sent.venue_id
        assert again.status is S.UNKNOWN
        assert "Duplicated" in detail(stage, again)
        stage.broker.query(again, stage.time.now())
        await until(lambda: stage.now(again).status is S.OPEN)


# What is lost on the way.

LOST: dict[str, tuple[dict[str, object], bool]] = {
    "timeout_before_accept": ({}, False),
    "timeout_after_accept": ({}, True),
    "reset_mid_body": ({}, True),
    "truncated_body": ({}, True),
    "http_status": ({"status": 500}, False),
    "html_body": ({}, False),
}


@pytest.mark.parametrize("fault", LOST)
async def test_an_order_without_an_answer_is_unknown_until_the_venue_shows_it(fault: str) -> None:
    fields, landed = LOST[fault]
    async with Stage().playing() as stage:
        stage.turn_on("freeze", channel="user")
        stage.turn_on(fault, path="/order", method="POST", times=1, **fields)
        [order] = stage.place(stage.order(Side.BUY, 4_000, 10))
        await stage.happen(lambda: stage.now(order).status is S.UNKNOWN)
        assert bool(stage.resting()) is landed
        stage.broker.query(order, stage.time.now())
        if landed:
            await stage.happen(lambda: stage.now(order).status is S.OPEN)
        else:
            await stage.happen(lambda: any(isinstance(event, OrderMissing) for event in stage.events))
            assert stage.now(order).status is S.UNKNOWN


@pytest.mark.parametrize("fault", [name for name, (_, landed) in LOST.items() if landed])
async def test_the_user_channel_knows_what_the_answer_did_not_say(fault: str) -> None:
    async with Stage().playing() as stage:
        stage.turn_on(fault, path="/order", method="POST", times=1)
        stage.crowd(Side.SELL, 50, 20)
        [order] = stage.place(stage.order(Side.BUY, 5_000, 10))
        await stage.happen(lambda: stage.now(order).status is S.FILLED)
        assert len(stage.desk.fills) == 1
        await stage.pass_time(40)
        assert stage.now(order).status is S.FILLED


async def test_fills_come_within_a_second_though_the_user_channel_is_silent() -> None:
    async with Stage().playing() as stage:
        stage.turn_on("freeze", channel="user")
        stage.crowd(Side.SELL, 50, 8)
        began = stage.time.now()
        orders = await stage.placed(
            stage.order(Side.BUY, 5_000, 5), stage.order(Side.BUY, 5_000, 10, tif=TimeInForce.IOC)
        )
        await stage.happen(lambda: stage.now(orders[0]).status is S.FILLED)
        await stage.happen(lambda: stage.now(orders[1]).status is S.CANCELLED)
        assert stage.time.now() - began <= 10**9
        assert stage.now(orders[1]).filled == 3 * CONTRACT
        await stage.happen(lambda: len(stage.desk.settled) == 2, seconds=200)


async def test_the_end_of_a_cancelled_order_is_asked_for_where_nobody_tells_it() -> None:
    async with Stage().playing() as stage:
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        stage.turn_on("freeze", channel="user")
        stage.crowd(Side.SELL, 40, 5)
        stage.cancel(order)
        assert (await stage.ended(order, seconds=3)).status is S.CANCELLED
        assert stage.now(order).filled == 5 * CONTRACT
        assert not stage.desk.late


async def test_what_a_broken_connection_missed_is_read_again() -> None:
    async with Stage().playing() as stage:
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        stated = len(stage.desk.stated)
        stage.turn_on("disconnect", channel="user", times=1)
        stage.crowd(Side.SELL, 40, 5)
        await stage.happen(lambda: len(stage.desk.stated) > stated)
        assert stage.now(order).filled == 5 * CONTRACT


# Modes of the venue.

MODES = {
    Mode.RESTARTING: VenueState.RESTARTING,
    Mode.POST_ONLY: VenueState.POST_ONLY,
    Mode.CANCEL_ONLY: VenueState.CANCEL_ONLY,
    Mode.DISABLED: VenueState.DOWN,
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [1, 3])
async def test_a_venue_that_takes_no_orders_says_so(mode: Mode, count: int) -> None:
    async with Stage().playing() as stage:
        stage.exchange.set_mode(mode)
        orders = await stage.placed(*(stage.order(Side.BUY, 4_000, 10) for _ in range(count)))
        assert {order.status for order in orders} == {S.REJECTED}
        assert stage.desk.state is MODES[mode]
        changed = next(event for event in stage.events if isinstance(event, VenueStateChanged))
        assert changed.until is not None
        assert changed.until > stage.time.now()


async def test_after_a_restart_the_venue_is_post_only_for_a_while_and_then_up() -> None:
    async with Stage().playing() as stage:
        stage.turn_on("restart", down="20s", post_only="30s")
        await stage.pass_time(0)
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        assert (order.status, stage.desk.state) == (S.REJECTED, VenueState.RESTARTING)
        await stage.happen(lambda: stage.desk.state is VenueState.POST_ONLY)
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10, post_only=True))
        assert order.status is S.OPEN
        assert stage.desk.state is VenueState.POST_ONLY
        await stage.happen(lambda: stage.desk.state is VenueState.UP, seconds=200)
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        assert order.status is S.OPEN


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.CANCEL_ONLY])
async def test_a_venue_that_is_back_is_noticed(mode: Mode) -> None:
    async with Stage().playing() as stage:
        stage.exchange.set_mode(mode)
        await stage.placed(stage.order(Side.BUY, 4_000, 10))
        stage.exchange.set_mode(Mode.NORMAL)
        await stage.happen(lambda: stage.desk.state is VenueState.UP)


async def test_an_order_under_another_name_stops_everything_until_the_account_was_read() -> None:
    async with Stage().playing() as stage:
        stage.turn_on("truncated_body", path="/order", times=1)
        [order] = stage.place(stage.order(Side.BUY, 4_000, 10))
        await stage.happen(lambda: stage.now(order).status is not S.SENDING)
        assert VenueState.DOWN in [event.state for event in stage.events if isinstance(event, VenueStateChanged)]
        await stage.happen(lambda: stage.desk.state is VenueState.UP)
        assert stage.now(order).status is S.OPEN


async def test_five_silences_in_a_row_open_the_circuit_and_one_probe_closes_it() -> None:
    async with Stage().playing() as stage:
        stage.turn_on("timeout_before_accept", path="/order*")
        orders = [stage.place(stage.order(Side.BUY, 4_000, 10))[0] for _ in range(5)]
        await stage.happen(lambda: stage.desk.state is VenueState.DOWN)
        assert {stage.now(order).status for order in orders} == {S.UNKNOWN}
        stage.turn_off("timeout_before_accept")
        await stage.happen(lambda: stage.desk.state is VenueState.UP)


# The dead-man switch.


async def test_the_switch_is_fed_while_it_is_on_and_cancels_when_it_is_not() -> None:
    async with Stage().playing() as stage:
        stage.broker.guard(on=True)
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        await stage.pass_time(60)
        assert stage.now(order).status is S.OPEN
        stage.broker.guard(on=False)
        assert (await stage.ended(order)).status is S.CANCELLED


async def test_a_switch_that_cannot_be_fed_allows_cancels_alone() -> None:
    async with Stage().playing() as stage:
        stage.broker.guard(on=True)
        await stage.pass_time(10)
        stage.turn_on("http_status", path="/v1/heartbeats", status=502)
        await stage.happen(lambda: stage.desk.state is VenueState.CANCEL_ONLY)
        stated = len(stage.desk.stated)
        stage.turn_off("http_status")
        await stage.happen(lambda: stage.desk.state is VenueState.UP)
        # The venue may have cancelled everything meanwhile: the account is read.
        await stage.happen(lambda: len(stage.desk.stated) > stated)


# Limits.


async def test_orders_wait_for_the_limit_and_cancels_do_not() -> None:
    async with Stage(ClobOptions(enforce_signer_limits=True)).playing(cash=1_000_000) as stage:
        orders = [stage.order(Side.BUY, 100 + 100 * (n % 40), 500) for n in range(150)]
        sent = stage.place(*orders)
        await stage.happen(lambda: len(stage.resting()) == 60)
        first = next(order for order in sent if order.venue_id in stage.resting())
        stage.cancel(first)
        await stage.happen(lambda: first.venue_id not in stage.resting(), seconds=0.5)
        await stage.happen(lambda: all(stage.now(order).status is not S.SENDING for order in sent))
        assert not [order for order in sent if stage.now(order).status is S.REJECTED]


async def test_an_order_that_still_waits_is_taken_back_when_it_is_cancelled() -> None:
    async with Stage(ClobOptions(enforce_signer_limits=True)).playing(cash=1_000_000) as stage:
        sent = stage.place(*(stage.order(Side.BUY, 100 + 100 * (n % 40), 500) for n in range(75)))
        last = sent[-1]
        stage.cancel(last)
        assert stage.now(last).status is S.REJECTED
        assert "before it left" in detail(stage, last)
        await stage.happen(lambda: len(stage.resting()) == 74)


async def test_an_order_that_waits_for_a_connection_is_taken_back_when_it_is_cancelled() -> None:
    async with Stage().playing(cash=1_000_000) as stage:
        stage.turn_on("slow_answer", path="/order", method="POST", delay="5s")
        sent = [order for n in range(20) for order in stage.place(stage.order(Side.BUY, 100 + 100 * n, 500))]
        last = sent[-1]
        stage.cancel(last)
        assert stage.now(last).status is S.REJECTED
        assert "before it left" in detail(stage, last)
        stage.broker.cancel_all(stage.time.now())
        stayed = [order for order in sent if stage.now(order).status is S.REJECTED]
        assert 5 < len(stayed) < len(sent)
        await stage.happen(lambda: all(stage.now(order).status is not S.SENDING for order in sent))
        await stage.happen(lambda: not stage.resting())
        assert not {order.venue_id for order in stayed} & {
            order.new.id for order in stage.exchange.orders_of(ADDRESS.lower())
        }


async def test_what_is_left_of_a_batch_that_waits_for_a_connection_is_paid_for_once() -> None:
    def room(stage: Stage) -> float:
        return next(each.left for each in stage.broker.fillings() if each.name == PLACES)

    async with Stage().playing(cash=1_000_000) as stage:
        stage.turn_on("slow_answer", path="/order*", method="POST", delay="5s")
        full = room(stage)
        sent = [stage.place(*(stage.order(Side.BUY, 100 + 100 * n, 500) for _ in range(2))) for n in range(10)]
        assert full - room(stage) == 20
        for pair in sent:
            stage.cancel(pair[0])
        assert full - room(stage) == 20
        stayed = [pair for pair in sent if stage.now(pair[0]).status is S.REJECTED]
        assert stayed, "no batch waited for a connection"
        await stage.happen(lambda: all(stage.now(second).status is S.OPEN for _, second in stayed), seconds=60)


async def test_too_many_requests_is_a_refusal_and_slows_us_down() -> None:
    async with Stage().playing() as stage:
        stage.turn_on("http_status", path="/order", method="POST", status=429, retry_after=7, times=1)
        [order] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        assert order.status is S.REJECTED
        began = stage.time.now()
        [again] = stage.place(stage.order(Side.BUY, 4_000, 10))
        await stage.happen(lambda: stage.now(again).status is S.OPEN)
        assert stage.time.now() - began >= 7 * 10**9
