"""A hundred thousand damaged frames for each decoder: refused with a typed error, or read exactly."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from dutchbook.domain.book import Level
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import (
    BookSnapshot,
    GridChanged,
    LevelAdded,
    MarketEvent,
    MarketListed,
    MarketResolved,
    TopQuoted,
    TradePrinted,
)
from dutchbook.domain.markets import KalshiFees, Market
from dutchbook.domain.ports import SequenceKind
from dutchbook.domain.units import ONE, SIZE_DECIMALS, Nanos
from dutchbook.venues.kalshi.codec import KalshiCodec
from dutchbook.venues.kalshi.markets import decode_events, decode_markets, decode_series
from dutchbook.venues.kalshi.orderbook import OrderBooks
from dutchbook.venues.kalshi.terms import fees_of
from tests.conftest import protocol_samples
from tests.venues.kalshi.mutations import mutants
from tests.venues.kalshi.venue_side import OTHER, TICKER, delta, frame, ok, snapshot, subscribed, text, trade

COUNT = 100_000
_LATEST = 2**63


def socket_frames() -> list[bytes]:
    samples = (protocol_samples("kalshi/frames") / "ws_2026_08_to_10.jsonl").read_bytes().splitlines()
    created = {
        "market_ticker": "KXA-1",
        "event_type": "created",
        "close_ts": 1_788_703_200,
        "additional_metadata": {"event_ticker": "KXA", "strike_type": "between", "floor_strike": 5.5, "cap_strike": 7},
        "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}],
    }
    settled = {"market_ticker": "KXA-1", "event_type": "settled", "settlement_value": "0.5970"}
    made = [
        snapshot(1, [["0.4700", "3.00"], ["0.4600", "12.50"]], [["0.5200", "1.00"]]), delta(2, "-46.02"),
        delta(3, "0.01", "no", "0.0010"), delta(4, ticker=OTHER), trade(1), ok(5, TICKER), subscribed(1),
        {"type": "unsubscribed", "id": 11, "sid": 2, "seq": 7},
        {"type": "market_lifecycle_v2", "sid": 7, "seq": 1, "msg": created},
        {"type": "market_lifecycle_v2", "sid": 7, "seq": 2, "msg": settled},
    ]  # fmt: skip
    # Deltas thrice: they are what matters most.
    return [*samples, *(text(message) for message in made), *(text(delta(n, "-46.02")) for n in (6, 7, 8))]


@pytest.mark.parametrize("use_yes_price", [False, True])
def test_the_socket_survives_damage(use_yes_price: bool) -> None:
    codec = KalshiCodec(use_yes_price=use_yes_price)
    accepted = compared = 0
    for body in mutants(socket_frames(), COUNT, seed=1):
        before = _state(codec)
        events = _kept(partial(codec.decode, frame(body)), body)
        if events is None:
            assert _state(codec) == before
            continue
        accepted += 1
        _check(events)
        compared += _is_exact(body, events, no_as_yes=use_yes_price)
    assert codec.counters.frames == COUNT
    assert accepted + codec.counters.malformed == COUNT
    assert accepted > COUNT // 20
    assert compared > COUNT // 50


def test_rest_books_survive_damage() -> None:
    books = OrderBooks()
    single = (protocol_samples("kalshi/rest_demo") / "orderbook__base.json").read_bytes()
    levels = {"yes_dollars": [["0.4700", "3.00"], ["0.4800", "0.01"]], "no_dollars": [["0.0010", "12345.67"]]}
    bodies = [single, text({"orderbook_fp": levels})]
    accepted = compared = 0
    for body in mutants(bodies, COUNT, seed=2):
        event = _kept(partial(books.one, body, TICKER, Nanos(1)), body)
        if event is None:
            continue
        accepted += 1
        _check([event])
        compared += _book_is_exact(_said(body)["orderbook_fp"], event, "yes_dollars", "no_dollars")
    assert accepted == compared > COUNT // 20


def test_batches_of_rest_books_survive_damage() -> None:
    books = OrderBooks()
    levels = {"yes_dollars": [["0.4700", "3.00"]], "no_dollars": [["0.4800", "3.00"]]}
    batch = text({"orderbooks": [{"ticker": name, "orderbook_fp": levels} for name in (TICKER, OTHER)]})
    accepted = 0
    for body in mutants([batch], COUNT // 10, seed=3):
        events = _kept(partial(books.many, body, Nanos(1)), body)
        if events is None:
            continue
        accepted += 1
        _check(events)
    assert accepted > COUNT // 200


def test_rest_markets_survive_damage() -> None:
    folder = protocol_samples("kalshi/rest_demo")
    page = json.loads((folder / "markets__high_temp.json").read_bytes())["markets"][1:4]
    gold = json.loads((protocol_samples("kalshi/ws_gold15m") / "KXGOLD15M-26AUG101900.json").read_bytes())["response"]
    bodies = [text({"markets": [_without_prose(market) for market in page], "cursor": "x"})]
    bodies.append(text({"market": _without_prose(gold["markets"][0])}))
    nested = {**gold["event"], "markets": [_without_prose(market) for market in gold["markets"]]}
    events = [text({"events": [{**nested, "fee_multiplier_override": 0.5}], "cursor": ""})]
    refused = read = skipped = 0
    for decode, damaged in (
        (decode_markets, mutants(bodies, COUNT, seed=4)),
        (decode_events, mutants(events, COUNT // 5, seed=5)),
    ):
        for body in damaged:
            listing = _kept(partial(decode, body), body)
            if listing is None:
                refused += 1
                continue
            skipped += len(listing.skipped)
            for market in listing.markets:
                _check_market(market)
                read += 1
    assert refused > COUNT // 10
    assert read > COUNT // 10
    assert skipped > COUNT // 100


def _kept[T](read: Callable[[], T], body: bytes) -> T | None:
    """What was read, or None if it was refused with the frame in the error. Any other error fails the test."""
    try:
        return read()
    except WireError as error:
        if error.frame != body:
            raise
        return None


def _said(body: bytes) -> dict[str, Any]:
    """The frame as another parser reads it. Texts that nobody reads may hold anything."""
    said: dict[str, Any] = json.loads(body.decode("utf-8", "replace"), strict=False)
    return said


def test_series_survive_damage() -> None:
    series = {"ticker": "KXA", "fee_type": "quadratic", "fee_multiplier": 0.5, "title": "A"}
    read = 0
    for body in mutants([text({"series": series}), text({"series": [series, series]})], COUNT // 10, seed=6):
        for found in _kept(partial(decode_series, body), body) or ():
            fees = fees_of(found.fee_type, found.multiplier)
            assert 0 <= fees.taker_ppm <= 7_000_000
            read += 1
    assert read > COUNT // 100


def _without_prose(market: dict[str, Any]) -> dict[str, Any]:
    """Damage should hit what is read."""
    dropped = (
        "rules_",
        "previous_",
        "early_",
        "volume",
        "liquidity",
        "yes_bid",
        "yes_ask",
        "no_",
        "created",
        "updated",
    )
    return {key: value for key, value in market.items() if not key.startswith(dropped)}


def _state(codec: KalshiCodec) -> list[tuple[int, int | None, tuple[str, ...]]]:
    """What the codec remembers: the last number of each subscription, and its whole books."""
    return [(sid, sub.last, tuple(sub.whole)) for sid, sub in codec._subscriptions._open.items()]


def _check(events: Iterable[MarketEvent]) -> None:
    for event in events:
        match event:
            case LevelAdded():
                _check_level(event.price, abs(event.delta))
                assert event.at is None or 0 <= event.at < _LATEST
            case BookSnapshot(bids=bids, asks=asks):
                for level in (*bids, *asks):
                    _check_level(level.price, level.size)
                    assert level.size
            case TradePrinted():
                _check_level(event.price, event.size)
                assert event.size
            case TopQuoted(bid=bid, ask=ask):
                assert all(price is None or 0 < price < ONE for price in (bid, ask))
            case MarketListed(market=market):
                _check_market(market)
            case GridChanged(grid=grid):
                assert grid.finest() > 0
            case MarketResolved(payout=payout):
                assert 0 <= payout <= ONE


def _check_level(price: int, size: int) -> None:
    assert type(price) is type(size) is int
    assert 0 < price < ONE
    assert 0 <= size < 10**18


def _check_market(market: Market) -> None:
    assert market.id.isascii()
    assert market.yes == f"{market.id}/yes"
    assert market.grid.finest() > 0
    assert all(0 <= band.start < band.end <= ONE for band in market.grid.bands)
    assert isinstance(market.fees, KalshiFees)
    assert 0 <= market.fees.taker_ppm <= 7_000_000
    assert market.payout is None or 0 <= market.payout <= ONE
    for at in (market.opens, market.closes, market.settles):
        assert at is None or (type(at) is int and 0 <= at < _LATEST)
    if market.strike is not None:
        assert all(bound is None or type(bound) is int for bound in (market.strike.floor, market.strike.cap))


def _is_exact(body: bytes, events: Sequence[MarketEvent], *, no_as_yes: bool) -> bool:
    """Whether the frame is a delta or a book; then each number must be what its text says, to the last digit."""
    told = [event for event in events if isinstance(event, LevelAdded | BookSnapshot)]
    if not told:
        return False
    [event] = told
    said = _said(body)["msg"]
    if isinstance(event, BookSnapshot):
        return _book_is_exact(said, event, "yes_dollars_fp", "no_dollars_fp", no_as_yes=no_as_yes)
    assert said["price_dollars"].isascii()
    assert said["delta_fp"].isascii()
    price = Decimal(said["price_dollars"]) * ONE
    assert event.price == (price if said["side"] == "yes" or no_as_yes else ONE - price)
    assert event.delta == Decimal(said["delta_fp"]).scaleb(SIZE_DECIMALS)
    return True


def _book_is_exact(said: dict[str, Any], event: BookSnapshot, yes: str, no: str, *, no_as_yes: bool = False) -> bool:
    assert _exact(event.bids) == _meant(said.get(yes), mirrored=False)
    assert _exact(event.asks) == _meant(said.get(no), mirrored=not no_as_yes)
    return True


def _exact(levels: Iterable[Level]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(level.price), Decimal(level.size)) for level in levels]


def _meant(rows: list[list[str]] | None, *, mirrored: bool) -> list[tuple[Decimal, Decimal]]:
    """Prices and sizes of a side in our units, levels without size left out."""
    found = []
    for price, size in rows or []:
        assert price.isascii()
        assert size.isascii()
        units = Decimal(price) * ONE
        found.append((ONE - units if mirrored else units, Decimal(size).scaleb(SIZE_DECIMALS)))
    return [level for level in found if level[1]]


def test_a_memo_of_texts_stays_bounded() -> None:
    codec = KalshiCodec(sequence=SequenceKind.NONE)
    for number in _sizes(70_000):
        codec.decode(frame(delta(1, number)))
    assert 0 < len(codec._levels.deltas) <= 65_536


def _sizes(count: int) -> Iterator[str]:
    return (f"{number}.25" for number in range(count))
