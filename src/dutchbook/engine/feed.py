"""From frames to events: hands each frame to the codec of its source, and counts what nobody reads."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import MarketEvent, OrderEvent, VenueStateChanged
from dutchbook.domain.ports import Awaited, Codec, Doubting, Frame, Glancing, Lane, Laned, NewBest, Shelf
from dutchbook.domain.units import Nanos

_NOTHING: tuple[MarketEvent, ...] = ()


class PrivateCodec(Protocol):
    """Reads what a venue says of our own orders, operations and account."""

    def decode(self, frame: Frame) -> Sequence[OrderEvent | VenueStateChanged]:
        """Raises WireError for what cannot be read."""
        ...


class Feed:
    """All codecs of the desk, by the source of the frames they read (`polymarket/market`, `kalshi/market`, ...).

    `private` are those of our own orders and account: what their frames say is not returned but kept in `said`.
    """

    def __init__(self, codecs: Mapping[str, Codec], private: Mapping[str, PrivateCodec] | None = None) -> None:
        self._codecs = dict(codecs)
        self._glancing = {source: codec for source, codec in codecs.items() if isinstance(codec, Glancing)}
        self._private = dict(private or {})
        # Those that decoded anything, in the order of their first frames: no other holds anything back.
        self._flushing: tuple[Codec, ...] = ()
        self._last: Codec | None = None
        self.frames = 0
        self.malformed = 0
        self.fault: WireError | None = None
        """The last malformed frame, until somebody takes it for the record."""
        self.said: Sequence[OrderEvent | VenueStateChanged] = ()
        """What the last frame said of our own orders and account, until somebody takes it."""
        self.beside = False
        """Whether there is a `fault` or something `said`."""
        self.unread: Counter[str] = Counter()

    def open_lane(self, shelf: Shelf) -> Lane | None:
        """The lane of the first codec that has one."""
        for codec in dict.fromkeys(self._codecs.values()):
            if isinstance(codec, Laned) and (lane := codec.open_lane(shelf)) is not None:
                return lane
        return None

    def glance(self, frame: Frame, awaited: Awaited) -> NewBest | None:
        """See `Glancing.glance`; None for frames that are decoded only."""
        codec = self._glancing.get(frame.source)
        return None if codec is None else codec.glance(frame, awaited)

    def rehearse(self, frame: Frame) -> None:
        """See `Glancing.rehearse`."""
        codec = self._glancing.get(frame.source)
        if codec is not None:
            codec.rehearse(frame)

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        """The events of a frame. A malformed one gives what it makes unknown; it is counted and kept in `fault`."""
        self.frames += 1
        codec = self._codecs.get(frame.source)
        if codec is None:
            self._decode_private(frame)
            return _NOTHING
        if codec is not self._last:
            self._heard(codec)
        try:
            return codec.decode(frame)
        except WireError as fault:
            self._failed(fault)
            return codec.doubt(frame) if isinstance(codec, Doubting) else _NOTHING

    def _decode_private(self, frame: Frame) -> None:
        private = self._private.get(frame.source)
        if private is None:
            self.unread[frame.source] += 1
            return
        try:
            self.said = private.decode(frame)
        except WireError as fault:
            self._failed(fault)
        else:
            self.beside = bool(self.said)

    def _failed(self, fault: WireError) -> None:
        self.malformed += 1
        self.fault = fault
        self.beside = True

    def _heard(self, codec: Codec) -> None:
        """A codec decodes, and not the same as before: from now on it may have something to flush."""
        self._last = codec
        if codec not in self._flushing:
            self._flushing = (*self._flushing, codec)

    def flush(self, now: Nanos) -> Sequence[MarketEvent]:
        """What is due in any codec because time passed."""
        events: Sequence[MarketEvent] = _NOTHING
        for codec in self._flushing:
            due = codec.flush(now)
            if due:
                events = [*events, *due] if events else due
        return events
