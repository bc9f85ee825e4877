"""WebSocket servers: text frames out to many readers, none of whom may make us keep what they do not read."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Protocol, cast
from urllib.parse import unquote

import msgspec
from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from dutchbook.domain.units import Nanos
from dutchbook.exchange.faults.http_faults import HttpTrouble
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.timers import Timers

BACKLOG = 4 << 20
"""Bytes that one reader may leave unread before its connection is dropped, as venues do."""
_LARGEST = 4 << 20


class Handshake(msgspec.Struct, frozen=True):
    """The request that opens a socket; header names are lower case."""

    path: str
    query: str
    headers: dict[str, str]


class Refuse(msgspec.Struct, frozen=True):
    """The HTTP answer to a handshake that is not accepted."""

    status: int
    body: bytes
    content_type: str = "application/json"


class Heartbeat(msgspec.Struct, frozen=True):
    """The server's own protocol pings: how often, with what. A reader that answers none of `patience` is dropped."""

    every_s: float
    payload: bytes
    patience: int = 3


class Conversation(Protocol):
    """The venue's side of one connection."""

    def opened(self, connection: "Connection") -> None: ...
    def received(self, text: bytes) -> None:
        """One whole message of the client, which may be anything."""
        ...

    def closed(self) -> None:
        """The connection is gone; nothing can be sent any more."""
        ...


