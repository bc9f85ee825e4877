"""Somebody who answers on the control socket of a home like a desk, with whatever a test has it say."""

import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from dutchbook.app.control.wire import Answer, Request, decode_request, encode
from dutchbook.storage.home import Home


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class AnsweringDesk:
    """Listens in a home while it lasts."""

    def __init__(self, home: Path, answer: Callable[[Request], Answer]) -> None:
        path = Home(home).control
        path.parent.mkdir(parents=True, exist_ok=True)

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for line in self.rfile:
                    with suppress(BrokenPipeError):  # a dashboard that is killed does not wait for its answer
                        self.wfile.write(encode(answer(decode_request(line))) + b"\n")

        self._server = _Server(str(path), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
