"""Six hours of a messenger in seconds: memory, files and tasks stay as they were, and nothing is lost meanwhile."""

import asyncio
import gc
import os
from pathlib import Path

from dutchbook.app.runs import new_run
from dutchbook.domain.events import TimerFired
from dutchbook.domain.units import SECOND, Money, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.engine.records import FaultRecord, RunStarted
from dutchbook.storage.alert_words import Occasion
from dutchbook.storage.settings import StorageSettings
from tests.interfaces.alerts.walk import START
from tests.interfaces.telegram.bot_server import BotServer
from tests.interfaces.telegram.rig import OPERATOR, STRANGER, Rig
from tests.interfaces.telegram.test_messenger import Desktop

HOURS, ROUNDS_AN_HOUR = 6, 60


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def handles() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count


async def test_six_hours_leave_memory_files_and_tasks_as_they_were(tmp_path: Path, telegram: BotServer) -> None:
    clock = VirtualClock(START)
    storage = StorageSettings.model_validate({"journal_flush": "manual"})
    _, journal = new_run(tmp_path, "paper", storage, {"mode": "paper"}, START)
    started = RunStarted(mode="paper", strategies=(), settings="", source="soak", cash=Money(10**10))
    journal.append("run", START, started, None)
    desktop, rig = Desktop(tmp_path, clock, repeat_window="1m"), Rig(tmp_path, telegram.host)
    measured: list[tuple[int, int, int]] = []
    async with rig.api:
        for number in range(HOURS * ROUNDS_AN_HOUR):
            clock.advance(Nanos(clock.now() + 3_600 // ROUNDS_AN_HOUR * SECOND))
            for each in range(50):
                journal.append("timer", clock.now(), TimerFired(f"t{each}", clock.now()), None)
            journal.append("fault", clock.now(), FaultRecord(f"malformed {number}"), None)
            telegram.text("/status" if number % 2 else "/alerts", OPERATOR if number % 3 else STRANGER)
            await asyncio.gather(desktop.turn(), desktop.messenger.look(), rig.poller.round(0))
            for kept in (desktop.channel.taken, telegram.said, telegram.calls, rig.desk.asked, desktop.said, rig.said):
                kept.clear()
            if number % ROUNDS_AN_HOUR == ROUNDS_AN_HOUR - 1:
                gc.collect()
                measured.append((resident(), handles(), len(asyncio.all_tasks())))
    journal.close()
    memory, files, tasks = zip(*measured, strict=True)
    assert max(files) - min(files) <= 1
    assert max(tasks) == min(tasks)
    assert memory[-1] - memory[1] < 8 << 20
    assert desktop.occasions().count(Occasion.TROUBLE) == HOURS * ROUNDS_AN_HOUR
    assert not [one for one in desktop.book.alerts().values() if one.pending]
