"""No message makes a socket server fail: whatever comes, a later PING of the same connection is answered."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest

from dutchbook.exchange.history import History
from dutchbook.exchange.servers.polymarket.polybolt import BoltQuirks, PolyBolt
from dutchbook.exchange.servers.polymarket.prices_feed import FeedQuirks, PricesFeed
from dutchbook.exchange.servers.polymarket.sockets import PolymarketSockets
from tests.exchange.servers.polymarket.data_stage import ALICE, Stage, token
from tests.exchange.servers.polymarket.talk import Heard, sockets

DEEP = '{"x":' + "[" * 50_000 + "]" * 50_000 + "}"
TEXTS = ("", " ", "ping", "Ping", "[]", "{}", "null", "true", "0", '"x"', "{", "[[[", "\x00", "\ud7ff", "1e999")
NAMES = (
    "type", "operation", "assets_ids", "markets", "auth", "action", "subscriptions", "op", "rid", "level",
    "custom_feature_enabled", "initial_dump", "topic", "filters", "channel", "filter",
)  # fmt: skip
VALUES: tuple[object, ...] = (
    None, True, 0, -1, 1.5, "", "market", "user", "subscribe", "unsubscribe", [], {}, [None], ["x"], [token(1, 0)],
    {"apiKey": 1}, [{"topic": "crypto_prices", "filters": "{"}], [{"topic": "crypto_prices", "filters": DEEP[:9_000]}],
    [{"channel": "price.crypto", "filter": {}}], [{"channel": "price.crypto", "filter": {"symbol": ""}}],
)  # fmt: skip


class Keys:
    """Everybody is Alice."""

    def account_of_key(self, api_key: str, secret: str, passphrase: str) -> str | None:  # noqa: ARG002
        return ALICE

    def owner_of_order(self, order_id: str, account: str) -> str:
        return f"{account}/{order_id}"


LOGIN = {"apiKey": "k", "secret": "s", "passphrase": "p"}
BEGINS: dict[str, object] = {
    "/ws/market": {"type": "market", "assets_ids": [token(1, 0)], "initial_dump": False},
    "/ws/user": {"type": "user", "auth": LOGIN},
    "/": {"action": "subscribe", "subscriptions": []},
    "/ws": {"op": "auth", "auth": LOGIN},
}


@pytest.mark.parametrize("path", BEGINS)
def test_whatever_is_sent_the_connection_goes_on(path: str) -> None:
    async def story() -> None:
        stage = Stage()
        venue = PolymarketSockets(stage.exchange, History(stage.exchange), stage.context, Keys())
        stage.open()
        prices = PricesFeed(stage.context, FeedQuirks(empty_frames=False))
        bolt = PolyBolt(stage.context, Keys(), BoltQuirks())
        accept = {"/": prices.accept, "/ws": bolt.accept}.get(path, venue.accept)
        async with sockets(accept, stage.context) as dial, dial(path) as client:
            await send_everything(client, path)

    asyncio.run(story())


async def send_everything(client: Heard, path: str) -> None:
    rng = Random(path)
    await client.say(BEGINS[path])
    for text in TEXTS if path == "/ws" else (*TEXTS, DEEP):  # the last one drops frames of this size
        await client.say(text)
    for _ in range(300):
        await client.say({rng.choice(NAMES): rng.choice(VALUES) for _ in range(rng.randrange(1, 5))})
    ping: object = {"op": "ping", "rid": "end"} if path == "/ws" else "PING"
    await client.say(ping)
    wanted: Callable[[str], bool] = (lambda text: "end" in text) if path == "/ws" else (lambda text: text == "PONG")
    await heard(client, wanted)


async def heard(client: Heard, wanted: Callable[[str], Any]) -> None:
    for _ in range(2_000):
        if wanted(await client.text()):
            return
    raise AssertionError("no answer to the last PING")


def test_the_deep_message_is_deeper_than_the_decoder_goes() -> None:
    with pytest.raises(RecursionError):
        msgspec.json.decode(DEEP)
