"""The second realtime service over a real socket: logging in, channels, sequence numbers, refusals."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.polymarket.polybolt import TOO_LARGE, BoltQuirks, PolyBolt
from tests.conftest import protocol_samples
from tests.exchange.servers.polymarket.data_stage import ALICE, Stage
from tests.exchange.servers.polymarket.talk import Heard, sockets
from tests.exchange.servers.shape import differences

BTC = 6_412_350_000_000
EASY = BoltQuirks(op_gap=Nanos(0))
LOGIN = {"op": "auth", "auth": {"apiKey": "key", "secret": "secret", "passphrase": "phrase"}, "rid": "a1"}


class Keys:
    """One person."""

    def account_of_key(self, api_key: str, secret: str, passphrase: str) -> str | None:
        return ALICE if (api_key, secret, passphrase) == ("key", "secret", "phrase") else None


@asynccontextmanager
async def bolt(quirks: BoltQuirks = EASY) -> AsyncIterator[tuple[Stage, PolyBolt, Callable[[], Any]]]:
    stage = Stage()
    service = PolyBolt(stage.context, Keys(), quirks)
    async with sockets(service.accept, stage.context) as dial:
        yield stage, service, lambda: dial("/ws")


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def documented() -> list[Any]:
    lines = protocol_samples("oracles/polymarket_polybolt/frames_documented.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def subscription(channel: str, **chosen: object) -> dict[str, object]:
    return {"op": "subscribe", "subscriptions": [{"channel": channel, "filter": chosen}], "rid": "s1"}


async def enter(client: Heard) -> None:
    await client.say(LOGIN)
    assert await client.frame() == {"op": "authed", "rid": "a1"}


def test_a_subscription_is_confirmed_then_a_snapshot_then_updates_in_sequence() -> None:
    authed, subscribed, _, snapshot, update = documented()

    async def story() -> None:
        async with bolt() as (stage, service, dial), dial() as client:
            service.publish("btc/usd", BTC, stage.clock.now())
            await client.say(LOGIN)
            assert differences(await client.frame(), authed) == []
            await client.say(subscription("price.crypto", symbol="btcusd"))
            assert differences(await client.frame(), subscribed) == []
            first = await client.frame()
            assert differences(first, snapshot) == []
            stage.clock.pass_(SECOND)
            service.publish("btc/usd", BTC + 1, stage.clock.now())
            second = await client.frame()
            assert differences(second, update) == []
            assert (first["seq"], second["seq"]) == (1, 2)
            assert second["payload"]["full_accuracy_value"] == "64123.50000001"

    run(story)


def test_averages_have_channels_of_their_own() -> None:
    async def story() -> None:
        async with bolt() as (stage, service, dial), dial() as client:
            await enter(client)
            await client.say(subscription("price.equity.twap", symbol="aapl", window_seconds=30))
            await client.frames(2)
            for value in (100, 200):
                service.publish("aapl", value * 10**8, stage.clock.now())
                stage.clock.pass_(SECOND)
            assert [frame["payload"]["value"] for frame in await client.frames(2)] == [100, 150]

    run(story)


def test_refusals_name_their_code() -> None:
    async def story() -> None:
        async with bolt(BoltQuirks(op_gap=Nanos(0), most_filters=1)) as (_, _, dial), dial() as client:
            await client.say(subscription("price.crypto", symbol="btcusd"))
            assert differences(await client.frame(), documented()[2]) == []
            await client.say({**LOGIN, "auth": {"apiKey": "key", "secret": "no", "passphrase": "phrase"}})
            assert (await client.frame())["code"] == "auth_failed"
            await enter(client)
            for wanted, code in (
                (subscription("price.weather", symbol="btcusd"), "bad_channel"),
                (subscription("price.crypto", symbol="btcusd", window_seconds=30), "bad_filter"),
                (subscription("price.crypto.twap", symbol="btcusd"), "bad_filter"),
                ({"op": "dance"}, "bad_op"),
                ("{", "bad_op"),
            ):
                await client.say(wanted)
                assert (await client.frame())["code"] == code
            await client.say(subscription("price.crypto", symbol="btcusd"))
            await client.frames(2)
            await client.say(subscription("price.crypto", symbol="ethusd"))
            assert (await client.frame())["code"] == "sub_limit"

    run(story)


def test_operations_that_come_too_fast_are_refused_but_pings_are_not() -> None:
    async def story() -> None:
        async with bolt(BoltQuirks()) as (stage, _, dial), dial() as client:
            await enter(client)
            await client.say(subscription("price.crypto", symbol="btcusd"))
            assert (await client.frame())["code"] == "rate_limited"
            await client.say({"op": "ping"})
            assert await client.frame() == {"op": "pong"}
            stage.clock.pass_(SECOND)
            await client.say(subscription("price.crypto", symbol="btcusd"))
            assert (await client.frame())["op"] == "subscribed"

    run(story)


def test_a_frame_beyond_the_limit_ends_the_connection() -> None:
    async def story() -> None:
        async with bolt() as (_, _, dial), dial() as client:
            await client.say("x" * 60_001)
            assert await client.close_code() == TOO_LARGE

    run(story)
