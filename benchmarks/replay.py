"""Replay of recorded Kalshi markets, from raw bytes through the whole desk, against a Nautilus backtest.

Both begin with the frames in memory. Ours go through codec, books, paper exchange, bundle strategy, risk and journal:
`dutchbook replay` without reading the recording, which is shown beside. Nautilus has no adapter for Kalshi: its data
is built as its own Polymarket adapter builds it (typed decoding, `make_price` and `make_qty` of floats, deltas of one
message together, trades as ticks), timed together with its run, under a strategy that looks at the best prices after
each change. Each round is another recorded market. The CPU time of all threads counts.
"""

import os
import tempfile
import time
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig  # type: ignore[import-not-found]
from nautilus_trader.config import LoggingConfig, RiskEngineConfig  # type: ignore[import-not-found]
from nautilus_trader.model.currencies import USDC  # type: ignore[import-not-found]
from nautilus_trader.model.data import (  # type: ignore[import-not-found]
    BookOrder,
    OrderBookDelta,
    OrderBookDeltas,
    TradeTick,
)
from nautilus_trader.model.enums import (  # type: ignore[import-not-found]
    AccountType,
    AggressorSide,
    BookAction,
    BookType,
    OmsType,
    OrderSide,
    RecordFlag,
)
from nautilus_trader.model.identifiers import TradeId  # type: ignore[import-not-found]
from nautilus_trader.model.objects import Money  # type: ignore[import-not-found]
from nautilus_trader.trading.strategy import Strategy  # type: ignore[import-not-found]

from benchmarks.method import Row, compare, deliver, quietly
from benchmarks.nautilus import SIZE_DECIMALS, VENUE, Levels, binary_option, levels
from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.importing import import_capture
from dutchbook.app.replaying import as_of, replay_into
from dutchbook.config.load import shipped_settings
from dutchbook.domain.drafts import Draft
from dutchbook.domain.events import BookSnapshot, FrameRef, LevelAdded
from dutchbook.domain.identity import kalshi_yes
from dutchbook.domain.ports import Frame, SequenceKind
from dutchbook.engine.desk import Opening
from dutchbook.engine.drivers.replay import replay_frames
from dutchbook.storage.journal import Journal
from dutchbook.storage.recording_reader import FrameBlock, Recording
from dutchbook.venues.kalshi.codec import KalshiCodec

ROOT = Path(__file__).resolve().parents[1]
DATA = (ROOT / os.environ.get("DUTCHBOOK_DATA", "../shared/data")).resolve()
CAPTURE = "kalshi-gold15m-ws"
SETTINGS = shipped_settings()

_WHAT = "replay of a recorded market, from bytes, per message"
_PEER = "Nautilus backtest with decoding and deltas"
_MICRO = 10**SIZE_DECIMALS


def replay() -> list[Row]:
    """Measure the replay."""
    files = sorted((DATA / CAPTURE).glob("*.jsonl.gz"))
    if not files:
        why = f"no recorded data {CAPTURE} - name its folder in DUTCHBOOK_DATA"
        return [Row(id="replay", what=_WHAT, unit="us a message", peer=_PEER, absent=why)]
    found: dict[str, list[float]] = {"ours": [], "file": [], "theirs": []}
    with tempfile.TemporaryDirectory() as name:
        _round(files[0], Path(name) / "warm-up")
        for number, file in enumerate(files):
            for key, value in _round(file, Path(name) / str(number)).items():
                found[key].append(value * 1e6)
    peer, unit = _PEER, "us a message"
    return [
        compare("replay", _WHAT, ours=found["ours"], peer=peer, theirs=found["theirs"], unit=unit, bar=3),
        compare(
            "replay-file",
            "the same, reading and proving the recording included",
            ours=found["file"],
            peer=peer,
            theirs=found["theirs"],
            unit=unit,
        ),
    ]


def _round(file: Path, folder: Path) -> dict[str, float]:
    """CPU seconds a message of each candidate on one recorded market, checked to agree."""
    import_capture(CAPTURE, [file], folder / "recording", _silent)
    recording = Recording.open(folder / "recording")
    blocks = list(recording.frame_blocks())
    frames = [frame for block in blocks for frame in block.frames]
    backtest = Backtest(frames)
    clock = time.process_time_ns
    seconds = {
        "ours": quietly(lambda: _from_memory(recording, blocks, folder / "journal"), clock),
        "theirs": quietly(backtest.whole, clock),
        "file": quietly(lambda: _from_file(recording, folder / "journal-file"), clock),
    }
    _agree(recording, frames, backtest)
    backtest.engine.dispose()
    return {key: value / len(frames) for key, value in seconds.items()}


