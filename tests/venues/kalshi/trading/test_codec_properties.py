"""However often and in whatever order the venue tells of the same things: each fill once, every move legal."""

import random

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.events import AccountStated, ForeignFill
from dutchbook.domain.identity import MarketId
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Price, Size
from dutchbook.venues.kalshi.order_codec import KalshiOrderCodec
from dutchbook.venues.trading import Asked, Exchange
from tests.venues.kalshi.trading.desk_side import Ledger
from tests.venues.kalshi.trading.venue_words import (
    AT,
    VenueFill,
    VenueOrder,
    account,
    answered,
    placed,
    queried,
    said,
    swept,
)

MARKETS = ("KXA-1", "KXB-1")


class History:
    """What really happened to one order, and everything that the venue may say of it."""

    def __init__(self, number: int, rng: random.Random, *, ours: bool) -> None:
        self.ours = ours
        self.no = rng.random() < 0.5
        self.sell = rng.random() < 0.5
        self.client_id = f"run-i{number}-1" if ours else f"somebody-{number}"
        size = rng.randrange(1, 6) * 100
        first = VenueOrder(
            f"o-{number}", self.client_id, rng.choice(MARKETS), self.no is self.sell, rng.randrange(1, 100), size
        )
        self.states = [first]
        self.fills: list[VenueFill] = []
        while rng.random() < 0.6 and self.last.filled < size:
            self._fill(rng.randrange(1, size - self.last.filled + 1))
        if self.last.filled == size:
            self._move(status="executed")
        elif rng.random() < 0.5:
            self._move(status="canceled")

    @property
    def last(self) -> VenueOrder:
        return self.states[-1]

    def _move(self, **changes: object) -> None:
        fields = {name: getattr(self.last, name) for name in VenueOrder.__struct_fields__}
        self.states.append(VenueOrder(**(fields | changes)))

    def _fill(self, size: int) -> None:
        last = self.last
        number = f"t-{last.order_id}-{len(self.fills)}"
        self.fills.append(VenueFill(number, last.order_id, last.client_id, last.ticker, last.bid, last.cents, size))
        self._move(filled=last.filled + size)

    def order(self) -> Order:
        first = self.states[0]
        price = Price((100 - first.cents if self.no else first.cents) * 100)
        return Order(
            id=OrderId("d-" + self.client_id),
            intent=IntentId("i"),
            leg=Leg(
                outcome=f"{first.ticker}/{'no' if self.no else 'yes'}",  # type: ignore[arg-type]
                market=MarketId(first.ticker),
                side=Side.SELL if self.sell else Side.BUY,
                limit=price,
                size=Size(first.hundredths * 10_000),
                expected=price,
                tif=TimeInForce.GTC,
            ),
            venue_id=self.client_id,
            status=OrderStatus.SENDING,
            created=AT,
        )

    def words(self, rng: random.Random) -> list[Frame]:
        """All that may be said of it, some of it never."""
        frames = [said("user_order", state.body()) for state in self.states]
        frames += [said("fill", fill.body(socket=True, named=rng.random() < 0.5)) for fill in self.fills]
        frames += [queried(state, self.fills[: _count(self, state)]) for state in self.states]
        if self.ours and rng.random() < 0.7:
            frames.append(placed(rng.choice(self.states), batch=rng.random() < 0.5))
        elif self.ours:
            lost = Exchange(path="/trade-api/v2/portfolio/events/orders", failure="timeout")
            frames.append(answered(Asked.PLACE, lost, ids=(self.client_id,)))
        return [frame for frame in frames if rng.random() < 0.7]

    def status(self) -> set[OrderStatus]:
        if self.last.status == "executed":
            return {OrderStatus.FILLED}
        if self.last.status == "canceled":
            return {OrderStatus.CANCELLED}
        return {OrderStatus.PARTLY_FILLED} if self.fills else {OrderStatus.OPEN}


def _count(history: History, state: VenueOrder) -> int:
    """How many fills a state has."""
    total = count = 0
    while total < state.filled:
        total += history.fills[count].hundredths
        count += 1
    return count


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(0, 2), st.booleans())
def test_each_fill_is_told_once_and_every_move_is_legal(seed: int, ours: int, foreign: int, restart: bool) -> None:
    rng = random.Random(seed)
    histories = [History(number, rng, ours=number < ours) for number in range(ours + foreign)]
    frames = [frame for history in histories for frame in history.words(rng)]
    frames += [frame for frame in frames if rng.random() < 0.4]
    rng.shuffle(frames)
    codec, ledger = KalshiOrderCodec(), Ledger()
    for history in histories:
        if history.ours:
            ledger.orders[history.order().id] = history.order()
    codec.know(ledger.orders.values())
    for number, frame in enumerate(frames):
        if restart and number == len(frames) // 2:
            codec = restarted(ledger)
        ledger.apply(codec.decode(frame))
    finish(codec, ledger, histories)


def restarted(ledger: Ledger) -> KalshiOrderCodec:
    """A codec that knows what the ledger knows."""
    codec = KalshiOrderCodec()
    codec.know(ledger.orders.values())
    codec.told((ledger.orders[fill.order].venue_id, fill.id) for fill in ledger.fills)
    codec.told((event.fill.order, event.fill.id) for event in ledger.of(ForeignFill))
    return codec


def finish(codec: KalshiOrderCodec, ledger: Ledger, histories: list[History]) -> None:
    """The whole account is read, then each order: now all must be as it was."""
    fills = [fill for history in histories for fill in history.fills]
    gone = tuple(history.last for history in histories if history.last.status != "resting")
    events = codec.decode(swept(*account([history.last for history in histories], fills, looked_up=gone)))
    ledger.apply(events)
    stated = next(event for event in events if isinstance(event, AccountStated))
    assert {order.venue_id for order in stated.orders} == {
        history.client_id for history in histories if history.last.status == "resting"
    }
    for history in histories:
        if history.ours:
            ledger.apply(codec.decode(queried(history.last, history.fills)))
            order = ledger.orders[history.order().id]
            assert order.status in history.status()
            assert order.filled == history.last.filled * 10_000
            for fill in ledger.fills:
                assert fill.order != order.id or fill.price == order.leg.limit
    own = {fill.id for history in histories if history.ours for fill in history.fills}
    strange = {fill.id for history in histories if not history.ours for fill in history.fills}
    assert sorted(fill.id for fill in ledger.fills) == sorted(own)
    assert sorted(event.fill.id for event in ledger.of(ForeignFill)) == sorted(strange)
