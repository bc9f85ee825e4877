"""How fast pages are: first load, reload to live data, bytes, and pushes with many rows and several people."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.interfaces.pages.hostile_desk import HostileDesk
from tests.interfaces.pages.processes import Dashboard
from tests.interfaces.pages.watching import LIVE, Visitor

_MOST_BYTES = 1_500_000
_RELOAD_S = 1.5
_CLIENTS = 5
_SHARE_OF_A_CORE = 0.10


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard before a desk whose 200 orders change with every look."""
    home: Path = tmp_path_factory.mktemp("busy")
    with HostileDesk(home, rows=200):
        dashboard = Dashboard(home)
        yield dashboard
        dashboard.process.end()


def test_a_first_load_brings_at_most_a_megabyte_and_a_half(browser: Browser, dashboard: Dashboard) -> None:
    context = browser.new_context()
    page = Visitor(context, dashboard.address).page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    loaded: list[float] = []
    session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    page.goto(dashboard.address)
    page.locator(LIVE).first.wait_for()
    context.close()
    assert sum(loaded) <= _MOST_BYTES


@pytest.mark.long
def test_a_reload_shows_live_data_within_a_second_and_a_half(browser: Browser, dashboard: Dashboard) -> None:
    context = browser.new_context()
    page = Visitor(context, dashboard.address).open("/")
    took = []
    for _ in range(5):
        began = time.monotonic()
        page.reload(wait_until="commit")
        page.locator(LIVE).first.wait_for()
        took.append(time.monotonic() - began)
    context.close()
    assert sorted(took)[2] <= _RELOAD_S


@pytest.mark.long
def test_five_people_watching_200_changing_rows_cost_a_tenth_of_a_core(browser: Browser, busy: Dashboard) -> None:
    contexts = [browser.new_context() for _ in range(_CLIENTS)]
    for context in contexts:
        page = Visitor(context, busy.address).page()
        page.goto(f"{busy.address}/orders")
        page.locator("table.rows tbody tr").nth(40).wait_for()
    time.sleep(2)
    spent, began = _cpu_s(busy.process.pid), time.monotonic()
    time.sleep(10)
    share = (_cpu_s(busy.process.pid) - spent) / (time.monotonic() - began)
    for context in contexts:
        context.close()
    assert share <= _SHARE_OF_A_CORE


def _cpu_s(pid: int) -> float:
    """What a process has spent, from its line in /proc: the words behind the name count from the third."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
