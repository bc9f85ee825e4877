"""The socket server itself: handshakes, whole messages, heartbeats, readers who do not read."""

import asyncio
import socket

import aiohttp
import pytest
from picows import WSListener, WSMsgType, ws_connect

from dutchbook.exchange.servers.sockets import BACKLOG, Heartbeat
from tests.exchange.faults.stage import HandClock, board_of, socket_venue, until


async def test_a_refused_handshake_is_an_http_answer() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock)) as venue:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await venue.connect("/nowhere")
        assert caught.value.status == 404


async def test_a_long_message_is_heard_whole() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock)) as venue:
        client = await venue.connect()
        await client.send_str("x" * 100_000)
        assert len((await client.receive(timeout=5)).data) == 100_000
        assert venue.speakers[0].heard == [b"x" * 100_000]


async def test_the_venue_pings_and_drops_who_never_answers() -> None:
    clock = HandClock()
    beat = Heartbeat(0.02, b"heartbeat", patience=2)
    async with socket_venue(clock, board_of(clock), heartbeat=beat) as venue:
        client = await venue.connect(autoping=False)
        ping = await client.receive(timeout=5)
        assert (ping.type, bytes(ping.data)) == (aiohttp.WSMsgType.PING, b"heartbeat")
        while (await client.receive(timeout=5)).type is aiohttp.WSMsgType.PING:
            pass
        assert client.closed
        assert not venue.server.connections


async def test_who_answers_pings_stays() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock), heartbeat=Heartbeat(0.01, b"heartbeat", patience=1)) as venue:
        client = await venue.connect(autoping=False)
        for _ in range(5):
            ping = await client.receive(timeout=5)
            assert ping.type is aiohttp.WSMsgType.PING
            await client.pong(ping.data)
        assert len(venue.server.connections) == 1


async def test_a_reader_who_does_not_read_is_dropped() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock)) as venue:
        reader = socket.create_connection(("127.0.0.1", venue.server.port))
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await until(lambda: bool(venue.speakers))
        sent = 0
        while venue.server.connections and sent < 40 * BACKLOG:
            venue.say(b"x" * 60_000)
            sent += 60_000
            await asyncio.sleep(0)
        reader.close()
        assert not venue.server.connections
        assert venue.speakers[0].over


async def test_closing_the_server_says_goodbye() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock)) as venue:
        client = await venue.connect()
        await venue.server.close()
        assert (await client.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert client.close_code == 1001


async def test_a_message_in_fragments_is_heard_whole() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock)) as venue:
        transport, _ = await ws_connect(WSListener, f"ws://127.0.0.1:{venue.server.port}/ws/market")
        transport.send(WSMsgType.TEXT, b"one ", fin=False)
        transport.send(WSMsgType.CONTINUATION, b"message")
        await until(lambda: venue.speakers[0].heard == [b"one message"])
        transport.disconnect()
