"""WebSocket connections as the streams need them: text frames in and out, and every end with its reason.

The port is `Connect`; `connect` is the real thing (picows). Whatever the listener raises ends the connection.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Protocol

from picows import (
    WSError,
    WSFrame,
    WSHandshakeError,
    WSInvalidStatusError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from dutchbook.domain.errors import VenueRefused, VenueUnavailable, VenueUnreachable

HANDSHAKE_S = 10.0
LARGEST_FRAME = 64 << 20
"""Bytes of one frame; Kalshi's limit, and a dump of 500 Polymarket books has 2 MB."""
_READ_BUFFER = 256 << 10

_LONGEST_CONTROL = 125
"""Bytes of a ping, pong or close (RFC 6455, 5.5): a longer frame carries data, without a look at its type."""
_TEXT = WSMsgType.TEXT
_ADVICE: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "check the key, its environment and this machine's clock",
    HTTPStatus.FORBIDDEN: "the venue does not serve this network, region or key",
}
"""What to do where no retry helps."""


class Listener(Protocol):
    """Who hears what arrives."""

    def heard(self, payload: bytes) -> None:
        """One whole message. What this raises ends the connection and is handed to `ended`."""
        ...

    def beat(self) -> None:
        """A ping or pong of the protocol: the far end lives, which says nothing of its data."""
        ...

    def ended(self, reason: str, failure: Exception | None) -> None:
        """The connection is gone; said once. `failure` is what `heard` raised, if that ended it."""
        ...


class Socket(Protocol):
    """An open connection."""

    def send(self, text: bytes) -> None:
        """Send a text frame; nothing, where the connection is gone."""
        ...

    def close(self) -> None:
        """Close it without waiting for a goodbye that may never come. `ended` follows."""
        ...


type Connect = Callable[[str, Mapping[str, str], Listener], Awaitable[Socket]]
"""Opens url with headers. Raises VenueRefused, VenueUnavailable or VenueUnreachable."""


class _PicowsListener(WSListener):
    """Hands whole text messages on, with as little as possible in between."""

    __slots__ = ("_failure", "_heard", "_listener", "_parts", "_reason")

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener
        self._heard = listener.heard
        self._parts: list[bytes] = []
        self._failure: Exception | None = None
        self._reason = ""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        try:
            payload = frame.get_payload_as_bytes()
            if len(payload) > _LONGEST_CONTROL and frame.fin and not self._parts:
                self._heard(payload)
            else:
                self._other(transport, frame)
        except Exception as failure:  # noqa: BLE001 - the outermost edge of a callback: told to the stream, which raises it
            self._failure = self._failure or failure
            transport.disconnect(graceful=False)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        reason = self._reason or _goodbye(transport)
        self._listener.ended(reason, self._failure)

    def _other(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.PING:
                # The library's own answer would keep the ping from us: on a quiet connection it is all there is.
                transport.send_pong(frame.get_payload_as_bytes())
                self._listener.beat()
            case WSMsgType.PONG:
                self._listener.beat()
            case WSMsgType.CLOSE:
                code, text = frame.get_close_code(), frame.get_close_reason()
                self._reason = f"closed by the venue: {getattr(code, 'value', code)} {text or ''}".rstrip()
                transport.send_close(code)
                transport.disconnect()
            case _:
                self._parts.append(frame.get_payload_as_bytes())
                if sum(map(len, self._parts)) > LARGEST_FRAME:
                    self._reason = f"a message of more than {LARGEST_FRAME} bytes"
                    transport.disconnect(graceful=False)
                elif frame.fin:
                    whole = b"".join(self._parts)
                    self._parts.clear()
                    self._heard(whole)


class _PicowsSocket:
    """An open picows connection."""

    def __init__(self, transport: WSTransport) -> None:
        self._transport = transport

    def send(self, text: bytes) -> None:
        if not self._transport.is_disconnected:
            self._transport.send(_TEXT, text)

    def close(self) -> None:
        self._transport.disconnect(graceful=False)


async def connect(url: str, headers: Mapping[str, str], listener: Listener, *, own_network: bool = False) -> Socket:
    """Open a connection. Raises VenueRefused (401, 403), VenueUnavailable (other answers) or VenueUnreachable.

    `own_network`: the running event loop brings a network of its own, as that of a simulation does.
    """
    try:
        transport, _ = await ws_connect(
            lambda: _PicowsListener(listener),
            url,
            extra_headers=dict(headers),
            websocket_handshake_timeout=HANDSHAKE_S,
            max_frame_size=LARGEST_FRAME,
            read_buffer_init_size=_READ_BUFFER,
            max_redirects=0,
            enable_auto_pong=False,
            use_aiofastnet=False if own_network else None,
        )
    except WSInvalidStatusError as error:
        raise _refused(url, error) from error
    except TimeoutError as error:
        raise VenueUnreachable(f"{url}: no answer within {HANDSHAKE_S:g} s - check the network") from error
    except (OSError, WSError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise VenueUnreachable(f"{url}: {reason} - check the network and the host's name") from error
    return _PicowsSocket(transport)


def _refused(url: str, error: WSHandshakeError) -> VenueRefused | VenueUnavailable:
    status = error.response.status if error.response is not None else 0
    said = " ".join((error.raw_body or b"")[:160].decode("utf-8", "replace").split())
    line = f"{url}: the handshake was answered with {int(status)}{' ' + said if said and said[0] != '<' else ''}"
    if status in _ADVICE:
        return VenueRefused(f"{line} - {_ADVICE[int(status)]}", int(status))
    return VenueUnavailable(f"{line} - try again later")


def _goodbye(transport: WSTransport) -> str:
    received = getattr(transport.close_handshake, "recv", None)  # None where nobody said goodbye
    if received is None:
        return "the connection broke"
    return f"closed by the venue: {getattr(received.code, 'value', received.code)} {received.reason or ''}".rstrip()
