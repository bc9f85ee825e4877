"""The socket's frames, as events of the YES outcome."""

import gzip
import json

import pytest

from dutchbook.domain.book import Book, Level, Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import (
    BookSnapshot,
    GridChanged,
    LevelAdded,
    MarketEvent,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    TopQuoted,
    TradePrinted,
)
from dutchbook.domain.identity import MarketId, QuestionId, kalshi_yes
from dutchbook.domain.markets import MarketStatus, PriceBand, PriceGrid, Strike, StrikeKind
from dutchbook.domain.ports import Frame, SequenceKind
from dutchbook.domain.units import CONTRACT, MILLISECOND, ONE, SECOND, Nanos, Price, Size
from dutchbook.venues.kalshi.codec import KalshiCodec
from tests.conftest import protocol_samples
from tests.venues.kalshi.venue_side import T0, TICKER, YES, delta, frame, ok, snapshot, subscribed, trade

RECEIVED = Nanos(T0 * MILLISECOND)


def test_a_no_bid_is_a_yes_ask() -> None:
    [book] = KalshiCodec().decode(frame(snapshot(1, [["0.4700", "3.00"]], [["0.5200", "1.00"], ["0.0100", "0.05"]])))
    assert book == BookSnapshot(
        YES,
        bids=(Level(Price(4_700), Size(3 * CONTRACT)),),
        asks=(Level(Price(4_800), Size(CONTRACT)), Level(Price(9_900), Size(50_000))),
        received=RECEIVED,
    )


def test_a_side_without_orders_has_no_key() -> None:
    [book] = KalshiCodec().decode(frame(snapshot(1)))
    assert book == BookSnapshot(YES, (), (), RECEIVED)


@pytest.mark.parametrize(
    ("side", "price", "expected"),
    [("yes", "0.4600", (Side.BUY, 4_600)), ("no", "0.4600", (Side.SELL, 5_400)), ("no", "0.0010", (Side.SELL, 9_990))],
)
def test_a_delta_is_a_signed_change_of_yes(side: str, price: str, expected: tuple[Side, int]) -> None:
    [event] = KalshiCodec().decode(frame(delta(1, "-46.02", side, price)))
    assert event == LevelAdded(YES, expected[0], Price(expected[1]), -46_020_000, RECEIVED, RECEIVED)


def test_with_yes_prices_the_no_side_is_priced_as_asks_already() -> None:
    codec = KalshiCodec(use_yes_price=True)
    [event] = codec.decode(frame(delta(1, "2.00", "no", "0.5200")))
    assert isinstance(event, LevelAdded)
    assert (event.side, event.price) == (Side.SELL, 5_200)


def test_the_time_of_a_delta_is_the_venues() -> None:
    message = delta(1)
    message["msg"]["ts_ms"] = T0 - 40
    [event] = KalshiCodec().decode(frame(message))
    assert isinstance(event, LevelAdded)
    assert (event.at, event.received) == (RECEIVED - 40 * MILLISECOND, RECEIVED)
    del message["msg"]["ts_ms"]
    [event] = KalshiCodec().decode(frame(message))
    assert isinstance(event, LevelAdded)
    assert event.at is None


@pytest.mark.parametrize(
    ("changes", "taker"),
    [
        ({}, Side.BUY),
        ({"taker_outcome_side": "no", "taker_side": "yes"}, Side.SELL),
        ({"taker_outcome_side": None, "taker_side": "no"}, Side.SELL),
    ],
)
def test_a_trade_says_what_the_taker_did_in_yes(changes: dict[str, object], taker: Side) -> None:
    [event] = KalshiCodec().decode(frame(trade(1, **changes)))
    assert event == TradePrinted(YES, Price(5_400), Size(9_120_000), taker, RECEIVED, RECEIVED, "ba2632f9")


@pytest.mark.parametrize(
    "changes",
    [
        {"no_price_dollars": "0.4700"},
        {"count_fp": "0.00"},
        {"count_fp": "-1.00"},
        {"yes_price_dollars": "1.0000", "no_price_dollars": "0.0000"},
        {"taker_outcome_side": None, "taker_side": None},
        {"taker_outcome_side": "both"},
    ],
)
def test_a_trade_that_contradicts_itself_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(WireError):
        KalshiCodec().decode(frame(trade(1, **changes)))


