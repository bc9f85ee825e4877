"""A venue's end of the line for one client: sends the tick, reads the orders, and says when the last of them was whole.

Plain blocking sockets and one epoll, so that next to nothing of what is measured is its own. It knows as much of the
protocol as a desk asks of it between two ticks: the account, its key, a book.
"""

import base64
import hashlib
import json
import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from benchmarks.tick_market import Question

KILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
API = {
    "apiKey": "0a1b2c3d-0000-0000-0000-000000000000",
    "secret": base64.urlsafe_b64encode(b"s" * 32).decode(),
    "passphrase": "p" * 64,
}
MARKET_PATH = "/ws/market"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_EMPTY = b'{"data":[],"next_cursor":"LTE=","limit":100,"count":0}'
_SIGNATURE = b'"signature":"0x'
_WAIT_S = 0.5


class LateError(Exception):
    """A client that did not send its orders."""


class _Peer:
    """One connection."""

    def __init__(self, link: socket.socket) -> None:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link = link
        self.taken = b""
        self.socket = False
        """Whether it became a WebSocket."""


class TickVenue:
    """The venue of one client, at a port of its own. Serves when it is told to: `serve`, or within `tick`."""

    def __init__(self) -> None:
        self.question = Question()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)
        self._peers: dict[int, _Peer] = {}
        self._feed: _Peer | None = None
        self._came = 0
        self._last = 0.0
        self._at_ms = 0
        self.bodies: list[bytes] = []
        """The bodies of all requests that placed orders."""

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def reading(self) -> bool:
        """Whether the client subscribed to the market."""
        return self._feed is not None

    def serve(self, until: Callable[[], bool], within_s: float, *, awake: bool = False) -> bool:
        """Answer what is asked until something is so; whether it is.

        `awake` it never sleeps: to be woken takes a virtual machine longer the longer it slept, and that is not the
        client's time.
        """
        end = time.perf_counter() + within_s
        while not until():
            left = end - time.perf_counter()
            if left <= 0:
                return False
            for fd, _ in self._epoll.poll(0 if awake else left):
                self._on(fd)
        return True

    def rest(self, seconds: float) -> None:
        """Answer what is asked for so long."""
        self.serve(lambda: False, seconds)

    def tick(self, outcome: int, size: int, orders: int) -> float:
        """One outcome falls; microseconds until that many orders are here, whole. Raises LateError without them."""
        frame = _frame(self.question.moved(outcome, size, self._time()))
        self._came = 0
        began = time.perf_counter()
        self._send(frame)
        if not self.serve(lambda: self._came >= orders, _WAIT_S, awake=True):
            raise LateError(f"{self._came} of {orders} orders came within {_WAIT_S:g} s")
        return (self._last - began) * 1e6

    def untick(self, outcome: int) -> None:
        """It rises again."""
        self._send(_frame(self.question.moved(outcome, 0, self._time())))

    def close(self) -> None:
        """Hang up."""
        for peer in self._peers.values():
            peer.link.close()
        self._peers.clear()
        self._listener.close()
        self._epoll.close()

    def _time(self) -> int:
        """The venue's time in milliseconds: two changes never share one."""
        self._at_ms = max(self._at_ms + 1, time.time_ns() // 1_000_000)
        return self._at_ms

    def _send(self, frame: bytes) -> None:
        if self._feed is None:
            raise LateError("the client hung up, or never subscribed")
        self._feed.link.sendall(frame)

    def _on(self, fd: int) -> None:
        if fd == self._listener.fileno():
            link, _ = self._listener.accept()
            self._peers[link.fileno()] = _Peer(link)
            self._epoll.register(link.fileno(), select.EPOLLIN)
            return
        peer = self._peers[fd]
        data = b""
        with suppress(ConnectionError):
            data = peer.link.recv(65_536)
        if not data:
            self._forget(fd, peer)
            return
        peer.taken += data
        if peer.socket:
            self._messages(peer)
        else:
            self._requests(peer)

    def _forget(self, fd: int, peer: _Peer) -> None:
        self._epoll.unregister(fd)
        peer.link.close()
        del self._peers[fd]
        if peer is self._feed:
            self._feed = None

    def _requests(self, peer: _Peer) -> None:
        while (end := peer.taken.find(b"\r\n\r\n")) >= 0:
            head = peer.taken[:end]
            place = head.lower().find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            if len(peer.taken) < end + 4 + length:
                return
            body = peer.taken[end + 4 : end + 4 + length]
            signed = body.count(_SIGNATURE)
            if signed:
                self._came += signed
                self._last = time.perf_counter()
            peer.taken = peer.taken[end + 4 + length :]
            self._answer(peer, head, body, signed)

    def _answer(self, peer: _Peer, head: bytes, body: bytes, signed: int) -> None:
        method, target = head.split(b" ", 2)[:2]
        path = urlsplit(target.decode())
        if b"upgrade: websocket" in head.lower():
            self._upgrade(peer, head, path.path)
            return
        status, said = self._said(method, path.path, path.query, body, signed)
        peer.link.sendall(_response(status, said))

    def _said(self, method: bytes, path: str, query: str, body: bytes, signed: int) -> tuple[int, bytes]:
        if signed:
            self.bodies.append(body)
            if path == "/order":
                return 400, json.dumps({"error": KILLED}).encode()
            refused = {"success": True, "errorMsg": KILLED, "orderID": "", "status": "", "tradeIDs": []}
            return 200, json.dumps([refused] * signed).encode()
        if path == "/books":
            tokens = [each["token_id"] for each in json.loads(body)]
            return 200, self.question.books(tokens, self._at_ms)
        if path.startswith("/auth/"):
            return 200, json.dumps(API).encode()
        if path.startswith("/data/"):
            return 200, _EMPTY
        if path.startswith("/balance-allowance"):
            cash = 0 if "token_id" in query else 10**12
            return 200, json.dumps({"balance": str(cash), "allowances": {}}).encode()
        if path == "/time":
            return 200, str(int(time.time())).encode()
        return (200, b"{}") if method == b"POST" else (404, b'{"error":"not found"}')

    def _upgrade(self, peer: _Peer, head: bytes, path: str) -> None:
        named = (
            line.split(b":", 1)[1].strip()
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"sec-websocket-key")
        )
        accept = base64.b64encode(hashlib.sha1(next(named) + _MAGIC, usedforsecurity=False).digest())
        peer.link.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        peer.socket = True
        if path == MARKET_PATH:
            self._feed = peer
            self._send(_frame(self.question.snapshot(self._time())))

    def _messages(self, peer: _Peer) -> None:
        """Of what a client says over a WebSocket only a ping of the protocol wants an answer."""
        while (found := _unmasked(peer.taken)) is not None:
            text, peer.taken = found
            if text == b"PING":
                peer.link.sendall(_frame(b"PONG"))


def _unmasked(taken: bytes) -> tuple[bytes, bytes] | None:
    """The first message of a client, and what follows it; None while it is not whole."""
    if len(taken) < 6:
        return None
    length, start = taken[1] & 0x7F, 2
    if length >= 126:
        width = 2 if length == 126 else 8
        length, start = int.from_bytes(taken[2 : 2 + width], "big"), 2 + width
    end = start + 4 + length
    if len(taken) < end:
        return None
    mask = taken[start : start + 4]
    return bytes(byte ^ mask[place % 4] for place, byte in enumerate(taken[start + 4 : end])), taken[end:]


def _frame(text: bytes) -> bytes:
    """A text frame from the server."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    if len(text) < 65_536:
        return b"\x81\x7e" + struct.pack(">H", len(text)) + text
    return b"\x81\x7f" + struct.pack(">Q", len(text)) + text


def _response(status: int, body: bytes) -> bytes:
    reason = {200: b"OK", 400: b"Bad Request", 404: b"Not Found"}[status]
    return (
        b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, reason, len(body))
    ) + body
