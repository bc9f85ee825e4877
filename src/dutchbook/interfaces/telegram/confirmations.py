"""Buttons that must be pressed within 30 seconds, once, by the one who asked, where it was asked."""

from collections.abc import Callable

import msgspec

from dutchbook.domain.units import SECOND, Nanos

VALID = Nanos(30 * SECOND)
_MOST = 100


class Asked(msgspec.Struct, frozen=True):
    """What waits for a confirmation."""

    action: str
    argument: str
    user: int
    chat: int
    until: Nanos


class Confirmations:
    """What waits, by a name that nobody can guess. It is forgotten when the process ends: then it is asked again."""

    def __init__(self, name: Callable[[], str]) -> None:
        self._name = name
        self._waiting: dict[str, Asked] = {}

    def ask(self, asked: Asked) -> str:
        """Remember it; the name under which it is confirmed."""
        while len(self._waiting) >= _MOST:
            del self._waiting[next(iter(self._waiting))]
        name = self._name()
        self._waiting[name] = asked
        return name

    def confirm(self, name: str, user: int, chat: int, now: Nanos) -> Asked | str:
        """What was confirmed, or why it was not. Whatever the answer, this name is of no use any more.

        But for somebody else's press, which changes nothing.
        """
        asked = self._waiting.get(name)
        if asked is None:
            return "used already, or too old - ask again"
        if (asked.user, asked.chat) != (user, chat):
            return "somebody else asked"
        del self._waiting[name]
        return asked if now <= asked.until else "too late: 30 seconds are over - ask again"
