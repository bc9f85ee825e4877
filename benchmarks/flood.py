"""A venue's socket for benchmarks: sends recorded messages as fast as they are taken, one reader after the other.

usage: python -m benchmarks.flood FILE     (prints its port; ends when its standard input does)

FILE holds WebSocket frames: first those that follow a subscription at once, then, after an empty text frame, the rest.
Segments are as small as on the internet, not the 64 KB of loopback: readers get a few messages at a time.
"""

import base64
import hashlib
import socket
import struct
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

from dutchbook.domain.ports import Frame

_KEY = b"sec-websocket-key:"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SEGMENT = 1_448
_PATIENCE_S = 120


def text_frames(frames: Iterable[Frame]) -> bytes:
    """Messages as a server's unmasked WebSocket frames."""
    return b"".join(_head(len(frame.payload)) + frame.payload for frame in frames)


def _head(size: int) -> bytes:
    if size < 126:
        return struct.pack(">BB", 0x81, size)
    if size < 1 << 16:
        return struct.pack(">BBH", 0x81, 126, size)
    return struct.pack(">BBQ", 0x81, 127, size)


def serve(messages: bytes) -> None:
    """Serve one reader after the other, for ever."""
    with socket.socket() as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        print(listening.getsockname()[1], flush=True)
        while True:
            reader, _ = listening.accept()
            with reader:
                reader.settimeout(_PATIENCE_S)
                try:
                    _flood(reader, messages)
                except OSError:
                    continue  # it has heard enough


def _flood(reader: socket.socket, messages: bytes) -> None:
    request = b""
    while b"\r\n\r\n" not in request:
        request += _some(reader)
    lines = request.split(b"\r\n")
    key = next(line.partition(b":")[2].strip() for line in lines if line.lower().startswith(_KEY))
    accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest())  # noqa: S324 - what RFC 6455 asks for
    reader.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    _some(reader)  # the subscription has begun to arrive
    threading.Thread(target=_drain, args=(reader,), daemon=True).start()
    reader.sendall(messages)
    reader.shutdown(socket.SHUT_WR)


def _drain(reader: socket.socket) -> None:
    try:
        while reader.recv(1 << 16):
            pass
    except OSError:
        return


def _some(reader: socket.socket) -> bytes:
    found = reader.recv(1 << 16)
    if not found:
        raise ConnectionError("the reader left")
    return found


if __name__ == "__main__":
    threading.Thread(target=serve, args=(Path(sys.argv[1]).read_bytes(),), daemon=True).start()
    sys.stdin.read()
