"""Kalshi's socket: bytes to events, with every sequence number accounted for."""

from collections.abc import Callable, Sequence
from typing import get_args

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookLost, BookSnapshot, LevelAdded, MarketEvent
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.ports import Frame, SequenceKind
from dutchbook.domain.units import Nanos
from dutchbook.venues.kalshi import announcements, wire
from dutchbook.venues.kalshi.book_levels import BookLevels
from dutchbook.venues.kalshi.numbers import yes_outcome
from dutchbook.venues.kalshi.prints import Prints
from dutchbook.venues.kalshi.sequence import Counters, Subscriptions
from dutchbook.venues.memo import Memo

MARKET_SOURCE = "kalshi/market"

_MAX_UNKNOWN = 100
_TERMINAL = frozenset({10, 25})
"""Errors after which a subscription sends nothing more: channel error, buffer overflow (protocol section 8.3)."""

_decode = msgspec.json.Decoder(wire.Message).decode
_decode_envelope = msgspec.json.Decoder(wire.Envelope).decode
_decode_subscription = msgspec.json.Decoder(wire.SubscriptionBody).decode
_KNOWN = frozenset(struct.__struct_config__.tag for struct in get_args(wire.Message.__value__))

_Delta = wire.BookDelta
_OF_BOOKS = frozenset({"orderbook_delta", "orderbook_snapshot"})
_UNREADABLE = "a frame of the socket cannot be read"

type Reader = Callable[..., Sequence[MarketEvent]]


