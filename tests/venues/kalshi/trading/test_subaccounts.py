"""A desk on one subaccount: its orders, cash, groups and news are of that one; others are nothing to it."""

from dutchbook.domain.book import Side
from dutchbook.domain.events import AccountStated
from dutchbook.domain.identity import MarketId, Venue, kalshi_yes
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Price, Size
from dutchbook.exchange.matching.messages import NewOrder
from dutchbook.exchange.servers.kalshi.identifiers import subaccount_of
from dutchbook.venues.kalshi.drafting import KalshiAccount
from dutchbook.venues.kalshi.order_codec import USER_SOURCE
from tests.exchange.servers.kalshi.venue import LEP, START
from tests.venues.kalshi.trading.desk_side import Trader, leg, trading
from tests.venues.live.sandbox_side import KalshiBox
from tests.venues.live.virtual_time import VirtualTime, until

THIRD = subaccount_of("ann", 3)


def theirs(desk: Trader, account: str) -> None:
    """The account's owner places an order there by hand."""
    desk.box.exchange.submit(
        NewOrder(
            id=f"by-hand-{account}",
            account=account,
            market=MarketId(LEP),
            outcome=kalshi_yes(LEP),
            side=Side.BUY,
            price=Price(700),
            size=Size(CONTRACT),
        )
    )


async def test_orders_cash_and_groups_are_those_of_the_subaccount() -> None:
    time = VirtualTime(START)
    async with KalshiBox(time).listening() as box:
        box.exchange.open_account(THIRD)
        box.exchange.deposit(THIRD, Money(77 * DOLLAR), 0)
        async with trading(box=box, time=time, account=KalshiAccount(subaccount=3)) as desk:
            stated = desk.ledger.of(AccountStated)[-1]
            assert (stated.venue, stated.cash) == (Venue.KALSHI, Money(77 * DOLLAR))
            desk.broker.guard(on=True)
            await until(lambda: desk.broker.guarded(0))
            one, other = desk.send(leg(cents=10), leg(cents=11))
            for name in (one, other):
                await desk.settled(name, OrderStatus.OPEN)
            [group] = box.exchange.groups_of(THIRD)
            assert [order.new.group for order in box.exchange.open_orders(THIRD)] == [group.id] * 2
            assert not box.exchange.open_orders("ann")
            desk.broker.cancel([desk.ledger.orders[one]], desk.time.now())
            await desk.settled(one, OrderStatus.CANCELLED)
            desk.broker.cancel_all(desk.time.now())
            await desk.settled(other, OrderStatus.CANCELLED)
            await desk.time.advance(1)
            desk.broker.leave(desk.time.now())
            await until(lambda: not desk.broker.leaving)
            assert not box.exchange.groups_of(THIRD)
            assert not desk.refused


async def test_what_happens_on_another_subaccount_is_neither_news_nor_an_error() -> None:
    time = VirtualTime(START)
    async with KalshiBox(time).listening() as box:
        box.exchange.open_account(THIRD)
        box.exchange.deposit(THIRD, Money(77 * DOLLAR), 0)
        async with trading(box=box, time=time) as desk:
            before = len(desk.ledger.events)
            theirs(desk, THIRD)
            desk.rest(Side.SELL, 7, 1)
            await desk.time.advance(3)
            heard = [frame for frame in desk.frames if frame.source == USER_SOURCE and b'"subaccount' in frame.payload]
            assert heard
            assert not desk.refused
            assert len(desk.ledger.events) == before
