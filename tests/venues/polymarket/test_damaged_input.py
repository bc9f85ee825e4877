"""A hundred thousand damaged frames for each decoder: refused with a typed error, or read exactly."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import (
    BookSnapshot,
    GridChanged,
    LevelsSet,
    MarketEvent,
    MarketListed,
    TopQuoted,
    TradePrinted,
)
from dutchbook.domain.markets import Market, NoFees, PolymarketFees
from dutchbook.domain.units import ONE, SIZE_DECIMALS, Price
from dutchbook.venues.polymarket.codec import MARKET_SOURCE, REST_SOURCE, PolymarketCodec
from dutchbook.venues.polymarket.gamma import decode_search
from tests.conftest import protocol_samples, recorded_data
from tests.venues.polymarket.mutations import mutants
from tests.venues.polymarket.venue_side import CONDITION, NO, T0, YES, frame, market, new_bid, pair

COUNT = 100_000


def channel_frames() -> list[bytes]:
    yes, no = pair("0.590")
    common = {"market": CONDITION, "asset_id": YES, "timestamp": str(T0)}
    messages: list[object] = [
        new_bid(yes, no, "0.42", "0.58", "12", T0 + 1),
        new_bid(yes, no, "0.3", "0.7", "1.5", T0 + 2),
        [yes.frame(T0), no.frame(T0)],
        {**common, "event_type": "price_change", "price": "0.5", "size": "2", "side": "BUY", "hash": ""},
        {**common, "event_type": "tick_size_change", "old_tick_size": "0.01", "new_tick_size": "0.001"},
        {**common, "event_type": "best_bid_ask", "best_bid": "0.5", "best_ask": "0.51", "spread": "0.01"},
        {**common, "event_type": "last_trade_price", "price": "0.5", "size": "2.5", "side": "SELL"},
        {"market": CONDITION, "event_type": "market_resolved", "assets_ids": [YES, NO], "winning_asset_id": YES,
         "timestamp": str(T0)},
        {"market": "0xab", "event_type": "new_market", "assets_ids": ["5", "6"], "outcomes": ["Yes", "No"],
         "timestamp": str(T0), "order_price_min_tick_size": "0.01", "fees_enabled": True, "slug": "s",
         "fee_schedule": {"exponent": "1", "rate": "0.03", "taker_only": True, "rebate_rate": "0.25"}},
    ]  # fmt: skip
    return [json.dumps(message, separators=(",", ":")).encode() for message in messages]


@pytest.mark.parametrize("verify", [True, False])
def test_the_market_channel_survives_damage(verify: bool) -> None:
    codec = PolymarketCodec([market()], verify=verify)
    accepted, compared = _feed(codec, MARKET_SOURCE, mutants(channel_frames(), COUNT, seed=1))
    assert codec.counters.frames == COUNT
    assert accepted + codec.counters.malformed == COUNT
    assert accepted > COUNT // 50
    assert compared > COUNT // 100


def test_rest_books_survive_damage() -> None:
    codec = PolymarketCodec([market()], verify=False)
    yes, no = pair("0.590")
    bodies = [json.dumps(body, separators=(",", ":")).encode() for body in (yes.body(T0), [yes.body(T0), no.body(T0)])]
    bodies.append((protocol_samples("polymarket/microstructure_lab") / "clob_book.json").read_bytes())
    accepted, compared = _feed(codec, REST_SOURCE, mutants(bodies, COUNT, seed=2))
    assert accepted + codec.counters.malformed == COUNT
    assert compared > COUNT // 100


def test_gamma_survives_damage() -> None:
    dump = recorded_data("polymarket-gamma-dumps") / "R32_73_ZAF_CAN.polymarket.search.raw.json.gz"
    events = json.loads(gzip.decompress(dump.read_bytes()))["events"]
    bodies = [json.dumps({"events": [_trimmed(event)]}).encode() for event in events[:3]]
    refused = read = 0
    for body in mutants(bodies, COUNT, seed=3):
        found = _tried(partial(decode_search, body))
        if isinstance(found, WireError):
            assert found.frame == body
            refused += 1
            continue
        for one in found.markets:
            _check_market(one)
            read += 1
    assert refused > COUNT // 10
    assert read > COUNT // 10


def _tried[T](read: Callable[[], T]) -> T | WireError:
    """What was read, or the only error that there may be."""
    try:
        return read()
    except WireError as error:
        return error


def _trimmed(event: dict[str, Any]) -> dict[str, Any]:
    kept = [{key: value for key, value in one.items() if key != "description"} for one in event["markets"][:2]]
    return {**event, "description": "", "markets": kept}


def _feed(codec: PolymarketCodec, source: str, bodies: Iterator[bytes]) -> tuple[int, int]:
    """How many frames were accepted, and for how many of them all levels were compared with the text."""
    accepted = compared = 0
    for number, body in enumerate(bodies):
        events = _tried(partial(codec.decode, frame(body, number, source)))
        if isinstance(events, WireError):
            assert events.frame == body
            continue
        accepted += 1
        for event in events:
            _check(event)
        # A codec without memory drops nothing as stale: all levels must come out.
        compared += _is_exact(body, PolymarketCodec([market()], verify=False).decode(frame(body, source=source)))
    return accepted, compared


def _check(event: MarketEvent) -> None:
    match event:
        case LevelsSet(changes=changes):
            for change in changes:
                _check_level(change.price, change.size)
        case BookSnapshot(bids=bids, asks=asks):
            for level in (*bids, *asks):
                _check_level(level.price, level.size)
                assert level.size
        case TradePrinted(price=price, size=size):
            _check_level(price, size)
            assert size
        case TopQuoted(bid=bid, ask=ask):
            assert all(quote is None or 0 < quote < ONE for quote in (bid, ask))
        case GridChanged(grid=grid):
            assert ONE % grid.finest() == 0
        case MarketListed(market=listed):
            _check_market(listed)


def _check_level(price: Price, size: int) -> None:
    assert type(price) is type(size) is int
    assert 0 < price < ONE
    assert 0 <= size < 10**18


def _check_market(one: Market) -> None:
    assert one.min_size > 0
    assert ONE % one.grid.finest() == 0
    assert one.yes.isascii()
    assert one.yes.isdigit()
    assert one.payout in (None, 0, ONE // 2, ONE)
    assert isinstance(one.fees, NoFees | PolymarketFees)
    assert isinstance(one.fees, NoFees) or 0 < one.fees.rate_ppm <= 1_000_000


def _is_exact(body: bytes, events: Sequence[MarketEvent]) -> bool:
    """Whether the frame is a lone change or book; then its levels must be what its text says, to the last digit."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError):
        return False
    if not isinstance(said, dict):
        return False
    read = [event for event in events if isinstance(event, LevelsSet | BookSnapshot)]
    if len(read) != 1:
        return False
    [event] = read
    if isinstance(event, LevelsSet):
        levels = [(change.price, change.size) for change in event.changes]
        rows = said.get("price_changes") or said.get("changes") or [said]
    else:
        levels = [(level.price, level.size) for level in (*event.bids, *event.asks)]
        rows = [row for row in (*said["bids"], *said["asks"]) if Decimal(row["size"])]
    rows = [row for row in rows if Decimal(row["size"]) or 0 < Decimal(row["price"]) < 1]
    assert all(row["price"].isascii() and row["size"].isascii() for row in rows)
    exact = [(Decimal(row["price"]) * ONE, Decimal(row["size"]).scaleb(SIZE_DECIMALS)) for row in rows]
    assert exact == [(Decimal(price), Decimal(size)) for price, size in levels]
    return True
