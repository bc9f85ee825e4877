"""Orders, cancels and trades while everything goes wrong at random: when the faults cease, desk and venue agree."""

from collections import Counter
from random import Random

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.events import OrderMissing
from dutchbook.domain.orders import Order, OrderId, OrderStatus, TimeInForce
from dutchbook.exchange.matching.messages import OrderState, Refused
from tests.exchange.servers.polymarket.clob_stage import NO, YES
from tests.venues.polymarket.broker.stage import Stage

FAULTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("timeout_before_accept", {"path": "/order*", "chance": "20%"}),
    ("timeout_after_accept", {"path": "/order*", "chance": "30%"}),
    ("reset_mid_body", {"chance": "20%"}),
    ("truncated_body", {"path": "/data/*", "chance": "20%"}),
    ("http_status", {"status": 500, "chance": "20%"}),
    ("http_status", {"status": 429, "retry_after": 2, "chance": "20%"}),
    ("html_body", {"chance": "20%"}),
    ("slow_answer", {"delay": "2s", "jitter": "2s", "chance": "30%"}),
    ("freeze", {"channel": "user"}),
    ("drop", {"channel": "user", "chance": "40%"}),
    ("duplicate", {"channel": "user", "chance": "50%"}),
    ("reorder", {"channel": "user", "chance": "40%"}),
    ("delay", {"channel": "user", "delay": "1500ms", "jitter": "2s", "chance": "40%"}),
    ("disconnect", {"channel": "user", "chance": "20%"}),
    ("corrupt", {"channel": "user", "chance": "30%"}),
    ("extra_fields", {}),
    ("extra_frame_fields", {"channel": "user"}),
    ("stale_balances", {}),
    ("failed_settlement", {"chance": "30%"}),
    ("restart", {"down": "5s", "post_only": "5s"}),
)
SEEDS = range(len(FAULTS))


class Storm:
    """Somebody who trades, asks after what is unknown, and proves absent what three questions did not find."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.rng = Random(seed)
        self.seen = 0
        self.failing = False
        """Whether settlements fail."""
        self.missing: Counter[OrderId] = Counter()

    def act(self) -> None:
        rng, stage = self.rng, self.stage
        match rng.randrange(10):
            case 0 | 1 | 2:
                self.trade()
            case 3:
                stage.place(*(self.order() for _ in range(rng.randrange(2, 5))))
            case 4 | 5 | 6:
                self.crowd()
            case _ if live := self.live():
                stage.cancel(*rng.sample(live, rng.randrange(1, min(3, len(live)) + 1)))

    def trade(self) -> None:
        self.stage.place(self.order())

    def order(self) -> Order:
        rng = self.rng
        tif = rng.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.FOK, TimeInForce.IOC))
        side = rng.choice((Side.BUY, Side.SELL))
        return self.stage.order(
            side, 100 * rng.randrange(44, 57), rng.randrange(5, 30), outcome=rng.choice((YES, NO)), tif=tif
        )

    def crowd(self) -> None:
        rng = self.rng
        try:
            self.stage.crowd(
                rng.choice((Side.BUY, Side.SELL)), rng.randrange(44, 57), rng.randrange(5, 30), rng.choice((YES, NO))
            )
        except Refused:
            return  # the engine takes nothing now

    def live(self) -> list[Order]:
        return [order for order in self.stage.desk.orders.values() if not order.status.final]

    def ask(self) -> None:
        """Query what is unknown; what was missing three times is dead."""
        stage = self.stage
        for event in stage.events[self.seen :]:
            if isinstance(event, OrderMissing):
                self.missing[event.order] += 1
        self.seen = len(stage.events)
        for order in self.live():
            stage.broker.query(order, stage.time.now())


async def storm(seed: int) -> None:
    async with Stage().playing(cash=100_000, held=5_000) as stage:
        play = Storm(stage, seed)
        kind, fields = FAULTS[seed % len(FAULTS)]
        other, more = play.rng.choice(FAULTS)
        stage.turn_on(kind, **fields)
        if other != kind:
            stage.turn_on(other, **more)
        play.failing = "failed_settlement" in (kind, other)
        for _ in range(60):
            play.act()
            await stage.pass_time(play.rng.choice((0, 0.1, 0.5, 1)))
        for armed in list(stage.board.status()):
            stage.turn_off(armed.name)
        await calm(stage, play)
        agree(stage, play)


async def calm(stage: Stage, play: Storm) -> None:
    for _ in range(12):
        await stage.pass_time(5)
        play.ask()
    await stage.pass_time(20)
    play.ask()
    await stage.pass_time(20)
    play.ask()


def agree(stage: Stage, play: Storm) -> None:
    assert not stage.desk.late
    resting = stage.resting()
    failing = play.failing
    for order in stage.desk.orders.values():
        there = stage.exchange.order(order.venue_id)
        if there is None:
            absent = order.status in (OrderStatus.REJECTED, OrderStatus.CANCELLED)
            assert absent or play.missing[order.id] >= 3, order
            assert not order.filled
            continue
        told = sum(fill.size for key, fill in stage.desk.fills.items() if key[0] == order.id)
        # A trade that was heard of only once it had failed is never told as a fill.
        assert told == there.filled or (failing and told < there.filled), order
        if order.status is OrderStatus.UNKNOWN:
            # It came and went without a word that reached us: proven absent, and truly so.
            assert play.missing[order.id] >= 3, order
            assert there.state is not OrderState.LIVE, order
        elif order.status.final:
            assert there.state is not OrderState.LIVE, order
            assert order.venue_id not in resting
        else:
            assert order.status in (OrderStatus.OPEN, OrderStatus.PARTLY_FILLED), order
            assert order.venue_id in resting, order
            assert order.remaining == resting[order.venue_id] or failing, order
    assert set(resting) <= {order.venue_id for order in stage.desk.orders.values()}


@pytest.mark.parametrize("seed", SEEDS)
async def test_when_the_storm_is_over_desk_and_venue_agree(seed: int) -> None:
    await storm(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 400))
async def test_many_storms_end_in_agreement(seed: int) -> None:
    await storm(seed)
