"""What Kalshi takes now: by its own word, its silence, an order group that went off, or nonsense that it told."""

from dutchbook.domain.events import VenueState, VenueStateChanged
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Nanos
from dutchbook.venues.kalshi.maintenance import weekly_maintenance_until

SILENT_AFTER = 3
"""Looks in a row without an answer that make a venue one that answers nothing."""

type _State = tuple[VenueState, str, Nanos | None]
_UP: _State = (VenueState.UP, "", None)
_WORST = (VenueState.DOWN, VenueState.RESTARTING, VenueState.CANCEL_ONLY, VenueState.POST_ONLY, VenueState.UP)


class Standing:
    """All reasons together; the worst of them counts, and only a change is told."""

    def __init__(self) -> None:
        self._exchange = _UP
        self._unheard = 0
        self._groups: dict[str, None] = {}
        self._distrust = ""
        self._told = _UP

    def exchange(self, *, active: bool, trading: bool, until: Nanos | None, received: Nanos) -> list[VenueStateChanged]:
        """The exchange's own word."""
        self._unheard = 0
        until = until or weekly_maintenance_until(received)
        if not active:
            self._exchange = (VenueState.RESTARTING, "the exchange is paused", until)
        elif not trading:
            self._exchange = (VenueState.CANCEL_ONLY, "trading is paused", until)
        else:
            self._exchange = _UP
        return self._change(received)

    def silent(self, failure: str, received: Nanos) -> list[VenueStateChanged]:
        """It was asked for its state, and gave no answer that can be read."""
        self._unheard += 1
        if self._unheard == SILENT_AFTER:
            self._exchange = (VenueState.RESTARTING, f"it does not answer: {failure}", None)
        return self._change(received)

    def group_triggered(self, group: str, received: Nanos) -> list[VenueStateChanged]:
        """An order group of ours went off: its orders are cancelled, new ones refused."""
        self._groups[group] = None
        return self._change(received)

    def group_armed(self, group: str, received: Nanos) -> list[VenueStateChanged]:
        """An order group takes orders (again), or is gone."""
        self._groups.pop(group, None)
        return self._change(received)

    def distrust(self, reason: str, received: Nanos) -> list[VenueStateChanged]:
        """It told nonsense of an order."""
        self._distrust = reason
        return self._change(received)

    def trust(self, received: Nanos) -> list[VenueStateChanged]:
        """The whole account was read again, and made sense. That alone makes nothing UP: who reconciles says so, once
        no order is unknown any more."""
        if not self._distrust:
            return []
        self._distrust = ""
        if self._worst() == _UP:
            self._told = _UP
        return self._change(received)

    def _change(self, received: Nanos) -> list[VenueStateChanged]:
        now = self._worst()
        if now == self._told:
            return []
        self._told = now
        state, reason, until = now
        return [VenueStateChanged(Venue.KALSHI, state, received, reason, until)]

    def _worst(self) -> _State:
        reasons = [self._exchange]
        if self._groups:
            reasons.append((VenueState.CANCEL_ONLY, f"order group {next(iter(self._groups))} was triggered", None))
        if self._distrust:
            reasons.append((VenueState.DOWN, self._distrust, None))
        return min(reasons, key=lambda each: _WORST.index(each[0]))
