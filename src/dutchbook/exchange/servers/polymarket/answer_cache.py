"""Answers that are repeated until they are too old, as the networks in front of Polymarket's servers do."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos

_MOST = 512


class AnswerCache:
    """Bodies by path and query; of too many the oldest go."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: dict[str, tuple[Nanos, bytes]] = {}

    async def body(self, request: web.Request, age: Nanos, answer: Callable[[], bytes | Awaitable[bytes]]) -> bytes:
        """The kept body if it is younger than `age`, else a new one. What `answer` raises is not kept."""
        now, key = self._clock.now(), request.path_qs
        kept = self._answers.get(key)
        if kept is not None and now < kept[0] + age:
            return kept[1]
        new = answer()
        body = new if isinstance(new, bytes) else await new
        if age:
            self._answers.pop(key, None)
            self._answers[key] = (now, body)
            if len(self._answers) > _MOST:
                del self._answers[next(iter(self._answers))]
        return body