class Connection:
    """One open socket. `channel` is what fault plans call it; a conversation may rename it. `id` counts from 1."""

    __slots__ = ("_context", "_over", "_server", "_transport", "channel", "choked", "id", "unanswered")

    def __init__(self, server: "SocketServer", transport: WSTransport, number: int, channel: str) -> None:
        self.id = number
        self.channel = channel
        self.choked = False
        self._over = False
        self.unanswered = 0
        self._server = server
        self._context = server.context
        self._transport = transport

    def send(self, payload: bytes, *, bypass_faults: bool = False, channel: str | None = None) -> None:
        """Send one text frame. `channel` names the stream of this frame where one connection carries several."""
        board = self._context.switchboard
        if bypass_faults or board.quiet:
            self.write(payload)
            return
        for late, part in board.frames(self._context.venue, channel or self.channel, self.id, payload):
            if part is None:
                self.drop()
                return
            if late:
                self._server.later(self, part, late)
            else:
                self.write(part)

    def write(self, payload: bytes) -> None:
        """Put one text frame on the wire now. Drops the connection of a reader that is too far behind."""
        transport = self._transport
        if self._over or transport.is_disconnected:
            return
        if self.choked and transport.underlying_transport.get_write_buffer_size() > BACKLOG:
            self.drop()
            return
        transport.send(WSMsgType.TEXT, payload)

    def ping(self, heartbeat: Heartbeat) -> None:
        """Ask for a sign of life, or drop a reader that gave none."""
        if self.unanswered >= heartbeat.patience:
            self.drop()
            return
        if self._over:
            return
        self.unanswered += 1
        self._transport.send_ping(heartbeat.payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye and close."""
        if not (self._over or self._transport.is_disconnected):
            self._over = True
            # The library sends any number; its annotation knows the registered ones alone.
            self._transport.send_close(cast("WSCloseCode", code), reason.encode())
            self._transport.disconnect()

    def drop(self) -> None:
        """Break the connection without a close frame."""
        # The transport learns of its end only at the loop's next turn, and would still write until then.
        self._over = True
        self._transport.disconnect(graceful=False)


class _Listener(WSListener):
    """Joins one picows connection and one conversation."""

    def __init__(self, server: "SocketServer", conversation: Conversation, handshake: Handshake) -> None:
        super().__init__()
        self._server = server
        self._conversation = conversation
        self._handshake = handshake
        self._connection: Connection | None = None
        self._parts: list[bytes] = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._connection = self._server.opened(transport, self._handshake.path)
        self._server.catch_up()
        self._conversation.opened(self._connection)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self._connection is not None:
            self._connection.unanswered = 0
        match frame.msg_type:
            case WSMsgType.TEXT | WSMsgType.BINARY | WSMsgType.CONTINUATION:
                self._message(transport, frame)
            case WSMsgType.CLOSE:
                transport.send_close(WSCloseCode.OK)
                transport.disconnect()
            case _:
                pass  # pings are answered by the library, pongs need nothing

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002
        if self._connection is not None:
            self._server.gone(self._connection)
            self._connection = None
            self._conversation.closed()

    def pause_writing(self) -> None:
        if self._connection is not None:
            self._connection.choked = True

    def resume_writing(self) -> None:
        if self._connection is not None:
            self._connection.choked = False

    def _message(self, transport: WSTransport, frame: WSFrame) -> None:
        self._parts.append(frame.get_payload_as_bytes())
        if sum(map(len, self._parts)) > _LARGEST:
            transport.send_close(WSCloseCode.MESSAGE_TOO_BIG)
            transport.disconnect()
        elif frame.fin:
            text = b"".join(self._parts)
            self._parts.clear()
            self._server.catch_up()
            self._conversation.received(text)


class SocketServer:
    """A listening socket server. Made by `serve_socket`."""

    def __init__(
        self,
        accept: Callable[[Handshake], Conversation | Refuse],
        context: ServerContext,
        heartbeat: Heartbeat | None,
    ) -> None:
        self.context = context
        self.connections: dict[int, Connection] = {}
        self.port = 0
        self._accept = accept
        self._heartbeat = heartbeat
        self._ids = count(1)
        self._timers = Timers(context)
        self._beat: asyncio.TimerHandle | None = None
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> None:
        """Take connections from now on."""
        self._server = await ws_create_server(
            self._offered,
            host,
            port,
            max_frame_size=_LARGEST,
            use_aiofastnet=False if self.context.own_network else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.context.switchboard.on_restart(self.context.venue, self.drop_all)
        if self._heartbeat is not None:
            self._beat = asyncio.get_running_loop().call_later(self._heartbeat.every_s, self._ping, self._heartbeat)

    async def close(self) -> None:
        """Stop listening and say goodbye to everybody."""
        self._timers.close()
        if self._beat is not None:
            self._beat.cancel()
        for connection in tuple(self.connections.values()):
            connection.close(1001)
        if self._server is not None:
            self._server.close()
            # One more turn of the loop lets the transports finish what they began.
            await asyncio.sleep(0)

    def catch_up(self) -> None:
        """Bring the exchange and its faults to the present."""
        self.context.catch_up()
        self.context.switchboard.advance()

    def drop_all(self) -> None:
        """Break every connection without a close frame, as a restart does."""
        for connection in tuple(self.connections.values()):
            connection.drop()

    def opened(self, transport: WSTransport, path: str) -> Connection:
        """A handshake succeeded."""
        number = next(self._ids)
        connection = self.connections[number] = Connection(self, transport, number, path.rpartition("/")[2])
        return connection

    def gone(self, connection: Connection) -> None:
        """A connection ended."""
        self.connections.pop(connection.id, None)

    def later(self, connection: Connection, payload: bytes, late: Nanos) -> None:
        """Send `payload` once the exchange's clock has moved on by `late`."""
        self._timers.at(Nanos(self.context.clock.now() + late), lambda: connection.write(payload))

    def _ping(self, heartbeat: Heartbeat) -> None:
        for connection in tuple(self.connections.values()):
            connection.ping(heartbeat)
        self._beat = asyncio.get_running_loop().call_later(heartbeat.every_s, self._ping, heartbeat)

    def _offered(self, request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
        path, _, query = request.path.decode("latin-1").partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        handshake = Handshake(unquote(path), query, headers)
        answer = self._faulted(handshake) or self._accept(handshake)
        if isinstance(answer, Refuse):
            said = WSUpgradeResponse.create_error_response(
                answer.status, answer.body, {"Content-Type": answer.content_type}
            )
            return WSUpgradeResponseWithListener(said, None)
        return _Listener(self, answer, handshake)

    def _faulted(self, handshake: Handshake) -> Refuse | None:
        board = self.context.switchboard
        fault = None if board.quiet else board.http(self.context.venue, "GET", handshake.path)
        if fault is None or fault.trouble is not HttpTrouble.ANSWER:
            return None
        return Refuse(fault.status, fault.body, fault.headers.get("Content-Type", "text/plain"))


async def serve_socket(
    host: str,
    port: int,
    accept: Callable[[Handshake], Conversation | Refuse],
    context: ServerContext,
    heartbeat: Heartbeat | None = None,
) -> SocketServer:
    """A socket server on `host` and `port` (0: any free one, told by `.port`)."""
    server = SocketServer(accept, context, heartbeat)
    await server.listen(host, port)
    return server
