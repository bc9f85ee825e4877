"""Order groups as the venue's own switch, pauses of the exchange, and keys and clocks that are wrong."""

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.errors import VenueRefused
from dutchbook.domain.events import CancelFailed, OrderReported, VenueState, VenueStateChanged
from dutchbook.domain.orders import OrderStatus, TimeInForce
from dutchbook.domain.units import DOLLAR, Money
from dutchbook.exchange.rules import Mode
from dutchbook.venues.kalshi.broker import BrokerTerms, KalshiBroker
from dutchbook.venues.kalshi.drafting import KalshiAccount, KalshiDrafter
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.trading import Asked
from tests.exchange.servers.kalshi.venue import BITCOIN
from tests.venues.kalshi.trading.desk_side import Trader, leg, trading
from tests.venues.live.desk_side import session, surroundings
from tests.venues.live.test_sign import ED25519
from tests.venues.live.virtual_time import until

GROUPS = "/trade-api/v2/portfolio/order_groups*"


def groups(desk: Trader) -> list[str]:
    return [group.id for group in desk.box.exchange.groups_of("ann")]


def states(desk: Trader) -> list[VenueState]:
    return [event.state for event in desk.ledger.of(VenueStateChanged)]


async def guarded(desk: Trader) -> None:
    desk.broker.guard(on=True)
    await until(lambda: desk.broker.guarded(0))


async def test_orders_that_rest_carry_the_group_of_their_shard() -> None:
    async with trading() as desk:
        await guarded(desk)
        [waiting, taking] = desk.send(leg(cents=10), leg(tif=TimeInForce.IOC))
        await desk.settled(waiting, OrderStatus.OPEN)
        await desk.settled(taking, OrderStatus.CANCELLED)
        assert [desk.working(waiting).new.group] == groups(desk)
        assert not desk.working(taking).new.group


async def test_who_is_guarded_before_the_line_stands_has_a_group_for_the_first_order_that_rests() -> None:
    async with trading(start=False) as desk:
        desk.broker.guard(on=True)
        await until(lambda: desk.broker.reachable)
        await desk.time.advance(2)
        await until(lambda: desk.broker.guarded(0))
        [waiting] = desk.send(leg(cents=10))
        await desk.settled(waiting, OrderStatus.OPEN)
        assert [desk.working(waiting).new.group] == groups(desk)


async def test_a_group_is_made_for_each_shard_on_which_orders_may_rest() -> None:
    async with trading() as desk:
        desk.box.exchange.deposit("ann", Money(50 * DOLLAR), 2)
        desk.broker.sweep(desk.time.now())
        await desk.time.advance(1)
        await guarded(desk)
        [early] = desk.send(leg(ticker=BITCOIN))
        await desk.settled(early, OrderStatus.OPEN)
        await until(lambda: desk.broker.guarded(2))
        [later] = desk.send(leg(ticker=BITCOIN))
        await desk.settled(later, OrderStatus.OPEN)
        assert desk.working(later).new.group
        desk.broker.cancel_all(desk.time.now())  # the first went without: it is cancelled by its id
        for name in (early, later):
            await desk.settled(name, OrderStatus.CANCELLED)


async def test_everything_is_cancelled_at_once_and_orders_are_taken_again() -> None:
    async with trading() as desk:
        [before] = desk.send(leg(cents=5))
        await desk.settled(before, OrderStatus.OPEN)
        await guarded(desk)
        names = desk.send(*(leg(cents=10 + number) for number in range(5)))
        for name in names:
            await desk.settled(name, OrderStatus.OPEN)
        desk.broker.cancel_all(desk.time.now())
        for name in (before, *names):
            await desk.settled(name, OrderStatus.CANCELLED)
        assert not desk.box.exchange.open_orders("ann")
        await desk.time.advance(1)  # the budget fills again
        [after] = desk.send(leg())
        await desk.settled(after, OrderStatus.OPEN)
        assert states(desk) in ([], [VenueState.CANCEL_ONLY, VenueState.UP])


async def test_an_order_in_flight_is_cancelled_with_everything_else() -> None:
    async with trading() as desk:
        desk.turn_on("slow_answer", method="POST", path="*/events/orders", delay="1s")
        [name] = desk.send(leg())
        await until(lambda: desk.at_venue(name))
        desk.turn_on("drop", channel="user_orders")
        desk.broker.cancel_all(desk.time.now())
        await desk.time.advance(4)
        await until(lambda: not desk.box.exchange.open_orders("ann"))


async def test_a_switch_that_does_not_work_is_replaced_by_cancels() -> None:
    async with trading() as desk:
        await guarded(desk)
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)
        desk.turn_on("http_status", status=503, method="PUT", path=GROUPS)
        desk.broker.cancel_all(desk.time.now())
        await desk.settled(name, OrderStatus.CANCELLED)