def test_a_block_trade_says_nothing_about_the_book() -> None:
    assert KalshiCodec().decode(frame(trade(is_block_trade=True))) == ()


def test_an_empty_side_of_a_ticker_is_no_price() -> None:
    message = {
        "type": "ticker",
        "sid": 4,
        "msg": {"market_ticker": TICKER, "yes_bid_dollars": "0.0000", "yes_ask_dollars": "0.0100", "ts_ms": T0},
    }
    assert list(KalshiCodec().decode(frame(message))) == [TopQuoted(YES, None, Price(100), RECEIVED, RECEIVED)]
    message["msg"] = {"market_ticker": TICKER, "yes_bid_dollars": "0.9900", "yes_ask_dollars": "1.0000"}
    assert list(KalshiCodec().decode(frame(message))) == [TopQuoted(YES, Price(9_900), None, RECEIVED)]


def lifecycle(event_type: str, **fields: object) -> dict[str, object]:
    body = {"market_ticker": "KXBTC15M-26SEP061000-00", "event_type": event_type, **fields}
    return {"type": "market_lifecycle_v2", "sid": 7, "msg": body}


CREATED = {
    "open_ts": 1_788_700_500,
    "close_ts": 1_788_703_200,
    "additional_metadata": {
        "title": "Bitcoin up?",
        "yes_sub_title": "Target: 79,800.71",
        "rules_primary": "One.",
        "rules_secondary": "Two.",
        "event_ticker": "KXBTC15M-26SEP061000",
        "expected_expiration_ts": 1_788_703_500,
        "strike_type": "greater_or_equal",
        "floor_strike": 79800.71,
    },
    "price_ranges": [
        {"start": "0.0000", "end": "0.1000", "step": "0.0010"},
        {"start": "0.1000", "end": "0.9000", "step": "0.0100"},
        {"start": "0.9000", "end": "1.0000", "step": "0.0010"},
    ],
}


def test_a_created_market_is_listed_with_its_grid_and_strike() -> None:
    [event] = KalshiCodec().decode(frame(lifecycle("created", **CREATED)))
    assert isinstance(event, MarketListed)
    market = event.market
    assert market.id == "KXBTC15M-26SEP061000-00"
    assert market.question == QuestionId("KXBTC15M-26SEP061000")
    assert market.yes == kalshi_yes("KXBTC15M-26SEP061000-00")
    assert market.status is MarketStatus.UNOPENED
    assert market.strike == Strike(StrikeKind.GREATER_OR_EQUAL, 79_800_710_000)
    assert market.grid.bands[0] == PriceBand(Price(0), Price(1_000), Price(10))
    assert market.grid.contains(Price(9_010))
    assert not market.grid.contains(Price(5_010))
    assert (market.opens, market.closes) == (1_788_700_500 * SECOND, 1_788_703_200 * SECOND)
    assert market.settles == 1_788_703_500 * SECOND
    assert market.rules == "One.\n\nTwo."


def test_a_target_to_be_determined_is_no_strike() -> None:
    about = {**CREATED["additional_metadata"], "floor_strike": 0, "yes_sub_title": "Target price: TBD"}  # type: ignore[dict-item]
    [event] = KalshiCodec().decode(frame(lifecycle("created", **{**CREATED, "additional_metadata": about})))
    assert isinstance(event, MarketListed)
    assert event.market.strike is None
    assert event.market.placeholder


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (lifecycle("activated"), MarketStatus.OPEN),
        (lifecycle("deactivated"), MarketStatus.PAUSED),
        # It can still be disputed and amended: no payout before it settles.
        (lifecycle("determined", result="no", settlement_value="0.0000"), MarketStatus.CLOSED),
        (lifecycle("settled"), MarketStatus.RESOLVED),
    ],
)
def test_a_step_in_a_markets_life_is_a_status(message: object, expected: MarketStatus) -> None:
    market = MarketId("KXBTC15M-26SEP061000-00")
    assert list(KalshiCodec().decode(frame(message))) == [MarketStatusChanged(market, expected, RECEIVED)]