class KalshiCodec:
    """Decodes frames of `kalshi/market`, one connection; other sources yield nothing.

    All book events speak of YES. A number that does not follow loses every book of its subscription: a BookLost goes
    out before the frame's own events, and changes are passed on until the next snapshots, for nobody to apply.
    `use_yes_price` says how the subscription was made (protocol section 8.5).
    """

    def __init__(self, *, sequence: SequenceKind = SequenceKind.FULL, use_yes_price: bool = False) -> None:
        self.counters = Counters()
        self._subscriptions = Subscriptions(sequence, self.counters)
        self._arrived = self._subscriptions.arrived
        self._levels = BookLevels(use_yes_price=use_yes_price)
        self._sides = self._levels.sides
        self._deltas = self._levels.deltas
        self._prints = Prints()
        self._outcomes: Memo[OutcomeId] = Memo(yes_outcome)
        self._readers: dict[type, Reader] = {
            wire.BookSnapshot: self._snapshot,
            wire.Trade: self._trade,
            wire.Ticker: self._ticker,
            wire.MarketLifecycle: self._lifecycle,
            wire.EventLifecycle: self._event_changed,
            wire.EventFeeUpdate: self._event_changed,
            wire.Subscribed: self._subscribed,
            wire.Ok: self._ok,
            wire.Unsubscribed: self._unsubscribed,
            wire.Error: self._error,
        }

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        """The events of one frame. Raises WireError, applying nothing, when the frame breaks the protocol.

        Its number then counts as not received: the next one shows the gap.
        """
        if frame.source != MARKET_SOURCE:
            return ()
        self.counters.frames += 1
        try:
            message = _decode(frame.payload)
            if type(message) is not _Delta:
                return self._readers[type(message)](message, frame.received)
            # Ninety-nine of a hundred: spelt out here, because a call more would be a tenth of it.
            body, received = message.msg, frame.received
            side, prices = self._sides[body.side]
            millis = body.ts_ms
            event = LevelAdded(
                self._outcomes[body.market_ticker],
                side,
                prices[body.price_dollars],
                self._deltas[body.delta_fp],
                received,
                # Not wrapped in Nanos: that call would be a tenth as well.
                None if millis is None else millis * 1_000_000,  # type: ignore[arg-type]
            )
            lost = self._arrived(message.sid, message.seq)
            return (_lost(lost, received), event) if lost else (event,)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            return self._unknown(frame, error)

    def doubt(self, frame: Frame) -> Sequence[MarketEvent]:
        """What a frame that `decode` refused makes unknown: the books of its subscription, else all of them."""
        if frame.source != MARKET_SOURCE:
            return ()
        try:
            envelope = _decode_envelope(frame.payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return _losses(self._subscriptions.lose_all(), frame.received, _UNREADABLE)
        if envelope.type not in _OF_BOOKS:
            return ()
        lost = self._subscriptions.lose_all() if envelope.sid is None else self._subscriptions.lose(envelope.sid)
        return _losses(lost, frame.received, _UNREADABLE)

    def flush(self, now: Nanos) -> Sequence[MarketEvent]:  # noqa: ARG002 - the port's signature
        """Nothing: every message is complete by itself."""
        return ()

    # Each reader first reads all of its message, which may raise, and then takes over the number.

    def _snapshot(self, message: wire.BookSnapshot, received: Nanos) -> Sequence[MarketEvent]:
        body = message.msg
        outcome = self._outcomes[body.market_ticker]
        bids, asks = self._levels.book(body.yes_dollars_fp or (), body.no_dollars_fp or ())
        lost = self._arrived(message.sid, message.seq)
        self._subscriptions.whole(message.sid, outcome)
        event = BookSnapshot(outcome, bids, asks, received)
        return (_lost(lost, received), event) if lost else (event,)

    def _trade(self, message: wire.Trade, received: Nanos) -> Sequence[MarketEvent]:
        event = self._prints.read(message.msg, self._outcomes[message.msg.market_ticker], received)
        events = self._counted(message.sid, message.seq, received)
        # A block trade is agreed apart from the book: it says nothing about what orders there would have got.
        return events if message.msg.is_block_trade else (*events, event)

    def _ticker(self, message: wire.Ticker, received: Nanos) -> Sequence[MarketEvent]:
        return (announcements.top(message.msg, self._outcomes[message.msg.market_ticker], received),)

    def _lifecycle(self, message: wire.MarketLifecycle, received: Nanos) -> Sequence[MarketEvent]:
        event = announcements.step(message.msg, received)
        events = self._counted(message.sid, message.seq, received)
        if event is not None:
            return (*events, event)
        _count(self.counters.reread, message.msg.event_type)
        return events

    def _event_changed(
        self, message: wire.EventLifecycle | wire.EventFeeUpdate, received: Nanos
    ) -> Sequence[MarketEvent]:
        """Neither the event's markets nor its exclusivity are told."""
        _count(
            self.counters.reread, "event_lifecycle" if isinstance(message, wire.EventLifecycle) else "event_fee_update"
        )
        return self._counted(message.sid, message.seq, received)

    def _subscribed(self, message: wire.Subscribed, received: Nanos) -> Sequence[MarketEvent]:
        return _losses(self._subscriptions.begin(message.msg.sid), received, "a new connection")

    def _ok(self, message: wire.Ok, received: Nanos) -> Sequence[MarketEvent]:
        if message.sid is None or message.seq is None:
            return ()
        named = _decode_subscription(message.msg).market_tickers
        kept = None if named is None else frozenset([self._outcomes[name] for name in named])
        events = self._counted(message.sid, message.seq, received)
        if kept is None:
            return events
        dropped = self._subscriptions.keep_only(message.sid, kept)
        return (*events, *_losses(dropped, received, "no longer subscribed to"))

    def _unsubscribed(self, message: wire.Unsubscribed, received: Nanos) -> Sequence[MarketEvent]:
        return _losses(self._subscriptions.end(message.sid), received, "no longer subscribed to")

    def _error(self, message: wire.Error, received: Nanos) -> Sequence[MarketEvent]:
        code = message.msg.code
        _count(self.counters.errors, code)
        events = self._counted(message.sid, message.seq, received)
        if code not in _TERMINAL:
            return events
        lost = self._subscriptions.lose_all() if message.sid is None else self._subscriptions.lose(message.sid)
        return (*events, *_losses(lost, received, f"the venue ended the subscription: error {code}"))

    def _unknown(self, frame: Frame, error: Exception) -> Sequence[MarketEvent]:
        """A message of a type that we do not read is counted, and so is its number. Any other is malformed."""
        try:
            envelope = _decode_envelope(frame.payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise self._malformed(frame, error) from error
        if envelope.type in _KNOWN:
            raise self._malformed(frame, error) from error
        _count(self.counters.unknown_types, envelope.type)
        return self._counted(envelope.sid, envelope.seq, frame.received)

    def _malformed(self, frame: Frame, error: Exception) -> WireError:
        self.counters.malformed += 1
        return WireError(Venue.KALSHI, str(error), frame.payload)

    def _counted(self, sid: int | None, seq: int | None, received: Nanos) -> tuple[MarketEvent, ...]:
        if sid is None or seq is None:
            return ()
        lost = self._arrived(sid, seq)
        return (_lost(lost, received),) if lost else ()


def _lost(outcomes: tuple[OutcomeId, ...], received: Nanos) -> BookLost:
    return BookLost(outcomes, "a sequence number does not follow: messages are missing", received)


def _losses(outcomes: tuple[OutcomeId, ...], received: Nanos, reason: str) -> tuple[MarketEvent, ...]:
    return (BookLost(outcomes, reason, received),) if outcomes else ()


def _count[K](counts: dict[K, int], key: K) -> None:
    if key in counts or len(counts) < _MAX_UNKNOWN:
        counts[key] = counts.get(key, 0) + 1