async def test_a_switch_that_comes_too_soon_is_sent_again() -> None:
    async with trading() as desk:
        await guarded(desk)
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)
        desk.turn_on("http_status", status=429, method="PUT", path=GROUPS, times=2)
        desk.turn_on("timeout_after_accept", method="DELETE", hangs="30s")
        desk.broker.cancel_all(desk.time.now())
        await desk.settled(name, OrderStatus.CANCELLED)


async def test_a_switch_that_went_off_for_good_is_armed_when_somebody_says_so() -> None:
    async with trading() as desk:
        await guarded(desk)
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)
        desk.broker.guard(on=False)
        desk.broker.cancel_all(desk.time.now())
        await desk.settled(name, OrderStatus.CANCELLED)
        await desk.time.advance(1)
        assert not desk.broker.guarded(0)
        desk.broker.guard(on=True)
        await until(lambda: desk.broker.guarded(0))


async def test_a_switch_set_off_again_while_it_is_armed_is_armed_anew() -> None:
    async with trading() as desk:
        await guarded(desk)
        desk.turn_on("slow_answer", method="PUT", path="*/reset", delay="1s")
        desk.broker.cancel_all(desk.time.now())
        await until(lambda: bool([fault for fault in desk.box.board.status() if fault.struck]))
        desk.broker.guard(on=False)
        desk.broker.cancel_all(desk.time.now())
        await desk.time.advance(2)
        answered = [Asked.GROUP, Asked.CANCEL_ALL, Asked.CANCEL_ALL, Asked.GROUP]  # the last is about what was before
        await until(lambda: [asked for asked in desk.asked() if asked in answered] == answered)
        assert not desk.broker.guarded(0)
        desk.turn_off("slow_answer")
        desk.broker.guard(on=True)
        await until(lambda: desk.broker.guarded(0))
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)


async def test_an_order_that_waits_for_a_connection_never_leaves_once_it_is_cancelled() -> None:
    async with trading() as desk:
        desk.turn_on("slow_answer", method="POST", path="*/events/orders", delay="1s")
        names = [name for number in range(5) for name in desk.send(leg(cents=10 + number))]
        first, *_, last = names
        await until(lambda: desk.at_venue(first))
        desk.broker.cancel([desk.ledger.orders[last]], desk.time.now())
        await desk.settled(last, OrderStatus.REJECTED)
        await desk.time.advance(3)
        for name in names[:-1]:
            await desk.settled(name, OrderStatus.OPEN)
        assert not desk.at_venue(last)


async def test_too_much_trade_sets_the_switch_off_until_somebody_arms_it_again() -> None:
    async with trading(BrokerTerms(group_contracts=3)) as desk:
        await guarded(desk)
        filled, waiting = desk.send(leg(cents=40, contracts=3), leg(cents=10))
        await desk.settled(waiting, OrderStatus.OPEN)
        desk.rest(Side.SELL, 40, 3)
        await desk.settled(filled, OrderStatus.FILLED)
        await desk.settled(waiting, OrderStatus.CANCELLED)
        await desk.time.advance(0.1)
        await until(lambda: states(desk) == [VenueState.CANCEL_ONLY])
        [refused] = desk.send(leg(cents=10))
        await desk.settled(refused, OrderStatus.REJECTED)
        desk.broker.guard(on=True)  # as before each order: that alone arms nothing
        await desk.time.advance(1)
        assert states(desk) == [VenueState.CANCEL_ONLY]
        desk.broker.guard(on=False)
        desk.broker.guard(on=True)
        await until(lambda: states(desk) == [VenueState.CANCEL_ONLY, VenueState.UP])
        [taken] = desk.send(leg(cents=10))
        await desk.settled(taken, OrderStatus.OPEN)


async def test_a_desk_that_ends_leaves_no_group_behind() -> None:
    async with trading() as desk:
        await guarded(desk)
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)
        desk.broker.cancel(list(desk.ledger.orders.values()), desk.time.now())
        await desk.settled(name, OrderStatus.CANCELLED)
        desk.broker.leave(desk.time.now())
        assert desk.broker.leaving
        await until(lambda: not desk.broker.leaving)
        assert groups(desk) == []


async def test_what_rests_on_keeps_its_group_and_stays() -> None:
    async with trading() as desk:
        await guarded(desk)
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)
        desk.broker.leave(desk.time.now())
        await desk.time.advance(2)
        assert not desk.broker.leaving
        assert [desk.working(name).new.group] == groups(desk)
        assert desk.status(name) is OrderStatus.OPEN


async def test_an_order_on_its_way_keeps_its_group_too() -> None:
    async with trading() as desk:
        await guarded(desk)
        desk.turn_on("slow_answer", method="POST", path="*/events/orders", delay="1s")
        [name] = desk.send(leg())
        await until(lambda: desk.at_venue(name))
        desk.broker.leave(desk.time.now())
        await desk.time.advance(4)
        await desk.settled(name, OrderStatus.OPEN)
        assert [desk.working(name).new.group] == groups(desk)


