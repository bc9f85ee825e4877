"""Titles, rules and words of venues that attack: every page shows them as the text they are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.interfaces.hostile import PAYLOADS
from tests.interfaces.pages.hostile_desk import HostileDesk
from tests.interfaces.pages.processes import Dashboard
from tests.interfaces.pages.watching import LIVE, PAGES, Visitor

_DETAILS = ("/market/m", "/bundle/b", "/order/o1")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    home: Path = tmp_path_factory.mktemp("h")
    with HostileDesk(home):
        dashboard = Dashboard(home)
        yield dashboard
        dashboard.process.end()


@pytest.mark.long
def test_no_page_runs_what_a_text_says(browser: Browser, attacked: Dashboard) -> None:
    context = browser.new_context()
    context.add_init_script("window.alert = () => { window.attacked = true; }")
    visitor = Visitor(context, attacked.address)
    run: list[str] = []
    for path in (*(page for page in PAGES if not page.startswith("/handbook")), *_DETAILS):
        page = visitor.page()
        page.goto(attacked.address + path)
        page.locator(LIVE).first.wait_for()
        page.wait_for_timeout(900)
        if page.evaluate("window.attacked") or page.url != attacked.address + path:
            run.append(path)
        page.close()
    context.close()
    assert run == []
    assert visitor.elsewhere == []
    assert [each for each in visitor.complaints if "dialog" in each or "evil" in each] == []


def test_hostile_titles_are_shown_letter_by_letter(browser: Browser, attacked: Dashboard) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{attacked.address}/markets")
    markets = page.get_by_role("table", name="Markets")
    markets.locator("td.title a").first.wait_for()
    shown = markets.locator("td.title a").all_inner_texts()
    context.close()
    assert {text for text in PAYLOADS if text.startswith("<")} <= set(shown)
