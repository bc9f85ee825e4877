from collections.abc import AsyncIterator

import pytest

from tests.interfaces.telegram.bot_server import BotServer


@pytest.fixture
async def telegram() -> AsyncIterator[BotServer]:
    """A Bot API server of our own."""
    server = BotServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def unused_tcp_port_of_nobody() -> int:
    """A port on which nobody listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
