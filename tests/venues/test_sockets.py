"""A ping of the venue is answered, and is a sign of life: on a quiet connection there is no other."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import picows

from dutchbook.app.torture.virtual_time import VirtualLoop
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.sockets import connect

START = Nanos(1_790_000_000 * SECOND)


class Venue(picows.WSListener):
    """Pings once, and remembers what is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.pongs: list[bytes] = []

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        transport.send_ping(b"heartbeat")

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:  # noqa: ARG002
        if frame.msg_type == picows.WSMsgType.PONG:
            self.pongs.append(frame.get_payload_as_bytes())


class Ear:
    """Counts signs of life."""

    def __init__(self) -> None:
        self.beats = 0

    def heard(self, payload: bytes) -> None:
        """Nothing is said."""

    def beat(self) -> None:
        self.beats += 1

    def ended(self, reason: str, failure: Exception | None) -> None:
        """It does not end."""


def live(work: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await work()

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(START, Random(1))) as runner:
        runner.run(main())


def test_a_ping_is_answered_and_told_as_a_sign_of_life() -> None:
    async def work() -> None:
        venue, ear = Venue(), Ear()
        await picows.ws_create_server(lambda _: venue, "127.0.0.1", 8_002, use_aiofastnet=False)
        await connect("ws://127.0.0.1:8002/", {}, ear, own_network=True)
        await asyncio.sleep(1)
        assert ear.beats == 1
        assert venue.pongs == [b"heartbeat"]

    live(work)
