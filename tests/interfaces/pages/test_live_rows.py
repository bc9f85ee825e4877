"""Rows that change four times a second: all of them are shown, what somebody chose stays, and nothing is missed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.interfaces.pages.hostile_desk import HostileDesk
from tests.interfaces.pages.processes import Dashboard
from tests.interfaces.pages.watching import Visitor

_ROWS = 120
_STAMPS = '() => [...document.querySelectorAll("table.rows tbody tr")].map((row) => Number(row.cells[6].textContent))'
"""The millisecond at which each visible row became what it is, as the desk said."""

_TOUCHED = """
() => new Promise((done) => {
  const touched = new Set();
  const watch = new MutationObserver((all) => {
    for (const each of all) touched.add(`${each.target.nodeName} ${each.attributeName}`);
  });
  watch.observe(document, { subtree: true, childList: true, attributes: true });
  setTimeout(() => done([...touched]), 1200);
})
"""
"""Elements with the attributes that were set within some beats, or null where children came or went."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("busy")


@pytest.fixture(scope="module")
def busy_desk(home: Path) -> Iterator[HostileDesk]:
    with HostileDesk(home, rows=_ROWS) as desk:
        yield desk


@pytest.fixture(scope="module")
def busy_dashboard(busy_desk: HostileDesk) -> Iterator[Dashboard]:
    started = Dashboard(busy_desk.home)
    yield started
    started.process.end()


@pytest.fixture
def page(browser: Browser, busy_dashboard: Dashboard) -> Iterator[Page]:
    context = browser.new_context()
    opened = Visitor(context, busy_dashboard.address).open("/orders")
    opened.locator("table.rows tbody tr").first.wait_for()
    yield opened
    context.close()


def test_every_row_of_a_long_table_moves_on_with_the_desk(page: Page) -> None:
    page.get_by_role("button", name="Show more").first.click()
    expect(page.locator("table.rows tbody tr")).to_have_count(_ROWS)
    before = page.evaluate(_STAMPS)
    page.wait_for_function(f"(before) => ({_STAMPS})().every((now) => now > before)", arg=max(before))


def test_filter_order_and_focus_stay_while_rows_change(page: Page) -> None:
    page.get_by_role("button", name="Market").click()
    page.get_by_role("button", name="Market").click()
    field = page.get_by_label("Filter Orders at work")
    field.press_sequentially("7?", delay=60)
    shown = page.locator("table.rows tbody td.title a")
    expect(shown).to_have_count(12)
    before = page.evaluate(_STAMPS)
    page.wait_for_function(f"(before) => ({_STAMPS})().every((now) => now > before)", arg=max(before))
    assert shown.first.inner_text() == "Does it rain on day 97?"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Filter Orders at work"
    assert field.input_value() == "7?"


def test_a_browser_that_was_away_for_a_moment_is_told_what_it_missed(page: Page, busy_desk: HostileDesk) -> None:
    said = page.get_by_text(f"{_ROWS} rows", exact=True)
    expect(said).to_be_visible()
    page.evaluate("window.socket.disconnect()")
    busy_desk.rows = 7
    page.wait_for_timeout(1_000)
    page.evaluate("window.socket.connect()")
    expect(page.locator("table.rows tbody tr")).to_have_count(7)
    busy_desk.rows = _ROWS


def test_a_beat_touches_nothing_but_what_it_changes(page: Page) -> None:
    touched = page.evaluate(_TOUCHED)
    assert "DIV data-beat" in touched
    assert [each for each in touched if each.startswith(("BODY", "HTML", "TABLE", "TR", "BUTTON"))] == []


def test_the_theme_that_somebody_chose_stays_after_a_reload(page: Page) -> None:
    expect(page.locator("body.body--light")).to_be_attached()
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("body.body--dark")).to_be_attached()
    page.reload()
    expect(page.locator("body.body--dark")).to_be_attached()
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("body.body--light")).to_be_attached()
