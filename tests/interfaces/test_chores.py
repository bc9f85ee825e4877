"""What a desk's process does beside trading: when it is due, whatever fails, and never in the way of the end."""

import json
from collections.abc import Sequence
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import pytest

from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import UsageError
from dutchbook.engine.clocks import RealClock
from dutchbook.interfaces.cli.chores import Chore, Chores, chores_of
from dutchbook.storage.home import Home
from tests.app.test_retention import a_run, keep
from tests.interfaces.cli import Terminal


def reporting_each(milliseconds: int) -> Settings:
    settings = shipped_settings()
    logs = type(settings.logs).model_validate({"report_every": f"{milliseconds}ms"})
    return settings.model_copy(update={"logs": logs, "retention": keep(recordings="90d")})


def test_each_is_done_when_it_is_due_and_what_fails_is_told_and_tried_again() -> None:
    said: Queue[str] = Queue()
    tries: list[int] = []

    def breaks() -> Sequence[str]:
        tries.append(1)
        raise UsageError(f"broken {len(tries)}")

    chores = (Chore(breaks, 0.01), Chore(lambda: ["done"], 1_000.0), Chore(lambda: ["later"], 1_000.0, first_s=900.0))
    with Chores(chores, said.put):
        told = [said.get(timeout=10) for _ in range(4)]
    assert sorted(told) == ["broken 1", "broken 2", "broken 3", "done"]


def test_the_end_waits_for_nothing_that_is_not_due() -> None:
    with Chores((Chore(list, 1_000.0, first_s=1_000.0),), lambda _: pytest.fail("there was nothing to tell")):
        pass
    with Chores((), lambda _: pytest.fail("there was nothing to tell")):
        pass


def test_a_desk_at_work_reports_each_cycle_and_lets_go_of_what_is_too_old(tmp_path: Path) -> None:
    clock, over = RealClock(), Event()
    old = a_run(tmp_path, "sandbox", 400)
    said: Queue[str] = Queue()
    with RunningDesk(reporting_each(50), tmp_path, WalkSource(7, clock), clock) as desk:

        def look() -> None:
            with Chores(chores_of(tmp_path, reporting_each(50), clock), said.put):
                while not list(Home(tmp_path).reports.glob("*/*-paper.json")):
                    if over.wait(0.05):
                        return

        watcher = Thread(target=look)
        watcher.start()
        for _ in range(2_000):
            desk.step()
            if not watcher.is_alive():
                break
            watcher.join(0.01)
        over.set()
        watcher.join()
    first = min(Home(tmp_path).reports.glob("*/*-paper.json"))
    assert json.loads(first.read_bytes())["run"] == desk.run
    assert "segments of recordings" in said.get(timeout=1)
    assert not list((old / "recording").glob("frames-*"))


def test_a_short_run_is_over_as_soon_as_it_should_be(terminal: Terminal) -> None:
    assert terminal("run", "--walk", "--duration", "100ms", "--json").code == 0
