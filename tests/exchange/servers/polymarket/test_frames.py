"""What the market channel says, read by the desk's own codec: hashes right, mirrors exact, states whole."""

import json
from collections import Counter
from collections.abc import Iterable
from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dutchbook.domain.book import Book, Side
from dutchbook.domain.events import BookSnapshot, LevelsSet, MarketEvent
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import MarketStatus, PriceGrid
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import CONTRACT, ONE, Nanos, Price, Size
from dutchbook.exchange.matching.messages import Refused
from dutchbook.exchange.polymarket_book import WireBook, snapshot
from dutchbook.exchange.servers.polymarket.frames import BookTexts
from dutchbook.exchange.servers.polymarket.market_frames import MarketFrames
from dutchbook.venues.polymarket.codec import MARKET_SOURCE, REST_SOURCE, PolymarketCodec
from tests.conftest import protocol_samples
from tests.exchange.servers.polymarket.data_stage import ALICE, BOB, START, Stage, market_id, token
from tests.exchange.servers.shape import differences


class Everybody:
    """An audience that follows everything and keeps what it is sent."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def follows(self, market: MarketId) -> bool:  # noqa: ARG002
        return True

    def publish(
        self,
        payload: bytes,
        market: MarketId,  # noqa: ARG002
        outcome: OutcomeId | None,  # noqa: ARG002
        *,
        custom: bool = False,  # noqa: ARG002
    ) -> None:
        self.frames.append(payload)

    def announce(self, payload: bytes) -> None:
        self.frames.append(payload)


class Channel:
    """The exchange, what it sends, and a reader of it."""

    def __init__(self, seed: int = 1) -> None:
        self.stage = Stage(seed)
        self.books = BookTexts(self.stage.exchange)
        self.sent = Everybody()
        self._later: list[object] = []
        self.frames = MarketFrames(self.stage.exchange, self.books, self.sent, self._later.append)
        self.stage.open()
        self.sent.frames.clear()
        listings = self.stage.exchange.listings
        self.codec = PolymarketCodec([listing.market for listing in listings.values()])
        self.read = {o: Book(o) for listing in listings.values() for o in (listing.market.yes, listing.market.no)}
        self.kinds: Counter[str] = Counter()

    def dump(self) -> None:
        pairs = []
        for listing in self.stage.exchange.listings.values():
            book = self.books.book(listing.id)
            assert book is not None
            self.frames.watch(listing.id)
            pairs += [(book, listing.market.yes), (book, listing.market.no)]
        self._decode(MARKET_SOURCE, snapshot(pairs))

    def take(self) -> list[dict[str, object]]:
        """End the call that is under way, read what was sent, and return it."""
        if self._later:
            self._later.clear()
            self.frames.flush()
        payloads, self.sent.frames = self.sent.frames, []
        for payload in payloads:
            self.kinds[json.loads(payload)["event_type"]] += 1
            self._decode(MARKET_SOURCE, payload)
        return [json.loads(payload) for payload in payloads]

    def finish(self) -> None:
        self._apply(self.codec.flush(Nanos(self.stage.clock.now() + 10**12)))

    def _decode(self, source: str, payload: bytes) -> None:
        self._apply(self.codec.decode(Frame(source, Nanos(self.stage.clock.now() + 1_000), payload)))

    def _apply(self, events: Iterable[MarketEvent]) -> None:
        for event in events:
            if isinstance(event, BookSnapshot):
                self.read[event.outcome].replace(event.bids, event.asks, event.received)
            elif isinstance(event, LevelsSet):
                for level in event.changes:
                    self.read[level.outcome].set_level(level.side, level.price, level.size)


def assert_told_whole(channel: Channel) -> None:
    """The books that a reader built are those of the exchange, and the two tokens' are mirrors."""
    for listing in channel.stage.exchange.listings.values():
        bids, asks = channel.stage.exchange.book(listing.id)
        yes, no = channel.read[listing.market.yes], channel.read[listing.market.no]
        assert (list(yes.bids()), list(yes.asks())) == (list(bids), list(asks))
        assert [(ONE - level.price, level.size) for level in no.asks()] == [(one.price, one.size) for one in bids]
        assert [(ONE - level.price, level.size) for level in no.bids()] == [(one.price, one.size) for one in asks]


