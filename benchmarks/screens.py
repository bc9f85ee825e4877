"""U3: how fast the dashboard's pages are live, how fast they show what changed, and what five who watch cost it.

Real Chromium of the distribution, a real dashboard process, before a desk whose 200 orders differ at each look at them
(the rig of the page tests). Each order carries the millisecond at which it became what it is; every browser shows all
200 and notes, when the first and the last row of its table show a new one, how long ago that was by the same clock.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.method import Row, deliver, limit
from tests.interfaces.pages.conftest import CHROMIUM
from tests.interfaces.pages.hostile_desk import HostileDesk
from tests.interfaces.pages.processes import Dashboard
from tests.interfaces.pages.watching import LIVE, Visitor

ROUNDS = 7
PEOPLE = 5
ORDERS = 200
WATCHED_ROUNDS = 3
_WATCHED_S = 11.0
_LEAST_PUSHES = 40
"""That each browser must have shown in a round: at four a second there are 44."""
_SETTLED_S = 2.0

# `textContent`, because `innerText` would have the browser lay the page out before it answers.
_NOTE_PUSHES = """
() => {
  const body = document.querySelector("table.rows tbody");
  const headings = [...document.querySelectorAll("table.rows thead th")];
  const column = headings.findIndex((each) => each.textContent.includes("Kind"));
  const told = (row) => row.cells[column].textContent.trim();
  window.pushes = [];
  let last = "";
  new MutationObserver(() => {
    const now = Date.now(), stamp = told(body.rows[0]);
    if (stamp === last || told(body.rows[body.rows.length - 1]) !== stamp) return;
    last = stamp;
    window.pushes.push(now - Number(stamp));
  }).observe(body, { subtree: true, childList: true, characterData: true });
}
"""
_TAKE_PUSHES = "() => { const taken = window.pushes; window.pushes = []; return taken; }"


class Watched(msgspec.Struct, frozen=True):
    """What a round found: milliseconds from a change at the desk to the DOM, and per cent of a core."""

    p95_ms: float
    share: float


def screens() -> list[Row]:
    """Measure. Raises SystemExit without a browser, and if browsers were not shown what they should have been."""
    if not CHROMIUM:
        raise SystemExit("error: no Chromium of the distribution is installed - install it to measure pages")
    with tempfile.TemporaryDirectory() as folder, HostileDesk(Path(folder), rows=ORDERS), sync_playwright() as play:
        dashboard = Dashboard(Path(folder))
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            reloads = _reloads(browser, dashboard)
            with _watchers(browser, dashboard) as pages:
                rounds = [_watched(pages, dashboard.process.pid) for _ in range(WATCHED_ROUNDS)]
        finally:
            browser.close()
            dashboard.process.end()
    pushes, shares = [each.p95_ms for each in rounds], [each.share for each in rounds]
    return [
        limit("screens-reload", "a page reloaded until it is live", ours=reloads, unit="s", bar=1.5),
        limit(
            "screens-push",
            "95% of changes: 200 rows, from the desk to the DOM of five browsers",
            ours=pushes,
            unit="ms",
            bar=150,
        ),
        limit("screens-cpu", "five people, 200 changing rows at 4 Hz, of a core", ours=shares, unit="%", bar=10),
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


@contextmanager
def _watchers(browser: Browser, dashboard: Dashboard) -> Iterator[list[Page]]:
    """Five browsers that show all orders."""
    contexts = [browser.new_context() for _ in range(PEOPLE)]
    pages = []
    for context in contexts:
        page = Visitor(context, dashboard.address).page()
        page.goto(f"{dashboard.address}/orders")
        page.get_by_role("button", name="Show more").first.click()
        page.locator("table.rows tbody tr").nth(ORDERS - 1).wait_for()
        page.evaluate(_NOTE_PUSHES)
        pages.append(page)
    time.sleep(_SETTLED_S)
    yield pages
    for context in contexts:
        context.close()


def _watched(pages: list[Page], pid: int) -> Watched:
    for page in pages:
        page.evaluate(_TAKE_PUSHES)
    spent, began = _cpu_s(pid), time.perf_counter()
    time.sleep(_WATCHED_S)
    share = 100 * (_cpu_s(pid) - spent) / (time.perf_counter() - began)
    pushes: list[list[float]] = [page.evaluate(_TAKE_PUSHES) for page in pages]
    fewest = min(len(each) for each in pushes)
    if fewest < _LEAST_PUSHES:
        raise SystemExit(
            f"error: a browser was shown {fewest} of {_WATCHED_S * 4:.0f} changes - see that all look live"
        )
    return Watched(statistics.quantiles([took for each in pushes for took in each], n=20)[-1], share)


def _cpu_s(pid: int) -> float:
    """What a process has spent, from its line in /proc: the words behind the name count from the third."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    deliver(screens, ["nicegui", "fastapi", "playwright"])
