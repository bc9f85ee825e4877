"""A burst: 200 markets with two resting orders each are repriced at once, within the rate limits, cancels first.

The desk's own broker, at a server on this machine that answers at once. For each market two orders are cancelled and
two new ones drafted, signed and placed, as a desk does that hears of 200 moves in one instant. `burst` is the client's
own part of that, for one market, by this thread's CPU clock; its figure of a round is the 99th percentile. `burst-late`
is how much later than the limits of the lowest tier force a cancel reached the venue, the worst of a round.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

import msgspec

from benchmarks.method import CPU, WALL, Row, deliver, limit
from benchmarks.tick_venue import API, TickVenue
from dutchbook.app.live.venues import surroundings
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Price, Size
from dutchbook.engine.clocks import RealClock
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.broker import PolymarketBroker, Seat
from dutchbook.venues.polymarket.credentials import Credentials
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.order_limits import CANCELS, order_limits
from dutchbook.venues.polymarket.order_signing import PolymarketDrafter, PolymarketSigner, SigningCaps
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.polymarket.secret_key import SecretKey

MARKETS = 200
ROUNDS = 3
_OWN_MS = 2
_LATE_MS = 250
_KEY = "0x" + "11" * 31 + "12"
_PATIENCE_S = 30.0
_CALM_S = 3.0
"""Until all buckets are full again."""


class BurstVenue(TickVenue):
    """Notes when each cancelled order reached it."""

    def __init__(self) -> None:
        super().__init__()
        self.cancelled: list[int] = []
        """When each cancel arrived, in nanoseconds, in order."""
        self.placed = 0
        self.over = False

    def work(self) -> None:
        """Serve until it is over."""
        while not self.over:
            self.rest(0.05)

    def _said(self, method: bytes, path: str, query: str, body: bytes, signed: int) -> tuple[int, bytes]:
        if method == b"DELETE":
            ids = [msgspec.json.decode(body)["orderID"]] if path == "/order" else msgspec.json.decode(body)
            self.cancelled += [WALL()] * len(ids)
            return 200, msgspec.json.encode({"canceled": ids, "not_canceled": {}})
        self.placed += signed
        return super()._said(method, path, query, body, signed)


class Quotes:
    """Two resting orders in each market, by the desk's own drafter."""

    def __init__(self) -> None:
        rng = Random(11)
        key = SecretKey(_KEY)
        self.account = polymarket_account(address=key.address, salt_seed="burst", owner=API["apiKey"])
        self.signer = PolymarketSigner(key, self.account, SigningCaps(max_notional=Money(1_000 * DOLLAR)))
        self.drafter = PolymarketDrafter(self.account)
        self.markets = [_market(number, rng) for number in range(MARKETS)]
        self._names = 0

    def pair(self, market: Market, cents: int) -> tuple[Order, Order]:
        """A bid for each outcome, one tick apart from the last ones."""
        return self._order(market, market.yes, cents), self._order(market, market.no, 97 - cents)

    def _order(self, market: Market, outcome: OutcomeId, cents: int) -> Order:
        self._names += 1
        price = Price(100 * cents)
        leg = Leg(outcome, market.id, Side.BUY, price, Size(20 * CONTRACT), price, TimeInForce.GTC)
        intent = IntentId(f"burst-i{self._names}")
        return Order(id=OrderId(f"{intent}-1"), intent=intent, leg=leg, created=RealClock().now())


def burst() -> list[Row]:
    """Measure both rows."""
    with _serving() as venue:
        own, late = asyncio.run(_rounds(venue))
    return [
        limit("burst", f"one of {MARKETS} markets repriced, own part, p99", ours=own, unit="ms", bar=_OWN_MS),
        limit("burst-late", "a cancel behind what the limits force, worst", ours=late, unit="ms", bar=_LATE_MS),
    ]


