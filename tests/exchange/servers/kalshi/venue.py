"""A small Kalshi on loopback sockets, a clock moved by hand, and members who sign their requests."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, QuestionId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.markets import (
    KalshiFees,
    Market,
    MarketStatus,
    PriceBand,
    PriceGrid,
    Question,
    Strike,
    StrikeKind,
)
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import IncentiveProgramme, Listing, QuestionListing
from dutchbook.exchange.matching.messages import NewOrder, WorkingOrder
from dutchbook.exchange.rules import KALSHI
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.rest import KalshiRest

START = Nanos(1_763_721_000 * SECOND)
DAY = 86_400 * SECOND
IN_A_MONTH = Nanos(START + 30 * DAY)
BASE = "/trade-api/v2"
LEP = "KXWTACHALLENGERMATCH-26JUN11JIMLEP-LEP"
JIM = "KXWTACHALLENGERMATCH-26JUN11JIMLEP-JIM"
TENNIS = "KXWTACHALLENGERMATCH-26JUN11JIMLEP"
HEAT = "KXHIGHNY-26JUN15-T85"
BITCOIN = "KXBTC15M-26SEP061000-00"
CENT = PriceGrid((PriceBand(Price(0), ONE, Price(100)),))
TAPERED = PriceGrid(
    (
        PriceBand(Price(0), Price(1_000), Price(10)),
        PriceBand(Price(1_000), Price(9_000), Price(100)),
        PriceBand(Price(9_000), ONE, Price(10)),
    )
)
RULES = "If it is called off, the market resolves to a fair price."
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CONSISTENT = KalshiOptions.model_validate(
    {
        "created_order_hidden": "0s",
        "changed_order_stale": "0s",
        "fills_late": "0s",
        "positions_late": "0s",
        "limit_rates": False,
    }
)
"""Nothing is late and nothing is counted."""


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> Nanos:
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at = Nanos(self.at + round(seconds * SECOND))


def pem(key: Ed25519PrivateKey = KEY) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def listing(
    ticker: str,
    event: str,
    title: str,
    *,
    shard: int = 0,
    grid: PriceGrid = CENT,
    strike: Strike | None = None,
    closes: Nanos = IN_A_MONTH,
    maker_ppm: int = 0,
    created: Nanos = START,
) -> Listing:
    """A market that opened when it was created."""
    market = Market(
        id=MarketId(ticker),
        venue=Venue.KALSHI,
        question=QuestionId(event),
        title=title,
        yes=kalshi_yes(ticker),
        no=kalshi_no(ticker),
        grid=grid,
        min_size=Size(10_000),
        fees=KalshiFees(maker_ppm=maker_ppm),
        opens=created,
        closes=closes,
        settles=Nanos(closes + 3_600 * SECOND),
        strike=strike,
        rules=f"If it is so ({title}), then the market resolves to Yes.",
    )
    return Listing(
        market=market,
        slug=ticker,
        number=f"id-{ticker}",
        group_title=title,
        description=RULES,
        created=created,
        shard=shard,
    )


def event(ticker: str, markets: tuple[str, ...], *, shard: int = 0, category: str = "Sports") -> QuestionListing:
    """An event of the series before the first dash."""
    question = Question(
        id=QuestionId(ticker),
        venue=Venue.KALSHI,
        title=f"What of {ticker}?",
        markets=tuple(map(MarketId, markets)),
        exclusive=len(markets) > 1,
        category=category,
        series=ticker.partition("-")[0],
    )
    return QuestionListing(
        question=question,
        slug=ticker,
        number="",
        description=f"The day of {ticker}",
        tags=(category, "Live"),
        created=START,
        ends=Nanos(START + 30 * DAY),
        settlement_sources=("https://example.com/results",),
        shard=shard,
    )


def make_exchange(clock: Clock) -> Exchange:
    """Tennis and weather on shard 0, bitcoin on shard 2; ann and bob with 100 dollars on shard 0, maker with plenty."""
    exchange = Exchange(KALSHI, clock, Random(7))
    exchange.add_question(event(TENNIS, (LEP, JIM)))
    exchange.add_question(event("KXHIGHNY-26JUN15", (HEAT,), category="Climate"))
    exchange.add_question(event("KXBTC15M-26SEP061000", (BITCOIN,), shard=2, category="Crypto"))
    programme = IncentiveProgramme(
        id="lip-1",
        starts=START,
        ends=Nanos(START + DAY),
        reward=Money(100 * DOLLAR),
        target_size=Size(1_000 * CONTRACT),
    )
    lep = listing(LEP, TENNIS, "Varvara Lepchenko")
    exchange.add_market(msgspec.structs.replace(lep, incentives=(programme,)))
    exchange.add_market(listing(JIM, TENNIS, "Victoria Jimenez Kasintseva", created=Nanos(START - 60 * SECOND)))
    strike = Strike(StrikeKind.GREATER, floor=85_000_000)
    exchange.add_market(listing(HEAT, "KXHIGHNY-26JUN15", "86° or above", strike=strike))
    soon = Nanos(START + 900 * SECOND)
    exchange.add_market(listing(BITCOIN, "KXBTC15M-26SEP061000", "BTC up", shard=2, grid=TAPERED, closes=soon))
    for name, cash in (("ann", 100), ("bob", 100), ("maker", 100_000)):
        exchange.open_account(name, Money(cash * DOLLAR))
    exchange.deposit("maker", Money(100_000 * DOLLAR), 2)
    return exchange


class Answered(msgspec.Struct, frozen=True):
    """A status, a decoded body (None without one), and the headers."""

    status: int
    body: Any
    headers: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        assert isinstance(self.body, dict), self.body
        return self.body[name]


class Kalshi:
    """The running venue. Requests are ann's, signed by her Ed25519 key, unless told otherwise."""

    def __init__(
        self, exchange: Exchange, clock: Clock, rest: KalshiRest, url: str, session: aiohttp.ClientSession
    ) -> None:
        self.url = url
        self.exchange = exchange
        self.clock = clock
        self.rest = rest
        self._session = session
        self._resting = 0

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        key: str | None = "key-ann",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        **query: Any,
    ) -> Answered:
        """One request; `path` may carry a query of its own."""
        sent = dict(signed(method, BASE + path.partition("?")[0], key, self.clock.now())) if key else {}
        sent |= headers or {}
        data = msgspec.json.encode(json) if json is not None else body
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        given = {name: str(value) for name, value in query.items()}
        async with self._session.request(method, BASE + path, params=given, headers=sent, data=data) as answer:
            raw = await answer.read()
            return Answered(answer.status, msgspec.json.decode(raw) if raw else None, answer.headers)

    async def get(self, path: str, **rest: Any) -> Answered:
        return await self.send("GET", path, **rest)

    async def create(self, ticker: str = LEP, **fields: Any) -> Answered:
        """A limit order: 1 contract at 0.01 bid, resting, unless told otherwise. None leaves a field out."""
        key = fields.pop("key", "key-ann")
        wanted = order_body(ticker, **fields)
        return await self.send("POST", "/portfolio/events/orders", json=wanted, key=key)

    def rest_of_maker(self, side: Side, price: str, contracts: float, ticker: str = LEP) -> WorkingOrder:
        """An order of the account `maker`, straight into the engine."""
        self._resting += 1
        return self.exchange.submit(
            NewOrder(
                id=f"maker-{self._resting}",
                account="maker",
                market=MarketId(ticker),
                outcome=kalshi_yes(ticker),
                side=side,
                price=Price(round(float(price) * 10_000)),
                size=Size(round(contracts * CONTRACT)),
            )
        )

    def pause(self, ticker: str = LEP) -> None:
        self.exchange.set_status(MarketId(ticker), MarketStatus.PAUSED)


