"""What a fault does to the frames of a socket."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from dutchbook.domain.units import Nanos
from dutchbook.exchange.faults.extra_fields import with_extra_field
from dutchbook.exchange.faults.plan import (
    Corrupt,
    Delay,
    Disconnect,
    Drop,
    Duplicate,
    ExtraFrameFields,
    FrameSpec,
    Freeze,
    OmitGroupEnd,
    Reorder,
    SkipSeq,
)

type Sent = tuple[Nanos, bytes | None]
"""How late, and what; None breaks the connection."""
type Strike = Callable[[], bool]
"""Asks whether this occasion is hit; a frame that the fault does not concern is no occasion."""

_NOW = Nanos(0)
_SEQ = re.compile(rb'("sid":(\d+),"seq":)(\d+)')
_MARKET = re.compile(rb'"market":"([^"]*)"')
_TIMESTAMP = re.compile(rb'"timestamp":"(\d+)"')


class FrameEffect(Protocol):
    """One fault at work on all connections of a venue."""

    def passed(self, connection: int, payload: bytes, strike: Strike) -> Sequence[Sent]:
        """What leaves instead of `payload`."""
        ...

    def ended(self) -> None:
        """The fault's window closed."""
        ...

    @property
    def lingers(self) -> bool:
        """Whether frames still have to pass here after the fault was turned off."""
        ...


class _Plain:
    """An effect without memory: what leaves when it strikes."""

    lingers = False

    def __init__(self, effect: Callable[[bytes], Sequence[Sent]]) -> None:
        self._effect = effect

    def passed(self, connection: int, payload: bytes, strike: Strike) -> Sequence[Sent]:  # noqa: ARG002
        return self._effect(payload) if strike() else ((_NOW, payload),)

    def ended(self) -> None:
        return


class _Frozen:
    """Connections on which nothing comes any more."""

    lingers = False

    def __init__(self) -> None:
        self._frozen: set[int] = set()

    def passed(self, connection: int, payload: bytes, strike: Strike) -> Sequence[Sent]:
        if connection in self._frozen:
            return ()
        if not strike():
            return ((_NOW, payload),)
        self._frozen.add(connection)
        return ()

    def ended(self) -> None:
        self._frozen.clear()


class _Reordered:
    """Holds a frame until the next one of its connection has left."""

    def __init__(self) -> None:
        self._held: dict[int, bytes] = {}

    @property
    def lingers(self) -> bool:
        return bool(self._held)

    def passed(self, connection: int, payload: bytes, strike: Strike) -> Sequence[Sent]:
        if (held := self._held.pop(connection, None)) is not None:
            return ((_NOW, payload), (_NOW, held))
        if not strike():
            return ((_NOW, payload),)
        self._held[connection] = payload
        return ()

    def ended(self) -> None:
        return  # what is held leaves behind the next frame


class _SeqSkipped:
    """Adds to the sequence numbers of a subscription, for good: going back would be another fault."""

    def __init__(self, by: int) -> None:
        self._by = by
        self._ahead: dict[tuple[int, bytes], int] = {}

    @property
    def lingers(self) -> bool:
        return bool(self._ahead)

    def passed(self, connection: int, payload: bytes, strike: Strike) -> Sequence[Sent]:
        found = _SEQ.search(payload)
        if found is None:
            return ((_NOW, payload),)
        key = (connection, found[2])
        if strike():
            self._ahead[key] = self._ahead.get(key, 0) + self._by
        ahead = self._ahead.get(key)
        if ahead is None:
            return ((_NOW, payload),)
        told = b"%d" % (int(found[3]) + ahead)
        return ((_NOW, payload[: found.start(3)] + told + payload[found.end(3) :]),)

    def ended(self) -> None:
        return


class _GroupCut:
    """Holds the newest frame of a struck group; what is held when the group ends is lost."""

    lingers = False

    def __init__(self) -> None:
        self._held: dict[tuple[int, bytes], tuple[bytes, bytes]] = {}

    def passed(self, connection: int, payload: bytes, strike: Strike) -> Sequence[Sent]:
        market = _MARKET.search(payload)
        if market is None:
            return ((_NOW, payload),)
        key = (connection, market[1])
        at = _TIMESTAMP.search(payload) if b'"price_change"' in payload else None
        held = self._held.pop(key, None)
        if held is not None and at is not None and held[0] == at[1]:
            self._held[key] = (at[1], payload)
            return ((_NOW, held[1]),)
        if at is None or not strike():
            return ((_NOW, payload),)
        self._held[key] = (at[1], payload)
        return ()

    def ended(self) -> None:
        self._held.clear()


def effect_of(spec: FrameSpec, rng: Random) -> FrameEffect:
    """The effect that a fault of the plan describes."""
    match spec:
        case Freeze():
            return _Frozen()
        case Reorder():
            return _Reordered()
        case SkipSeq(by=by):
            return _SeqSkipped(by)
        case OmitGroupEnd():
            return _GroupCut()
        case _:
            return _Plain(_plainly(spec, rng))


def _plainly(
    spec: Drop | Duplicate | Delay | Corrupt | ExtraFrameFields | Disconnect, rng: Random
) -> Callable[[bytes], Sequence[Sent]]:
    """What leaves instead of one frame, where that depends on no other."""
    match spec:
        case Drop():
            return lambda _: ()
        case Duplicate():
            return lambda payload: ((_NOW, payload), (_NOW, payload))
        case Delay(delay=delay, jitter=jitter):
            return lambda payload: ((Nanos(delay + rng.randint(0, jitter)), payload),)
        case Corrupt():
            return lambda payload: ((_NOW, corrupted(payload, rng)),)
        case ExtraFrameFields():
            return lambda payload: ((_NOW, with_extra_field(payload, rng)),)
        case Disconnect():
            return lambda _: ((_NOW, None),)


def corrupted(payload: bytes, rng: Random) -> bytes:
    """`payload` as it can never be JSON: cut off, or a few bytes overwritten by NUL, which JSON allows nowhere."""
    text = payload.rstrip()
    if len(text) > 1 and rng.random() < 0.5:
        return text[: rng.randrange(1, len(text))]
    at = rng.randrange(max(len(text), 1))
    end = min(len(text), at + rng.randint(1, 8))
    return text[:at] + b"\x00" * max(end - at, 1) + text[end:]
