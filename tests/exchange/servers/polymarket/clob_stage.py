"""A CLOB on a loopback socket, with traders that sign as real clients do."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from random import Random
from typing import Any

from aiohttp import ClientResponse, ClientSession, DummyCookieJar
from coincurve import PrivateKey

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, PolymarketFees, PriceGrid, Question
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing, QuestionListing, RewardProgramme
from dutchbook.exchange.matching.messages import NewOrder
from dutchbook.exchange.rules import POLYMARKET
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.polymarket.auth import l2_signature
from dutchbook.exchange.servers.polymarket.clob import PolymarketClob
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.contracts import CHAIN, exchange_of
from dutchbook.exchange.servers.polymarket.signing import (
    ORDER_TYPE,
    SignedOrder,
    exchange_separator,
    keccak,
    login_digest,
    nested_digest,
    order_struct,
    typed_digest,
)
from dutchbook.exchange.servers.polymarket.wallets import SignatureType

START = Nanos(1_767_225_600 * SECOND)
NOW_S = START // SECOND
QUESTION = QuestionId("0x" + "9e" * 32)
PLAIN, NEG_RISK, THIRD, FINE = (MarketId(f"0x{number:064x}") for number in (1, 2, 3, 4))
YES = OutcomeId("71321045679252212594626385532706912750332728571942532289631379312455583992563")
NO = OutcomeId("52114319501245915516055106046884209969926127482827954674443846427813813222426")
NEG_YES, NEG_NO = OutcomeId(str(10**76 + 10**60 + 1)), OutcomeId(str(10**76 + 10**60 + 2))
V3_YES, V3_NO = OutcomeId(str(1 << 248 | 7 << 120)), OutcomeId(str(1 << 248 | 7 << 120 | 1))
FINE_YES, FINE_NO = OutcomeId(str(10**76 + 10**61 + 1)), OutcomeId(str(10**76 + 10**61 + 2))
ALL_TOKENS = (YES, NO, NEG_YES, NEG_NO, V3_YES, V3_NO, FINE_YES, FINE_NO)
CROWD = "0x" + "c0" * 20
ZERO = "0x" + "00" * 32


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> Nanos:
        return self.at

    def later(self, seconds: float) -> None:
        self.at = Nanos(self.at + round(seconds * SECOND))


class Trader:
    """A key pair and the wallet that it trades from."""

    def __init__(self, secret: int, wallet: str | None = None, kind: SignatureType = SignatureType.EOA) -> None:
        self._key = PrivateKey(secret.to_bytes(32, "big"))
        self.address = "0x" + keccak(self._key.public_key.format(compressed=False)[1:])[12:].hex()
        self.wallet = (wallet or self.address).lower()
        self.kind = kind
        self.api_key = self.secret = self.passphrase = ""
        self._salt = 0

    def sign(self, digest: bytes) -> bytes:
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])

    def login(self, nonce: int = 0) -> dict[str, str]:
        signature = self.sign(login_digest(self.address, str(NOW_S), nonce, CHAIN))
        return {
            "POLY_ADDRESS": self.address,
            "POLY_TIMESTAMP": str(NOW_S),
            "POLY_NONCE": str(nonce),
            "POLY_SIGNATURE": "0x" + signature.hex(),
        }

    def headers(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        return {
            "POLY_ADDRESS": self.address,
            "POLY_API_KEY": self.api_key,
            "POLY_PASSPHRASE": self.passphrase,
            "POLY_TIMESTAMP": str(NOW_S),
            "POLY_SIGNATURE": l2_signature(self.secret, str(NOW_S), method, path, body),
        }

    def order(
        self,
        side: str,
        maker_amount: int,
        taker_amount: int,
        *,
        token: str = YES,
        neg_risk: bool = False,
        generation: int = 2,
        order_type: str = "GTC",
        expiration: int = 0,
        post_only: bool = False,
        builder: str = ZERO,
    ) -> dict[str, Any]:
        """The body of `POST /order`."""
        self._salt += 1
        signer = self.wallet if self.kind is SignatureType.DEPOSIT_WALLET else self.address
        order = SignedOrder(
            salt=self._salt,
            maker=self.wallet,
            signer=signer,
            token=int(token),
            maker_amount=maker_amount,
            taker_amount=taker_amount,
            buys=side == "BUY",
            signature_type=int(self.kind),
            timestamp=NOW_S * 1_000,
            metadata=bytes(32),
            builder=bytes.fromhex(builder[2:]),
            signature=b"",
        )
        separator = exchange_separator(generation, exchange_of(generation, neg_risk=neg_risk), CHAIN)
        wire = {
            "salt": order.salt,
            "maker": order.maker,
            "signer": order.signer,
            "tokenId": str(order.token),
            "makerAmount": str(maker_amount),
            "takerAmount": str(taker_amount),
            "side": side,
            "expiration": str(expiration),
            "signatureType": int(self.kind),
            "timestamp": str(order.timestamp),
            "metadata": ZERO,
            "builder": builder,
            "signature": "0x" + self._signature(order, separator).hex(),
        }
        body = {"order": wire, "owner": self.api_key, "orderType": order_type, "deferExec": False}
        return {**body, "postOnly": True} if post_only else body

    def _signature(self, order: SignedOrder, separator: bytes) -> bytes:
        struct = order_struct(order)
        if self.kind is not SignatureType.DEPOSIT_WALLET:
            return self.sign(typed_digest(separator, struct))
        inner = self.sign(nested_digest(separator, struct, self.wallet, CHAIN))
        return inner + separator + struct + ORDER_TYPE + len(ORDER_TYPE).to_bytes(2, "big")

    def limit(self, side: str, cents: int, contracts: float, **more: Any) -> dict[str, Any]:
        """A limit order at a price in cents."""
        shares = round(contracts * CONTRACT)
        dollars = shares * cents // 100
        return self.order(side, *((dollars, shares) if side == "BUY" else (shares, dollars)), **more)


class Desk:
    """The CLOB under test, and how one talks to it."""

    def __init__(self, options: ClobOptions | None = None, change: Mapping[MarketId, Mapping[str, Any]] = {}) -> None:
        self.clock = Clock()
        self.exchange = Exchange(POLYMARKET, self.clock, Random(5))
        self.history = History(self.exchange)
        self.context = ServerContext(
            venue=Venue.POLYMARKET,
            clock=self.clock,
            switchboard=Switchboard(FaultPlan(), Random(1), self.clock),
            rng=Random(7),
            catch_up=self.exchange.advance,
        )
        self.clob = PolymarketClob(self.exchange, self.history, self.context, options)
        _list_markets(self.exchange, change)
        self.exchange.open_account(CROWD, Money(1_000_000 * DOLLAR))
        for market in (PLAIN, NEG_RISK, THIRD, FINE):
            self.exchange.split(CROWD, market, Size(10_000 * CONTRACT))
        self.url = ""
        self._session: ClientSession | None = None
        self._crowd_orders = 0

    @property
    def session(self) -> ClientSession:
        assert self._session is not None
        return self._session

    @asynccontextmanager
    async def served(self) -> AsyncIterator["Desk"]:
        server = await serve_http(self.clob.application(), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.port}"
        try:
            async with ClientSession(cookie_jar=DummyCookieJar()) as self._session:
                yield self
        finally:
            await server.close()
            await asyncio.sleep(0)  # transports close their sockets in the round after

    async def trader(
        self, secret: int = 1, wallet: str | None = None, kind: SignatureType = SignatureType.EOA, cash: int = 1_000
    ) -> Trader:
        """A trader with an API key and an account with some dollars."""
        trader = Trader(secret, wallet, kind)
        self.clob.auth.register(trader.address, trader.wallet, kind)
        self.exchange.open_account(trader.wallet, Money(cash * DOLLAR))
        made = await self.asks("POST", "/auth/api-key", headers=trader.login())
        trader.api_key, trader.secret, trader.passphrase = made["apiKey"], made["secret"], made["passphrase"]
        return trader

    def crowd(self, side: Side, cents: int, contracts: float, *, token: OutcomeId = YES) -> None:
        """An order of somebody who is already there."""
        self._crowd_orders += 1
        market = self.exchange.market_of(token)
        assert market is not None
        self.exchange.submit(
            NewOrder(
                id=f"crowd-{self._crowd_orders}",
                account=CROWD,
                market=market,
                outcome=token,
                side=side,
                price=Price(cents * 100),
                size=Size(round(contracts * CONTRACT)),
            )
        )

    async def raw(
        self, method: str, path: str, *, body: bytes | BytesIO = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, decoded body and headers."""
        response: ClientResponse
        async with self.session.request(method, self.url + path, data=body or None, headers=headers) as response:
            return response.status, json.loads(await response.read()), response.headers

    async def asks(
        self, method: str, path: str, *, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """The body of a 200."""
        sent = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        status, answer, _ = await self.raw(method, path, body=sent, headers=headers)
        assert status == 200, answer
        return answer

    async def fails(
        self, method: str, path: str, *, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Status and text of an error."""
        sent = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        status, answer, _ = await self.raw(method, path, body=sent, headers=headers)
        assert status >= 400, answer
        return status, answer["error"]

    async def signed(self, trader: Trader, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and body of a request with level-2 headers."""
        sent = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = trader.headers(method, path.partition("?")[0], sent)
        status, answer, _ = await self.raw(method, path, body=sent, headers=headers)
        return status, answer

    async def gets(self, trader: Trader, path: str) -> Any:
        status, answer = await self.signed(trader, "GET", path)
        assert status == 200, answer
        return answer

    async def posts(self, trader: Trader, order: dict[str, Any]) -> dict[str, Any]:
        """Post an order that is taken."""
        status, answer = await self.signed(trader, "POST", "/order", order)
        assert status == 200, answer
        assert isinstance(answer, dict)
        return answer

    async def refused(self, trader: Trader, order: dict[str, Any]) -> str:
        """Post an order that is refused with 400; the text."""
        status, answer = await self.signed(trader, "POST", "/order", order)
        assert status == 400, answer
        assert list(answer) == ["error"]
        return str(answer["error"])

    def later(self, seconds: float) -> None:
        """Let time pass and everything due happen."""
        self.clock.later(seconds)
        self.exchange.advance()
        self.clob.advance()


def _list_markets(exchange: Exchange, change: Mapping[MarketId, Mapping[str, Any]]) -> None:
    question = Question(
        id=QUESTION, venue=Venue.POLYMARKET, title="Which?", markets=(PLAIN, NEG_RISK, THIRD, FINE), category="Politics"
    )
    exchange.add_question(QuestionListing(question=question, slug="which", number="900", created=START))
    tokens = {PLAIN: (YES, NO), NEG_RISK: (NEG_YES, NEG_NO), THIRD: (V3_YES, V3_NO), FINE: (FINE_YES, FINE_NO)}
    for number, (name, (yes, no)) in enumerate(tokens.items(), 1):
        market = Market(
            id=name,
            venue=Venue.POLYMARKET,
            question=QUESTION,
            title=f"Will it be {number}?",
            yes=yes,
            no=no,
            grid=PriceGrid.uniform(Price(10 if name == FINE else 100)),
            min_size=Size(5 * CONTRACT),
            min_notional=DOLLAR,
            fees=PolymarketFees(rate_ppm=40_000, rebate_ppm=250_000),
            opens=START,
            closes=Nanos(START + 30 * 86_400 * SECOND),
            neg_risk=name == NEG_RISK,
        )
        settings: dict[str, Any] = {
            "slug": f"will-it-be-{number}",
            "number": str(500_000 + number),
            "description": "It resolves.",
            "tags": ("Sandbox",),
            "created": START,
            "generation": 3 if name == THIRD else 2,
            "rewards": RewardProgramme(
                max_spread=Price(450), min_size=Size(20 * CONTRACT), daily_rate=Money(10 * DOLLAR)
            ),
            **change.get(name, {}),
        }
        exchange.add_market(Listing(market=market, **settings))