def _silent(done: int, total: int | None) -> None:
    """Imports go unseen."""
    del done, total


def _from_file(recording: Recording, folder: Path) -> None:
    with Journal.create(folder, SETTINGS.storage) as journal:
        replay_into(recording, journal, settings=SETTINGS)


def _from_memory(recording: Recording, blocks: Sequence[FrameBlock], folder: Path) -> None:
    """What `replay_into` does, with the recording read before."""
    first = blocks[0].frames[0].received
    markets, scheduled = as_of(recording.markets(), first)
    with Journal.create(folder, SETTINGS.storage) as journal:
        terms = Terms(opening=Opening(SETTINGS.portfolio.bankroll, first), sequence=recording.manifest.sequence)
        parts = assemble(SETTINGS, recording.questions(), markets, journal, terms)
        replay_frames(parts.loop, blocks, scheduled, None, recording.total)


class Backtest:
    """One recorded market in a Nautilus backtest: `whole` decodes, builds and runs."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames = frames
        self.instrument = binary_option("T")
        config = BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True), run_analysis=False, risk_engine=RiskEngineConfig(bypass=True)
        )
        self.engine = BacktestEngine(config)
        cash = [Money(10_000_000, USDC)]
        self.engine.add_venue(
            VENUE, OmsType.NETTING, AccountType.CASH, cash, base_currency=USDC, book_type=BookType.L2_MBP
        )
        self.engine.add_instrument(self.instrument)
        self.strategy = Onlooker(self.instrument.id)
        self.engine.add_strategy(self.strategy)

    def whole(self) -> None:
        self.engine.add_data(Parser(self.instrument).parse(self.frames), validate=False, sort=True)
        self.engine.run()

    def book(self) -> tuple[Levels, Levels]:
        book = self.engine.cache.order_book(self.instrument.id)
        return levels(book.bids()), levels(book.asks())


class Onlooker(Strategy):  # type: ignore[misc]  # Nautilus ships no types
    """Looks at the best prices after each change and counts wide spreads."""

    def __init__(self, instrument: Any) -> None:
        super().__init__()
        self.instrument = instrument
        self.updates = self.wide = 0

    def on_start(self) -> None:
        self.subscribe_order_book_deltas(self.instrument, BookType.L2_MBP)

    def on_order_book_deltas(self, deltas: Any) -> None:
        book = self.cache.order_book(deltas.instrument_id)
        self.updates += 1
        bid, ask = book.best_bid_price(), book.best_ask_price()
        if bid is not None and ask is not None and ask.as_double() - bid.as_double() >= 0.025:
            self.wide += 1


class Body(msgspec.Struct, frozen=True):
    """What the messages say, as far as it is needed."""

    price_dollars: str = ""
    delta_fp: str = ""
    side: str = ""
    ts_ms: int = 0
    yes_dollars_fp: list[tuple[str, str]] = []
    no_dollars_fp: list[tuple[str, str]] = []
    yes_price_dollars: str = ""
    count_fp: str = ""
    taker_outcome_side: str = ""
    trade_id: str = ""


class Message(msgspec.Struct, frozen=True):
    """Any message."""

    type: str
    msg: Body


class Parser:
    """From frames to Nautilus' data. It wants the whole size at a price, so signed changes are added up here."""

    def __init__(self, instrument: Any) -> None:
        self._instrument = instrument
        self._decode = msgspec.json.Decoder(Message).decode
        self._sizes: dict[tuple[str, str], int] = {}

    def parse(self, frames: Iterable[Frame]) -> list[Any]:
        """The data of all frames."""
        readers = {"orderbook_delta": self._change, "orderbook_snapshot": self._snapshot, "trade": self._trade}
        found: list[Any] = []
        for frame in frames:
            message = self._decode(frame.payload)
            found.append(readers[message.type](message.msg, frame.received))
        return found

    def _change(self, body: Body, at: int) -> Any:
        level = body.side, body.price_dollars
        size = self._sizes.get(level, 0) + round(float(body.delta_fp) * _MICRO)
        self._sizes[level] = size
        action = BookAction.UPDATE if size else BookAction.DELETE
        delta = self._delta(action, level, size, RecordFlag.F_LAST, body.ts_ms * 1_000_000, at)
        return OrderBookDeltas(self._instrument.id, [delta])

    def _snapshot(self, body: Body, at: int) -> Any:
        sides = (("yes", body.yes_dollars_fp), ("no", body.no_dollars_fp))
        self._sizes = {(side, price): round(float(size) * _MICRO) for side, rows in sides for price, size in rows}
        deltas = [OrderBookDelta.clear(self._instrument.id, 0, at, at)]
        left = len(self._sizes)
        for level, size in self._sizes.items():
            left -= 1
            flags = RecordFlag.F_SNAPSHOT if left else RecordFlag.F_SNAPSHOT | RecordFlag.F_LAST
            deltas.append(self._delta(BookAction.ADD, level, size, flags, at, at))
        return OrderBookDeltas(self._instrument.id, deltas)

    def _delta(self, action: Any, level: tuple[str, str], size: int, flags: int, event_at: int, at: int) -> Any:
        side, text = level
        instrument = self._instrument
        order = BookOrder(
            side=OrderSide.BUY if side == "yes" else OrderSide.SELL,
            price=instrument.make_price(float(text) if side == "yes" else 1 - float(text)),
            size=instrument.make_qty(size / _MICRO),
            order_id=0,
        )
        return OrderBookDelta(
            instrument_id=instrument.id,
            action=action,
            order=order,
            flags=flags,
            sequence=0,
            ts_event=event_at,
            ts_init=at,
        )

    def _trade(self, body: Body, at: int) -> Any:
        instrument = self._instrument
        return TradeTick(
            instrument_id=instrument.id,
            price=instrument.make_price(float(body.yes_price_dollars)),
            size=instrument.make_qty(float(body.count_fp)),
            aggressor_side=AggressorSide.BUYER if body.taker_outcome_side == "yes" else AggressorSide.SELLER,
            trade_id=TradeId(body.trade_id),
            ts_event=body.ts_ms * 1_000_000,
            ts_init=at,
        )


