"""A dashboard that dies, hangs or comes back: the page says so at once, and nothing on it can be pressed meanwhile."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dutchbook.app.control.client import running
from dutchbook.risk.halt import halt_file
from tests.interfaces.pages.conftest import sign_in, traded
from tests.interfaces.pages.processes import Dashboard, Process, wait_for
from tests.interfaces.pages.watching import LIVE, Visitor

_SAID_WITHIN_S = 2.0
_BACK_WITHIN_S = 10.0
_PROMPT_MS = 20_000


@pytest.fixture
def own_dashboard(desk_home: Path) -> Iterator[Dashboard]:
    """One that a test may kill."""
    started = Dashboard(desk_home)
    yield started
    started.process.end(signal.SIGKILL)


@pytest.fixture
def own_visitor(browser: Browser, own_dashboard: Dashboard, signed_in: Path) -> Iterator[Visitor]:
    context = browser.new_context(storage_state=signed_in)
    yield Visitor(context, own_dashboard.address)
    context.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_dashboard_that_is_gone_or_hangs_is_told_within_two_seconds(
    own_dashboard: Dashboard, own_visitor: Visitor, how: signal.Signals
) -> None:
    page = own_visitor.open("/orders")
    halt = page.get_by_role("button", name="Halt the desk")
    expect(halt).to_be_visible()
    own_dashboard.process.send(how)
    began = time.monotonic()
    page.get_by_text("Connection lost", exact=True).wait_for(timeout=_PROMPT_MS)
    waited = time.monotonic() - began
    expect(halt).to_be_hidden()
    assert page.locator(".steer").evaluate_all(
        "all => all.every((each) => !each.checkVisibility({visibilityProperty: true}))"
    )
    assert waited <= _SAID_WITHIN_S


def test_a_page_is_live_again_within_ten_seconds_of_a_restart(own_dashboard: Dashboard, own_visitor: Visitor) -> None:
    page = own_visitor.open("/")
    own_dashboard.process.end(signal.SIGKILL)
    page.get_by_text("Connection lost", exact=True).wait_for(timeout=_PROMPT_MS)
    own_dashboard.restart()
    began = time.monotonic()
    expect(page.locator(".veil")).to_be_hidden(timeout=_PROMPT_MS)
    page.locator(LIVE).first.wait_for(timeout=_PROMPT_MS)
    assert time.monotonic() - began <= _BACK_WITHIN_S


def test_a_desk_that_hangs_is_told_and_can_be_halted_from_the_page(browser: Browser, tmp_path: Path) -> None:
    desk = Process(tmp_path, "run", "--walk", "--plain")
    dashboard = None
    try:
        wait_for(lambda: running(tmp_path) and traded(tmp_path), "the first fills of a desk")
        dashboard = Dashboard(tmp_path)
        context = browser.new_context(storage_state=sign_in(browser, dashboard))
        page = Visitor(context, dashboard.address).open("/orders")
        desk.send(signal.SIGSTOP)
        page.locator(".banner.bad", has_text="does not answer").wait_for(timeout=_PROMPT_MS)
        page.wait_for_timeout(3_000)
        expect(page.locator(".veil")).to_be_hidden()
        page.get_by_role("button", name="Halt the desk").click()
        page.get_by_role("button", name="Halt now").click()
        wait_for(lambda: halt_file(tmp_path).exists(), "the halt", patience_s=5)
        context.close()
    finally:
        if dashboard is not None:
            dashboard.process.end()
        desk.end(signal.SIGINT)