async def test_a_group_that_could_not_be_deleted_keeps_nobody_waiting() -> None:
    async with trading() as desk:
        await guarded(desk)
        desk.turn_on("http_status", status=503, method="DELETE", path=GROUPS)
        desk.broker.leave(desk.time.now())
        await until(lambda: not desk.broker.leaving)
        assert len(groups(desk)) == 1


async def test_a_group_that_could_not_be_made_is_asked_for_again() -> None:
    async with trading() as desk:
        desk.turn_on("http_status", status=503, method="POST", path=GROUPS, times=1)
        desk.broker.guard(on=True)
        [without] = desk.send(leg())
        await desk.settled(without, OrderStatus.OPEN)
        desk.send(leg())
        await until(lambda: desk.broker.guarded(0))


async def test_a_trading_pause_is_told_cancels_work_and_orders_are_refused() -> None:
    async with trading() as desk:
        kept, swept = desk.send(leg(cents=10), leg(cents=11))
        for name in (kept, swept):
            await desk.settled(name, OrderStatus.OPEN)
        desk.box.exchange.set_mode(Mode.CANCEL_ONLY)
        for name in (kept, swept):
            await desk.settled(name, OrderStatus.CANCELLED)  # they asked for it
        [refused] = desk.send(leg())
        await desk.settled(refused, OrderStatus.REJECTED)
        await until(lambda: states(desk) == [VenueState.CANCEL_ONLY])
        desk.box.exchange.set_mode(Mode.NORMAL)
        await desk.time.advance(6)
        await until(lambda: states(desk) == [VenueState.CANCEL_ONLY, VenueState.UP])


async def test_an_exchange_pause_is_told_and_a_cancel_fails_in_it() -> None:
    async with trading(account=KalshiAccount(cancel_on_pause=False)) as desk:
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)
        desk.box.exchange.set_mode(Mode.DISABLED)
        desk.broker.cancel([desk.ledger.orders[name]], desk.time.now())
        await until(lambda: desk.ledger.of(CancelFailed))
        assert "exchange_is_paused" in desk.ledger.of(CancelFailed)[0].detail
        await until(lambda: states(desk) == [VenueState.RESTARTING])
        assert desk.status(name) is OrderStatus.OPEN


async def test_a_venue_that_answers_nothing_is_told_after_a_while() -> None:
    async with trading() as desk:
        desk.turn_on("html_body", path="*status")
        await desk.time.advance(6)
        assert not states(desk)
        for _ in range(3):
            await desk.time.advance(5)
            await until(lambda: True)
        await until(lambda: states(desk) == [VenueState.RESTARTING])
        desk.turn_off("html_body")
        await desk.time.advance(6)
        await until(lambda: states(desk) == [VenueState.RESTARTING, VenueState.UP])


async def test_a_market_that_halts_refuses_without_ado() -> None:
    async with trading() as desk:
        market = desk.market()
        [drafted] = desk.prepare(leg())
        desk.box.exchange.set_status(market.id, type(market.status).PAUSED)
        desk.broker.place([drafted], desk.time.now())
        await desk.settled(drafted.order.id, OrderStatus.REJECTED)
        assert "trading_is_paused" in desk.ledger.of(OrderReported)[-1].detail
        assert not states(desk)


async def test_a_clock_that_is_wrong_is_said_so() -> None:
    async with trading() as desk:
        desk.turn_on("clock_skew", ahead="11s")
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.REJECTED)
        [said] = [event.detail for event in desk.ledger.of(OrderReported)]
        assert "header_timestamp_expired" in said
        assert "clock" in said
        assert not desk.at_venue(name)


@pytest.mark.parametrize(("way", "seconds"), [("ahead", 5), ("behind", 0), ("behind", 55)])
async def test_signatures_made_ahead_are_taken_by_a_venue_whose_clock_differs_a_little(way: str, seconds: int) -> None:
    async with trading() as desk:
        await desk.time.advance(1.9)  # as old as they get while they are renewed
        desk.turn_on("clock_skew", **{way: f"{seconds}s"})
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)


async def test_a_wrong_key_ends_the_run_in_one_line() -> None:
    async with trading() as desk:
        key = KalshiSigner("key-nobody", ED25519, desk.time)
        async with session(desk.time) as http:
            broker = KalshiBroker(http, surroundings(desk.time), key, KalshiDrafter(), desk.box.hosts)
            with pytest.raises(VenueRefused, match=r"401.*check the key") as refused:
                await broker.run(lambda _: None, lambda _: None)
        assert "\n" not in str(refused.value)


async def test_what_a_sink_raises_ends_the_run() -> None:
    async with trading() as desk, session(desk.time) as http:
        signer = KalshiSigner("key-ann", ED25519, desk.time)
        broker = KalshiBroker(http, surroundings(desk.time), signer, KalshiDrafter(), desk.box.hosts)

        def full(frame: object) -> None:
            raise OSError("no space left on device")

        with pytest.raises(OSError, match="no space"):
            await broker.run(full, lambda _: None)
