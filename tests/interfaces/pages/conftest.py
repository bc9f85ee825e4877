"""One desk on a random walk, its dashboard, and a real browser in which an administrator has signed in."""

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from dutchbook.app.control.client import ask, running
from dutchbook.app.control.wire import ShowSnapshot
from dutchbook.domain.errors import DutchbookError
from tests.interfaces.pages.processes import Dashboard, Process, wait_for
from tests.interfaces.pages.watching import Visitor

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


_SIGN_IN = """
(code) => fetch("/api/v1/session", {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ sign_in_code: code }),
}).then((answer) => answer.status)
"""


# Not for the session: while its driver is there an event loop runs in this thread, and no other test could have one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no Chromium of the distribution is installed")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


# No longer than needed: a desk that runs on takes a fifth of a core from all tests that follow.
@pytest.fixture(scope="module")
def desk_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a desk that has traded a little."""
    home = tmp_path_factory.mktemp("desk")
    desk = Process(home, "run", "--walk", "--plain")
    wait_for(lambda: running(home) and traded(home), "the first fills of a desk")
    yield home
    desk.end(signal.SIGINT)


@pytest.fixture(scope="module")
def dashboard(desk_home: Path) -> Iterator[Dashboard]:
    started = Dashboard(desk_home)
    yield started
    started.process.end()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, dashboard: Dashboard) -> Path:
    """The cookies of an administrator, in a file."""
    return sign_in(browser, dashboard)


@pytest.fixture
def visitor(browser: Browser, dashboard: Dashboard, signed_in: Path) -> Iterator[Visitor]:
    """An administrator at a desktop in daylight."""
    context = browser.new_context(storage_state=signed_in, viewport={"width": 1440, "height": 900})
    yield Visitor(context, dashboard.address)
    context.close()


def sign_in(browser: Browser, dashboard: Dashboard) -> Path:
    """Sign in as a program does, and keep the session."""
    context: BrowserContext = browser.new_context()
    page = context.new_page()
    page.goto(f"{dashboard.address}/sign-in")
    status = page.evaluate(_SIGN_IN, dashboard.sign_in_code())
    assert status == 200
    file = dashboard.home / "browser.json"
    file.write_text(json.dumps(context.storage_state()))
    context.close()
    return file


def traded(home: Path) -> bool:
    """Whether the desk of a home answers, and has had a fill."""
    try:
        snapshot = ask(home, ShowSnapshot()).snapshot
    except DutchbookError:
        return False
    return snapshot is not None and snapshot.fills_total > 0
