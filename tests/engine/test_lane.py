"""The compiled lane shows what the plain path shows, after every frame, whatever comes."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.arena_books import ArenaBook
from dutchbook.domain.book import Book
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.engine.book_table import BookTable
from dutchbook.venues.polymarket import lane
from tests.engine.lane_rig import (
    MARKETS,
    START,
    TOKENS,
    LanedCodec,
    PlainCodec,
    Rig,
    book,
    packed,
    price,
    price_change,
    row,
)
from tests.venues.polymarket.mutations import mutants

pytest.importorskip("numba")

T0 = 1_790_000_000_000
DAMAGED = 3_000
PAUSES = (0, 100_000, 4_000_000, 5_000_000, 5_000_001, 20_000_000, 60_000_000, 1_100_000_000, -3_000_000)
SIZES = ("0", "0", "0", "5", "12.5", "3.000001", "100", "900000000")
MIDDLES = (300, 400, 290)

type Step = tuple[str, int, int, int, int, int, int]
"""What happens, in which market, from which side, how many steps from the middle, size, pause, venue time."""

CHANGES = ("pair",) * 8 + ("one", "many")
OTHERS = ("books",) * 4 + (
    "book",
    "rest",
    "trade",
    "tick",
    "spaced",
    "shuffled",
    "boundary",
    "finer",
    "broken",
    "stale",
)
STRANGE = ("wide", "stranger", "third", "hundred", "resolved", "silent", "unread", "escaped")

steps = st.tuples(
    st.sampled_from(CHANGES * 8 + OTHERS * 2 + STRANGE),
    st.integers(0, 2),
    st.integers(0, 3),
    st.sampled_from((-1, 0, 1, 1, 2, 2, 3, 4, 5, 6)),
    st.integers(0, len(SIZES) - 1),
    st.integers(0, len(PAUSES) - 1),
    st.integers(0, 3),
)


class Stream:
    """Frames from steps: time goes on, mostly."""

    def __init__(self) -> None:
        self.now = START
        self.at = T0

    def opening(self) -> list[Frame]:
        """A snapshot of each token, mirrored."""
        frames = []
        for market, middle in enumerate(MIDDLES):
            bids = {middle - 10 - step * 10: "50" for step in range(8)}
            asks = {middle + 10 + step * 10: "60" for step in range(8)}
            mirrored = {1_000 - tick: size for tick, size in asks.items()}, {1_000 - t: s for t, s in bids.items()}
            frames.append(self._frame([book(market, 0, bids, asks, self.at), book(market, 1, *mirrored, self.at)], 0))
        return frames

    def frame(self, step: Step) -> Frame:
        kind, market, side, ticks, size, pause, later = step
        self.at += (0, 0, 7, 30)[later]
        source = {"rest": "polymarket/rest", "unread": "elsewhere"}.get(kind, "polymarket/market")
        return self._frame(self._message(kind, market, side, ticks, SIZES[size]), PAUSES[pause], source)

    def _frame(self, message: object, pause: int, source: str = "polymarket/market") -> Frame:
        self.now = Nanos(self.now + pause)
        return Frame(source, self.now, message if isinstance(message, bytes) else packed(message))

    def _message(self, kind: str, market: int, side: int, ticks: int, size: str) -> object:  # noqa: C901, PLR0912
        """One branch for each kind of message."""
        bid, no = side & 1, side >> 1
        if kind in ("wide", "third", "resolved") and size != "12.5":
            kind = "books"  # what changes a market for long is to be rare
        size = "7" if size == "900000000" and kind != "one" else size
        middle = MIDDLES[market]
        tick = middle - ticks * 5 if bid else middle + ticks * 5
        yes_row = row(TOKENS[market][0], price(tick), size, "BUY" if bid else "SELL")
        no_row = row(TOKENS[market][1], price(1_000 - tick), size, "SELL" if bid else "BUY")
        rows = [no_row, yes_row] if no else [yes_row, no_row]
        change = price_change(market, rows, self.at)
        match kind:
            case "one":
                return price_change(market, rows[:1], self.at)
            case "many":
                return price_change(market, rows * (ticks + 4), self.at)
            case "hundred":
                return price_change(market, [{**r, "price": price(tick + n)} for n in range(40) for r in rows], self.at)
            case "book" | "rest":
                levels = {middle - 10: "5", middle - 20: size}, {middle + 10: "7", middle + ticks * 5 + 30: size}
                said: dict[str, Any] = book(market, 0, *levels, self.at)
                if kind == "rest":
                    del said["event_type"]
                return said
            case "books":
                bids, asks = {middle - 10: "5", middle - 20: "7"}, {middle + 10: "7", middle + ticks * 5 + 30: "8"}
                mirrored = {1_000 - t: s for t, s in asks.items()}, {1_000 - t: s for t, s in bids.items()}
                return [book(market, 0, bids, asks, self.at), book(market, 1, *mirrored, self.at)]
            case "wide":
                return book(
                    market, no, dict.fromkeys(range(1, 290), "5"), dict.fromkeys(range(700, 960), size), self.at
                )
            case "trade":
                return {
                    "event_type": "last_trade_price", "market": MARKETS[market], "asset_id": TOKENS[market][no],
                    "price": price(tick), "size": "5", "side": "BUY", "timestamp": str(self.at),
                }  # fmt: skip
            case "tick":
                return {
                    "event_type": "tick_size_change", "market": MARKETS[market], "asset_id": TOKENS[market][no],
                    "old_tick_size": "0.001", "new_tick_size": "0.01" if bid else "0.001", "timestamp": str(self.at),
                }  # fmt: skip
            case "spaced":
                return packed(change).replace(b":", b": ")
            case "shuffled":
                return {
                    **{key: change[key] for key in ("timestamp", "price_changes", "market")},
                    "event_type": "price_change",
                }
            case "boundary":
                return price_change(market, [{**yes_row, "price": str(bid), "size": size}, no_row], self.at)
            case "finer":
                return price_change(market, [{**yes_row, "price": price(tick) + "000", "size": "5.00000010"}], self.at)
            case "broken":
                return packed(change)[: -1 - side]
            case "escaped":
                return packed(change).replace(b"5e5e", b"\\u0035e")
            case "stranger":
                return {**change, "market": "0xee", "price_changes": [{**yes_row, "asset_id": "77"}]}
            case "third":
                return price_change(market, [{**yes_row, "asset_id": f"9{market}"}], self.at)
            case "stale":
                return price_change(market, rows, self.at - 10)
            case "resolved":
                return {
                    "event_type": "market_resolved", "market": MARKETS[market], "assets_ids": list(TOKENS[market]),
                    "timestamp": str(self.at), "winning_asset_id": TOKENS[market][no],
                }  # fmt: skip
            case "silent":
                return b"[]"
            case _:
                return change


def run(chosen: Sequence[Step], *, trades: bool, block: int, served: int = 3, live: bool = False) -> tuple[Rig, Rig]:
    laned, plain = Rig(LanedCodec, trades=trades, served=served), Rig(PlainCodec, trades=trades, served=served)
    stream = Stream()
    frames = [*stream.opening(), *map(stream.frame, chosen)]
    for first in range(0, len(frames), block):
        for rig in (laned, plain):
            if first > 20:
                rig.learn()
            (rig.take_live if live else rig.take)(frames[first : first + block], first)
        assert laned.state() == plain.state()
    for rig in (laned, plain):
        rig.finish()
    assert laned.state() == plain.state()
    return laned, plain


def quiet(count: int, sides: Sequence[int] = (0, 3, 2, 1)) -> list[Step]:
    """Changes of both tokens at once, nothing crossed, some of them at the top."""
    return [("pair", n % 3, sides[n % len(sides)], 1 + n * 5 % 6, n % 5, 5, 2) for n in range(count)]


@given(
    st.lists(steps, max_size=60), st.booleans(), st.sampled_from((1, 1, 7)), st.sampled_from((3, 3, 2)), st.booleans()
)
def test_a_desk_with_the_lane_shows_what_a_desk_without_it_shows(
    chosen: list[Step], trades: bool, block: int, served: int, live: bool
) -> None:
    run(chosen, trades=trades, block=block, served=served, live=live)


def test_on_a_quiet_day_all_changes_take_the_lane() -> None:
    laned, plain = run(quiet(300), trades=False, block=50)
    assert (laned.codec.decoded, plain.codec.decoded) == (3, 303)
    assert laned.loop.counters.events == plain.loop.counters.events > 600
    laned, _ = run(quiet(300), trades=False, block=50, live=True)
    assert laned.codec.decoded == 3


def test_other_messages_in_between_take_the_plain_path_and_the_lane_goes_on() -> None:
    steps = quiet(300)
    steps[100:100] = [("trade", 0, 0, 1, 3, 2, 0), ("books", 1, 0, 1, 3, 2, 0), ("spaced", 2, 1, 1, 4, 2, 0)]
    laned, _ = run(steps, trades=False, block=50)
    assert laned.codec.decoded == 3 + 3


def test_a_book_that_outgrows_the_arena_takes_its_frames_out_of_the_lane_until_it_fits_again() -> None:
    deep = quiet(30)
    deep[10:10] = [("wide", 0, 0, 1, 4, 5, 2)]
    laned, _ = run(deep, trades=False, block=1)
    assert laned.codec.decoded == 3 + 1 + 6
    deep[20:20] = [("books", 0, 0, 1, 3, 5, 2)]
    laned, _ = run(deep, trades=False, block=1)
    assert laned.codec.decoded == 3 + 1 + 3 + 1


def test_a_market_that_becomes_known_later_comes_into_the_lane() -> None:
    laned, _ = run(quiet(300), trades=False, block=10, served=2)
    assert laned.codec.decoded < 30
    assert all(isinstance(laned.books.held(OutcomeId(token)), ArenaBook) for pair in TOKENS for token in pair)


def test_the_first_order_ends_the_lane_and_gives_the_desk_books_of_its_own() -> None:
    cheap: list[Step] = [("pair", market, 0, -1, 4, 5, 2) for market in range(3)]
    laned, _ = run([*quiet(60, sides=(0, 2)), *cheap, *quiet(60)], trades=True, block=5)
    assert laned.loop.counters.orders
    assert 60 < laned.codec.decoded < 70
    assert {type(laned.books.held(OutcomeId(token))) for pair in TOKENS for token in pair} == {Book}


def test_a_lane_that_most_frames_leave_is_left_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "PATIENCE", 10)
    other: list[Step] = [("spaced", *step[1:]) for step in quiet(40)]
    laned, _ = run([*other, *quiet(40)], trades=False, block=4)
    assert laned.codec.decoded == 83
    assert {type(laned.books.held(OutcomeId(token))) for pair in TOKENS for token in pair} == {Book}
    mostly, _ = run([*quiet(200), *other[:12], *quiet(40)], trades=False, block=4)
    assert mostly.codec.decoded == 3 + 12


def test_where_hashes_are_verified_or_numba_is_missing_there_is_no_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(PlainCodec, trades=False)
    markets = list(rig.desk.catalogue.markets())
    assert LanedCodec(markets, verify=True).open_lane(rig.books) is None
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert LanedCodec(markets, verify=False).open_lane(rig.books) is None


def test_a_lane_needs_full_books_that_are_each_others_twins() -> None:
    rig = Rig(PlainCodec, trades=False)
    markets = list(rig.desk.catalogue.markets())
    assert LanedCodec(markets, verify=False).open_lane(BookTable(markets, watched=())) is None
    assert LanedCodec([], verify=False).open_lane(rig.books) is None


def test_a_damaged_frame_is_read_as_the_plain_path_reads_it_or_not_at_all() -> None:
    stream, taken = Stream(), 0
    opening = stream.opening()
    bodies = [stream.frame(step).payload for step in quiet(12)]
    bodies += [body.replace(b',"', b', "') for body in bodies]
    damaged = [
        Frame("polymarket/market", Nanos(START + number * 1_000_000), body)
        for number, body in enumerate(mutants(bodies, DAMAGED, seed=3))
    ]
    # Few for each desk: a token with a flipped digit, or a date far ahead, keeps all that comes after it from the lane.
    for frames in itertools.batched(damaged, 10):
        laned, plain = Rig(LanedCodec, trades=False), Rig(PlainCodec, trades=False)
        for number, frame in enumerate([*opening, *frames]):
            laned.take([frame], number)
            plain.take([frame], number)
            assert laned.state() == plain.state(), frame
        taken += plain.codec.decoded - laned.codec.decoded
    assert taken > DAMAGED // 100