@pytest.mark.parametrize("seed", range(4))
def test_our_codec_verifies_every_hash_of_a_random_tape(seed: int) -> None:
    channel = Channel(seed)
    channel.dump()
    for _ in range(1_200):
        channel.stage.step()
        channel.take()
    channel.finish()
    counters = channel.codec.counters
    assert counters.changes_checked == counters.changes_ok > 1_000
    assert counters.snapshots_checked == counters.snapshots_ok > 100
    assert (counters.gaps, counters.stale, counters.malformed, counters.unknown_types) == (0, 0, 0, {})
    assert set(channel.kinds) == {"book", "price_change", "last_trade_price", "best_bid_ask"}
    assert_told_whole(channel)


def test_a_batch_is_told_with_its_own_hash_though_more_happens_before_its_call_ends() -> None:
    channel = Channel()
    channel.dump()
    stage = channel.stage
    stage.exchange.submit_batch([stage.order(ALICE, Side.BUY, price, 20) for price in (4_000, 3_900)])
    stage.clock.pass_(50_000_000)
    stage.exchange.submit(stage.order(BOB, Side.BUY, 3_800, 20))
    stage.exchange.submit_batch([stage.order(ALICE, Side.BUY, price, 20) for price in (3_700, 3_600)])
    stage.clock.pass_(50_000_000)
    stage.exchange.set_status(market_id(1), MarketStatus.PAUSED)
    changes = [frame for frame in channel.take() if frame["event_type"] == "price_change"]
    assert [change["timestamp"] for change in changes] == sorted(change["timestamp"] for change in changes)  # type: ignore[type-var]
    channel.finish()
    counters = channel.codec.counters
    assert (len(changes), counters.changes_checked, counters.changes_ok, counters.gaps) == (5, 4, 4, 0)
    assert_told_whole(channel)


@pytest.mark.parametrize("seed", range(4))
def test_hashes_are_right_when_a_world_goes_on_by_many_events_in_one_call(seed: int) -> None:
    channel = Channel(seed)
    channel.dump()
    for _ in range(200):
        for _ in range(5):
            channel.stage.clock.pass_(1_000_000)
            channel.stage.step()
        channel.take()
    channel.finish()
    counters = channel.codec.counters
    assert counters.changes_checked == counters.changes_ok > 800
    assert (counters.gaps, counters.stale, counters.malformed) == (0, 0, 0)
    assert_told_whole(channel)


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_a_reader_has_the_exchanges_books_after_any_tape(seed: int, steps: int) -> None:
    channel = Channel(seed)
    channel.dump()
    for _ in range(steps):
        channel.stage.step()
        channel.take()
    channel.finish()
    assert channel.codec.counters.gaps == 0
    assert_told_whole(channel)


def test_rest_books_and_frames_have_one_hash_and_one_time() -> None:
    channel = Channel()
    channel.stage.exchange.submit(channel.stage.order(ALICE, Side.BUY, 4_000, 20))
    [change] = [frame for frame in channel.take() if frame["event_type"] == "price_change"]
    for part in change["price_changes"]:  # type: ignore[attr-defined]
        summary = channel.books.summary(OutcomeId(part["asset_id"]))
        assert summary is not None
        assert (summary["hash"], summary["timestamp"]) == (part["hash"], change["timestamp"])


