"""Serves the screens until somebody ends them."""

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from dutchbook.config.web_settings import WebSettings
from dutchbook.interfaces.web.context import AppContext
from dutchbook.interfaces.web.listening import address, listening
from dutchbook.interfaces.web.server import build

_CALLERS = 256
_GOODBYE_S = 2


def serve(context: AppContext, ready: Callable[[str], None], *, with_input: bool = False, debug: bool = False) -> None:
    """Serve until Ctrl-C, SIGTERM or, `with_input`, the end of our input: that of the desk that started us.

    `ready` gets the address once it listens. Raises UsageError if the port is taken.
    """
    web = context.settings.web
    listener = listening(web.host, web.port)
    config = config_of(build(context), web, debug=debug)
    # What was loaded lives as long as the process: no collection need look through it again.
    gc.collect()
    gc.freeze()
    server = uvicorn.Server(config)  # after that: NiceGUI looks for it among what collections see
    if with_input:
        threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    ready(address(web, listener.getsockname()[1]))
    with suppress(KeyboardInterrupt):
        asyncio.run(server.serve(sockets=[listener]), loop_factory=config.get_loop_factory())


def config_of(app: object, web: WebSettings, *, debug: bool = False) -> uvicorn.Config:
    """How uvicorn serves it."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="info" if debug else "warning",
        access_log=debug,
        ws="websockets-sansio",
        # Changed cells are some kilobytes: pressing them, for each browser anew, cost a fifth of all that is done.
        ws_per_message_deflate=False,
        server_header=False,
        proxy_headers=web.behind_proxy,
        forwarded_allow_ips=list(web.trusted_proxies),
        ssl_certfile=web.tls_certificate,
        ssl_keyfile=web.tls_key,
        limit_concurrency=_CALLERS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GOODBYE_S,
    )


def _end_with_input(server: uvicorn.Server) -> None:
    while sys.stdin.buffer.read(1 << 16):
        pass
    server.should_exit = True
