"""The messenger whole: a desk that walks, its journal followed, people told, commands taken; and what it never does."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dutchbook.app.running import RunningDesk
from dutchbook.app.steering import halt
from dutchbook.config.load import settings_of, shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.interfaces.alerts.center import AlertCenter
from dutchbook.interfaces.alerts.courier import Courier
from dutchbook.interfaces.alerts.routing import Routing
from dutchbook.interfaces.alerts.wanted import messenger_wanted
from dutchbook.interfaces.day_results import day_results
from dutchbook.interfaces.desk_side import LocalDesk
from dutchbook.interfaces.messenger import Messenger, Surroundings
from dutchbook.interfaces.messenger_setup import Farewell, Setup, serve
from dutchbook.interfaces.service_notify import ServiceManager
from dutchbook.storage.alert_book import AlertBook
from dutchbook.storage.alert_words import Occasion, Tier
from dutchbook.storage.home import Home
from dutchbook.storage.redaction import Redactor
from tests.interfaces.alerts.post_offices import HookServer
from tests.interfaces.alerts.rig import CHANNELS, ListChannel, alert_settings
from tests.interfaces.alerts.walk import START, a_desk, pass_seconds, walked
from tests.interfaces.telegram.bot_server import TOKEN, BotServer
from tests.interfaces.telegram.rig import OPERATOR


class Desktop:
    """A messenger beside a desk in this process, moved step by step on the desk's own clock."""

    def __init__(self, home: Path, clock: VirtualClock, **chosen: object) -> None:
        self.home, self.clock = home, clock
        self.channel = ListChannel()
        settings = alert_settings(channels={"email": "routine"}, occasions={"fill": "on"}, **chosen)
        self.book = AlertBook(Home(home).alerts)
        self.center = AlertCenter(self.book, Routing(settings, CHANNELS[1:2]), settings, Redactor())
        self.said: list[tuple[str, dict[str, object]]] = []
        around = Surroundings(
            home=home,
            settings=settings,
            stop_ppm=200_000,
            clock=clock,
            desk=LocalDesk(home),
            say=lambda event, fields: self.said.append((event, fields)),
            manager=ServiceManager({}, 1),
        )
        self.messenger = Messenger(around, self.center, [self.channel], None)
        self.courier = Courier(self.center, self.channel, clock, around.say)

    async def turn(self) -> None:
        await self.messenger.follow()
        await self.messenger.now_and_then()
        await self.courier.round()

    def occasions(self) -> list[Occasion]:
        return [alert.raised.occasion for alert in self.book.alerts().values()]


async def test_what_a_desk_does_is_told_once_whatever_restarts_there_are(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 10)
        await Desktop(tmp_path, clock).turn()
        pass_seconds(clock, desk, 10)
        second = Desktop(tmp_path, clock)
        await second.turn()
        fills = desk.picture().fills_total
    last = Desktop(tmp_path, clock)
    await last.turn()
    occasions = last.occasions()
    assert fills > 0
    assert occasions.count(Occasion.FILL) == fills
    assert occasions.count(Occasion.DESK_STARTED) == occasions.count(Occasion.DESK_STOPPED) == 1
    assert all(message.title.startswith("[PAPER] ") for message in second.channel.taken)


async def test_a_halt_is_told_as_critical(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 1)
        halt(tmp_path, "the book looks wrong", "telegram:7")
        pass_seconds(clock, desk, 1)
        desktop = Desktop(tmp_path, clock)
        await desktop.turn()
    [raised] = [one.raised for one in desktop.book.alerts().values() if one.raised.occasion is Occasion.HALT]
    assert raised.tier is Tier.CRITICAL
    assert "the book looks wrong (by telegram:7)" in raised.text


