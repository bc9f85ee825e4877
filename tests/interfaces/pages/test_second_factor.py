"""Real money in a browser: the halt waits for nothing, what could add risk or lose orders waits for a one-time code."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dutchbook.app.control.wire import Cancel, Pause, Stop, Unpause
from dutchbook.domain.units import DAY, Nanos
from dutchbook.engine.clocks import RealClock
from dutchbook.interfaces.web.passwords import hashed
from dutchbook.interfaces.web.second_factor import code_at, new_secret
from dutchbook.interfaces.web.sessions import COOKIE, Sessions
from dutchbook.risk.halt import halt_file, read_halt
from dutchbook.storage.home import Home
from dutchbook.storage.roles import Role
from dutchbook.storage.users_file import User, UsersFile
from tests.interfaces.pages.live_desk import LiveDesk
from tests.interfaces.pages.processes import Dashboard, wait_for
from tests.interfaces.pages.watching import CONTRAST, NAMELESS, OUTLINE, Visitor

_CODE = "One-time code of your second factor"
_ROLES = {"ann": Role.ADMIN, "bob": Role.OPERATOR, "cyd": Role.OPERATOR, "dan": Role.OPERATOR, "eve": Role.ADMIN}


class RealMoney:
    """A desk at real money, its dashboard, and people who signed in by password long ago."""

    def __init__(self, home: Path, browser: Browser) -> None:
        self.home = home
        self.desk = LiveDesk(home)
        self._browser = browser
        users, made = UsersFile(Home(home).users), Nanos(RealClock().now())
        self._secrets = {name: "" if name == "eve" else new_secret() for name in _ROLES}
        for name, role in _ROLES.items():
            users.put_user(
                User(name=name, role=role, password=hashed("a password"), made=made, second=self._secrets[name])
            )
        # As after five minutes: sessions whose second factor is good no more, two for each.
        sessions = Sessions(Home(home).sessions, RealClock(), DAY)
        self._numbers = {name: [sessions.begin(name)[0], sessions.begin(name)[0]] for name in _ROLES}
        self.dashboard = Dashboard(home)

    def page(self, user: str, path: str, width: int = 1440, session: int = 0) -> Page:
        """A page of somebody, in a browser of their own."""
        context = self._browser.new_context(viewport={"width": width, "height": 900})
        number = self._numbers[user][session]
        context.add_cookies([{"name": COOKIE, "value": number, "url": self.dashboard.address}])
        return Visitor(context, self.dashboard.address).open(path)

    def code(self, user: str) -> str:
        """What somebody's authenticator program shows now."""
        return code_at(self._secrets[user], int(time.time()))

    def asked(self, what: type) -> list[str]:
        """Who had the desk do something of this kind."""
        return [each.by for each in self.desk.asked if isinstance(each, what)]


@pytest.fixture(scope="module")
def money(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealMoney]:
    made = RealMoney(tmp_path_factory.mktemp("live"), browser)
    with made.desk:
        yield made
    made.dashboard.process.end()


def dialog_of(page: Page, press: str, title: str) -> Locator:
    page.get_by_role("button", name=press, exact=True).first.click()
    found = page.get_by_role("dialog", name=title)
    expect(found).to_be_visible()
    return found


def test_a_halt_at_real_money_is_one_press_and_wants_no_code(money: RealMoney) -> None:
    page = money.page("ann", "/orders")
    expect(page.locator(".mode").first).to_have_text("LIVE")
    dialog = dialog_of(page, "Halt the desk", "Halt the desk")
    expect(dialog.get_by_label(_CODE)).to_be_hidden()
    dialog.get_by_role("button", name="Halt now").click()
    wait_for(lambda: read_halt(halt_file(money.home)) is not None, "the halt")
    standing = read_halt(halt_file(money.home))
    assert standing is not None
    assert standing.by == "web:ann"
    halt_file(money.home).unlink()
    page.context.close()


