"""The text PING of Polymarket's sockets, and the end of those who do not send it."""

import asyncio

from dutchbook.exchange.servers.sockets import Connection

_UPPER_CASE = {b"PING": b"PONG"}
_ANY_CASE = {**_UPPER_CASE, b"ping": b"pong"}


class Keepalive:
    """Answers `PING` with `PONG`, whatever faults are on, and drops a connection without any for `patience_s`.

    The wait is in real time, for a connection is real even where the exchange's time runs faster. None waits for ever.
    """

    __slots__ = ("_answers", "_connection", "_patience_s", "_timer")

    def __init__(self, connection: Connection, patience_s: float | None, *, lower_case: bool = False) -> None:
        """`lower_case`: whether `ping` is answered too, which the price stream's own client sends."""
        self._answers = _ANY_CASE if lower_case else _UPPER_CASE
        self._connection = connection
        self._patience_s = patience_s
        self._timer: asyncio.TimerHandle | None = None
        self._rearm()

    def answered(self, text: bytes) -> bool:
        """Whether `text` was a PING; then it is answered."""
        answer = self._answers.get(text)
        if answer is None:
            return False
        self._connection.send(answer, bypass_faults=True)
        self._rearm()
        return True

    def end(self) -> None:
        """The connection is gone."""
        if self._timer is not None:
            self._timer.cancel()

    def _rearm(self) -> None:
        self.end()
        if self._patience_s is not None:
            self._timer = asyncio.get_running_loop().call_later(self._patience_s, self._connection.drop)
