"""U3: how fast the dashboard's pages are live, and what five people who watch 200 changing rows cost it.

Real Chromium of the distribution, a real dashboard process, before a desk whose 200 orders change with every look at
them (the rig of the page tests).
"""

import os
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.method import Row, deliver, limit
from tests.interfaces.pages.conftest import CHROMIUM
from tests.interfaces.pages.hostile_desk import HostileDesk
from tests.interfaces.pages.processes import Dashboard
from tests.interfaces.pages.watching import LIVE, Visitor

ROUNDS = 7
PEOPLE = 5
_WATCHED_S = 5.0


def screens() -> list[Row]:
    """Measure. Raises SystemExit without a browser."""
    if not CHROMIUM:
        raise SystemExit("error: no Chromium of the distribution is installed - install it to measure pages")
    with tempfile.TemporaryDirectory() as folder, HostileDesk(Path(folder), rows=200), sync_playwright() as play:
        dashboard = Dashboard(Path(folder))
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            reloads, shares = _reloads(browser, dashboard), _shares(browser, dashboard)
        finally:
            browser.close()
            dashboard.process.end()
    return [
        limit("screens-reload", "a page reloaded until it is live", ours=reloads, unit="s", bar=1.5),
        limit("screens-cpu", "five people, 200 changing rows, of a core", ours=shares, unit="%", bar=10),
    ]


def _reloads(browser: Browser, dashboard: Dashboard) -> list[float]:
    context = browser.new_context()
    page = Visitor(context, dashboard.address).open("/")
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        page.reload(wait_until="commit")
        page.locator(LIVE).first.wait_for()
        took.append(time.perf_counter() - began)
    context.close()
    return took


def _shares(browser: Browser, dashboard: Dashboard) -> list[float]:
    """Per cent of a core, of each round."""
    contexts = [browser.new_context() for _ in range(PEOPLE)]
    for context in contexts:
        page = Visitor(context, dashboard.address).page()
        page.goto(f"{dashboard.address}/orders")
        page.locator("table.rows tbody tr").nth(40).wait_for()
    time.sleep(2)
    found = []
    for _ in range(ROUNDS):
        spent, began = _cpu_s(dashboard.process.pid), time.perf_counter()
        time.sleep(_WATCHED_S)
        found.append(100 * (_cpu_s(dashboard.process.pid) - spent) / (time.perf_counter() - began))
    for context in contexts:
        context.close()
    return found


def _cpu_s(pid: int) -> float:
    """What a process has spent, from its line in /proc: the words behind the name count from the third."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    deliver(screens, ["nicegui", "fastapi", "playwright"])