def test_the_time_of_a_book_is_that_of_its_last_change() -> None:
    channel = Channel()
    channel.stage.clock.pass_(5_000_000)
    channel.stage.exchange.submit(channel.stage.order(ALICE, Side.BUY, 4_000, 20))
    channel.stage.clock.pass_(60_000_000_000)
    summary = channel.books.summary(token(1, 0))
    assert summary is not None
    assert summary["timestamp"] == str(START // 1_000_000 + 5)


def test_a_rest_book_has_the_fields_and_formats_of_a_captured_one() -> None:
    captured = json.loads(protocol_samples("polymarket/microstructure_lab/clob_book.json").read_bytes())
    channel = Channel()
    channel.stage.exchange.submit(channel.stage.order(ALICE, Side.BUY, 4_000, 20))
    channel.stage.exchange.submit(channel.stage.order(ALICE, Side.SELL, 6_000, 20))
    body = channel.books.body(token(1, 0))
    assert body is not None
    assert differences(json.loads(body), captured) == []
    decoded = PolymarketCodec([]).decode(Frame(REST_SOURCE, START, body))
    assert any(isinstance(event, BookSnapshot) for event in decoded)


def test_the_official_hash_vectors_come_out() -> None:
    vectors = json.loads(protocol_samples("polymarket/vectors/book_hash.json").read_bytes())
    preimage = (
        '{"market":"0xaabbcc","asset_id":"100","timestamp":"123456789","hash":"","bids":[{"price":"0.3","size":"100"},'
        '{"price":"0.4","size":"100"}],"asks":[{"price":"0.6","size":"100"},{"price":"0.7","size":"100"}],'
        '"min_order_size":"100","tick_size":"0.01","neg_risk":false,"last_trade_price":"0.5"}'
    )
    assert sha1(preimage.encode(), usedforsecurity=False).hexdigest() == "0458ea5755c9f73d64a14636fa5c36ed460ec394"
    assert "0458ea5755c9f73d64a14636fa5c36ed460ec394" in json.dumps(vectors)


def test_a_trade_is_told_by_both_books_and_a_print_for_each_maker_and_by_no_change_of_depth() -> None:
    channel = Channel()
    exchange, stage = channel.stage.exchange, channel.stage
    exchange.submit(stage.order(ALICE, Side.SELL, 5_000, 10))
    exchange.submit(stage.order(ALICE, Side.SELL, 5_100, 10))
    channel.take()
    exchange.submit(stage.order(BOB, Side.BUY, 5_100, 15))
    frames = channel.take()
    kinds = [frame["event_type"] for frame in frames if frame["event_type"] != "best_bid_ask"]
    assert kinds == ["book", "book", "last_trade_price", "last_trade_price"]
    assert [(f["price"], f["size"], f["side"]) for f in frames[2:4]] == [("0.5", "10", "BUY"), ("0.51", "5", "BUY")]
    assert {frame["last_trade_price"] for frame in frames[:2]} == {"0.510"}


def test_the_rest_of_a_taker_is_a_change_after_the_trade() -> None:
    channel = Channel()
    stage = channel.stage
    stage.exchange.submit(stage.order(ALICE, Side.SELL, 5_000, 10))
    channel.take()
    stage.exchange.submit(stage.order(BOB, Side.BUY, 5_000, 25))
    kinds = [frame["event_type"] for frame in channel.take() if frame["event_type"] != "best_bid_ask"]
    assert kinds == ["book", "book", "last_trade_price", "price_change"]


def test_a_mint_prints_in_the_token_of_the_taker() -> None:
    channel = Channel()
    stage = channel.stage
    stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 10))
    channel.take()
    stage.exchange.submit(stage.order(BOB, Side.BUY, 6_000, 10, outcome=1))
    [printed] = [frame for frame in channel.take() if frame["event_type"] == "last_trade_price"]
    assert (printed["asset_id"], printed["price"], printed["side"]) == (token(1, 1), "0.6", "BUY")
    assert channel.books.summary(token(1, 0))["last_trade_price"] == "0.600"  # type: ignore[index]