@pytest.mark.parametrize(("value", "payout"), [('"0.5970"', 5_970), ("1", 10_000), ('"0.0000"', 0)])
def test_a_settlement_with_its_value_resolves_the_market(value: str, payout: int) -> None:
    message = lifecycle("settled", settlement_value=json.loads(value))
    [event] = KalshiCodec().decode(frame(message))
    assert event == MarketResolved(MarketId("KXBTC15M-26SEP061000-00"), Price(payout), RECEIVED)


@pytest.mark.parametrize("value", ["1.0001", "-0.5000", "NaN"])
def test_a_settlement_beyond_a_dollar_is_malformed(value: str) -> None:
    with pytest.raises(WireError):
        KalshiCodec().decode(frame(lifecycle("settled", settlement_value=value)))


def test_a_new_grid_is_told() -> None:
    ranges = [{"start": "0.0000", "end": "1.0000", "step": "0.0010"}]
    [event] = KalshiCodec().decode(frame(lifecycle("price_level_structure_updated", price_ranges=ranges)))
    assert isinstance(event, GridChanged)
    assert event.grid == PriceGrid.uniform(Price(10))


def test_announcements_that_say_too_little_are_counted() -> None:
    codec = KalshiCodec()
    for message in (
        lifecycle("metadata_updated", floor_strike=79800.71),
        lifecycle("close_date_updated", close_ts=1_788_703_200),
        {"type": "event_lifecycle", "sid": 7, "seq": 3, "msg": {"event_ticker": "KXA", "title": "A"}},
        {"type": "event_fee_update", "sid": 7, "seq": 4, "msg": {"event_ticker": "KXA", "fee_type_override": None}},
    ):
        assert codec.decode(frame(message)) == ()
    assert codec.counters.reread == {
        "metadata_updated": 1, "close_date_updated": 1, "event_lifecycle": 1, "event_fee_update": 1,
    }  # fmt: skip
    assert not codec.counters.unknown_types


def test_unknown_types_are_counted_and_unknown_fields_ignored() -> None:
    codec = KalshiCodec()
    message = delta(1)
    message["sending_ts_ms"] = T0
    message["msg"]["surprise"] = {"deep": [1, 2.5, None]}
    assert len(codec.decode(frame(message))) == 1
    assert codec.decode(frame({"type": "cfbenchmarks_value", "sid": 9, "seq": 1, "msg": {"x": 1}})) == ()
    assert codec.decode(frame({"type": "cfbenchmarks_value", "sid": 9, "seq": 2, "msg": []})) == ()
    assert codec.counters.unknown_types == {"cfbenchmarks_value": 2}
    assert codec.counters.gaps == codec.counters.malformed == 0


def test_other_sources_are_not_read() -> None:
    codec = KalshiCodec()
    assert codec.decode(Frame("binance", RECEIVED, b"junk")) == ()
    assert codec.counters.frames == 0


@pytest.mark.parametrize(
    "message",
    [
        b"", b"{", b"[]", b"null", b"{}", b'{"type":5}', b"\xff\xfe", b'{"type":"orderbook_delta"}',
        delta(1, "NaN"), delta(1, "+1.00"), delta(1, "--1.00"), delta(1, "1e2"), delta(1, "0.0000001"),
        delta(1, "\u0661.00"), delta(1, "\u22121.00"), delta(1, " 1.00"), delta(1, ""), delta(1, "-"),
        delta(1, price="1.0000"), delta(1, price="0.0000"), delta(1, price="-0.4600"), delta(1, price="0.46001"),
        delta(1, price="1.4600"), delta(1, price=".46"), delta(1, side="both"), delta(1, ticker=""),
        delta(1, ticker="KX/../yes"), delta(-1), delta(1, sid=-1),
        snapshot(1, [["0.4700", "-3.00"]]), snapshot(1, [["0.4700", "3.00", "1"]]), snapshot(1, [["1.0000", "3.00"]]),
        snapshot(1, [["0.4700", "3.00"], ["0.470", "4.00"]]),
        {**delta(1), "seq": None}, {**delta(1), "seq": 1.5}, {**delta(1), "seq": "1"}, {**delta(1), "msg": None},
    ],
)  # fmt: skip
def test_a_malformed_frame_is_refused_whole_and_kept(message: object) -> None:
    codec = KalshiCodec()
    codec.decode(frame(snapshot(7, [["0.4600", "5.00"]])))
    bad = frame(message)
    with pytest.raises(WireError) as caught:
        codec.decode(bad)
    assert caught.value.frame == bad.payload
    assert codec.counters.malformed == 1
    # Its number counts as not received: the next good one follows on the one before.
    assert len(codec.decode(frame(delta(8)))) == 1
    assert codec.counters.gaps == 0


