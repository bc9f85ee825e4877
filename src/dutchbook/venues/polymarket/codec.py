"""Polymarket's market channel and REST books: bytes to events, every book checked against the venue's own hash."""

import importlib.util
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import LevelSet, MarketEvent
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Awaited, Frame, NewBest, Shelf
from dutchbook.domain.units import MILLISECOND, ONE, Nanos
from dutchbook.venues.polymarket import announcements, wire
from dutchbook.venues.polymarket.announcements import SIDES
from dutchbook.venues.polymarket.book_hash import last_trade_text, stripped
from dutchbook.venues.polymarket.groups import Counters, Groups, MarketState, OutcomeState
from dutchbook.venues.polymarket.identifiers import condition, token
from dutchbook.venues.polymarket.numbers import BoundaryPrice, prices, sizes
from dutchbook.venues.polymarket.terms import min_size_of, tick_of
from dutchbook.venues.polymarket.verifier import Snapshot, TickChange, Verifier

if TYPE_CHECKING:
    from dutchbook.venues.polymarket.lane import PriceChangeLane
    from dutchbook.venues.polymarket.snapshot_scan import SnapshotScan

MARKET_SOURCE = "polymarket/market"
REST_SOURCE = "polymarket/rest"
GRACE = Nanos(5 * MILLISECOND)
"""How long after its last frame a group waits for another one."""

_SOURCES = (MARKET_SOURCE, REST_SOURCE)
_SILENT = (b"", b"PONG", b"PING", b"[]")
_CHANGE_END = b'"event_type":"price_change"}'
_BOOK_END = b',"event_type":"book"}'
_MAX_UNKNOWN = 100
_BOOK = "book"
_OF_BOOKS = (_BOOK, "price_change", "tick_size_change", None)
_NAMED = re.compile(rb'"market":"(0x[0-9a-fA-F]{1,64})"')

_decode_change = msgspec.json.Decoder(wire.PriceChange, strict=False).decode
_decode_old_change = msgspec.json.Decoder(wire.OldPriceChange, strict=False).decode
_decode_envelope = msgspec.json.Decoder(wire.Envelope).decode
_decode_list = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode
_decode_outline = msgspec.json.Decoder(wire.BookOutline, strict=False).decode
_decode_book = msgspec.json.Decoder(wire.Book, strict=False).decode
_decode_tick = msgspec.json.Decoder(wire.TickSizeChange, strict=False).decode
_decode_trade = msgspec.json.Decoder(wire.LastTradePrice, strict=False).decode
_decode_top = msgspec.json.Decoder(wire.BestBidAsk, strict=False).decode
_decode_new = msgspec.json.Decoder(wire.NewMarket, strict=False).decode
_decode_resolved = msgspec.json.Decoder(wire.MarketResolved, strict=False).decode

type Item = bytes | msgspec.Raw
type Apply = Callable[[], list[MarketEvent]]
type Reader = Callable[[Item, Nanos], Apply]


class _Read(NamedTuple):
    """A frame of changes, read."""

    payload: bytes
    market: MarketState
    message: wire.PriceChange
    sets: tuple[LevelSet, ...]


