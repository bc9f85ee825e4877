"""A desk with its dashboard and its sandbox talks to nobody beyond this machine."""

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.house.loopback import Loopback
from tests.interfaces.web.processes import DeskWithScreens

_STRAYS = (
    "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)",
    "import socket; socket.getaddrinfo('example.com', 443)",
    "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
    "import urllib.request; urllib.request.urlopen('http://example.com')",
    "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 9))",
    "import uvloop; uvloop.run(__import__('asyncio').open_connection('192.0.2.1', 9))",
    (
        "import asyncio, uvloop, aiohttp\n"
        "async def go():\n"
        "    async with aiohttp.ClientSession() as session: await session.get('http://192.0.2.1')\n"
        "with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner: runner.run(go())"
    ),
)


@pytest.mark.parametrize("stray", _STRAYS)
def test_whatever_strays_is_seen(tmp_path: Path, stray: str) -> None:
    watched = Loopback(tmp_path)
    done = subprocess.run([sys.executable, "-c", stray], env=watched.environment, capture_output=True, check=False)
    assert done.returncode != 0
    assert len(watched.strayed) >= 1, done.stderr


@pytest.mark.parametrize(
    "market",
    [("--walk",), pytest.param(("--sandbox", "--strategy", "reward-maker"), marks=pytest.mark.long)],
    ids=["walk", "sandbox"],
)
def test_a_desk_and_its_screens_connect_to_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, market: tuple[str, ...]
) -> None:
    watched = Loopback(tmp_path)
    monkeypatch.setenv("PYTHONPATH", watched.environment["PYTHONPATH"])
    with DeskWithScreens(tmp_path / "home", market=market) as desk:
        address = desk.address()
        for path in ("/", "/markets", "/orders", "/system", "/api/v1/health", "/openapi.json"):
            with urllib.request.urlopen(f"{address}{path}", timeout=30) as answer:  # noqa: S310 - our own
                assert answer.status == 200, path
    assert watched.strayed == []
