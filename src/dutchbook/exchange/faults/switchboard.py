"""Which faults are on now, asked by the servers at each request and each frame."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from random import Random
from types import MappingProxyType

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos
from dutchbook.exchange.faults.frame_faults import FrameEffect, Sent, effect_of
from dutchbook.exchange.faults.http_faults import HttpFault, fault_of
from dutchbook.exchange.faults.occasions import Occasions
from dutchbook.exchange.faults.plan import (
    ClockSkew,
    FaultPlan,
    FaultSpec,
    FrameFaultSettings,
    FrameSpec,
    HttpFaultSettings,
    HttpSpec,
    Overflow,
)
from dutchbook.exchange.faults.venue_faults import VENUE_FAULTS, Announcement, TroubledExchange, VenueFaults

_NOW = Nanos(0)
_fits = lru_cache(maxsize=4_096)(fnmatchcase)
_BOTH = (Venue.POLYMARKET, Venue.KALSHI)


class UnknownFault(DutchbookError):
    """No fault of this name is armed."""


class FaultNameTaken(DutchbookError):
    """A fault of this name is armed already."""


class FaultStatus(msgspec.Struct, frozen=True):
    """One armed fault: what it is, whether its window is open, occasions so far, and how many were struck."""

    name: str
    fault: str
    venue: Venue | None
    on: bool
    over: bool
    seen: int
    struck: int


class _Armed:
    """A fault with its occasions and, at each venue, its effect on frames."""

    def __init__(self, spec: FaultSpec, started: Nanos, rng: Random) -> None:
        self.spec = spec
        self.on = True
        self.occasions = Occasions(spec, started, rng)
        self.venues = _BOTH if spec.venue is None else (spec.venue,)
        self.effects: Mapping[Venue, FrameEffect] = MappingProxyType(
            {venue: effect_of(spec, rng) for venue in self.venues}
            if isinstance(spec, FrameFaultSettings) and not isinstance(spec, Overflow)
            else {}
        )

    def status(self, now: Nanos) -> FaultStatus:
        """How it stands."""
        spec, occasions = self.spec, self.occasions
        on = occasions.wave(now) is not None and not occasions.over(now)
        over, seen, struck = occasions.over(now), occasions.seen, occasions.struck
        return FaultStatus(spec.name, spec.fault, spec.venue, on, over, seen, struck)


class Switchboard:
    """Holds what is armed. Deterministic from the plan, the generator, the clock and the order of the questions.

    `quiet` says that nothing is armed and no question need be asked.
    """

    def __init__(self, plan: FaultPlan, rng: Random, clock: Clock) -> None:
        self._clock = clock
        self._seed = f"{plan.seed}/{rng.getrandbits(64)}"
        self._armed: dict[str, _Armed] = {}
        self._arming: dict[str, int] = {}
        self._lingering: list[_Armed] = []
        self._troubled: dict[Venue, VenueFaults] = {}
        self._sockets: dict[Venue, list[Callable[[], None]]] = {venue: [] for venue in _BOTH}
        self._of_requests: dict[Venue, list[tuple[_Armed, HttpSpec]]] = {venue: [] for venue in _BOTH}
        self._of_buffers: dict[Venue, list[tuple[_Armed, Overflow]]] = {venue: [] for venue in _BOTH}
        self._of_frames: dict[Venue, list[tuple[_Armed, FrameSpec]]] = {venue: [] for venue in _BOTH}
        self._of_clocks: dict[Venue, list[tuple[_Armed, ClockSkew]]] = {venue: [] for venue in _BOTH}
        self.quiet = True
        for fault in plan.faults:
            self.turn_on(fault)

    def attach(self, exchange: TroubledExchange) -> None:
        """Let faults of the venue itself (modes, halts, failed settlements) work on `exchange`."""
        troubled = self._troubled[exchange.rules.venue] = VenueFaults(exchange, self._clock, self._break)
        for armed in self._armed.values():
            self._give(armed, troubled)

    def on_restart(self, venue: Venue, drop: Callable[[], None]) -> None:
        """Call `drop` whenever a restart of `venue` begins."""
        self._sockets[venue].append(drop)

    def advance(self) -> None:
        """Do at the attached exchanges what is due: modes that begin and end, halts, failed settlements."""
        if not self.quiet:
            for troubled in self._troubled.values():
                troubled.advance()

    def turn_on(self, fault: FaultSpec) -> None:
        """Arm a fault: its times count from now. Raises FaultNameTaken."""
        if fault.name in self._armed:
            raise FaultNameTaken(f"fault {fault.name!r} is armed already - turn it off first, or choose another name")
        # A generator of its own: what one fault draws must not change when others strike.
        nth = self._arming[fault.name] = self._arming.get(fault.name, 0) + 1
        rng = Random(f"{self._seed}/{fault.name}/{nth}")  # noqa: S311 - faults are repeatable, not secret
        armed = self._armed[fault.name] = _Armed(fault, self._clock.now(), rng)
        for troubled in self._troubled.values():
            self._give(armed, troubled)
        self._sort()

    def turn_off(self, name: str) -> None:
        """Disarm a fault and let the venue recover from it at once. Raises UnknownFault."""
        armed = self._armed.pop(name, None)
        if armed is None:
            known = ", ".join(sorted(self._armed)) or "none"
            raise UnknownFault(f"fault {name!r} is not armed - armed are: {known}")
        armed.on = False
        for effect in armed.effects.values():
            effect.ended()
        if any(effect.lingers for effect in armed.effects.values()):
            self._lingering.append(armed)
        for troubled in self._troubled.values():
            troubled.withdraw(name)
        self._sort()

    def status(self) -> Sequence[FaultStatus]:
        """All armed faults, in the order in which they are asked."""
        now = self._clock.now()
        return [armed.status(now) for armed in self._armed.values()]

    def skew(self, venue: Venue) -> Nanos:
        """How far the clock of `venue` is ahead of the truth; negative if it is behind."""
        skewing = self._of_clocks[venue]
        if not skewing:
            return Nanos(0)
        now = self._clock.now()
        return Nanos(sum(spec.ahead - spec.behind for armed, spec in skewing if armed.occasions.wave(now) is not None))

    def announced(self, venue: Venue) -> Announcement | None:
        """The next restart that the venue has announced, or the one under way."""
        troubled = self._troubled.get(venue)
        return None if troubled is None else troubled.announced()

    def http(self, venue: Venue, method: str, path: str) -> HttpFault | None:
        """What goes wrong with this request, if anything: the first fault that strikes. Asked once for each request."""
        now = self._clock.now()
        for armed, spec in self._of_requests[venue]:
            if spec.method not in (None, method) or not _fits(path, spec.path):
                continue
            if armed.occasions.strikes(now):
                return fault_of(spec, venue, armed.occasions.wave(now) or 0, armed.occasions.rng)
        return None

    def frames(self, venue: Venue, channel: str, connection: int, payload: bytes) -> Sequence[Sent]:
        """What is really sent instead of `payload`, and how late; nothing if it is lost; None breaks the connection."""
        sent: list[Sent] = [(_NOW, payload)]
        troubles = self._of_frames[venue]
        if not troubles:
            return sent
        now = self._clock.now()
        for armed, spec in troubles:
            if spec.connection in (None, connection) and _fits(channel, spec.channel):
                sent = _through(armed, venue, connection, sent, now)
        return sent

    def overflows(self, venue: Venue, channel: str, connection: int) -> bool:
        """Whether a subscription's buffer runs over at this message. Asked once for each message."""
        now = self._clock.now()
        return any(
            spec.connection in (None, connection) and _fits(channel, spec.channel) and armed.occasions.strikes(now)
            for armed, spec in self._of_buffers[venue]
        )

    def _sort(self) -> None:
        """Note which faults are to be asked about what. Those that linger come first: they were there before."""
        everything = (*self._lingering, *self._armed.values())
        for venue in _BOTH:
            here = [armed for armed in everything if venue in armed.venues]
            self._of_requests[venue] = [(each, each.spec) for each in here if isinstance(each.spec, HttpFaultSettings)]
            framed = [(each, each.spec) for each in here if isinstance(each.spec, FrameFaultSettings)]
            self._of_frames[venue] = [(each, spec) for each, spec in framed if not isinstance(spec, Overflow)]
            self._of_buffers[venue] = [(each, spec) for each, spec in framed if isinstance(spec, Overflow)]
            # The clock of a venue is right again as soon as its fault is turned off: this one does not linger.
            armed = [each for each in self._armed.values() if venue in each.venues]
            self._of_clocks[venue] = [(each, each.spec) for each in armed if isinstance(each.spec, ClockSkew)]
        self.quiet = not everything

    def _break(self, venue: Venue) -> None:
        for drop in self._sockets[venue]:
            drop()

    def _give(self, armed: _Armed, troubled: VenueFaults) -> None:
        if troubled.venue in armed.venues and isinstance(armed.spec, VENUE_FAULTS):
            troubled.add(armed.spec, armed.occasions)


def _through(armed: _Armed, venue: Venue, connection: int, frames: Sequence[Sent], now: Nanos) -> list[Sent]:
    effect = armed.effects[venue]
    if armed.occasions.wave(now) is None:
        effect.ended()
    out: list[Sent] = []
    for late, frame in frames:
        if frame is None:
            out.append((late, frame))
            continue
        passed = effect.passed(connection, frame, lambda: armed.on and armed.occasions.strikes(now))
        out.extend((Nanos(late + more), part) for more, part in passed)
    return out
