"""The desk's end of the control socket: never waits, so that the desk can look at it between two frames."""

import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from dutchbook.app.control.wire import Answer, Request, decode_request, encode
from dutchbook.domain.errors import DutchbookError

LONGEST_REQUEST = 64 << 10
_CHUNK = 64 << 10
_MOST_CALLERS = 32

type Reply = Callable[[Answer], None]
type Handler = Callable[[Request, Reply], None]
"""Does what is asked; calls `Reply` once, at once or later. What it raises of our errors is answered as one."""


class ControlSocket:
    """Listens in the file system, for the user alone. `poll` does all that can be done without waiting."""

    def __init__(self, path: Path, handler: Handler, refusal: Callable[[str], Answer]) -> None:
        """Raises DutchbookError if no socket can be made there. One left behind by a dead desk is replaced."""
        self.path = path
        self._handler = handler
        self._refusal = refusal
        self._selector = selectors.DefaultSelector()
        self._callers: set[_Caller] = set()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(str(path))
            path.chmod(0o600)
        except OSError as error:
            self._listener.close()
            raise DutchbookError(f"control socket {path}: {error} - use a home folder with a shorter path") from error
        self._listener.listen(_MOST_CALLERS)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def poll(self) -> None:
        """Take callers, requests and the rest of answers, as far as they are there."""
        while events := self._selector.select(timeout=0):
            for key, mask in events:
                if key.data is None:
                    self._accept()
                else:
                    self._serve(key.data, mask)

    def close(self) -> None:
        """Hang up on everybody, once what can be written at once is written."""
        for caller in tuple(self._callers):
            self._drop(caller)
        self._selector.close()
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        connection.setblocking(False)
        if len(self._callers) >= _MOST_CALLERS:
            connection.close()
            return
        caller = _Caller(connection)
        self._callers.add(caller)
        self._selector.register(connection, selectors.EVENT_READ, caller)

    def _serve(self, caller: "_Caller", mask: int) -> None:
        try:
            if mask & selectors.EVENT_READ:
                self._read(caller)
            if mask & selectors.EVENT_WRITE:
                self._write(caller)
        except OSError:
            self._drop(caller)

    def _read(self, caller: "_Caller") -> None:
        data = caller.connection.recv(_CHUNK)
        caller.incoming += data
        if not data or len(caller.incoming) > LONGEST_REQUEST:
            self._drop(caller)
            return
        while b"\n" in caller.incoming:
            line, _, caller.incoming = caller.incoming.partition(b"\n")
            self._answer(caller, line)

    def _answer(self, caller: "_Caller", line: bytes) -> None:
        def reply(answer: Answer) -> None:
            if caller in self._callers:
                caller.outgoing += encode(answer) + b"\n"
                self._write(caller)

        try:
            self._handler(decode_request(line), reply)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            reply(self._refusal(f"control socket: no request of this version - {error} - use the same dutchbook"))
        except DutchbookError as error:
            reply(self._refusal(str(error)))

    def _write(self, caller: "_Caller") -> None:
        with suppress(BlockingIOError):
            sent = caller.connection.send(caller.outgoing) if caller.outgoing else 0
            caller.outgoing = caller.outgoing[sent:]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if caller.outgoing else 0)
        self._selector.modify(caller.connection, wanted, caller)

    def _drop(self, caller: "_Caller") -> None:
        self._callers.discard(caller)
        self._selector.unregister(caller.connection)
        caller.connection.close()


class _Caller:
    """One connection, with what was read and not yet understood, and what is still to be written."""

    __slots__ = ("connection", "incoming", "outgoing")

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.incoming = b""
        self.outgoing = b""