async def _rounds(venue: BurstVenue) -> tuple[list[float], list[float]]:
    quotes = Quotes()
    clock = RealClock()
    http = f"http://127.0.0.1:{venue.port}"
    hosts = PolymarketHosts(
        clob=http, gamma=http, data=http, relayer=http, chain=http, ws=f"ws://127.0.0.1:{venue.port}"
    )
    credentials = Credentials(key=API["apiKey"], secret=API["secret"], passphrase=API["passphrase"])
    seat = Seat(
        account=quotes.account,
        drafter=quotes.drafter,
        writer=OrderWriter(quotes.signer, credentials.key),
        credentials=credentials,
        held=tuple,
    )
    broker = PolymarketBroker(seat, hosts, surroundings(clock))
    running = asyncio.create_task(broker.run(lambda _: None, lambda _: None))
    try:
        own: list[float] = []
        late: list[float] = []
        await _until(lambda: broker.ready)
        standing = [_named(broker, quotes, market) for market in quotes.markets]
        for number in range(ROUNDS):
            await asyncio.sleep(_CALM_S)
            venue.cancelled.clear()
            venue.placed = 0
            began = WALL()
            parts, standing = _reprice(broker, quotes, standing, 41 + number)
            await _until(lambda: venue.placed == 2 * MARKETS and len(venue.cancelled) == 2 * MARKETS)
            own.append(sorted(parts)[len(parts) * 99 // 100])
            late.append(_worst(venue.cancelled, began))
        return own, late
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _reprice(
    broker: PolymarketBroker, quotes: Quotes, standing: Sequence[tuple[Order, Order]], cents: int
) -> tuple[list[float], list[tuple[Order, Order]]]:
    """Cancel and replace everything; the CPU milliseconds of each market, and what stands now."""
    clock = RealClock()
    spent: list[float] = []
    fresh: list[tuple[Order, Order]] = []
    for market, old in zip(quotes.markets, standing, strict=True):
        began = CPU()
        broker.cancel(old, clock.now())
        prepared = [broker.draft(order, market, clock.now()) for order in quotes.pair(market, cents)]
        broker.place(prepared, clock.now())
        spent.append((CPU() - began) / 1e6)
        fresh.append((prepared[0].order, prepared[1].order))
    return spent, fresh


def _named(broker: PolymarketBroker, quotes: Quotes, market: Market) -> tuple[Order, Order]:
    """Quotes that stand, with their names at the venue."""
    bid, ask = (broker.draft(order, market, order.created).order for order in quotes.pair(market, 40))
    return bid, ask


def _worst(arrived: Sequence[int], began: int) -> float:
    """Milliseconds that a cancel came later than its bucket lets it: `capacity` at once, `refill` a second."""
    bucket = order_limits()[CANCELS]
    forced = [max(0, place + 1 - bucket.capacity) * SECOND // bucket.refill for place in range(len(arrived))]
    return max((at - began - least) / 1e6 for at, least in zip(arrived, forced, strict=True))


async def _until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not so():  # noqa: ASYNC110 - another thread makes it so
            await asyncio.sleep(0.01)


@contextmanager
def _serving() -> Iterator[BurstVenue]:
    venue = BurstVenue()
    thread = threading.Thread(target=venue.work)
    thread.start()
    try:
        yield venue
    finally:
        venue.over = True
        thread.join()
        venue.close()


def _market(number: int, rng: Random) -> Market:
    return Market(
        id=MarketId(f"0x{number + 1:064x}"),
        venue=Venue.POLYMARKET,
        question=QuestionId(f"burst-{number}"),
        title=f"Market {number}",
        yes=OutcomeId(str(rng.getrandbits(250))),
        no=OutcomeId(str(rng.getrandbits(250))),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(5 * CONTRACT),
        min_notional=Money(DOLLAR),
        fees=NoFees(),
    )


if __name__ == "__main__":
    deliver(burst, ["aiofastnet", "coincurve", "msgspec"])