def test_every_frame_of_a_batch_has_the_time_and_the_hash_of_its_end() -> None:
    channel = Channel()
    stage = channel.stage
    orders = [stage.order(ALICE, Side.BUY, price, 10) for price in (4_000, 3_900, 3_800)]
    stage.exchange.submit_batch(orders)
    changes = [frame for frame in channel.take() if frame["event_type"] == "price_change"]
    assert len(changes) == 3
    ends = {(change["timestamp"], *(part["hash"] for part in change["price_changes"])) for change in changes}  # type: ignore[attr-defined]
    assert len(ends) == 1
    assert channel.books.summary(token(1, 0))["hash"] in next(iter(ends))  # type: ignore[index]


def test_a_batch_is_held_until_it_is_over() -> None:
    channel = Channel()
    stage = channel.stage
    stage.exchange.submit_batch([stage.order(ALICE, Side.BUY, price, 10) for price in (4_000, 3_900)])
    assert channel.sent.frames == []
    stage.exchange.submit(stage.order(ALICE, Side.BUY, 3_500, 10))
    kinds = [json.loads(frame)["event_type"] for frame in channel.sent.frames]
    assert kinds == ["price_change", "price_change", "best_bid_ask", "best_bid_ask", "price_change"]


def test_a_new_grid_is_told_for_both_tokens_and_followed_by_their_books() -> None:
    channel = Channel()
    channel.dump()
    channel.stage.exchange.set_grid(market_id(1), PriceGrid.uniform(Price(10)))
    frames = channel.take()
    assert [frame["event_type"] for frame in frames] == ["tick_size_change"] * 2 + ["book"] * 2
    captured = json.loads(protocol_samples("polymarket/nautilus_trader/ws/tick_size_change.json").read_bytes())
    assert differences(frames[0], captured, ordered=False) == []
    assert {frame["tick_size"] for frame in frames[2:]} == {"0.001"}
    assert len({frame["timestamp"] for frame in frames}) == 1
    counters = channel.codec.counters
    assert (counters.gaps, counters.resyncs) == (2, 2)


def test_changed_metadata_is_no_new_market_but_changes_the_hash() -> None:
    channel = Channel()
    channel.dump()
    listing = channel.stage.exchange.listings[market_id(1)]
    before = channel.books.summary(token(1, 0))
    larger = replace(listing.market, min_size=Size(20 * CONTRACT))
    channel.stage.exchange.relist(replace(listing, market=larger))
    assert channel.take() == []
    after = channel.books.summary(token(1, 0))
    assert before is not None
    assert after is not None
    assert (after["min_order_size"], after["timestamp"]) == ("20", before["timestamp"])
    assert after["hash"] != before["hash"]


def test_a_resolution_ends_the_book() -> None:
    channel = Channel()
    exchange = channel.stage.exchange
    exchange.submit(channel.stage.order(ALICE, Side.BUY, 4_000, 20))
    exchange.set_status(market_id(1), MarketStatus.CLOSED)
    assert channel.books.summary(token(1, 0)) is None
    exchange.resolve(market_id(1), ONE)
    [told] = [frame for frame in channel.take() if frame["event_type"] == "market_resolved"]
    assert (told["winning_asset_id"], told["winning_outcome"]) == (token(1, 0), "Yes")
    captured = json.loads(
        protocol_samples("polymarket/nautilus_trader/ws/adapter_ws_market_resolved_msg.json").read_bytes()
    )
    assert differences(told, captured) == []


