"""Kalshi's private channels over one signed connection: fills, orders, positions, order groups (protocol 8.8).

None of them but the groups' is numbered, so nobody can see what is missing: after each connection the account is read.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import msgspec

from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import SECOND
from dutchbook.venues.connection import Ended
from dutchbook.venues.http import USER_AGENT
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.sockets import Socket
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import user_source

CHANNELS = ("fill", "user_orders", "market_positions", "order_group_updates")
SOURCE = user_source(Venue.KALSHI)


class UserWatch(msgspec.Struct, frozen=True):
    """When to give a connection up: without a frame for `silent_s` (the venue pings every 10 s), or without the
    acknowledgements of all channels within `answer_s`."""

    look_s: float = 1.0
    silent_s: float = 30.0
    answer_s: float = 5.0


class _Envelope(msgspec.Struct, frozen=True):
    type: str
    msg: msgspec.Raw = msgspec.Raw(b"{}")
    sid: int | None = None
    seq: int | None = None


class _Body(msgspec.Struct, frozen=True):
    channel: str = ""
    code: int = 0
    msg: str = ""


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_body = msgspec.json.Decoder(_Body).decode
_encode = msgspec.json.Encoder().encode
_DATA = (b'{"type":"fill"', b'{"type":"user_order"', b'{"type":"market_position"')
_TERMINAL = frozenset({10, 25})


class KalshiUserChannel:
    """A `Carrier`. `hear` gets every frame, `subscribed` is called when all channels of a new connection are there."""

    def __init__(
        self,
        url: str,
        signer: KalshiSigner,
        surroundings: Surroundings,
        hear: Callable[[Frame], None],
        subscribed: Callable[[], None],
        watch: UserWatch = UserWatch(),  # noqa: B008 - a frozen value
    ) -> None:
        self.url = url
        self._signer = signer
        self._around = surroundings
        self._now = surroundings.clock.now
        self._hear = hear
        self._subscribed = subscribed
        self._watch = watch
        self._ids = count(1)
        self._forget()

    @property
    def live(self) -> bool:
        """Whether what happens to orders is heard now."""
        return self._open and not self._missing

    def _forget(self) -> None:
        self._opened = self._signed = self._now()
        self._missing = set(CHANNELS)
        self._open = False
        self._seq: dict[int, int] = {}

    def headers(self) -> Mapping[str, str]:
        return {"User-Agent": USER_AGENT, **self._signer.headers("GET", urlsplit(self.url).path)}

    def opened(self, socket: Socket) -> None:
        self._forget()
        self._open = True
        command = {"id": next(self._ids), "cmd": "subscribe", "params": {"channels": CHANNELS}}
        socket.send(_encode(command))

    def heard(self, payload: bytes) -> None:
        now = self._signed = self._now()
        self._hear(Frame(SOURCE, now, payload))
        if not payload.startswith(_DATA):
            self._read(payload)

    def beat(self) -> None:
        self._signed = self._now()

    def duties(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (self._look(),)

    def outcomes(self) -> tuple[OutcomeId, ...]:
        """No book lives by this connection."""
        return ()

    async def _look(self) -> None:
        watch = self._watch
        try:
            while True:
                await self._around.sleep(watch.look_s)
                now = self._now()
                if now - self._signed >= watch.silent_s * SECOND:
                    raise Ended(f"no frame of any kind for {watch.silent_s:g} s")
                if self._missing and now - self._opened >= watch.answer_s * SECOND:
                    raise Ended(f"no acknowledgement of {', '.join(sorted(self._missing))}", stale=True)
        finally:
            self._open = False

    def _read(self, payload: bytes) -> None:
        """Acknowledgements, errors, and numbers."""
        try:
            envelope = _decode_envelope(payload)
            body = _decode_body(envelope.msg) if envelope.type in ("subscribed", "error") else None
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return  # the codec says what is wrong with it
        if body is not None and envelope.type == "subscribed":
            self._acknowledged(body.channel)
        elif body is not None and (self._missing or body.code in _TERMINAL):
            raise Ended(f"the venue ended or refused a subscription: error {body.code} {body.msg}".rstrip())
        elif envelope.sid is not None and envelope.seq is not None:
            self._numbered(envelope.sid, envelope.seq)

    def _acknowledged(self, channel: str) -> None:
        if channel in self._missing:
            self._missing.discard(channel)
            if not self._missing:
                self._subscribed()

    def _numbered(self, sid: int, seq: int) -> None:
        before = self._seq.get(sid)
        self._seq[sid] = seq
        if before is not None and seq > before + 1:
            raise Ended("a message about order groups is missing")
