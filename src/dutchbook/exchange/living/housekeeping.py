"""Kalshi's weekly pause as it happens: first of trading, then of everything, then of trading again."""

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.living.agenda import Agenda
from dutchbook.exchange.maintenance import next_window
from dutchbook.exchange.rules import Mode

_TRADING_PAUSE = Nanos(1_800 * SECOND)
"""How long, at both ends of the window, cancels are still taken. The window is documented, its parts are assumed."""


class Housekeeping:
    """Pauses an exchange in each window that begins after the start: who starts within one finds it open."""

    def __init__(self, exchange: Exchange, agenda: Agenda, start: Nanos) -> None:
        self._exchange = exchange
        self._agenda = agenda
        self._ours = Mode.NORMAL
        self._plan(start)

    def _plan(self, now: Nanos) -> None:
        starts, ends = next_window(now)
        self._agenda.put(starts, lambda _: self._turn(Mode.CANCEL_ONLY))
        self._agenda.put(starts + _TRADING_PAUSE, lambda _: self._turn(Mode.DISABLED))
        self._agenda.put(ends - _TRADING_PAUSE, lambda _: self._turn(Mode.CANCEL_ONLY))
        self._agenda.put(ends, self._reopen)

    def _reopen(self, now: Nanos) -> None:
        self._turn(Mode.NORMAL)
        self._plan(now)

    def _turn(self, mode: Mode) -> None:
        """Go on to the next part, unless a fault or a hand at the controls has set a mode of its own meanwhile."""
        if self._exchange.mode is self._ours:
            self._exchange.set_mode(mode)
        self._ours = mode