def test_frames_have_the_fields_and_formats_of_captured_ones() -> None:
    samples = protocol_samples("polymarket/nautilus_trader/ws")
    channel = Channel()
    stage = channel.stage
    stage.exchange.submit(stage.order(ALICE, Side.SELL, 5_000, 10))
    stage.exchange.submit(stage.order(BOB, Side.BUY, 5_000, 7, tif=TimeInForce.IOC))
    frames = {str(frame["event_type"]): frame for frame in channel.take()}
    top = json.loads((samples / "adapter_ws_market_best_bid_ask_msg.json").read_bytes())
    assert differences(frames["best_bid_ask"], top, ordered=False) == []
    printed = json.loads((samples / "last_trade_price.json").read_bytes())
    newer = {"$.transaction_hash": "captured in 2024, before prints named their transaction"}
    assert differences(frames["last_trade_price"], printed, newer, ordered=False) == []
    vectors = json.loads(protocol_samples("polymarket/vectors/book_hash.json").read_bytes())
    observed = [frame for frame in _objects(vectors) if frame.get("event_type") in ("book", "price_change")]
    assert {frame["event_type"] for frame in observed} == {"book", "price_change"}
    for frame in observed:
        kind = str(frame["event_type"])
        allowed = {"$.last_trade_price": "ours traded"} if frame.get("last_trade_price") == "" else {}
        assert differences(frames[kind], frame, allowed) == []


def test_an_empty_side_has_a_best_price_of_nothing_or_one_dollar() -> None:
    channel = Channel()
    channel.stage.exchange.submit(channel.stage.order(ALICE, Side.BUY, 4_000, 20))
    [change] = [frame for frame in channel.take() if frame["event_type"] == "price_change"]
    tops = [(part["best_bid"], part["best_ask"]) for part in change["price_changes"]]  # type: ignore[attr-defined]
    assert tops == [("0.4", "1"), ("0", "0.6")]


def test_a_clock_that_is_wrong_stamps_wrong_times() -> None:
    stage = Stage()
    books = BookTexts(stage.exchange, lambda: Nanos(7_000_000_000))
    stage.open()
    stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 20))
    summary = books.summary(token(1, 0))
    assert summary is not None
    assert summary["timestamp"] == str(START // 1_000_000 + 7_000)


def test_a_book_that_was_asked_for_late_is_the_same() -> None:
    early, late = Channel(3), Channel(3)
    early.dump()
    for channel in (early, late):
        for _ in range(300):
            channel.stage.step()
    for number in range(1, 5):
        assert early.books.body(token(number, 0)) == late.books.body(token(number, 0))


def test_levels_are_written_in_the_order_of_the_wire() -> None:
    stage = Stage()
    stage.open()
    book = WireBook(stage.exchange.listings[market_id(1)].market)
    for price in (4_000, 3_000, 3_500):
        book.set(Side.BUY, Price(price), Size(CONTRACT))
        book.set(Side.SELL, Price(price + 2_000), Size(2 * CONTRACT))
    book.set(Side.BUY, Price(3_500), Size(0))
    yes, no = (json.loads(book.message(token(1, outcome))) for outcome in (0, 1))
    assert [level["price"] for level in yes["bids"]] == ["0.3", "0.4"]
    assert [level["price"] for level in yes["asks"]] == ["0.6", "0.55", "0.5"]
    assert [level["price"] for level in no["bids"]] == ["0.4", "0.45", "0.5"]
    assert [level["price"] for level in no["asks"]] == ["0.7", "0.6"]


def test_nobody_who_follows_nothing_costs_a_frame() -> None:
    stage = Stage()

    class Nobody(Everybody):
        def follows(self, market: MarketId) -> bool:  # noqa: ARG002
            return False

    books, sent = BookTexts(stage.exchange), Nobody()
    MarketFrames(stage.exchange, books, sent, lambda call: call())
    stage.open()
    listed = len(sent.frames)
    for _ in range(50):
        try:
            stage.exchange.submit(stage.some_order())
        except Refused:
            continue
    assert len(sent.frames) == listed == 4  # the new markets, which everybody hears of


def _objects(value: object) -> list[dict[str, object]]:
    """All JSON objects inside a value, texts that hold one included."""
    if isinstance(value, dict):
        return [value, *(one for part in value.values() for one in _objects(part))]
    if isinstance(value, list):
        return [one for part in value for one in _objects(part)]
    if isinstance(value, str) and value.startswith("{"):
        return _objects(json.loads(value))
    return []
