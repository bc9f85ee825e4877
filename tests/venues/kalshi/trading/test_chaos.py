"""Hundreds of orders while requests and messages are lost, late, doubled and garbled: in the end both sides agree."""

from collections import Counter
from contextlib import suppress
from random import Random

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.events import AccountStated, ForeignFill, OrderMissing
from dutchbook.domain.orders import Leg, OrderStatus, TimeInForce
from dutchbook.domain.units import DOLLAR, Money
from dutchbook.exchange.matching.messages import OrderState, Refused
from dutchbook.venues.kalshi.broker import BrokerTerms
from dutchbook.venues.kalshi.user_stream import UserWatch
from tests.exchange.servers.kalshi.venue import JIM, LEP
from tests.venues.kalshi.trading.desk_side import Trader, leg, trading
from tests.venues.live.virtual_time import until

WRITES: tuple[tuple[str, dict[str, object]], ...] = (
    ("http_status", {"status": 503}),
    ("http_status", {"status": 429}),
    ("html_body", {}),
    ("timeout_before_accept", {}),
    ("timeout_after_accept", {}),
    ("reset_mid_body", {}),
    ("truncated_body", {}),
    ("slow_answer", {"delay": "2s", "jitter": "4s"}),
    ("extra_fields", {}),
)
FRAMES: tuple[tuple[str, dict[str, object]], ...] = (
    ("drop", {}),
    ("duplicate", {}),
    ("reorder", {}),
    ("delay", {"delay": "700ms", "jitter": "900ms"}),
    ("corrupt", {}),
    ("extra_frame_fields", {}),
    ("disconnect", {}),
)
PATIENT = BrokerTerms(watch=UserWatch(silent_s=10_000))
"""Pings of the venue come in real time, which stands still here."""
_OPEN = (OrderStatus.SENDING, OrderStatus.UNKNOWN, OrderStatus.OPEN, OrderStatus.PARTLY_FILLED)
_LIVE = (OrderState.LIVE, OrderState.DELAYED)


class Storm:
    """Random orders, cancels and strangers, with random faults."""

    def __init__(self, desk: Trader, seed: int) -> None:
        self.desk = desk
        self.rng = Random(seed)

    def trouble(self) -> None:
        for number, (kind, fields) in enumerate(WRITES):
            share, name = f"{self.rng.randrange(4, 12)}%", f"{kind}-{number}"
            self.desk.turn_on(kind, path="*/events/orders*", chance=share, **fields | {"name": name})
        for kind, fields in FRAMES:
            self.desk.turn_on(kind, chance=f"{self.rng.randrange(2, 10)}%", **fields)

    def calm(self) -> None:
        for status in self.desk.box.board.status():
            self.desk.turn_off(status.name)

    async def step(self) -> None:
        desk, rng = self.desk, self.rng
        what = rng.random()
        if what < 0.5:
            legs = [self._leg() for _ in range(rng.randrange(1, 4))]
            desk.send(*legs)
        elif what < 0.7:
            mine = [order for order in desk.ledger.orders.values() if order.status in _OPEN]
            desk.broker.cancel(rng.sample(mine, min(len(mine), 3)), desk.time.now())
        else:
            self._stranger()
        for order in desk.ledger.orders.values():
            if order.status is OrderStatus.UNKNOWN and rng.random() < 0.3:
                desk.broker.query(order, desk.time.now())
        await desk.time.advance(rng.choice((0.05, 0.3, 1.5)))

    def _leg(self) -> Leg:
        rng = self.rng
        tif = rng.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK))
        no, cents = rng.random() < 0.5, rng.randrange(44, 54)
        return leg(Side.BUY, cents, rng.randrange(1, 9), tif, no=no, ticker=rng.choice((LEP, JIM)))

    def _stranger(self) -> None:
        rng = self.rng
        side = rng.choice((Side.BUY, Side.SELL))
        with suppress(Refused):
            self.desk.rest(side, rng.randrange(46, 55), rng.randrange(1, 12), rng.choice((LEP, JIM)))


@pytest.mark.parametrize("seed", range(4))
async def test_in_the_end_both_sides_agree(seed: int) -> None:
    async with trading(PATIENT) as desk:
        desk.box.exchange.deposit("ann", Money(10_000 * DOLLAR))
        storm = Storm(desk, seed)
        storm.trouble()
        for _ in range(60):
            await storm.step()
        storm.calm()
        await settle(desk)
        agree(desk)


async def settle(desk: Trader) -> None:
    """What a desk does until nothing is open between it and the venue."""
    for _ in range(12):
        await desk.time.advance(7)
        for order in desk.ledger.orders.values():
            if order.status in _OPEN:
                desk.broker.query(order, desk.time.now())
    for _ in range(20):
        await desk.time.advance(7)
    await until(lambda: desk.broker.ready)
    before = len(desk.ledger.of(AccountStated))
    desk.broker.sweep(desk.time.now())
    await until(lambda: len(desk.ledger.of(AccountStated)) > before)


def agree(desk: Trader) -> None:
    stated = desk.ledger.of(AccountStated)[-1]
    assert not desk.ledger.of(ForeignFill)
    account = desk.box.exchange.accounts["ann"]
    assert stated.cash == account.cash(0)
    assert {one.outcome: one.size for one in stated.positions} == dict(account.holdings)
    resting = set()
    missing = Counter(event.order for event in desk.ledger.of(OrderMissing))
    for name, order in desk.ledger.orders.items():
        at_venue = desk.at_venue(name)
        assert len(at_venue) <= 1
        if not at_venue:
            assert order.status in (OrderStatus.REJECTED, OrderStatus.UNKNOWN, OrderStatus.CANCELLED), order
            assert not order.filled
            assert order.status is not OrderStatus.UNKNOWN or missing[name] >= 3  # so that it can be proven absent
            continue
        [working] = at_venue
        assert order.filled == working.filled, (order, working.state)
        if working.state in _LIVE:
            assert order.status in (OrderStatus.OPEN, OrderStatus.PARTLY_FILLED), order
            resting.add(name)
        else:
            wanted = OrderStatus.FILLED if working.state is OrderState.FILLED else OrderStatus.CANCELLED
            assert order.status is wanted, (order, working.state)
    assert {one.order for one in stated.orders} == resting
    for fill in desk.ledger.fills:
        leg_ = desk.ledger.orders[fill.order].leg
        assert fill.price <= leg_.limit
