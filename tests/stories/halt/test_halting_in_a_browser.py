"""The Halt button of a page while a desk quotes at both venues of the sandbox."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.interfaces.pages.conftest import browser, sign_in
from tests.interfaces.pages.processes import Dashboard
from tests.interfaces.pages.watching import Visitor
from tests.stories.halt.bustling import Bustle
from tests.stories.halt.judging import Acknowledged, judge

__all__ = ["browser"]


@pytest.fixture
def bustle(tmp_path: Path) -> Iterator[Bustle]:
    made = Bustle(tmp_path)
    yield made
    made.end()


@pytest.mark.long
def test_one_press_ends_what_rests_at_both_venues(bustle: Bustle, browser: Browser) -> None:
    bustle.begin()
    bustle.quotes()
    dashboard = Dashboard(bustle.home)
    try:
        context = browser.new_context(storage_state=sign_in(browser, dashboard))
        page = Visitor(context, dashboard.address).open("/orders")
        page.get_by_role("button", name="Halt the desk").click()
        dialog = page.get_by_role("dialog", name="Halt the desk")
        expect(dialog.get_by_text("Sends no new order, and cancels those that open risk")).to_be_visible()
        dialog.get_by_label("Why (goes on record)").fill("a story")
        asked = time.time_ns()
        dialog.get_by_role("button", name="Halt now").click()
        told = page.get_by_text("HALTED: a story")
        expect(told.first).to_be_visible()
        at = time.time_ns()
        judge(bustle, Acknowledged(asked, at, told.first.inner_text()))
        expect(page.locator(".banner.bad", has_text="Halted")).to_be_visible()
        context.close()
    finally:
        dashboard.process.end()
