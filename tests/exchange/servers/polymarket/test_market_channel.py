"""The market channel over a real socket: subscribing, keeping alive, and what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError
from msgspec.structs import replace

from dutchbook.domain.book import Side
from dutchbook.exchange.history import History
from dutchbook.exchange.servers.polymarket.market_channel import Again, MarketQuirks
from dutchbook.exchange.servers.polymarket.sockets import PolymarketSockets
from tests.exchange.servers.polymarket.data_stage import ALICE, BOB, Stage, market_id, token
from tests.exchange.servers.polymarket.talk import Heard, sockets

YES, NO = token(1, 0), token(1, 1)


class NoKeys:
    """Nobody may log in."""

    def account_of_key(self, api_key: str, secret: str, passphrase: str) -> str | None:  # noqa: ARG002
        return None

    def owner_of_order(self, order_id: str, account: str) -> str:  # noqa: ARG002
        return ""


@asynccontextmanager
async def channel(quirks: MarketQuirks | None = None) -> AsyncIterator[tuple[Stage, Callable[[], Any]]]:
    stage = Stage()
    history = History(stage.exchange)
    venue = PolymarketSockets(stage.exchange, history, stage.context, NoKeys(), market_quirks=quirks)
    stage.open()
    async with sockets(venue.accept, stage.context) as dial:
        yield stage, lambda: dial("/ws/market")


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


async def subscribe(client: Heard, *tokens: str, **more: object) -> Any:
    await client.say({"type": "market", "assets_ids": tokens, **more})
    return await client.frame()


def test_the_first_frame_is_an_array_with_the_books_in_the_order_asked_for() -> None:
    async def story() -> None:
        async with channel() as (_, dial), dial() as client:
            books = await subscribe(client, NO, YES)
            assert [(book["event_type"], book["asset_id"]) for book in books] == [("book", NO), ("book", YES)]

    run(story)


def test_a_subscription_of_unknown_tokens_yields_an_empty_array() -> None:
    async def story() -> None:
        async with channel() as (_, dial), dial() as client:
            assert await subscribe(client, "123") == []

    run(story)


def test_without_an_initial_dump_only_changes_come() -> None:
    async def story() -> None:
        async with channel() as (stage, dial), dial() as client:
            await client.say({"type": "market", "assets_ids": [YES], "initial_dump": False})
            assert await client.quiet()
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 10))
            assert (await client.frame())["event_type"] == "price_change"

    run(story)


def test_one_token_brings_changes_of_the_pair_and_books_and_prints_of_itself_alone() -> None:
    async def story() -> None:
        async with channel() as (stage, dial), dial() as client:
            await subscribe(client, YES)
            stage.exchange.submit(stage.order(ALICE, Side.SELL, 5_000, 10))
            change = await client.frame()
            assert [part["asset_id"] for part in change["price_changes"]] == [YES, NO]
            stage.exchange.submit(stage.order(BOB, Side.BUY, 5_000, 5))
            book, printed = await client.frames(2)
            assert (book["event_type"], book["asset_id"]) == ("book", YES)
            assert (printed["event_type"], printed["asset_id"]) == ("last_trade_price", YES)
            assert await client.quiet()

    run(story)


def test_custom_events_come_to_those_who_asked_for_them() -> None:
    async def story() -> None:
        async with channel() as (stage, dial), dial() as curious, dial() as plain:
            await subscribe(curious, YES, custom_feature_enabled=True)
            await subscribe(plain, YES)
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 10))
            kinds = [frame["event_type"] for frame in await curious.frames(2)]
            assert kinds == ["price_change", "best_bid_ask"]
            assert (await plain.frame())["event_type"] == "price_change"
            assert await plain.quiet()

    run(story)


def test_a_new_market_is_told_to_everybody_who_asked_for_more_even_without_a_token() -> None:
    async def story() -> None:
        async with channel() as (stage, dial), dial() as client:
            assert await subscribe(client, custom_feature_enabled=True) == []
            listing = stage.exchange.listings[market_id(1)]
            new = listing.market
            changed = {"id": market_id(9), "yes": token(9, 0), "no": token(9, 1), "title": "Dupont?"}
            stage.exchange.add_market(replace(listing, number="77", market=replace(new, **changed)))
            told = await client.frame()
            assert (told["event_type"], told["question"], told["id"]) == ("new_market", "Dupont?", "77")

    run(story)


def test_subscribing_and_unsubscribing_go_on_during_a_connection() -> None:
    async def story() -> None:
        async with channel() as (stage, dial), dial() as client:
            await subscribe(client, YES)
            await client.say({"operation": "subscribe", "assets_ids": [token(2, 0)]})
            [book] = await client.frame()
            assert book["asset_id"] == token(2, 0)
            await client.say({"operation": "unsubscribe", "assets_ids": [YES]})
            assert await client.quiet()
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 10))
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 10, number=2))
            assert (await client.frame())["market"] == market_id(2)
            assert await client.quiet()

    run(story)


def test_a_token_named_again_only_switches_its_custom_events() -> None:
    async def story() -> None:
        async with channel() as (stage, dial), dial() as client:
            await subscribe(client, YES)
            again = {"operation": "subscribe", "assets_ids": [YES], "custom_feature_enabled": True}
            await client.say(again)
            assert await client.quiet()
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 10))
            assert [frame["event_type"] for frame in await client.frames(2)] == ["price_change", "best_bid_ask"]
            await client.say({**again, "custom_feature_enabled": False})
            assert await client.quiet()
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_100, 10))
            assert (await client.frame())["event_type"] == "price_change"
            assert await client.quiet()

    run(story)


def test_duplicates_may_be_refused_instead() -> None:
    async def story() -> None:
        async with channel(MarketQuirks(again=Again.REFUSE)) as (_, dial), dial() as client:
            await subscribe(client, YES)
            await client.say({"operation": "subscribe", "assets_ids": [NO, YES]})
            assert "duplicate assets" in await client.text()
            assert await client.quiet()

    run(story)


def test_tokens_beyond_the_limit_get_no_snapshot_but_changes() -> None:
    async def story() -> None:
        async with channel(MarketQuirks(snapshot_limit=1)) as (stage, dial), dial() as client:
            books = await subscribe(client, YES, token(2, 0))
            assert [book["asset_id"] for book in books] == [YES]
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 10, number=2))
            assert (await client.frame())["event_type"] == "price_change"

    run(story)


def test_ping_is_answered_in_text() -> None:
    async def story() -> None:
        async with channel() as (_, dial), dial() as client:
            await subscribe(client, YES)
            assert await client.quiet()

    run(story)


def test_a_connection_that_begins_with_anything_but_a_subscription_is_closed() -> None:
    async def story() -> None:
        begins: tuple[object, ...] = ("PING", "{", "[]", {"type": "user"}, {"operation": "subscribe", "assets_ids": []})
        async with channel() as (_, dial):
            for begin in begins:
                async with dial() as client:
                    await client.say(begin)
                    assert await client.close_code() == 1008

    run(story)


def test_nonsense_later_is_called_an_invalid_operation() -> None:
    async def story() -> None:
        async with channel() as (_, dial), dial() as client:
            await subscribe(client, YES)
            for nonsense in ("hello", {"type": "market", "assets_ids": [YES]}, {"operation": "jump"}, "\x00", "[1"):
                await client.say(nonsense)
                assert await client.text() == "INVALID OPERATION"

    run(story)


def test_a_connection_without_pings_is_dropped() -> None:
    async def story() -> None:
        async with channel(MarketQuirks(ping_patience_s=0.05)) as (_, dial), dial() as client:
            await subscribe(client, YES)
            assert await client.close_code() is not None

    run(story)


def test_one_frame_reaches_all_and_a_reader_that_leaves_is_forgotten() -> None:
    async def story() -> None:
        async with channel() as (stage, dial), dial() as stays:
            await subscribe(stays, YES)
            async with dial() as leaves:
                await subscribe(leaves, YES, NO)
                stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 10))
                assert await stays.text() == await leaves.text()
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_100, 10))
            assert json.loads(await stays.text())["event_type"] == "price_change"
            assert await stays.quiet()

    run(story)


def test_a_batch_goes_out_when_its_call_has_ended() -> None:
    async def story() -> None:
        async with channel() as (stage, dial), dial() as client:
            await subscribe(client, YES)
            stage.exchange.submit_batch([stage.order(ALICE, Side.BUY, price, 10) for price in (4_000, 3_900)])
            first, second = await client.frames(2)
            hashes = [[part["hash"] for part in frame["price_changes"]] for frame in (first, second)]
            assert hashes[0] == hashes[1]

    run(story)


def test_other_paths_do_not_exist() -> None:
    async def story() -> None:
        stage = Stage()
        venue = PolymarketSockets(stage.exchange, History(stage.exchange), stage.context, NoKeys())
        async with sockets(venue.accept, stage.context) as dial:
            with pytest.raises(WSServerHandshakeError) as refused:
                async with dial("/ws/other"):
                    pass
            assert refused.value.status == 404

    run(story)
