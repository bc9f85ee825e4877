"""Virtual time and the network within the process: what asyncio, aiohttp and picows promise holds on them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from random import Random

import aiohttp
import picows
import pytest
from aiohttp import web

from dutchbook.app.torture.connector import VirtualConnector
from dutchbook.app.torture.virtual_time import Stuck, VirtualLoop
from dutchbook.domain.units import SECOND, Nanos

START = Nanos(1_790_000_000 * SECOND)


def live[T](work: Callable[[VirtualLoop], Awaitable[T]], seed: int = 1) -> T:
    """What `work` returns on a virtual loop of its own."""
    loop = VirtualLoop(START, Random(seed))

    async def main() -> T:
        return await work(loop)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main())


def test_an_hour_passes_at_once_and_to_the_nanosecond() -> None:
    async def work(loop: VirtualLoop) -> Nanos:
        await asyncio.sleep(3_600)
        return loop.now()

    began = time.monotonic()
    assert live(work) == START + 3_600 * SECOND
    assert time.monotonic() - began < 5


def test_timers_fire_in_their_order_whatever_the_order_of_asking() -> None:
    async def work(loop: VirtualLoop) -> list[int]:
        fired: list[int] = []
        for delay in (3, 1, 2):
            loop.call_later(delay, fired.append, delay)
        await asyncio.sleep(4)
        return fired

    assert live(work) == [1, 2, 3]


def test_timers_of_one_instant_fire_in_the_order_of_asking() -> None:
    async def work(loop: VirtualLoop) -> list[int]:
        fired: list[int] = []
        for number in range(20):
            loop.call_later(1, fired.append, number)
        await asyncio.sleep(2)
        return fired

    assert live(work) == list(range(20))


def test_what_is_cancelled_is_not_called_and_takes_no_time() -> None:
    async def work(loop: VirtualLoop) -> tuple[list[str], float]:
        called: list[str] = []
        loop.call_later(5, called.append, "timer").cancel()
        loop.call_soon(called.append, "call").cancel()
        sleeping = asyncio.ensure_future(loop.sleep(3))
        await asyncio.sleep(1)
        sleeping.cancel()
        await asyncio.sleep(4)
        return called, loop.time()

    assert live(work) == ([], 5.0)


def test_a_callback_that_fails_is_told_to_the_handler_and_others_are_called() -> None:
    async def work(loop: VirtualLoop) -> tuple[list[str], list[str]]:
        failures: list[str] = []
        called: list[str] = []
        loop.set_exception_handler(lambda _, context: failures.append(str(context["exception"])))

        def fail(why: str) -> None:
            raise ValueError(why)

        loop.call_soon(fail, "call")
        loop.call_soon(called.append, "call")
        loop.call_later(1, fail, "timer")
        loop.call_later(1, called.append, "timer")
        await asyncio.sleep(2)
        return failures, called

    assert live(work) == (["call", "timer"], ["call", "timer"])


def test_waiting_for_what_cannot_happen_is_an_error_and_not_a_hang() -> None:
    async def work(loop: VirtualLoop) -> None:
        await loop.create_future()

    loop = VirtualLoop(START, Random(1))
    with pytest.raises(Stuck):
        loop.run_until_complete(work(loop))
    loop.close()


def test_a_thread_is_refused() -> None:
    async def work(_: VirtualLoop) -> None:
        await asyncio.to_thread(time.time)

    with pytest.raises(RuntimeError, match="wants a thread"):
        live(work)


class _Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


class _Ear(asyncio.Protocol):
    def __init__(self) -> None:
        self.heard = b""
        self.lost: list[Exception | None] = []

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.append(exc)


def test_bytes_arrive_in_their_order_though_each_takes_its_own_time() -> None:
    async def work(loop: VirtualLoop) -> bytes:
        server = await loop.create_server(_Echo)
        transport, ear = await loop.create_connection(_Ear, "anywhere", server.port)
        assert isinstance(ear, _Ear)
        for number in range(50):
            transport.write(b"%d " % number)
        assert ear.heard == b""
        await asyncio.sleep(2)
        transport.close()
        await asyncio.sleep(1)
        assert ear.lost == [None]
        return ear.heard

    assert live(work) == b"".join(b"%d " % number for number in range(50))


def test_a_connection_that_is_cut_loses_what_was_on_its_way() -> None:
    async def work(loop: VirtualLoop) -> tuple[bytes, list[Exception | None]]:
        server = await loop.create_server(_Echo)
        transport, ear = await loop.create_connection(_Ear, "anywhere", server.port)
        assert isinstance(ear, _Ear)
        transport.write(b"never heard of")
        loop.network.connections[server.port][0].cut()
        await asyncio.sleep(1)
        return ear.heard, ear.lost

    heard, lost = live(work)
    assert heard == b""
    assert isinstance(lost[0], ConnectionResetError)


def test_nobody_listens_where_nobody_listens() -> None:
    async def work(loop: VirtualLoop) -> None:
        server = await loop.create_server(_Echo)
        server.close()
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(_Ear, "anywhere", server.port)

    live(work)


def test_http_and_web_sockets_work_and_the_same_seed_gives_the_same_times() -> None:
    async def work(loop: VirtualLoop) -> list[tuple[int, str]]:
        seen: list[tuple[int, str]] = []

        async def hello(_: web.Request) -> web.Response:
            await asyncio.sleep(0.5)
            return web.Response(text="hello")

        app = web.Application()
        app.add_routes([web.get("/", hello)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 8_001).start()
        await picows.ws_create_server(lambda _: _Talker(), "127.0.0.1", 8_002, use_aiofastnet=False)
        async with (
            aiohttp.ClientSession(connector=VirtualConnector()) as session,
            session.get("http://127.0.0.1:8001/") as answer,
        ):
            seen.append((loop.now(), await answer.text()))
        heard = _Listener()
        await picows.ws_connect(lambda: heard, "ws://127.0.0.1:8002/", use_aiofastnet=False)
        await asyncio.sleep(5)
        await runner.cleanup()
        return [*seen, *((at, text) for at, text in heard.heard)]

    first, again, other = live(work, 1), live(work, 1), live(work, 2)
    assert first == again
    assert [text for _, text in first] == ["hello", "0", "1", "2"]
    assert first != other


class _Talker(picows.WSListener):
    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        for number in range(3):
            transport.send(picows.WSMsgType.TEXT, b"%d" % number)


class _Listener(picows.WSListener):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[int, str]] = []

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:  # noqa: ARG002
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self.heard.append((loop.now(), frame.get_payload_as_utf8_text()))
