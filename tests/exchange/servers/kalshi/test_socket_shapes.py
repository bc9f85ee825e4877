"""Frames of our socket beside captured ones: the same fields, kinds, order and formats."""

import json
from collections.abc import Mapping, Sequence

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.exchange.servers.kalshi.socket_commands import CommandRefused
from tests.conftest import protocol_samples
from tests.exchange.servers.kalshi.socket_stage import Message, socket_stage
from tests.exchange.servers.kalshi.venue import JIM, LEP
from tests.exchange.servers.shape import differences

STAMP = {"$.sending_ts_ms": "every message may carry it since October 2026; these captures are older"}
NUMBERS = {"$.msg.market_id": "the stage numbers its markets with plain texts, a real listing has a UUID"}
TEXTS = {"$.msg.market_ticker": "tickers that end alike are no format"}


def captured(path: str) -> list[Message]:
    lines = protocol_samples(path).read_text().splitlines()
    return [each.get("event", each) for each in map(json.loads, lines)]


SESSION = captured("kalshi/ws_demo/ws__orderbook_trade_yes.jsonl")
GOLD = captured("kalshi/ws_gold15m/KXGOLD15M-26AUG101900-00.first300.jsonl")
LATER = captured("kalshi/frames/ws_2026_08_to_10.jsonl")


def example(messages: Sequence[Message], kind: str, number: int = 0) -> Message:
    return [each for each in messages if each["type"] == kind][number]


def check(ours: Message, theirs: Message, *reasons: Mapping[str, str]) -> None:
    allowed = {path: why for each in reasons for path, why in each.items()}
    found = differences(ours, theirs, allowed)
    assert not found, found


async def a_session(**params: object) -> list[Message]:
    """Subscribe, quote, trade."""
    async with socket_stage() as stage:
        stage.order("maker", Side.BUY, "0.47", 3)
        stage.order("maker", Side.SELL, "0.48", 1)
        client = await stage.connect()
        told = await client.subscribe("orderbook_delta", "trade", market_tickers=[LEP], **params)
        stage.clock.pass_(0.354803)
        stage.order("bob", Side.BUY, "0.48", 1)
        return told + await client.heard()


async def test_a_short_session_looks_like_the_captured_one() -> None:
    told = await a_session(use_yes_price=True)
    for kind in ("subscribed", "orderbook_snapshot", "orderbook_delta"):
        reasons = (STAMP,) if kind == "subscribed" else (STAMP, NUMBERS)
        check(example(told, kind), example(SESSION, kind), *reasons)
    assert [each["type"] for each in told[:3]] == [each["type"] for each in SESSION[:3]]


async def test_deltas_and_trades_look_like_those_of_production() -> None:
    told = await a_session()
    for kind in ("orderbook_snapshot", "orderbook_delta", "trade"):
        reasons = (STAMP,) if kind == "trade" else (STAMP, NUMBERS)
        check(example(told, kind), example(GOLD, kind), *reasons)


async def test_an_empty_book_has_the_fields_that_the_captured_ones_have() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        told = await client.subscribe("orderbook_delta", market_ticker=JIM)
    allowed = STAMP | {"$.msg.market_id": "empty in the capture; it may be, need not"}
    check(example(told, "orderbook_snapshot"), example(LATER, "orderbook_snapshot", 1), allowed)


async def test_acknowledgements_and_errors_look_alike() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("orderbook_delta", market_ticker=LEP)
        told = await client.ask("update_subscription", id=2, sid=1, action="add_markets", market_tickers=[JIM])
        told += await client.ask("subscribe", id=3, channels=["quotes"])
    check(example(told, "ok"), example(LATER, "ok"), STAMP)
    check(example(told, "error"), example(LATER, "error"), STAMP)
    assert example(told, "error")["msg"] == example(LATER, "error")["msg"]


async def test_tickers_have_the_fields_of_september() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("ticker", market_ticker=LEP)
        stage.order("maker", Side.SELL, "0.01", 78.09)
        stage.order("bob", Side.BUY, "0.01", 0.09)
        told = await client.heard()
    check(example(told, "ticker", 1), example(LATER, "ticker", 1), STAMP, NUMBERS)


async def test_a_decision_looks_like_the_captured_one() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("market_lifecycle_v2")
        grid = stage.exchange.listings[MarketId(LEP)].market.grid
        stage.exchange.resolve(MarketId(LEP), grid.bands[0].start)
        told = await client.heard()
    allowed = STAMP | {
        "$.seq": "the capture of 2025 has none, the documentation of 2026 has",
        "$.msg.settlement_value": "optional, and not in that capture",
    }
    check(example(told, "market_lifecycle_v2"), example(LATER, "market_lifecycle_v2"), allowed)


async def test_the_settlement_index_looks_like_the_captured_one() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("cfbenchmarks_value", index_ids=["all"])
        stage.socket.publish("btc/usd", 85_850_67000000, stage.clock.now())
        told = await client.heard()
    ours, theirs = example(told, "cfbenchmarks_value"), example(LATER, "cfbenchmarks_value")
    check(ours, theirs)
    inner, captured_inner = json.loads(ours["msg"]["data"]), json.loads(theirs["msg"]["data"])  # type: ignore[index]
    check(inner, captured_inner)
    assert inner["value"] == captured_inner["value"]


async def test_every_frame_ends_its_line_and_is_one_object() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.say(
            {"id": 1, "cmd": "subscribe", "params": {"channels": ["ticker"], "send_initial_snapshot": True}}
        )
        frames = await client.frames()
    assert len(frames) > 1
    assert all(frame.endswith(b"}\n") and frame.count(b"\n") == 1 for frame in frames)


@pytest.mark.parametrize("code", [1, 5, 8, 11])
def test_an_error_says_its_code_and_text(code: int) -> None:
    body = json.loads(CommandRefused(code, "KXNONE").body())
    assert body["code"] == code
    assert body["msg"]
    assert body["market_ticker"] == "KXNONE"