def test_cancelling_everything_asks_for_a_code_refuses_a_wrong_and_a_used_one_and_acts_on_the_right_one(
    money: RealMoney,
) -> None:
    first, second = money.page("bob", "/orders"), money.page("bob", "/orders", session=1)
    code = money.code("bob")
    dialog = dialog_of(first, "Cancel all", "Cancel all orders")
    expect(dialog.get_by_text("Cancels 5 open orders on 2 venues.")).to_be_visible()
    field = dialog.get_by_label(_CODE)
    expect(field).to_be_visible()
    expect(field).to_be_focused()
    act = dialog.get_by_role("button", name="Cancel all")
    act.click()
    expect(dialog.get_by_role("alert")).to_have_text("Real money: give a one-time code of your second factor first")
    field.fill("000000" if code != "000000" else "000001")
    act.click()
    expect(dialog.get_by_role("alert")).to_contain_text("Wrong one-time code")
    assert money.asked(Cancel) == []
    field.fill(code)
    field.press("Enter")
    expect(dialog).to_be_hidden()
    assert money.asked(Cancel) == ["web:bob"]

    again = dialog_of(second, "Cancel all", "Cancel all orders")
    again.get_by_label(_CODE).fill(code)
    again.get_by_role("button", name="Cancel all").click()
    expect(again.get_by_role("alert")).to_contain_text("one that was used")
    assert money.asked(Cancel) == ["web:bob"]

    once_more = dialog_of(first, "Cancel all", "Cancel all orders")
    expect(once_more.get_by_label(_CODE)).to_be_hidden()  # five minutes are not over
    for page in (first, second):
        page.context.close()


@pytest.mark.long
@pytest.mark.parametrize(
    ("user", "path", "press", "title", "verb", "done"),
    [
        ("cyd", "/strategies", "Resume all", "Resume all strategies", "Resume", Unpause),
        ("dan", "/system", "Stop the run", "Stop the run", "Stop it", Stop),
    ],
)
def test_what_adds_risk_or_ends_the_run_asks_for_a_code_too(
    money: RealMoney, user: str, path: str, press: str, title: str, verb: str, done: type
) -> None:
    page = money.page(user, path)
    dialog = dialog_of(page, press, title)
    dialog.get_by_role("button", name=verb, exact=True).click()
    expect(dialog.get_by_role("alert")).to_have_text("Real money: give a one-time code of your second factor first")
    assert money.asked(done) == []
    dialog.get_by_label(_CODE).fill(money.code(user))
    dialog.get_by_role("button", name=verb, exact=True).click()
    expect(dialog).to_be_hidden()
    assert money.asked(done) == [f"web:{user}"]
    page.context.close()


@pytest.mark.long
def test_settings_are_written_with_a_code_alone(money: RealMoney) -> None:
    page = money.page("ann", "/system/settings")
    page.get_by_label("dutchbook.yaml").fill("reward_maker:\n  max_markets: 7\n")
    page.get_by_role("button", name="Look at the difference").click()
    dialog = dialog_of(page, "Write it", "Write the settings file")
    expect(dialog.get_by_label(_CODE)).to_be_visible()
    dialog.get_by_role("button", name="Write it").click()
    expect(dialog.get_by_role("alert")).to_have_text("Real money: give a one-time code of your second factor first")
    written = money.home / "config" / "dutchbook.yaml"
    assert not written.exists()
    dialog.get_by_label(_CODE).fill(money.code("ann"))
    dialog.get_by_role("button", name="Write it").click()
    expect(dialog).to_be_hidden()
    assert "max_markets: 7" in written.read_text()
    page.context.close()


@pytest.mark.long
def test_pausing_wants_no_code(money: RealMoney) -> None:
    page = money.page("cyd", "/strategies", session=1)
    dialog = dialog_of(page, "Pause all", "Pause all strategies")
    expect(dialog.get_by_label(_CODE)).to_be_hidden()
    dialog.get_by_role("button", name="Pause", exact=True).click()
    expect(dialog).to_be_hidden()
    assert money.asked(Pause) == ["web:cyd"]
    page.context.close()


def test_whoever_has_no_second_factor_is_told_how_to_get_one_and_cannot_press(money: RealMoney) -> None:
    page = money.page("eve", "/orders")
    dialog = dialog_of(page, "Cancel all", "Cancel all orders")
    expect(dialog.get_by_role("alert")).to_contain_text("dutchbook users second eve")
    expect(dialog.get_by_label(_CODE)).to_be_hidden()
    expect(dialog.get_by_role("button", name="Cancel all")).to_be_disabled()
    page.context.close()


@pytest.mark.long
@pytest.mark.parametrize("width", [1440, 390])
def test_the_question_is_whole_readable_and_named_at_both_widths(money: RealMoney, width: int) -> None:
    page = money.page("ann", "/orders", width, session=1)
    dialog = dialog_of(page, "Cancel all", "Cancel all orders")
    dialog.get_by_role("button", name="Cancel all").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    page.wait_for_timeout(400)  # the sheet has faded in
    box = dialog.locator(".sheet").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= 900
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(OUTLINE)["wide"] <= 0
    assert page.evaluate(CONTRAST) == []
    page.context.close()
