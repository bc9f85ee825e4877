"""How long the sandbox takes to acknowledge an order: 200 signed orders a second over HTTP, the living market running.

Every 5 ms an order is signed and posted, whether or not those before it are answered; one in ten takes, the others
rest. The time is that of a client in another process: from the call that posts to the last byte of the answer. In every
other round somebody else reads the lists of all markets of both venues meanwhile, page after page without a pause.
"""

import asyncio
import statistics
import threading
import time
from itertools import count
from urllib.request import urlopen

import msgspec
from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from coincurve import PrivateKey

from benchmarks.method import ROUNDS, WALL, Row, deliver, limit
from benchmarks.sandbox import PolymarketToken, RunningSandbox, absent, run, sandbox
from dutchbook.exchange.servers.polymarket.auth import l2_signature
from dutchbook.exchange.servers.polymarket.contracts import BUILDER_NONE, CHAIN, exchange_of
from dutchbook.exchange.servers.polymarket.signing import (
    SignedOrder,
    exchange_separator,
    login_digest,
    order_struct,
    typed_digest,
)

MARKETS = 2_000
_EVERY_S = 0.005
_ROUND_S = 2.0
_WARM_UP_S = 1.0
_TAKES_EVERY = 10
_RESTING, _TAKING = (1, 100), (99, 10)
"""Cents and contracts: the least that may trade is a dollar."""
_MEDIAN_MS = 5
_LATE_MS = 25
_GENERATION = 2
_OPEN_S = 3_600
"""A market that closes meanwhile takes no more orders."""


class Key(msgspec.Struct, frozen=True):
    """What the venue gives for a login."""

    apiKey: str  # noqa: N815 - the wire's name
    secret: str
    passphrase: str


class Acknowledgement(msgspec.Struct, frozen=True):
    """What the venue answers to an order."""

    success: bool
    status: str
    orderID: str  # noqa: N815 - the wire's name


class Trader:
    """Signs orders of one account as clients do, and posts them."""

    def __init__(self, server: RunningSandbox, session: ClientSession) -> None:
        self._key = PrivateKey(bytes.fromhex(server.polymarket.private_key.removeprefix("0x")))
        self._address = server.polymarket.address
        self._url = server.addresses.polymarket.clob
        self._session = session
        self._salts = count(1)
        self._api: Key | None = None

    async def log_in(self) -> None:
        """Get an API key."""
        now = str(int(time.time()))
        signature = self._signed(login_digest(self._address, now, 0, CHAIN))
        headers = {
            "POLY_ADDRESS": self._address,
            "POLY_TIMESTAMP": now,
            "POLY_NONCE": "0",
            "POLY_SIGNATURE": f"0x{signature.hex()}",
        }
        async with self._session.post(f"{self._url}/auth/api-key", headers=headers) as answer:
            self._api = msgspec.json.decode(await answer.read(), type=Key)

    async def post(self, token: PolymarketToken, cents: int, contracts: int) -> tuple[float, Acknowledgement]:
        """Buy at a price; milliseconds to the answer, and the answer."""
        body = self._body(token, cents, contracts)
        headers = self._headers("POST", "/order", body)
        began = WALL()
        async with self._session.post(f"{self._url}/order", data=body, headers=headers) as answer:
            said = await answer.read()
        lasted = (WALL() - began) / 1e6
        assert answer.status == 200, said
        return lasted, msgspec.json.decode(said, type=Acknowledgement)

    def _body(self, token: PolymarketToken, cents: int, contracts: int) -> bytes:
        dollars, shares = contracts * cents * 10_000, contracts * 1_000_000
        order = SignedOrder(
            salt=next(self._salts),
            maker=self._address.lower(),
            signer=self._address.lower(),
            token=int(token.token),
            maker_amount=dollars,
            taker_amount=shares,
            buys=True,
            signature_type=0,
            timestamp=time.time_ns() // 1_000_000,
            metadata=bytes(32),
            builder=bytes(32),
            signature=b"",
        )
        separator = exchange_separator(_GENERATION, exchange_of(_GENERATION, neg_risk=token.neg_risk), CHAIN)
        signature = self._signed(typed_digest(separator, order_struct(order)))
        wire = {
            "salt": order.salt,
            "maker": self._address,
            "signer": self._address,
            "tokenId": token.token,
            "makerAmount": str(dollars),
            "takerAmount": str(shares),
            "side": "BUY",
            "expiration": "0",
            "signatureType": 0,
            "timestamp": str(order.timestamp),
            "metadata": BUILDER_NONE,
            "builder": BUILDER_NONE,
            "signature": f"0x{signature.hex()}",
        }
        owner = self._logged_in().apiKey
        return msgspec.json.encode({"order": wire, "owner": owner, "orderType": "GTC", "deferExec": False})

    def _headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        api, now = self._logged_in(), str(int(time.time()))
        return {
            "POLY_ADDRESS": self._address,
            "POLY_API_KEY": api.apiKey,
            "POLY_PASSPHRASE": api.passphrase,
            "POLY_TIMESTAMP": now,
            "POLY_SIGNATURE": l2_signature(api.secret, now, method, path, body),
            "Content-Type": "application/json",
        }

    def _logged_in(self) -> Key:
        if self._api is None:
            raise ValueError("not logged in yet")
        return self._api

    def _signed(self, digest: bytes) -> bytes:
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])


