"""Local servers that take messages as the world's do: SMTP, webhooks, Sentry. They keep what they are given."""

import asyncio
import gzip
import json
from types import TracebackType
from typing import Any, Self

from aiohttp import web


class MailServer:
    """As much of SMTP (RFC 5321) as a client needs to hand over a message. `refuses` answers recipients with 550."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.letters: list[str] = []
        self.port = 0
        self._refuses = refuses
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                letter = b""
                while (part := await reader.readline()) not in (b".\r\n", b""):
                    letter += part
                self.letters.append(letter.decode())
                writer.write(b"250 taken\r\n")
            elif word == b"RCPT" and self._refuses:
                writer.write(b"550 no such user\r\n")
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        await writer.drain()
        writer.close()


class HookServer:
    """Takes every request; answers with `status`. Sentry's envelopes are unpacked."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.hung = asyncio.Event()
        self.hangs = False
        self.requests: list[tuple[str, str]] = []
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        self.hung.set()
        await self._runner.cleanup()

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.requests]

    async def _serve(self, request: web.Request) -> web.Response:
        if self.hangs:
            await self.hung.wait()
        content = await request.read()
        if content[:2] == b"\x1f\x8b":  # aiohttp unpacks what a header announces, Sentry's it may have unpacked
            content = gzip.decompress(content)
        self.requests.append((request.path, content.decode()))
        return web.json_response({}, status=self.status)
