"""HTTP servers: what every endpoint of both venues has around it, and the faults that strike there."""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from random import Random

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.faults.extra_fields import with_extra_field
from dutchbook.exchange.faults.http_faults import HttpFault, HttpTrouble
from dutchbook.exchange.servers.context import ServerContext

type Sayer = Callable[[int, web.Request], web.StreamResponse]
"""A venue's words for a status that no endpoint of its own gave: 404, 405, 500."""

_LOG = logging.getLogger("dutchbook.exchange.servers")
_NO_HTTP = logging.getLogger("dutchbook.exchange.servers.no_http")
"""Where the library tells of requests that are no HTTP: they get its 400, and nobody needs a traceback of them."""
_NO_HTTP.setLevel(logging.CRITICAL)
_LARGEST_BODY = 4 << 20
_MOST_STALE = 1_000
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_STALE = web.AppKey("stale", dict[tuple[str, ...], tuple[int, bytes, str]])


def plain_words(status: int, _request: web.Request) -> web.StreamResponse:
    """`{"error": "..."}`, where a venue has nothing better to say."""
    reasons = {404: "not found", 405: "method not allowed", 413: "payload too large"}
    return web.json_response({"error": reasons.get(status, "internal error")}, status=status)


def application(context: ServerContext, name: str, say: Sayer = plain_words) -> web.Application:
    """An empty application of one venue whose requests meet the present, the faults, and always an answer of ours.

    `say` answers unknown paths and methods, oversized bodies, and (with 500) what nobody foresaw.
    """
    app = web.Application(
        middlewares=[_answering(name, say), _faulting(context), _present(context)], client_max_size=_LARGEST_BODY
    )
    app[_STALE] = {}
    return app


class HttpServer:
    """A listening HTTP server. Made by `serve_http`."""

    def __init__(self, runner: web.AppRunner, port: int) -> None:
        self._runner = runner
        self.port = port

    async def close(self) -> None:
        """Stop listening and end what is under way."""
        await self._runner.cleanup()


async def serve_http(app: web.Application, host: str, port: int) -> HttpServer:
    """Serve `app` on `host` and `port` (0: any free one, told by `.port`)."""
    # A swallowed request waits for its client to go away; cancelling it then is what ends the wait.
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2, access_log=None, logger=_NO_HTTP)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return HttpServer(runner, int(runner.addresses[0][1]))


def _answering(name: str, say: Sayer) -> Middleware:
    @web.middleware
    async def answering(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as e:
            if e.status < 400:
                raise
            return say(e.status, request)
        except Exception:  # noqa: BLE001 - the outermost edge of a request: the client gets an answer and the log the reason
            _LOG.exception("%s: %s %s failed", name, request.method, request.path)
            return say(500, request)

    return answering


def _present(context: ServerContext) -> Middleware:
    @web.middleware
    async def present(request: web.Request, handler: Handler) -> web.StreamResponse:
        context.catch_up()
        context.switchboard.advance()
        return await handler(request)

    return present


def _faulting(context: ServerContext) -> Middleware:
    @web.middleware
    async def faulting(request: web.Request, handler: Handler) -> web.StreamResponse:
        board = context.switchboard
        fault = None if board.quiet else board.http(context.venue, request.method, request.path)
        return await handler(request) if fault is None else await _strike(fault, context, request, handler)

    return faulting


async def _strike(
    fault: HttpFault, context: ServerContext, request: web.Request, handler: Handler
) -> web.StreamResponse:
    match fault.trouble:
        case HttpTrouble.ANSWER:
            return web.Response(status=fault.status, headers=fault.headers, body=fault.body)
        case HttpTrouble.ANSWER_AFTER:
            await handler(request)
            return web.Response(status=fault.status, headers=fault.headers, body=fault.body)
        case HttpTrouble.SWALLOW_BEFORE:
            return await _silence(fault, context, request)
        case HttpTrouble.SWALLOW_AFTER:
            await handler(request)
            return await _silence(fault, context, request)
        case HttpTrouble.SLOW:
            answer = await handler(request)
            await until(context, Nanos(context.clock.now() + fault.lasts))
            return answer
        case HttpTrouble.STALE:
            return await _stale(fault, request, handler)
        case HttpTrouble.TRUNCATE:
            answer = await handler(request)
            body = _body(answer)
            return web.Response(status=answer.status, body=body[: len(body) // 2], content_type=answer.content_type)
        case HttpTrouble.EXTRA:
            answer = await handler(request)
            body = with_extra_field(_body(answer), Random(fault.draw))  # noqa: S311 - repeatable, no secret
            return web.Response(status=answer.status, body=body, content_type=answer.content_type)
        case HttpTrouble.RESET:
            return await _reset(request, await handler(request))


async def until(context: ServerContext, due: Nanos) -> None:
    """Wait until the exchange's clock, which may run faster than ours, has come to `due`."""
    # The clock may be one that only others move, so there is no event to wait for.
    while (left := due - context.clock.now()) > 0:  # noqa: ASYNC110
        await asyncio.sleep(min(max(left / SECOND, 0.001), 0.02))


async def _silence(fault: HttpFault, context: ServerContext, request: web.Request) -> web.StreamResponse:
    await until(context, Nanos(context.clock.now() + fault.lasts))
    return _broken(request)


async def _stale(fault: HttpFault, request: web.Request, handler: Handler) -> web.StreamResponse:
    key_headers = ("POLY_API_KEY", "POLY_ADDRESS", "KALSHI-ACCESS-KEY")
    key = (f"{fault.name}/{fault.wave}", request.path_qs, *(request.headers.get(header, "") for header in key_headers))
    memory = request.app[_STALE]
    if key not in memory:
        answer = await handler(request)
        if answer.status != 200:
            return answer
        if len(memory) >= _MOST_STALE:
            del memory[next(iter(memory))]
        memory[key] = (answer.status, _body(answer), answer.content_type)
    status, body, content_type = memory[key]
    return web.Response(status=status, body=body, content_type=content_type)


async def _reset(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    body = _body(answer)
    broken = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    broken.content_length = len(body)
    await broken.prepare(request)
    await broken.write(body[: len(body) // 2])
    return _broken(request)


def _body(answer: web.StreamResponse) -> bytes:
    if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes | bytearray | None):
        raise TypeError("a fault cannot cut an answer that is streamed; give the handler's answer a whole body")
    return bytes(answer.body or b"")


def _broken(request: web.Request) -> web.StreamResponse:
    transport = request.transport
    if transport is not None:
        peer = transport.get_extra_info("socket")
        if peer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()
    return web.Response(status=499)