class Explorer:
    """Somebody who reads the lists of all markets, over and over, while `busy` is set."""

    def __init__(self, server: RunningSandbox) -> None:
        self.busy = threading.Event()
        self.pages = 0
        self._gamma = server.addresses.polymarket.gamma
        self._kalshi = server.addresses.kalshi.rest
        self._over = False
        self._thread = threading.Thread(target=self._explore, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop reading."""
        self._over = True
        self.busy.set()
        self._thread.join()

    def _explore(self) -> None:
        lists = (f"{self._kalshi}/markets?limit=1000&status=open", f"{self._gamma}/markets/keyset?limit=100")
        while self.busy.wait() and not self._over:
            for address in lists:
                with urlopen(address, timeout=60) as answer:  # noqa: S310 - an address of the sandbox
                    assert len(answer.read()) > 100_000, "a page of markets is nearly empty"
                self.pages += 1


class Times(msgspec.Struct):
    """Milliseconds of each round: the median, and what one answer in a hundred exceeds."""

    medians: list[float]
    late: list[float]

    def add(self, found: list[float]) -> None:
        """Another round."""
        cut = statistics.quantiles(found, n=100, method="inclusive")
        self.medians.append(cut[49])
        self.late.append(cut[98])


def sandbox_orders() -> list[Row]:
    """Measure orders from POST to acknowledgement."""
    if why := absent():
        return [Row(id="orders", what="order POST to acknowledgement", unit="ms", absent=why)]
    with sandbox(MARKETS) as server:
        tokens = [token for pair in server.polymarket_tokens(_OPEN_S) for token in pair]
        quiet, busy = run(lambda: _measured(server, tokens))
    return [*_rows("orders", "", quiet), *_rows("orders-busy", ", somebody lists all markets", busy)]


def _rows(id_: str, beside: str, times: Times) -> list[Row]:
    what = f"order POST to acknowledgement, 200 a second, {MARKETS:,} markets{beside} (wall)"
    return [
        limit(id_, f"{what}: median", ours=times.medians, unit="ms", bar=_MEDIAN_MS),
        limit(f"{id_}-late", f"{what}: one in a hundred", ours=times.late, unit="ms", bar=_LATE_MS),
    ]


async def _measured(server: RunningSandbox, tokens: list[PolymarketToken]) -> tuple[Times, Times]:
    explorer = Explorer(server)
    quiet, busy = Times([], []), Times([], [])
    numbers = count()
    async with ClientSession(cookie_jar=DummyCookieJar(), connector=TCPConnector(limit=0)) as session:
        trader = Trader(server, session)
        await trader.log_in()
        await _round(trader, tokens, numbers, _WARM_UP_S)
        for _ in range(ROUNDS):
            explorer.busy.clear()
            quiet.add(await _round(trader, tokens, numbers, _ROUND_S))
            explorer.busy.set()
            busy.add(await _round(trader, tokens, numbers, _ROUND_S))
    explorer.close()
    assert explorer.pages >= ROUNDS, "hardly a page was read beside the orders"
    return quiet, busy


async def _round(trader: Trader, tokens: list[PolymarketToken], numbers: "count[int]", lasts: float) -> list[float]:
    """Milliseconds of each order of a round. All must be taken, those that take must trade."""
    began = WALL()
    tasks: list[asyncio.Task[tuple[float, Acknowledgement]]] = []
    taking: list[bool] = []
    for place in range(round(lasts / _EVERY_S)):
        wait = began / 1e9 + place * _EVERY_S - WALL() / 1e9
        if wait > 0:
            await asyncio.sleep(wait)
        number = next(numbers)
        takes = number % _TAKES_EVERY == 0
        # A step that shares no factor with their number visits all tokens, both of a market far apart.
        token = tokens[number * 7 % len(tokens)]
        tasks.append(asyncio.create_task(trader.post(token, *(_TAKING if takes else _RESTING))))
        taking.append(takes)
    answers = await asyncio.gather(*tasks)
    assert all(answer.success and answer.orderID for _, answer in answers), "an order was not taken"
    matched = sum(answer.status == "matched" for _, answer in answers)
    assert matched >= sum(taking) * 0.8, f"only {matched} of {sum(taking)} taking orders traded"
    return [lasted for lasted, _ in answers]


if __name__ == "__main__":
    deliver(sandbox_orders, ["aiohttp"])