class PolymarketCodec:
    """Decodes frames of `polymarket/market` and `polymarket/rest`; other sources yield nothing.

    Snapshots are always checked, changes for `watched` outcomes (by default for all). An outcome whose hash differs at
    the end of a group is lost: a BookLost goes out, and its changes are passed on unchecked until the next snapshot.
    Call `flush` when time passes, and with a late `now` at the end: groups wait at most `grace` for more frames.
    """

    def __init__(
        self,
        markets: Iterable[Market],
        watched: Collection[OutcomeId] | None = None,
        verify: bool = True,
        grace: Nanos = GRACE,
    ) -> None:
        self.counters = Counters()
        self._verify = verify
        self._watched = None if watched is None else frozenset(watched)
        self._groups = Groups(self.counters, grace)
        self._lane: PriceChangeLane | None = None
        self._scan: SnapshotScan | None = None
        self._markets: dict[str, MarketState] = {}
        self._outcomes: dict[str, OutcomeState] = {}
        self._yes: dict[str, OutcomeId] = {}
        self._prices = prices()
        self._sizes = sizes()
        self._glanced: _Read | None = None
        self._verifier = Verifier(self.counters, self._groups, verify=verify)
        self._changes = self._verifier.changes if verify else self._verifier.unchecked
        self._readers: dict[str, Reader] = {
            "price_change": self._read_change,
            "tick_size_change": self._read_tick,
            "best_bid_ask": self._read_top,
            "new_market": self._read_new,
            "last_trade_price": self._read_trade,
            "market_resolved": self._read_resolved,
        }
        self.learn(markets)

    def learn(self, markets: Iterable[Market]) -> None:
        """Take over the metadata of markets: new ones, or newer facts on known ones."""
        for market in markets:
            state = self._markets.get(market.id) or self._open_market(market.id)
            state.listed = True
            state.min_size = stripped(market.min_size)
            state.neg_risk = market.neg_risk
            state.tick = market.grid.finest()
            self._yes[market.id] = market.yes
            for outcome in (market.yes, market.no):
                if outcome not in self._outcomes:
                    self._join(outcome, state)

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        """The events of one frame. Raises WireError, applying nothing, when the frame breaks the protocol."""
        source = frame.source
        if source not in _SOURCES:
            return ()
        self.counters.frames += 1
        if self._lane is not None:
            self._lane.release()
        if source == MARKET_SOURCE and frame.payload.endswith(_CHANGE_END):
            changed = self._change(frame.payload, frame.received)
            if changed is not None:
                return changed
        try:
            applies = self._read(frame)
        except (msgspec.MsgspecError, ValueError, KeyError, RecursionError) as error:
            self.counters.malformed += 1
            raise WireError(Venue.POLYMARKET, _reason(error), frame.payload) from error
        events = self._groups.close_due(frame.received)
        for apply in applies:
            events += apply()
        return events

    def doubt(self, frame: Frame) -> Sequence[MarketEvent]:
        """What a frame that `decode` refused makes unknown: the books of the markets that it names, else all."""
        if frame.source != MARKET_SOURCE or _of_no_book(frame.payload):
            return ()
        names = dict.fromkeys(text.decode() for text in _NAMED.findall(frame.payload))
        named = [self._markets[name] for name in names if name in self._markets]
        doubtful = named or self._markets.values()
        return self._groups.doubt(doubtful, "a frame of the market channel cannot be read", frame.received)

    def flush(self, now: Nanos) -> Sequence[MarketEvent]:
        """Close the groups whose grace is over at `now`."""
        if self._lane is not None:
            self._lane.release_due(now)
        return self._groups.close_due(now)

    def open_lane(self, shelf: Shelf) -> "PriceChangeLane | None":
        """A compiled lane for the markets known by now; None where hashes are verified, or without numba.

        From now on whole books are read by compiled code as well.
        """
        if self._verify or importlib.util.find_spec("numba") is None:
            return None
        from dutchbook.venues.polymarket.lane import open_lane
        from dutchbook.venues.polymarket.snapshot_scan import SnapshotScan

        self._scan = SnapshotScan()
        self._lane = open_lane(self._markets.values(), self._groups, self.counters, shelf)
        return self._lane

    def glance(self, frame: Frame, awaited: Awaited) -> NewBest | None:
        """See `Glancing.glance`."""
        if frame.source != MARKET_SOURCE or not self._verify or not frame.payload.endswith(_CHANGE_END):
            return None
        self._glanced = read = self._read_short(frame.payload)
        if read is None or len(read.sets) != 2:
            return None
        ask, bid = read.sets if read.sets[0].side is Side.SELL else reversed(read.sets)
        if (
            ask.price not in awaited.get(ask.outcome, ())
            or (ask.side, bid.side, bid.price, bid.size) != (Side.SELL, Side.BUY, ONE - ask.price, ask.size)
            or not ask.size
            or not self._verifier.foresees(read.market, read.message, read.sets, frame.received)
        ):
            return None
        return NewBest(ask.outcome, ask.price, ask.size)

    def rehearse(self, frame: Frame) -> None:
        """See `Glancing.rehearse`."""
        read = self._read_short(frame.payload) if frame.source == MARKET_SOURCE else None
        if read is not None:
            self._verifier.proves(read.market, read.message, read.sets)

    def _change(self, payload: bytes, received: Nanos) -> list[MarketEvent] | None:
        """The short way for nine frames of ten: a `price_change` of known tokens. None if it is anything else."""
        read, self._glanced = self._glanced, None
        if read is None or read.payload is not payload:
            read = self._read_short(payload)
        if read is None:
            return None
        _, market, message, sets = read
        if received <= self._groups.due:
            return self._changes(market, message, sets, received)
        events = self._groups.close_due(received)
        events += self._changes(market, message, sets, received)
        return events

    def _read_short(self, payload: bytes) -> "_Read | None":
        """A `price_change` of known tokens; None if it is anything else."""
        level_prices, level_sizes = self._prices, self._sizes
        try:
            message = _decode_change(payload)
            market = self._markets[message.market]
            tokens, rows = market.tokens, message.price_changes
            if len(rows) == 2:  # YES and NO, nearly always: spelt out, it takes two thirds of the time
                one, two = rows
                sets: tuple[LevelSet, ...] = (
                    LevelSet(tokens[one.asset_id], SIDES[one.side], level_prices[one.price], level_sizes[one.size]),
                    LevelSet(tokens[two.asset_id], SIDES[two.side], level_prices[two.price], level_sizes[two.size]),
                )
            else:
                sets = tuple([self._level_set(row, market) for row in rows])
        except (msgspec.MsgspecError, ValueError, KeyError):
            return None
        return _Read(payload, market, message, sets)

    # The first half of the work: read all of a frame, changing nothing. The verifier does the second half.

    def _read(self, frame: Frame) -> list[Apply]:
        payload = frame.payload
        if payload in _SILENT:
            return []
        items: Sequence[Item] = _decode_list(payload) if payload.lstrip()[:1] == b"[" else (payload,)
        applies = [self._read_item(item, frame) for item in items]
        return [apply for apply in applies if apply is not None]

    def _read_item(self, item: Item, frame: Frame) -> Apply | None:
        kind = _kind(item, frame)
        if kind is None:
            raise ValueError("a message without event_type")
        if kind == _BOOK:
            return self._read_book(item, frame)
        reader = self._readers.get(kind)
        if reader is not None:
            return reader(item, frame.received)
        unknown = self.counters.unknown_types
        if kind in unknown or len(unknown) < _MAX_UNKNOWN:
            unknown[kind] = unknown.get(kind, 0) + 1
        return None

    def _read_change(self, item: Item, received: Nanos) -> Apply:
        try:
            message = _decode_change(item)
        except msgspec.ValidationError:
            message = _decode_old_change(item).modern()
        market = self._market(message.market)
        message = msgspec.structs.replace(message, price_changes=self._inside(message.price_changes))
        sets = tuple(self._level_set(row, market) for row in message.price_changes)
        return partial(self._changes, market, message, sets, received)

    def _level_set(self, row: wire.Change, market: MarketState) -> LevelSet:
        outcome = self._member(row.asset_id, market).outcome
        return LevelSet(outcome, SIDES[row.side], self._prices[row.price], self._sizes[row.size])

    def _inside[T: wire.Level | wire.Change](self, rows: Sequence[T]) -> tuple[T, ...]:
        """What remains without levels at 0 and 1 dollar, where nobody can quote. Raises ValueError if one has size."""
        inside = tuple(row for row in rows if not self._is_boundary(row.price))
        if len(inside) < len(rows) and any(self._sizes[row.size] for row in rows if row not in inside):
            raise ValueError("a level with size at a price of 0 or 1 dollar")
        return inside

    def _is_boundary(self, price: str) -> bool:
        try:
            self._prices[price]
        except BoundaryPrice:
            return True
        return False

    def _read_book(self, item: Item, frame: Frame) -> Apply:
        book, bids, asks = self._book(item)
        state = self._member(book.asset_id, self._market(book.market))
        tick = tick_of(book.tick_size) if book.tick_size else None
        if book.min_order_size is not None:
            min_size_of(book.min_order_size)
        if book.last_trade_price:
            self._traded(book.last_trade_price)
        live = frame.source == MARKET_SOURCE
        snapshot = Snapshot(state, book, bids, asks, tick, live)
        return partial(self._verifier.snapshot, snapshot, frame.received)

    def _book(self, item: Item) -> tuple[wire.Book, tuple[Level, ...], tuple[Level, ...]]:
        """A book and its sides. Without its rows as texts, if compiled code can read it: then nobody checks a hash."""
        if self._scan is not None:
            outline = _decode_outline(item)
            scan = self._scan.side
            if (bids := scan(outline.bids)) is not None and (asks := scan(outline.asks)) is not None:
                return outline.without_rows(), bids, asks
        book = _decode_book(item)
        return book, self._side(book.bids), self._side(book.asks)

    def _side(self, rows: tuple[wire.Level, ...]) -> tuple[Level, ...]:
        level_prices, level_sizes = self._prices, self._sizes
        try:
            levels = tuple([Level(level_prices[row.price], level_sizes[row.size]) for row in rows])
        except BoundaryPrice:
            return self._side(self._inside(rows))
        if len({level.price for level in levels}) != len(levels):
            raise ValueError("a book names one price twice")
        return tuple(level for level in levels if level.size)

    def _read_tick(self, item: Item, received: Nanos) -> Apply:
        message = _decode_tick(item)
        state = self._member(message.asset_id, self._market(message.market))
        change = TickChange(state, message.timestamp, tick_of(message.old_tick_size), tick_of(message.new_tick_size))
        return partial(self._verifier.tick, change, received)

    def _read_trade(self, item: Item, received: Nanos) -> Apply:
        message = _decode_trade(item)
        event = announcements.trade(message, received)
        market = self._market(message.market)

        def apply() -> list[MarketEvent]:
            market.last_trade = last_trade_text(message.price)
            return [event]

        return apply

    def _read_top(self, item: Item, received: Nanos) -> Apply:
        return partial(_said, announcements.top(_decode_top(item), received))

    def _read_new(self, item: Item, received: Nanos) -> Apply:
        return partial(_said, announcements.listed(_decode_new(item), received))

    def _read_resolved(self, item: Item, received: Nanos) -> Apply:
        message = _decode_resolved(item)
        return partial(_said, announcements.resolved(message, self._yes.get(message.market), received))

    def _traded(self, text: str) -> None:
        """Raises ValueError unless a price at which a trade can have happened."""
        if self._is_boundary(text):
            raise ValueError(f"a last trade at {text!r} is none")

    def _market(self, text: str) -> MarketState:
        """The state of a market, new for one never seen. Raises ValueError for what is no condition id."""
        return self._markets.get(text) or self._open_market(condition(text))

    def _open_market(self, market: MarketId) -> MarketState:
        state = self._markets[market] = MarketState(market)
        return state

    def _member(self, text: str, market: MarketState) -> OutcomeState:
        """The state of one of the market's outcomes; one never seen joins it. Raises ValueError for another's token."""
        state = self._outcomes.get(text) or self._join(token(text), market)
        if state.market is not market:
            raise ValueError(f"{text} is no token of {market.id}")
        return state

    def _join(self, outcome: OutcomeId, market: MarketState) -> OutcomeState:
        watched = self._verify and (self._watched is None or outcome in self._watched)
        state = self._outcomes[outcome] = OutcomeState(outcome, market, watched=watched)
        market.outcomes[outcome] = state
        market.tokens[outcome] = outcome
        return state


def _said(event: MarketEvent) -> list[MarketEvent]:
    return [event]


def _kind(item: Item, frame: Frame) -> str | None:
    """What a message is: for a whole book as the venue writes it without a look through all of it."""
    if frame.source == REST_SOURCE or (item is frame.payload and frame.payload.endswith(_BOOK_END)):
        return _BOOK
    return _decode_envelope(item).event_type


def _of_no_book(payload: bytes) -> bool:
    """Whether a frame, though it cannot be read, is plainly of a kind that changes no book."""
    try:
        return _decode_envelope(payload).event_type not in _OF_BOOKS
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _reason(error: Exception) -> str:
    return f"unknown word {error}" if isinstance(error, KeyError) else str(error)
