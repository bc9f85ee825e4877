"""The account as the venue states it, and the desk as it finds itself after a restart or a break."""

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.events import AccountStated, ForeignFill, OrderFilled
from dutchbook.domain.identity import MarketId, kalshi_no, kalshi_yes
from dutchbook.domain.orders import OrderStatus, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size
from dutchbook.exchange.matching.messages import NewOrder, WorkingOrder
from dutchbook.venues.kalshi.order_codec import KalshiOrderCodec
from tests.exchange.servers.kalshi.venue import JIM, LEP
from tests.venues.kalshi.trading.desk_side import Trader, leg, trading
from tests.venues.live.virtual_time import until


def by_hand(desk: Trader, side: Side, cents: int, contracts: int) -> WorkingOrder:
    """An order of ann's account that this desk knows nothing of."""
    desk.numbers += 1
    return desk.box.exchange.submit(
        NewOrder(
            id=f"0000{desk.numbers}",
            account="ann",
            market=MarketId(LEP),
            outcome=kalshi_yes(LEP),
            side=side,
            price=Price(cents * 100),
            size=Size(contracts * CONTRACT),
            client_id=f"web-{desk.numbers}",
        )
    )


async def stated(desk: Trader) -> AccountStated:
    """A new statement, later than what REST shows late."""
    await desk.time.advance(2)
    before = len(desk.ledger.of(AccountStated))
    desk.broker.sweep(desk.time.now())
    await until(lambda: len(desk.ledger.of(AccountStated)) > before)
    return desk.ledger.of(AccountStated)[-1]


async def test_cash_counts_what_orders_reserve() -> None:
    async with trading() as desk:
        await until(lambda: desk.ledger.of(AccountStated))
        assert desk.ledger.of(AccountStated)[-1].cash == 100 * DOLLAR
        names = desk.send(leg(cents=40, contracts=10), leg(cents=30, contracts=5, no=True, ticker=JIM))
        for name in names:
            await desk.settled(name, OrderStatus.OPEN)
        now = await stated(desk)
        assert now.cash == 100 * DOLLAR
        assert {(one.order, one.outcome, one.side, one.price, one.size) for one in now.orders} == {
            (names[0], kalshi_yes(LEP), Side.BUY, Price(4_000), Size(10 * CONTRACT)),
            (names[1], kalshi_no(JIM), Side.BUY, Price(3_000), Size(5 * CONTRACT)),
        }
        assert now.asked <= desk.time.now()
        assert not desk.refused