def _agree(recording: Recording, frames: Sequence[Frame], backtest: Backtest) -> None:
    """Both saw the same number of book updates and end with the same book."""
    codec = KalshiCodec(sequence=SequenceKind.FILTERED)
    events = [event for frame in frames for event in codec.decode(frame)]
    updates = sum(isinstance(event, LevelAdded | BookSnapshot) for event in events)
    assert updates == backtest.strategy.updates, f"{updates} book updates against {backtest.strategy.updates}"
    parts = _desk_at_the_end(recording, frames)
    assert parts.loop.counters.events == len(events), "the desk heard of other events"
    (market,) = recording.markets()
    book = parts.desk.book(kalshi_yes(market.id))
    assert book is not None
    assert book.usable
    bids, asks = ([(level.price, level.size) for level in side] for side in (book.bids(), book.asks()))
    assert (bids, asks) == backtest.book(), "the final books differ"


class Unrecorded:
    """A record that keeps nothing, for a run that only checks."""

    def append(self, kind: str, at: Any, body: object, cause: object) -> Any:  # noqa: ARG002
        return FrameRef(0, 0)

    def draft(self, kind: str, body: Any) -> Any:
        return Draft(kind, body, b"")

    def append_drafts(self, at: Any, oldest: Any, first: Any, rest: Any, cause: object) -> Any:  # noqa: ARG002
        return FrameRef(0, 0)

    def rehearse(self, at: Any, first: Any, rest: Any) -> None: ...

    def gather(self) -> bool:
        return False

    def write_out(self, *, end: bool = False) -> None:
        pass


def _desk_at_the_end(recording: Recording, frames: Sequence[Frame]) -> Parts:
    """The desk after the last frame, before time goes on and the market is settled."""
    opening = Opening(SETTINGS.portfolio.bankroll, frames[0].received)
    terms = Terms(opening=opening, sequence=recording.manifest.sequence)
    parts = assemble(SETTINGS, recording.questions(), recording.markets(), Unrecorded(), terms)
    for line, frame in enumerate(frames):
        parts.loop.frame(frame, FrameRef(0, line))
    return parts


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # the peer uses names that its own dependencies are about to drop
    deliver(replay, ["nautilus_trader", "msgspec", "numpy"])
