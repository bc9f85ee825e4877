"""Pictures as they come, over server-sent events and a WebSocket, from a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import uvicorn

from dutchbook.interfaces.web.listening import listening
from dutchbook.storage.roles import Role
from tests.interfaces.web.rig import DeskAtWork, Screens, until


@asynccontextmanager
async def served(screens: Screens) -> AsyncIterator[str]:
    """The application on a port of this machine, and a desk at work beside it."""
    desk = DeskAtWork(screens.home)
    desk.pass_seconds(10)
    listener = listening("127.0.0.1", 0)
    config = uvicorn.Config(screens.app, log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    working = asyncio.create_task(desk.work())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started and screens.context.link.connected)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        desk.close()


async def test_server_sent_events_bring_each_picture(screens: Screens) -> None:
    async with served(screens) as address, aiohttp.ClientSession() as session:
        async with asyncio.timeout(20), session.get(f"{address}/api/v1/stream") as stream:
            assert stream.content_type == "text/event-stream"
            pictures = []
            async for line in stream.content:
                if line.startswith(b"data: "):
                    pictures.append(json.loads(line.removeprefix(b"data: ")))
                if len(pictures) == 3:
                    break
        assert all(picture["connected"] for picture in pictures)
        assert pictures[0]["snapshot"]["at"] < pictures[2]["snapshot"]["at"]


async def test_a_web_socket_brings_the_same_to_our_pages_and_to_no_other(screens: Screens) -> None:
    async with served(screens) as address, aiohttp.ClientSession() as session:
        url = f"{address}/api/v1/ws"
        async with asyncio.timeout(20), session.ws_connect(url, headers={"Origin": address}) as ours:
            picture = await ours.receive_json()
            assert picture["snapshot"]["mode"] == "paper"
        for origin in ({"Origin": "https://evil.example"}, {}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url, headers=origin)
            assert refused.value.status == 403
        key = {"X-API-Key": screens.add_key(Role.VIEWER)}
        async with asyncio.timeout(20), session.ws_connect(url, headers=key) as program:
            assert (await program.receive_json())["connected"]


async def test_a_desk_that_ends_is_told_at_once(screens: Screens) -> None:
    key = {"X-API-Key": screens.add_key(Role.OPERATOR)}
    async with (
        served(screens) as address,
        aiohttp.ClientSession(headers=key) as session,
        asyncio.timeout(20),
        session.ws_connect(f"{address}/api/v1/ws") as program,
    ):
        assert (await program.receive_json())["connected"]
        await session.post(f"{address}/api/v1/stop", json={})
        while (await program.receive_json()).get("connected", True):
            pass
