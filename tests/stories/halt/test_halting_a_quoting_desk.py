"""A halt while a desk quotes at both venues: by API, command and phone, judged by what the exchange took and when."""

import json
import statistics
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dutchbook.domain.units import MILLISECOND
from dutchbook.interfaces.desk_side import LocalDesk
from dutchbook.risk.halt import halt_file
from tests.interfaces.telegram.bot_server import BotServer
from tests.interfaces.telegram.rig import OPERATOR, Rig
from tests.stories.halt.bustling import Bustle, until
from tests.stories.halt.judging import Acknowledged, judge

ACKNOWLEDGED_WITHIN = 100 * MILLISECOND
SLOW = """
seed: 3
faults:
  - {name: late, fault: slow_answer, path: "*order*", delay: 400ms, jitter: 300ms, chance: 50%}
"""


@pytest.fixture
def bustle(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bustle]:
    made = Bustle(tmp_path, getattr(request, "param", ""))
    yield made
    made.end()


@pytest.fixture
async def telegram() -> AsyncIterator[BotServer]:
    server = BotServer()
    await server.start()
    yield server
    await server.stop()


def by_api(bustle: Bustle, address: str, key: str) -> Acknowledged:
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{address}/api/v1/halt",
        json.dumps({"why": "a story"}).encode(),
        {"X-API-Key": key, "Content-Type": "application/json"},
        method="POST",
    )
    asked = time.time_ns()
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        said = json.load(answer)["said"]
    return Acknowledged(asked, time.time_ns(), said)


def by_command(bustle: Bustle) -> Acknowledged:
    asked = time.time_ns()
    done = bustle.call("halt", "--reason", "a story")
    at = time.time_ns()
    assert done.returncode == 0, done.stderr
    return Acknowledged(asked, at, done.stdout)


async def by_phone(bustle: Bustle, telegram: BotServer) -> Acknowledged:
    rig = Rig(bustle.home, telegram.host)
    rig.console._desk = LocalDesk(bustle.home)
    async with rig.api:
        telegram.text("/halt a story", OPERATOR)
        asked = time.time_ns()
        await rig.poller.round(0)
        at = time.time_ns()
    return Acknowledged(asked, at, telegram.texts[-1])


async def test_nothing_is_taken_after_a_halt_from_anywhere_until_a_person_has_checked(
    bustle: Bustle, telegram: BotServer
) -> None:
    bustle.begin("--dashboard", "--port", "0")
    address, key = bustle.dashboard(), bustle.key()
    bustle.quotes(move=4)
    judge(bustle, by_api(bustle, address, key))

    refused = bustle.call("resume")
    assert (refused.returncode, "--i-checked" in refused.stderr) == (2, True)
    bustle.call("resume", "--i-checked")
    bustle.quotes(move=4)
    judge(bustle, by_command(bustle))

    bustle.call("resume", "--i-checked")
    bustle.quotes(move=4)
    judge(bustle, await by_phone(bustle, telegram))


@pytest.mark.long
def test_a_desk_that_is_killed_while_halted_begins_halted_until_a_person_has_checked(bustle: Bustle) -> None:
    bustle.begin()
    bustle.quotes(move=4)
    judge(bustle, by_command(bustle))
    taken = len(bustle.taken())
    bustle.kill()
    bustle.begin()
    until(lambda: "HALTED: a story" in bustle.said, "a desk that begins halted")
    time.sleep(2)
    assert json.loads(bustle.call("status", "--json").stdout)["halted"]["reason"] == "a story"
    assert len(bustle.taken()) == taken
    assert halt_file(bustle.home).exists()
    bustle.call("resume", "--i-checked")
    bustle.quotes(move=4)


@pytest.mark.long
@pytest.mark.parametrize("bustle", ["", SLOW], indirect=True, ids=["lively", "slow answers"])
def test_halts_are_acknowledged_at_once_however_often_and_however_slow_the_venues(bustle: Bustle) -> None:
    bustle.begin("--dashboard", "--port", "0")
    address, key = bustle.dashboard(), bustle.key()
    took = []
    for _ in range(7):
        bustle.quotes()
        halt = by_api(bustle, address, key)
        judge(bustle, halt)
        took.append(halt.at - halt.asked)
        assert bustle.call("resume", "--i-checked").returncode == 0
    assert statistics.median(took) <= ACKNOWLEDGED_WITHIN, [each / MILLISECOND for each in took]