async def test_a_desk_that_vanished_is_told_and_its_successor_too(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    desk = a_desk(tmp_path, clock)
    pass_seconds(clock, desk, 2)
    desktop = Desktop(tmp_path, clock)
    await desktop.turn()
    desk.vanish()
    clock.advance(Nanos(clock.now() + SECOND))
    with a_desk(tmp_path, clock) as successor:
        pass_seconds(clock, successor, 1)
        await desktop.turn()
    assert Occasion.DESK_DIED in desktop.occasions()


async def test_a_damaged_journal_is_an_emergency_told_once(tmp_path: Path) -> None:
    journal = walked(tmp_path, seconds=2)
    [path] = journal.glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"mode":"paper"', b'"mode":"livee"', 1))
    desktop = Desktop(tmp_path, VirtualClock(START))
    for _ in range(3):
        await desktop.turn()
    found = [one.raised for one in desktop.book.alerts().values() if one.raised.occasion is Occasion.JOURNAL]
    assert [raised.tier for raised in found] == [Tier.EMERGENCY]


async def test_old_news_is_not_told_by_a_messenger_that_comes_late(tmp_path: Path) -> None:
    walked(tmp_path, seconds=10)
    desktop = Desktop(tmp_path, VirtualClock(Nanos(START + 5 * 3_600 * SECOND)))
    await desktop.turn()
    assert Occasion.FILL not in desktop.occasions()


async def test_the_daily_summary_comes_once_at_its_hour_and_tells_modes_apart(tmp_path: Path) -> None:
    noon = Nanos(START // (86_400 * SECOND) * 86_400 * SECOND + 12 * 3_600 * SECOND)
    walked(tmp_path, seconds=20, start=noon)
    clock = VirtualClock(Nanos(noon + 60 * SECOND))
    # Journals are found by when they were last written: for the walk that is the hour of its own clock.
    for path in Home(tmp_path).runs.glob("*/journal/*.jsonl"):
        os.utime(path, ns=(clock.now(), clock.now()))
    desktop = Desktop(tmp_path, clock, daily_summary_hour=18)
    for hour in range(30):
        await desktop.messenger.now_and_then()
        if hour == 3:
            desktop = Desktop(tmp_path, clock, daily_summary_hour=18)  # a restart
        clock.advance(Nanos(clock.now() + 3_600 * SECOND))
    summaries = [one.raised for one in desktop.book.alerts().values() if one.raised.occasion is Occasion.DAILY_SUMMARY]
    assert [raised.mode for raised in summaries] == ["paper"]
    [row] = day_results(tmp_path, 1, noon)
    assert row.fills > 0
    assert row.change == row.equity - row.start


async def test_a_full_disk_stops_neither_the_messenger_nor_a_halt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 10)
        desktop = Desktop(tmp_path, clock)

        def full(_draft: object) -> object:
            raise DutchbookError("alerts.jsonl: No space left on device")

        monkeypatch.setattr(desktop.book, "raise_alert", full)
        work = asyncio.create_task(desktop.messenger.run())
        async with asyncio.timeout(10):
            while not any(event == "failed" for event, _ in desktop.said):  # noqa: ASYNC110 - a list of another task
                await asyncio.sleep(0.01)
        assert not work.done()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert "HALTED" in await LocalDesk(tmp_path).halt("still works", "telegram:7")


SETTINGS = f"""
telegram: {{operators: "{OPERATOR}"}}
alerts:
  channels: {{other: routine}}
  occasions: {{fill: "on"}}
"""


def chosen() -> Settings:
    return settings_of(SETTINGS.encode(), "dutchbook.yaml")


@pytest.fixture
async def hook() -> AsyncIterator[HookServer]:
    async with HookServer() as server:
        yield server


async def test_the_whole_messenger_tells_and_takes_commands(
    tmp_path: Path, telegram: BotServer, hook: HookServer
) -> None:
    """Real journal, real control socket, real HTTP: fills over a webhook, a status and a halt over Telegram."""
    environ = {"TELEGRAM_BOT_TOKEN": TOKEN, "ALERT_URLS": f"json://u:canary-77ab@127.0.0.1:{hook.port}/"}
    lines: list[str] = []
    clock = VirtualClock(START)
    desk = a_desk(tmp_path, clock)
    setup = Setup(
        home=tmp_path,
        settings=chosen(),
        environ=environ,
        write=lines.append,
        clock=clock,
        telegram_host=telegram.host,
    )
    farewell: asyncio.Future[Farewell] = asyncio.get_running_loop().create_future()
    work = asyncio.create_task(serve(setup, farewell))
    telegram.text("/status", OPERATOR, date=START // SECOND)
    async with asyncio.timeout(30):
        while not any("Filled" in body["title"] for body in hook.bodies):
            await stepped(clock, desk)
        while not any(text.startswith("[PAPER] at work") for text in telegram.texts):
            await stepped(clock, desk)
        telegram.text("/halt", OPERATOR)
        while not any("is halted" in text for text in telegram.texts):
            await stepped(clock, desk)
    assert desk.picture().halted is not None
    desk.close()
    farewell.set_result(Farewell.ASKED)
    async with asyncio.timeout(10):
        await work
    assert lines[0] == "messenger at work: console, telegram, other"
    assert [row["command"] for row in telegram.commands][:1] == ["status"]
    everything = all_files(tmp_path)
    for secret in (TOKEN, "canary-77ab"):
        assert secret not in everything
        assert secret not in "\n".join([*lines, *telegram.texts, *(body for _, body in hook.requests)])


def all_files(home: Path) -> str:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file()).decode(errors="replace")


async def stepped(clock: VirtualClock, desk: RunningDesk) -> None:
    """Let the desk live a tenth of a second, and everybody else a moment."""
    pass_seconds(clock, desk, 1)
    await asyncio.sleep(0.02)


async def test_a_messenger_whose_desk_was_killed_tells_it_before_it_ends(tmp_path: Path, hook: HookServer) -> None:
    clock = VirtualClock(START)
    desk = a_desk(tmp_path, clock)
    setup = Setup(
        home=tmp_path,
        settings=chosen(),
        environ={"ALERT_URLS": f"json://127.0.0.1:{hook.port}/"},
        write=lambda _: None,
        clock=clock,
        companion=True,
    )
    farewell: asyncio.Future[Farewell] = asyncio.get_running_loop().create_future()
    work = asyncio.create_task(serve(setup, farewell))
    async with asyncio.timeout(30):
        while not any("began to work" in body["title"] for body in hook.bodies):
            await stepped(clock, desk)
        desk.vanish()
        farewell.set_result(Farewell.ORPHANED)
        while not work.done():
            clock.advance(Nanos(clock.now() + SECOND // 10))
            await asyncio.sleep(0.02)
        await work
    assert hook.bodies[-1]["title"] == "[PAPER] CRITICAL: The desk is gone"


async def test_a_death_before_the_first_look_is_told_too(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    desk = a_desk(tmp_path, clock)
    pass_seconds(clock, desk, 1)
    desktop = Desktop(tmp_path, clock)
    await desktop.turn()
    desk.vanish()
    desktop.messenger.orphaned()
    over = []
    for _ in range(5):
        over.append(desktop.messenger.desk_over)
        await desktop.messenger.look()
        clock.advance(Nanos(clock.now() + SECOND))
    assert not any(over[:4])
    assert desktop.messenger.desk_over
    assert desktop.occasions()[-1] is Occasion.DESK_DIED


async def test_a_desk_that_said_its_last_line_did_not_die(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 1)
    desktop = Desktop(tmp_path, clock)
    await desktop.turn()
    desktop.messenger.orphaned()
    assert desktop.messenger.desk_over


async def test_a_messenger_that_ends_with_its_desk_says_so(tmp_path: Path, hook: HookServer) -> None:
    clock = VirtualClock(START)
    setup = Setup(
        home=tmp_path,
        settings=settings_of(SETTINGS.replace('fill: "on"', 'fill: "off"').encode(), "dutchbook.yaml"),
        environ={"ALERT_URLS": f"json://127.0.0.1:{hook.port}/"},
        write=lambda _: None,
        clock=clock,
        companion=True,
    )
    farewell: asyncio.Future[Farewell] = asyncio.get_running_loop().create_future()
    with a_desk(tmp_path, clock) as desk:
        work = asyncio.create_task(serve(setup, farewell))
        async with asyncio.timeout(30):
            while not any("began to work" in body["title"] for body in hook.bodies):
                await stepped(clock, desk)
            farewell.set_result(Farewell.ASKED)
            await work
    assert hook.bodies[-1]["title"] == "[PAPER] The desk ends in good order"


async def test_two_messengers_do_not_share_a_home(tmp_path: Path) -> None:
    setup = Setup(home=tmp_path, settings=shipped_settings(), environ={}, write=lambda _: None)
    loop = asyncio.get_running_loop()
    first: asyncio.Future[Farewell] = loop.create_future()
    work = asyncio.create_task(serve(setup, first))
    await asyncio.sleep(0)
    while not (Home(tmp_path).run / "messenger.lock").exists():  # noqa: ASYNC110 - a file
        await asyncio.sleep(0.01)
    with pytest.raises(UsageError, match="a messenger runs in this home already"):
        await serve(setup, loop.create_future())
    first.set_result(Farewell.ASKED)
    await work


def test_a_messenger_is_wanted_where_a_bot_or_a_channel_is_configured(tmp_path: Path) -> None:
    shipped = shipped_settings()
    assert not messenger_wanted(tmp_path, shipped, {})
    assert not messenger_wanted(tmp_path, shipped, {"TELEGRAM_BOT_TOKEN": TOKEN})  # nobody may talk to it
    assert messenger_wanted(tmp_path, shipped, {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_CHAT_ID": "-100"})
    assert messenger_wanted(tmp_path, chosen(), {"TELEGRAM_BOT_TOKEN": TOKEN})
    assert messenger_wanted(tmp_path, shipped, {"ALERT_URLS": "json://127.0.0.1/"})


def test_the_process_ends_when_it_is_told_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dutchbook.interfaces.cli.main", "messenger"]
    environ = {**os.environ, "DUTCHBOOK_HOME": str(tmp_path)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "messenger at work: console\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    logged = [json.loads(line) for path in Home(tmp_path).logs.glob("*") for line in path.read_text().splitlines()]
    assert all("mode" in line for line in logged)
