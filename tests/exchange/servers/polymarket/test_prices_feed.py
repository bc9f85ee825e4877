"""The price stream over a real socket: topics, snapshots, lag, and the quirks that were recorded."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.polymarket.prices_feed import FeedQuirks, PricesFeed
from tests.conftest import protocol_samples, recorded_data
from tests.exchange.servers.polymarket.data_stage import START, Stage
from tests.exchange.servers.polymarket.talk import Heard, sockets
from tests.exchange.servers.shape import differences

BTC = 7_656_878_000_000
ORDERLY = FeedQuirks(empty_frames=False, lag=Nanos(0))
RTDS = "oracles/polymarket_rtds"


class World:
    """Publishes prices second by second."""

    def __init__(self, quirks: FeedQuirks) -> None:
        self.stage = Stage()
        self.feed = PricesFeed(self.stage.context, quirks)

    def tick(self, value: int, symbol: str = "btc/usd") -> None:
        self.stage.clock.pass_(SECOND)
        self.feed.publish(symbol, value, self.stage.clock.now())


@asynccontextmanager
async def feed(quirks: FeedQuirks = ORDERLY) -> AsyncIterator[tuple[World, Callable[[], Any]]]:
    world = World(quirks)
    async with sockets(world.feed.accept, world.stage.context) as dial:
        yield world, lambda: dial("/")


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


async def subscribe(client: Heard, *topics: str, filters: str = "") -> None:
    wanted = [{"topic": topic, "type": "*", "filters": filters} for topic in topics]
    await client.say({"action": "subscribe", "subscriptions": wanted})


def recorded(topic: str, kind: str) -> Any:
    name = "polymarket-updown15m-raw/m9-rtds-natural-20260429T021025Z-fresh.raw.jsonl.gz"
    with gzip.open(recorded_data(name)) as lines:
        for line in lines:
            row = json.loads(line)
            if "rtds" in row["source"]:
                frame = json.loads(row["payload"])
                if (frame["topic"], frame["type"]) == (topic, kind):
                    return frame
    raise LookupError(f"no {topic} {kind} was recorded")


def test_a_chainlink_snapshot_is_labelled_as_the_other_topic_and_its_updates_rightly() -> None:
    async def story() -> None:
        async with feed() as (world, dial), dial() as client:
            world.tick(BTC)
            world.tick(BTC + 1)
            await subscribe(client, "crypto_prices_chainlink", filters='{"symbol":"btc/usd"}')
            snapshot = await client.frame()
            assert differences(snapshot, recorded("crypto_prices", "subscribe")) == []
            assert [point["value"] for point in snapshot["payload"]["data"]] == [76568.78, 76568.78000001]
            world.tick(BTC)
            update = await client.frame()
            assert differences(update, recorded("crypto_prices_chainlink", "update")) == []
            assert update["payload"]["full_accuracy_value"] == "76568780000000000000000"
            assert update["payload"]["timestamp"] == (START // SECOND + 3) * 1_000

    run(story)


def test_other_topics_have_the_shape_of_captured_ones() -> None:
    samples = protocol_samples(RTDS)

    async def story() -> None:
        async with feed() as (world, dial), dial() as client:
            await subscribe(client, "crypto_prices", "crypto_prices_twap_sixty", "equity_prices")
            assert await client.quiet()
            world.tick(BTC)
            world.tick(19_845_230_000, "aapl")
            plain, twap, equity = await client.frames(3)
            ours = {"$.connection_id": "not in this capture, in others"}
            captured = json.loads((samples / "rtds_crypto_prices_update_2026-06.json").read_bytes())
            assert differences(plain, captured, ours, ordered=False) == []
            assert plain["payload"]["symbol"] == "btcusdt"
            constructed = json.loads((samples / "twap_sixty_constructed.json").read_bytes())
            as_captured = {"$.connection_id": "a UUID there, base64 in captures"}
            assert differences(twap, constructed, as_captured, ordered=False) == []
            name = "polymarket/nautilus_trader/ws/adapter_rtds_equity_prices_update.json"
            captured = json.loads(protocol_samples(name).read_bytes())
            assert differences(equity, captured, ours, ordered=False) == []

    run(story)


def test_an_average_is_that_of_its_window() -> None:
    async def story() -> None:
        async with feed() as (world, dial), dial() as client:
            for second in range(60):
                world.tick(100 * 10**8 if second < 30 else 200 * 10**8)
            await subscribe(client, "crypto_prices_twap_thirty", "crypto_prices_twap_sixty")
            await client.frames(2)
            world.tick(230 * 10**8)
            thirty, sixty = await client.frames(2)
            assert thirty["payload"]["value"] == 201
            assert sixty["payload"]["value"] == pytest.approx((29 * 100 + 30 * 200 + 230) / 60)
            assert (thirty["payload"]["window_s"], sixty["payload"]["window_s"]) == (30, 60)

    run(story)


def test_values_come_behind_their_own_time_and_once_a_second() -> None:
    async def story() -> None:
        async with feed(FeedQuirks(empty_frames=False)) as (world, dial), dial() as client:
            await subscribe(client, "crypto_prices_chainlink")
            assert await client.quiet()
            world.tick(BTC)
            world.feed.publish("btc/usd", BTC + 5, Nanos(world.stage.clock.now() + SECOND // 2))
            world.tick(BTC + 1)
            assert await client.quiet()
            world.tick(BTC + 2)
            update = await client.frame()
            assert update["payload"]["value"] == 76568.78
            assert 1_000 <= update["timestamp"] - update["payload"]["timestamp"] <= 2_000
            assert await client.quiet()

    run(story)


def test_a_filter_with_a_space_brings_a_snapshot_but_no_updates() -> None:
    async def story() -> None:
        async with feed() as (world, dial), dial() as client:
            world.tick(BTC)
            await subscribe(client, "crypto_prices_chainlink", filters='{"symbol": "btc/usd"}')
            assert (await client.frame())["type"] == "subscribe"
            world.tick(BTC)
            assert await client.quiet()

    run(story)


@pytest.mark.parametrize("bad", ["prices_of_everything", ""])
def test_one_bad_topic_spoils_the_whole_message(bad: str) -> None:
    async def story() -> None:
        async with feed() as (world, dial), dial() as client:
            world.tick(BTC)
            await subscribe(client, "crypto_prices_chainlink", bad)
            world.tick(BTC)
            assert await client.quiet()

    run(story)


def test_only_the_symbols_asked_for_come() -> None:
    async def story() -> None:
        async with feed() as (world, dial), dial() as client:
            await subscribe(client, "crypto_prices", filters="ethusdt,solusdt")
            assert await client.quiet()
            world.tick(BTC)
            world.tick(10**11, "eth/usd")
            assert (await client.frame())["payload"]["symbol"] == "ethusdt"
            assert await client.quiet()

    run(story)


def test_unsubscribing_ends_the_updates() -> None:
    async def story() -> None:
        async with feed() as (world, dial), dial() as client:
            await subscribe(client, "crypto_prices_chainlink")
            gone = {"action": "unsubscribe", "subscriptions": [{"topic": "crypto_prices_chainlink", "type": "*"}]}
            await client.say(gone)
            assert await client.quiet()
            world.tick(BTC)
            assert await client.quiet()

    run(story)


def test_an_empty_frame_may_come_first_and_nonsense_is_ignored() -> None:
    async def story() -> None:
        async with feed(FeedQuirks(lag=Nanos(0))) as (world, dial), dial() as client:
            for nonsense in ("hello", "{", "[]", {"action": "subscribe", "subscriptions": "all"}, {"action": "fly"}):
                await client.say(nonsense)
            assert await client.quiet()
            world.tick(BTC)
            await subscribe(client, "crypto_prices_chainlink")
            assert await client.text() == ""
            assert (await client.frame())["type"] == "subscribe"

    run(story)


def test_other_paths_are_forbidden() -> None:
    async def story() -> None:
        world = World(ORDERLY)
        async with sockets(world.feed.accept, world.stage.context) as dial:
            with pytest.raises(WSServerHandshakeError) as refused:
                async with dial("/else"):
                    pass
            assert refused.value.status == 403

    run(story)
