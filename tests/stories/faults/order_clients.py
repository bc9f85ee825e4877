"""Clients of orders, on the wire: what they see of a fault, while the desk beside them reads the same venue."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from dutchbook.domain.units import DOLLAR, SECOND, Money
from dutchbook.exchange.servers.polymarket.auth import l2_signature
from dutchbook.exchange.servers.polymarket.contracts import CHAIN
from dutchbook.exchange.servers.polymarket.signing import login_digest
from tests.exchange.servers.kalshi.venue import order_body
from tests.exchange.servers.polymarket.clob_stage import Trader
from tests.stories.faults.boxes import KalshiBox, PolymarketBox
from tests.stories.faults.stage import Story

PATIENCE_S = 5.0


class Said(msgspec.Struct, frozen=True):
    """An answer."""

    status: int
    body: Any
    headers: Mapping[str, str]


class OrderClient:
    """Asks a venue inside a story: the desk goes on meanwhile."""

    def __init__(self, play: Story) -> None:
        self._play = play

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Said:
        """Raises TimeoutError after five seconds of story time, and aiohttp's error for a broken connection."""
        return self.during(self._ask(method, url, headers, body))

    def during[T](self, doing: Coroutine[Any, Any, T]) -> T:
        task = self._play.loop.create_task(doing)
        self._play.until(task.done, within=120)
        return task.result()

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Said:
        patience = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(method, url, data=body or None, headers=headers, timeout=patience) as answer,
        ):
            raw = await answer.read()
            return Said(answer.status, msgspec.json.decode(raw) if raw else None, answer.headers)


class KalshiOrders(OrderClient):
    """Ann, who signs her requests."""

    def __init__(self, play: Story) -> None:
        super().__init__(play)
        assert isinstance(play.box, KalshiBox)
        self.box = play.box
        self._signer = play.box.signer()

    def send(self, method: str, path: str, body: object = None) -> Said:
        url = self.box.hosts.rest + path
        headers = {**self._signer.headers(method, urlsplit(url).path), "Content-Type": "application/json"}
        return self.ask(method, url, headers, b"" if body is None else msgspec.json.encode(body))

    def create(self, ticker: str, **fields: object) -> Said:
        return self.send("POST", "/portfolio/events/orders", order_body(ticker, **fields))


class PolymarketOrders(OrderClient, Trader):
    """Somebody with a wallet of some dollars, who logs in for a key and signs orders."""

    def __init__(self, play: Story, secret: int = 7) -> None:
        OrderClient.__init__(self, play)
        Trader.__init__(self, secret)
        assert isinstance(play.box, PolymarketBox)
        self.box = play.box
        play.now(self._enter)
        made = self.ask("POST", f"{self.box.hosts.clob}/auth/api-key", self.login()).body
        self.api_key, self.secret, self.passphrase = made["apiKey"], made["secret"], made["passphrase"]

    def _enter(self) -> None:
        self.box.clob.auth.register(self.address, self.wallet, self.kind)
        self.box.exchange.open_account(self.wallet, Money(1_000 * DOLLAR))

    def _now(self) -> str:
        return str(self.box.clock.now() // SECOND)

    def login(self, nonce: int = 0) -> dict[str, str]:
        now = self._now()
        signature = self.sign(login_digest(self.address, now, nonce, CHAIN))
        return {
            "POLY_ADDRESS": self.address,
            "POLY_TIMESTAMP": now,
            "POLY_NONCE": str(nonce),
            "POLY_SIGNATURE": "0x" + signature.hex(),
        }

    def headers(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        now = self._now()
        return {
            "POLY_ADDRESS": self.address,
            "POLY_API_KEY": self.api_key,
            "POLY_PASSPHRASE": self.passphrase,
            "POLY_TIMESTAMP": now,
            "POLY_SIGNATURE": l2_signature(self.secret, now, method, path, body),
        }

    def send(self, method: str, path: str, body: object = None) -> Said:
        sent = b"" if body is None else msgspec.json.encode(body)
        headers = self.headers(method, path.partition("?")[0], sent)
        return self.ask(method, self.box.hosts.clob + path, headers, sent)


class UserChannel:
    """Keeps what a trader's own socket says."""

    def __init__(self, client: PolymarketOrders, play: Story) -> None:
        self.heard: list[dict[str, Any]] = []
        self._task = play.loop.create_task(self._listen(client))
        self._play = play

    def statuses(self, trade: str) -> list[str]:
        """What became of one trade, in the order in which it was told."""
        return [each["status"] for each in self.heard if each.get("event_type") == "trade" and each["id"] == trade]

    def close(self) -> None:
        self._task.cancel()
        self._play.loop.run_until_complete(asyncio.wait([self._task]))

    async def _listen(self, client: PolymarketOrders) -> None:
        auth = {"apiKey": client.api_key, "secret": client.secret, "passphrase": client.passphrase}
        url = f"{client.box.hosts.ws}/ws/user".replace("ws://", "http://", 1)
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.send_json({"type": "user", "auth": auth})
            async for message in socket:
                self.heard.append(msgspec.json.decode(message.data))