async def test_yes_and_no_of_a_market_are_netted() -> None:
    async with trading() as desk:
        desk.rest(Side.SELL, 40, 5)
        [yes] = desk.send(leg(cents=40, contracts=5, tif=TimeInForce.FOK))
        await desk.settled(yes, OrderStatus.FILLED)
        [position] = (await stated(desk)).positions
        assert (position.outcome, position.size, position.cost) == (kalshi_yes(LEP), 5 * CONTRACT, 2 * DOLLAR)
        desk.rest(Side.BUY, 38, 8)
        [no] = desk.send(leg(cents=62, contracts=8, no=True, tif=TimeInForce.FOK))
        await desk.settled(no, OrderStatus.FILLED)
        now = await stated(desk)
        [position] = now.positions
        assert (position.outcome, position.size) == (kalshi_no(LEP), 3 * CONTRACT)
        paid = sum(fill.price * fill.size // ONE + fill.fee for fill in desk.ledger.fills)
        assert now.cash == 100 * DOLLAR - paid + 5 * DOLLAR  # each pair is worth a dollar, at once


async def test_what_others_do_with_the_account_is_foreign() -> None:
    async with trading() as desk:
        desk.turn_on("drop", channel="user_orders")
        [ours] = desk.send(leg(cents=30))
        order = by_hand(desk, Side.BUY, 41, 2)
        desk.rest(Side.SELL, 41, 1)
        await until(lambda: desk.ledger.of(ForeignFill))
        [foreign] = desk.ledger.of(ForeignFill)
        assert foreign.fill.order == order.new.id
        assert (foreign.fill.outcome, foreign.fill.size) == (kalshi_yes(LEP), CONTRACT)
        now = await stated(desk)
        strange = [one for one in now.orders if one.order is None]
        assert [(one.venue_id, one.size, one.filled) for one in strange] == [
            (order.new.client_id, 2 * CONTRACT, CONTRACT)
        ]
        assert len(desk.ledger.of(ForeignFill)) == 1
        assert desk.status(ours) is OrderStatus.OPEN


async def test_an_order_that_others_placed_can_be_cancelled_once_it_was_stated() -> None:
    async with trading() as desk:
        by_hand(desk, Side.BUY, 41, 2)
        now = await stated(desk)
        [strange] = now.orders
        adopted = msgspec.structs.replace(desk.order(leg()), venue_id=strange.venue_id, status=OrderStatus.OPEN)
        desk.broker.cancel([adopted], desk.time.now())
        await until(lambda: not desk.box.exchange.open_orders("ann"))


async def test_a_break_of_the_private_socket_is_caught_up_with() -> None:
    async with trading() as desk:
        [name] = desk.send(leg(cents=40, contracts=5))
        await desk.settled(name, OrderStatus.OPEN)
        await stated(desk)
        desk.turn_on("disconnect")
        desk.rest(Side.SELL, 40, 2)
        desk.box.board.turn_off("disconnect")
        await until(lambda: any("reconnecting" in notice.state for notice in desk.notices))
        assert not desk.ledger.fills
        await desk.time.advance(3)
        await desk.settled(name, OrderStatus.PARTLY_FILLED)
        desk.rest(Side.SELL, 40, 3)
        await desk.settled(name, OrderStatus.FILLED)
        assert [fill.size for fill in desk.ledger.fills] == [2 * CONTRACT, 3 * CONTRACT]


async def test_a_frozen_private_socket_is_replaced() -> None:
    async with trading() as desk:
        [name] = desk.send(leg(cents=40))
        await desk.settled(name, OrderStatus.OPEN)
        desk.turn_on("freeze", channel="commands")
        desk.turn_on("disconnect", times=1)
        desk.rest(Side.SELL, 40, 1)
        await desk.time.advance(3)
        desk.turn_off("freeze")
        await desk.time.advance(20)
        await until(lambda: desk.broker.ready)
        await desk.settled(name, OrderStatus.FILLED)
        assert any("no acknowledgement" in notice.reason for notice in desk.notices)


async def test_a_desk_that_restarts_finds_its_orders_and_only_its_new_fills() -> None:
    async with trading() as first:
        [name] = first.send(leg(cents=40, contracts=5))
        await first.settled(name, OrderStatus.OPEN)
        first.rest(Side.SELL, 40, 1)
        await first.settled(name, OrderStatus.PARTLY_FILLED)
        known, fills = first.ledger.orders[name], list(first.ledger.fills)
        async with trading(box=first.box, time=first.time, start=False) as second:
            second.codec = KalshiOrderCodec()
            second.codec.know([known])
            second.codec.told((known.venue_id, fill.id) for fill in fills)
            second.ledger.orders[name] = known
            second.broker.since(known.created)
            await until(lambda: second.broker.ready)
            first.rest(Side.SELL, 40, 1)
            await first.time.advance(3)
            await until(lambda: second.ledger.of(OrderFilled))
            now = await stated(second)
            assert [one.order for one in now.orders] == [name]
            assert [fill.size for fill in second.ledger.fills] == [CONTRACT]
            second.broker.cancel([second.ledger.orders[name]], first.time.now())
            await second.settled(name, OrderStatus.CANCELLED)
            assert not second.ledger.of(ForeignFill)


async def test_a_long_account_is_read_page_by_page() -> None:
    async with trading() as desk:
        desk.box.exchange.deposit("ann", Money(1_000 * DOLLAR))
        for number in range(1_205):
            by_hand(desk, Side.BUY, 1 + number % 30, 1)
        now = await stated(desk)
        assert len(now.orders) == 1_205
        assert not desk.refused
