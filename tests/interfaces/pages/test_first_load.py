"""What a first load brings; how fast pages are is measured by a benchmark."""

from playwright.sync_api import Browser

from tests.interfaces.pages.processes import Dashboard
from tests.interfaces.pages.watching import LIVE, Visitor

_MOST_BYTES = 1_500_000


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
