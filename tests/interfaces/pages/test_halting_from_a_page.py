"""The halt of a page: asked once, in force at once, and on record under the name of whoever pressed it."""

import signal
from pathlib import Path

from playwright.sync_api import Browser, expect

from dutchbook.app.control.client import ask, running
from dutchbook.app.control.wire import ShowSnapshot
from dutchbook.risk.halt import halt_file, read_halt
from tests.interfaces.pages.conftest import sign_in, traded
from tests.interfaces.pages.processes import Dashboard, Process, wait_for
from tests.interfaces.pages.watching import Visitor


def test_no_order_leaves_after_the_page_says_that_the_desk_is_halted(browser: Browser, tmp_path: Path) -> None:
    desk = Process(tmp_path, "run", "--walk", "--plain")
    dashboard = None
    try:
        wait_for(lambda: running(tmp_path) and traded(tmp_path), "the first fills of a desk")
        dashboard = Dashboard(tmp_path)
        context = browser.new_context(storage_state=sign_in(browser, dashboard))
        page = Visitor(context, dashboard.address).open("/")
        page.get_by_role("button", name="Halt the desk").click()
        dialog = page.get_by_role("dialog", name="Halt the desk")
        expect(dialog.get_by_text("Positions stay open: nothing is sold.")).to_be_visible()
        dialog.get_by_label("Why (goes on record)").fill("a test of the brakes")
        dialog.get_by_role("button", name="Halt now").click()
        expect(page.locator(".banner.bad", has_text="Halted")).to_be_visible()
        then = ask(tmp_path, ShowSnapshot()).snapshot
        page.wait_for_timeout(2_000)
        now = ask(tmp_path, ShowSnapshot()).snapshot
        context.close()
    finally:
        if dashboard is not None:
            dashboard.process.end()
        desk.end(signal.SIGINT)
    standing = read_halt(halt_file(tmp_path))
    assert standing is not None
    assert standing.reason == "a test of the brakes"
    assert standing.by.startswith("web:")
    assert then is not None
    assert now is not None
    assert (now.halted or "").startswith("a test of the brakes")
    assert now.frames > then.frames
    assert now.orders == then.orders


def test_whoever_did_not_sign_in_sees_the_desk_and_cannot_act(browser: Browser, dashboard: Dashboard) -> None:
    context = browser.new_context()
    page = Visitor(context, dashboard.address).open("/orders")
    halt = page.get_by_role("button", name="Halt the desk")
    expect(halt).to_be_disabled()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    context.close()
