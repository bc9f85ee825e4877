"""Every page in a real browser: desktop and phone, light and dark, without an error, readable and named."""

import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect

from tests.interfaces.pages.processes import Dashboard
from tests.interfaces.pages.watching import CONTRAST, NAMELESS, OUTLINE, PAGES, Visitor

_SETTLED_MS = 600
"""After which each table has had its first rows."""


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        pytest.param(1440, "light", marks=pytest.mark.long),
        pytest.param(390, "dark", marks=pytest.mark.long),
        pytest.param(1440, "dark", marks=pytest.mark.long),
        pytest.param(390, "light", marks=pytest.mark.long),
    ],
)
def test_every_page_is_whole_readable_and_says_its_mode(
    browser: Browser, dashboard: Dashboard, signed_in: str, width: int, scheme: str
) -> None:
    context = browser.new_context(
        storage_state=signed_in,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    visitor = Visitor(context, dashboard.address)
    found: list[str] = []
    for path in PAGES:
        page = visitor.open(path)
        page.wait_for_timeout(_SETTLED_MS)
        mode, title = page.locator(".top .mode").inner_text(), page.title()
        if mode != "PAPER" or "PAPER" not in title:
            found.append(f"{path}: says mode {mode!r} and title {title!r}")
        outline = page.evaluate(OUTLINE)
        if outline["h1"] < 1 or outline["main"] != 1 or outline["ids"] or outline["wide"] > 0:
            found.append(f"{path}: {outline}")
        found += [f"{path}: nameless {each}" for each in page.evaluate(NAMELESS)]
        found += [f"{path}: contrast {each}" for each in page.evaluate(CONTRAST)[:5]]
        page.close()
    context.close()
    assert not found, "\n".join(found)
    assert visitor.complaints == []
    assert visitor.elsewhere == []


def test_a_page_that_hears_of_no_desk_yet_says_its_mode_and_calls_nothing_live(visitor: Visitor) -> None:
    page, taken = visitor.page(), list[WebSocketRoute]()
    # Never answered. A lambda, since Playwright writes on what it calls.
    page.route_web_socket("**/socket.io/**", lambda socket: taken.append(socket))  # noqa: PLW0108
    page.goto(f"{visitor.address}/orders")
    expect(page.locator(".top .mode")).to_have_text("PAPER")
    ages = page.locator(".age")
    expect(ages.first).to_have_text("connecting")
    assert {each.get_attribute("class") for each in ages.all()} == {"age quiet"}
    assert taken, "the page did not try to hear of its desk"


def test_what_keys_reach_first_is_the_way_past_the_navigation_then_the_pages_then_the_halt(visitor: Visitor) -> None:
    page = visitor.open("/")
    reached = []
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.ariaLabel"))
    assert reached[0] == "Skip to the page"
    assert reached[1:4] == ["dutchbook", "Overview", "Markets"]
    assert "HALT" in reached


def test_an_order_explains_itself_from_the_frame_to_its_result(visitor: Visitor) -> None:
    page = visitor.open("/orders/history")
    page.locator("table.rows tbody a").first.click()
    page.locator(".chain li").nth(3).wait_for()
    steps = page.locator(".chain .what").all_inner_texts()
    assert steps[0] == "Frame"
    assert steps.index("Verdict of risk") < steps.index("Order")
    assert "every line proven by the hash chain" in page.content()


def test_a_note_on_an_order_stays_and_says_who_wrote_it(visitor: Visitor) -> None:
    page = visitor.open("/orders/history")
    page.locator("table.rows tbody a").first.click()
    page.get_by_label("Write a note").fill("bought <b>early</b>")
    page.get_by_role("button", name="Keep it").click()
    note = page.locator(".note-row").first
    note.wait_for()
    assert "bought <b>early</b>" in note.inner_text()
    assert "web:" in note.inner_text()


def test_a_table_sorts_filters_and_keeps_focus_while_it_is_pushed(visitor: Visitor) -> None:
    page = visitor.open("/system/settings")
    panel = page.get_by_role("region", name="Settings in force").last
    search = page.get_by_label("Filter Settings in force")
    search.fill("risk daily")
    assert panel.locator("tbody tr").count() == 2
    search.fill("")
    panel.get_by_role("button", name="Setting", exact=True).click()
    keys = panel.locator("tbody tr td:first-child").all_inner_texts()
    assert keys == sorted(keys)
    strategies = visitor.open("/strategies")
    strategies.get_by_role("button", name="Pause bundle").focus()
    strategies.wait_for_timeout(2_500)
    assert strategies.evaluate("document.activeElement.ariaLabel") == "Pause bundle"


def test_a_setting_is_shown_as_it_is_and_as_it_would_be_before_it_is_written(visitor: Visitor) -> None:
    page = visitor.open("/system/settings")
    text = page.get_by_label("dutchbook.yaml")
    text.fill("risk:\n  daily_los: 5%\n")
    page.get_by_role("button", name="Look at the difference").click()
    page.get_by_text("unknown key, did you mean daily_loss?").wait_for()
    text.fill("risk:\n  daily_loss: 5%\n")
    page.get_by_role("button", name="Look at the difference").click()
    page.locator(".sides .come").first.wait_for()
    row = page.locator(".difference table.rows tbody tr").first.inner_text()
    assert "risk.daily_loss" in row
    assert "10%" in row
    assert "5%" in row


def test_the_documentation_is_within_the_dashboard(visitor: Visitor) -> None:
    page = visitor.open("/handbook")
    assert page.get_by_role("navigation", name="Pages of the documentation").locator("a").count() > 10
    page.get_by_role("link", name="Configuration").first.click()
    page.locator("article h2").first.wait_for()
    assert page.locator("article h2").first.inner_text() == "Configuration"


def test_a_person_signs_in_with_a_code_on_the_page(browser: Browser, dashboard: Dashboard) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{dashboard.address}/sign-in")
    page.locator("summary").click()
    page.fill("input[name=sign_in_code]", dashboard.sign_in_code())
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in with the code").click()
    page.goto(dashboard.address)
    page.get_by_role("button", name="Halt the desk").wait_for()
    assert page.get_by_role("button", name="Halt the desk").is_enabled()
    context.close()


def test_what_somebody_types_stays_while_the_page_is_pushed(visitor: Visitor) -> None:
    page = visitor.open("/strategies")
    # Until the tables have their rows the button moves, and one that moves between press and release is not clicked.
    page.get_by_role("table", name="Wallets").locator("tbody tr").first.wait_for()
    page.get_by_role("button", name="New wallet").click()
    name = page.get_by_label("Name", exact=True)
    name.press_sequentially("Lunch money", delay=120)
    page.wait_for_timeout(1_200)
    assert name.input_value() == "Lunch money"
