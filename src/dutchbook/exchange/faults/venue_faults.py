"""Faults of a venue itself: restarts, modes, markets halted between two legs, trades that fail after matching."""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos
from dutchbook.exchange.faults.occasions import Occasions
from dutchbook.exchange.faults.plan import FailedSettlement, HaltBetweenLegs, Restart, VenueMode, VenueSpec
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import ExchangeEvent, Matched
from dutchbook.exchange.rules import Mode, VenueRules

VENUE_FAULTS = (Restart, VenueMode, HaltBetweenLegs, FailedSettlement)
"""The kinds that work on the exchange itself."""


class TroubledExchange(Protocol):
    """What faults need of an exchange."""

    @property
    def rules(self) -> VenueRules: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def listings(self) -> Mapping[MarketId, Listing]: ...
    def listen(self, listener: Callable[[ExchangeEvent], None], *kinds: type) -> None: ...
    def set_mode(self, mode: Mode) -> None: ...
    def set_status(self, market: MarketId, status: MarketStatus) -> None: ...
    def fail_match(self, number: int) -> bool: ...


class Announcement(msgspec.Struct, frozen=True):
    """A restart that the venue told of: nothing is taken from `begins` to `up`, not everything until `ends`."""

    begins: Nanos
    up: Nanos
    ends: Nanos


class VenueFaults:
    """Works on one exchange. Looks at its events, acts in `advance`: a listener may not change what it listens to.

    `breaks` is called when a restart begins: the venue's sockets break.
    """

    def __init__(self, exchange: TroubledExchange, clock: Clock, breaks: Callable[[Venue], None]) -> None:
        self.venue = exchange.rules.venue
        self._exchange = exchange
        self._clock = clock
        self._faults: dict[str, tuple[VenueSpec, Occasions]] = {}
        self._usual = Mode.NORMAL
        self._imposed: Mode | None = None
        self._halts: dict[MarketId, tuple[str, Nanos]] = {}
        self._doomed: list[int] = []
        self._broken: set[tuple[str, int]] = set()
        self._breaks = breaks
        exchange.listen(self._heard, Matched)

    def add(self, spec: VenueSpec, occasions: Occasions) -> None:
        """Let a fault work here."""
        self._faults[spec.name] = (spec, occasions)

    def withdraw(self, name: str) -> None:
        """Take a fault away, with what it has done to modes and markets."""
        self._faults.pop(name, None)
        for market, (cause, _) in tuple(self._halts.items()):
            if cause == name:
                self._halts[market] = (cause, self._clock.now())
        self.advance()

    def announced(self) -> Announcement | None:
        """The restart that was told of and is not over yet; the earliest, if several are."""
        now = self._clock.now()
        told = [
            times
            for spec, occasions in self._faults.values()
            if isinstance(spec, Restart) and (times := _times(spec, occasions, now)) and now < times.ends
        ]
        return min(told, key=lambda times: times.begins, default=None)

    def advance(self) -> None:
        """Do what is due by the clock and by what was heard."""
        now = self._clock.now()
        for number in self._doomed:
            self._exchange.fail_match(number)
        self._doomed.clear()
        self._halt(now)
        self._impose(self._wanted(now))

    def _heard(self, event: ExchangeEvent) -> None:
        if isinstance(event, Matched):
            for spec, occasions in self._faults.values():
                self._match(event, spec, occasions)

    def _match(self, match: Matched, spec: VenueSpec, occasions: Occasions) -> None:
        now = self._clock.now()
        if isinstance(spec, FailedSettlement):
            if spec.account in (None, *_accounts(match)) and occasions.strikes(now):
                self._doomed.append(match.number)
        elif (
            isinstance(spec, HaltBetweenLegs)
            and spec.account in (None, match.taker.new.account)
            and occasions.strikes(now)
        ):
            for market in self._other_legs(match.market, spec):
                self._halts[market] = (spec.name, Nanos(now + spec.halted))

    def _other_legs(self, market: MarketId, spec: HaltBetweenLegs) -> list[MarketId]:
        listings = self._exchange.listings
        if spec.markets:
            legs = [MarketId(name) for name in spec.markets if name in listings]
        else:
            question = listings[market].market.question
            legs = [leg for leg, listing in listings.items() if question and listing.market.question == question]
        return [leg for leg in legs if leg != market]

    def _halt(self, now: Nanos) -> None:
        for market, (_, until) in tuple(self._halts.items()):
            status = self._exchange.listings[market].market.status
            if now >= until:
                del self._halts[market]
                if status is MarketStatus.PAUSED:
                    self._exchange.set_status(market, MarketStatus.OPEN)
            elif status is MarketStatus.OPEN:
                self._exchange.set_status(market, MarketStatus.PAUSED)

    def _wanted(self, now: Nanos) -> Mode | None:
        for spec, occasions in self._faults.values():
            if isinstance(spec, VenueMode) and occasions.wave(now) is not None:
                return spec.mode
            if isinstance(spec, Restart) and (mode := self._restarting(spec, occasions, now)):
                return mode
        return None

    def _restarting(self, spec: Restart, occasions: Occasions, now: Nanos) -> Mode | None:
        times = _times(spec, occasions, now)
        if times is None or not times.begins <= now < times.ends:
            return None
        if (key := (spec.name, times.begins)) not in self._broken:
            self._broken.add(key)
            self._breaks(self.venue)
        kalshi = self.venue is Venue.KALSHI
        if now < times.up:
            return Mode.DISABLED if kalshi else Mode.RESTARTING
        return Mode.CANCEL_ONLY if kalshi else Mode.POST_ONLY

    def _impose(self, mode: Mode | None) -> None:
        if mode is None and self._imposed is not None:
            # What somebody else set meanwhile stays.
            if self._exchange.mode is self._imposed:
                self._exchange.set_mode(self._usual)
            self._imposed = None
        elif mode is not None and self._imposed is not mode:
            if self._imposed is None:
                self._usual = self._exchange.mode
            self._exchange.set_mode(mode)
            self._imposed = mode


def _accounts(match: Matched) -> set[str]:
    return {match.taker.new.account, *(pair.maker.order.new.account for pair in match.pairs)}


def _times(spec: Restart, occasions: Occasions, now: Nanos) -> Announcement | None:
    """The newest restart that was announced by now, perhaps over already."""
    wave = occasions.wave(now)
    if wave is None:
        return None
    begins = Nanos(occasions.begins(wave) + spec.announced)
    up = Nanos(begins + spec.down)
    return Announcement(begins, up, Nanos(up + spec.post_only))
