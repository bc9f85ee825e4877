"""The page of a report in a real browser: no network, no script, readable, narrow and wide, by day and by night."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, sync_playwright

from dutchbook.interfaces.reports.page import page
from tests.interfaces.hostile import PAYLOADS
from tests.interfaces.reported import made_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
LEAST_CONTRAST = 4.5
"""WCAG 2.2 AA for text of an ordinary size."""
CONTRASTS = """
() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const channel = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const found = parts(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
    if (!own || node.tagName === "STYLE" || node.tagName === "TITLE") continue;
    const style = getComputedStyle(node);
    const ink = node instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(parts(ink)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < %LEAST%) poor.push(`${node.tagName} "${node.textContent.slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  return poor;
}
""".replace("%LEAST%", str(LEAST_CONTRAST))

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium of the distribution is installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_report_opens_without_a_network_and_without_an_error(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(made_report("A market with a title of an ordinary length", rows=20)), encoding="utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        offline=True,
    )
    said: list[str] = []
    shown = context.new_page()
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.on("request", lambda request: said.append(request.url) if request.url != file.as_uri() else None)
    shown.goto(file.as_uri())
    assert said == []
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.evaluate(CONTRASTS) == []
    assert shown.locator("svg[role=img][aria-label]").count() == shown.locator("svg").count() > 0
    assert shown.locator("h1").count() == 1
    context.close()


def test_titles_do_nothing_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    """Neither by themselves nor by what they fetch, with the policy of the page and without it."""
    context = browser.new_context()
    shown = context.new_page()
    happened: list[str] = []

    def opened(dialog: Dialog) -> None:
        happened.append(dialog.message)
        dialog.dismiss()

    shown.on("dialog", opened)
    shown.on("request", lambda request: happened.append(request.url) if not request.url.startswith("file:") else None)
    for number, payload in enumerate(PAYLOADS):
        for policy in ("Content-Security-Policy", "X-None"):
            text = page(made_report(payload, rows=1)).replace("Content-Security-Policy", policy)
            file = tmp_path / f"{number}-{policy}.html"
            file.write_text(text, encoding="utf-8", errors="replace")
            shown.goto(file.as_uri())
            assert shown.url == file.as_uri()
    assert happened == []
    context.close()
