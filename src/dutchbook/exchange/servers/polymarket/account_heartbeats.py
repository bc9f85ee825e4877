"""The dead-man switch: keys that sent a heartbeat once must go on, or lose their orders (section 3.5)."""

from collections.abc import Callable

import msgspec
from aiohttp import web

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos
from dutchbook.exchange.servers.polymarket.auth import ApiKey
from dutchbook.exchange.servers.polymarket.clob_errors import answer
from dutchbook.exchange.servers.polymarket.clob_json import read
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.identifiers import named_uuid


class _Beat(msgspec.Struct, frozen=True):
    heartbeat_id: str = ""


_beat = msgspec.json.Decoder(_Beat)


class Heartbeats:
    """Watches keys from their first heartbeat on; there is no way to stop that.

    Silence is looked for at fixed times, `heartbeat_check` apart: so orders go 10 to 15 seconds after the last beat.
    """

    def __init__(self, clock: Clock, cancel: Callable[[ApiKey], None], options: ClobOptions) -> None:
        self._clock = clock
        self._cancel = cancel
        self._options = options
        self._beats: dict[str, tuple[ApiKey, str, Nanos]] = {}
        self._count = 0
        self._next_check = Nanos(clock.now() + options.heartbeat_check)

    def beat(self, _request: web.Request, key: ApiKey, body: bytes) -> web.Response:
        """`POST /v1/heartbeats`: the id to send next; a wrong one is answered with the right one."""
        sent = read(_beat, body) if body else _Beat()
        known = self._beats.get(key.id)
        current = "" if known is None else known[1]
        if sent.heartbeat_id != current:
            return answer({"error_msg": "Invalid Heartbeat ID", "heartbeat_id": current}, 400)
        self._count += 1
        following = named_uuid(f"heartbeat/{key.id}/{self._count}")
        self._beats[key.id] = (key, following, self._clock.now())
        return answer({"heartbeat_id": following})

    def advance(self) -> None:
        """Cancel the orders of keys that were silent for too long."""
        now = self._clock.now()
        if now < self._next_check:
            return
        period = self._options.heartbeat_check
        self._next_check = Nanos(now - (now - self._next_check) % period + period)
        for key, _, last in list(self._beats.values()):
            if now - last > self._options.heartbeat_limit:
                self._cancel(key)

    def next_due(self) -> Nanos | None:
        """When to look again, None while nobody is watched."""
        return self._next_check if self._beats else None