def order_body(ticker: str = LEP, **fields: object) -> dict[str, object]:
    """The body of a create."""
    body: dict[str, object] = {
        "ticker": ticker,
        "side": "bid",
        "count": "1.00",
        "price": "0.0100",
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
    }
    return {name: value for name, value in (body | fields).items() if value is not None}


def signed(method: str, path: str, key: str, at: Nanos) -> Mapping[str, str]:
    """The three headers."""
    stamp = str(at // 1_000_000)
    signature = KEY.sign(f"{stamp}{method}{path}".encode())
    return {
        "KALSHI-ACCESS-KEY": key,
        "KALSHI-ACCESS-TIMESTAMP": stamp,
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
    }


@asynccontextmanager
async def kalshi(options: KalshiOptions = CONSISTENT) -> AsyncIterator[Kalshi]:
    """A venue that listens on a free port; ann and bob have the keys `key-ann` and `key-bob`."""
    clock = Clock()
    exchange = make_exchange(clock)
    history = History(exchange)
    board = Switchboard(FaultPlan(), Random(3), clock)
    context = ServerContext(Venue.KALSHI, clock, board, Random(5), exchange.advance)
    rest = KalshiRest(exchange, history, context, options)
    for name in ("ann", "bob"):
        rest.auth.add_key(f"key-{name}", pem(), name)
    server = await serve_http(rest.application(), "127.0.0.1", 0)
    try:
        url = f"http://127.0.0.1:{server.port}"
        async with aiohttp.ClientSession(url) as session:
            yield Kalshi(exchange, clock, rest, url, session)
    finally:
        await server.close()
