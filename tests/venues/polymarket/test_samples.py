"""Frames of the market channel that other clients keep for their tests: each is read, as what it is."""

import json

import msgspec
import pytest

from dutchbook.domain.events import (
    BookSnapshot,
    GridChanged,
    LevelsSet,
    MarketEvent,
    MarketListed,
    MarketResolved,
    TopQuoted,
    TradePrinted,
)
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.units import ONE, Nanos, Price, price_of, size_of
from dutchbook.venues.polymarket.codec import PolymarketCodec
from tests.conftest import protocol_samples
from tests.venues.polymarket.venue_side import frame, market

FOLDER = "polymarket/nautilus_trader/ws"


def read(name: str, codec: PolymarketCodec | None = None) -> tuple[dict[str, str], MarketEvent]:
    """What a sample says, and the one event that it becomes."""
    payload = (protocol_samples(FOLDER) / name).read_bytes()
    codec = codec or PolymarketCodec([])
    [event] = codec.decode(frame(payload))
    assert not codec.counters.unknown_types
    return json.loads(payload), event


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("book.json", BookSnapshot),
        ("price_change.json", LevelsSet),
        ("last_trade_price.json", TradePrinted),
        ("adapter_ws_market_best_bid_ask_msg.json", TopQuoted),
        ("adapter_ws_market_new_market_msg.json", MarketListed),
        ("adapter_ws_market_resolved_msg.json", MarketResolved),
    ],
)
def test_every_kind_of_message_becomes_its_event(name: str, kind: type[MarketEvent]) -> None:
    assert type(read(name)[1]) is kind


def test_a_tick_size_change_is_the_grid_of_a_listed_market() -> None:
    said = json.loads((protocol_samples(FOLDER) / "tick_size_change.json").read_bytes())
    listed = msgspec.structs.replace(market(), id=MarketId(said["market"]), yes=OutcomeId(said["asset_id"]))
    _, event = read("tick_size_change.json", PolymarketCodec([listed]))
    at = Nanos(int(said["timestamp"]) * 1_000_000)
    assert event == GridChanged(listed.id, PriceGrid.uniform(Price(10)), event.received, at)


def test_a_print_and_a_top_say_what_the_venue_said() -> None:
    said, trade = read("last_trade_price.json")
    assert isinstance(trade, TradePrinted)
    assert (trade.price, trade.size) == (price_of(said["price"]), size_of(said["size"]))
    assert trade.taker.name == said["side"]
    said, top = read("adapter_ws_market_best_bid_ask_msg.json")
    assert isinstance(top, TopQuoted)
    assert (top.outcome, top.bid, top.ask) == (
        said["asset_id"],
        price_of(said["best_bid"]),
        price_of(said["best_ask"]),
    )


def test_the_result_names_what_yes_pays() -> None:
    said, event = read("adapter_ws_market_resolved_msg.json")
    assert isinstance(event, MarketResolved)
    assert event.payout == (ONE if said["winning_asset_id"] == said["assets_ids"][0] else 0)


@pytest.mark.parametrize("name", ["order_placement.json", "user_trade2.json", "user_trade3.json"])
def test_messages_of_the_user_channel_are_not_of_this_one(name: str) -> None:
    codec = PolymarketCodec([])
    assert not codec.decode(frame((protocol_samples(FOLDER) / name).read_bytes()))
    assert sum(codec.counters.unknown_types.values()) == 1