def test_every_frame_of_the_samples_is_read() -> None:
    codec = KalshiCodec(sequence=SequenceKind.NONE)
    lines = (protocol_samples("kalshi/frames") / "ws_2026_08_to_10.jsonl").read_bytes().splitlines()
    events = [event for line in lines for event in codec.decode(frame(line))]
    assert [type(event) for event in events] == [
        BookSnapshot, LevelAdded, TopQuoted, BookSnapshot, TopQuoted, MarketStatusChanged,
    ]  # fmt: skip
    assert codec.counters.errors == {8: 1}
    assert codec.counters.unknown_types == {"cfbenchmarks_value": 1}
    assert codec.counters.frames == len(lines) == 9


def test_a_session_with_yes_prices_gives_the_book_that_rest_shows() -> None:
    codec = KalshiCodec(use_yes_price=True)
    lines = (protocol_samples("kalshi/ws_demo") / "ws__orderbook_trade_yes.jsonl").read_bytes().splitlines()
    events = [event for line in lines for event in codec.decode(frame(line))]
    book = _folded(events)
    assert list(book.bids()) == [Level(Price(4_700), Size(3 * CONTRACT))]
    assert list(book.asks()) == [Level(Price(5_200), Size(2 * CONTRACT))]
    assert codec.counters.gaps == 0
    assert events[-1].at == Nanos(1_781_159_387_427 * MILLISECOND)  # type: ignore[union-attr]


def test_folding_a_whole_market_passes_through_the_published_checkpoints() -> None:
    folder = protocol_samples("kalshi/ws_gold15m")
    expected = json.loads((folder / "KXGOLD15M-26AUG101900-00.expected.json").read_text())
    states = {point["frame"]: point for point in expected["checkpoints"]}
    codec = KalshiCodec(sequence=SequenceKind.FILTERED)
    book, volume, checked = Book(YES), 0, 0
    with gzip.open(folder / "KXGOLD15M-26AUG101900-00.ndjson.gz") as lines:
        for number, line in enumerate(lines, 1):
            for event in codec.decode(frame(line[line.index(b'"event":') + 8 : line.rindex(b"}")])):
                volume += event.size if isinstance(event, TradePrinted) else 0
                _apply(book, event)
            if number in states:
                _assert_state(book, states[number])
                checked += 1
    assert codec.counters.frames == expected["frames"]
    assert volume == float(expected["trade_volume"]) * CONTRACT
    assert checked == len(states) > 20


def _assert_state(book: Book, state: dict[str, object]) -> None:
    no_bids = {int(ONE - price): size for price, size in book.ask_sizes.items()}
    for side, sizes in (("yes", book.bid_sizes), ("no", no_bids)):
        best = max(sizes, default=None)
        said = state[f"best_{side}_bid"]
        assert (None if said is None else round(float(str(said)) * ONE)) == best
        assert state[f"{side}_levels"] == len(sizes)
        assert round(float(str(state[f"{side}_total"])) * CONTRACT) == sum(sizes.values())


def _folded(events: list[MarketEvent]) -> Book:
    book = Book(YES)
    for event in events:
        _apply(book, event)
    return book


def _apply(book: Book, event: MarketEvent) -> None:
    if isinstance(event, BookSnapshot):
        book.replace(event.bids, event.asks, event.received)
    elif isinstance(event, LevelAdded):
        book.add(event.side, event.price, event.delta)


def test_acknowledgements_are_no_events() -> None:
    codec = KalshiCodec()
    for message in (subscribed(1), ok(1, TICKER), {"type": "ok", "id": 10, "msg": [{"channel": "ticker", "sid": 2}]}):
        assert codec.decode(frame(message)) == ()
    assert codec.flush(RECEIVED) == ()
