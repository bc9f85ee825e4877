"""The mode is on everything that somebody could take for another one's: pages, messages, reports, lines of logs."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import httpx

from dutchbook.interfaces.web import pages
from dutchbook.storage.logs import kept_files
from tests.conftest import ROOT
from tests.interfaces.pages.watching import PAGES
from tests.interfaces.web.processes import DeskWithScreens, until

INTERFACES = ROOT / "src" / "dutchbook" / "interfaces"
MESSAGES = {"alerts/channels.py", "alerts/trial.py"}
"""Where messages are put together."""
SENDERS = {"telegram/channel.py", "telegram/polling.py", "telegram/trial.py"}
"""Where something is said over Telegram: messages as above, answers of the console, the trial's one sentence."""


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Each call of a function or method of this name in the interfaces, with its file."""
    for path in INTERFACES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name | ast.Attribute) and name in (
                getattr(called, "id", ""),
                getattr(called, "attr", ""),
            ):
                assert isinstance(node, ast.Call)
                yield str(path.relative_to(INTERFACES)), node


def begins_with_badge(text: ast.expr) -> bool:
    """Whether a text is written as `f"{badge(...)} ..."`."""
    if not isinstance(text, ast.JoinedStr) or not isinstance(text.values[0], ast.FormattedValue):
        return False
    first = text.values[0].value
    return isinstance(first, ast.Call) and isinstance(first.func, ast.Name) and first.func.id == "badge"


def test_every_message_is_put_together_with_its_mode_first() -> None:
    found = list(calls("Message"))
    assert {file for file, _ in found} == MESSAGES
    for file, call in found:
        [title] = [each.value for each in call.keywords if each.arg == "title"]
        assert begins_with_badge(title), file


def test_nothing_is_said_over_telegram_but_messages_answers_and_the_trial() -> None:
    senders = {file for file, call in calls("send") if file.startswith("telegram/") and len(call.args) == 2}
    assert senders == SENDERS
    polling = (INTERFACES / "telegram" / "polling.py").read_text()
    assert polling.count(".send(") == 1, "all answers leave at one place, behind the console that puts the mode first"
    [said] = [call.args[1] for file, call in calls("send") if file == "telegram/trial.py"]
    assert begins_with_badge(said)


def test_every_page_is_one_that_browsers_visit_to_see_its_mode() -> None:
    assert set(pages._PLAIN) <= set(PAGES)


def test_every_page_is_drawn_in_the_frame_that_shows_the_mode() -> None:
    framed = {file for file, _ in calls("frame")}
    drawn = {
        str(path.relative_to(INTERFACES))
        for path in (INTERFACES / "web" / "pages").rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("show") and _takes_screens(node)
    }
    assert len(drawn) > 10
    assert drawn <= framed


def test_each_line_of_the_logs_of_a_desk_and_its_screens_and_the_way_in_carry_the_mode(tmp_path: Path) -> None:
    with DeskWithScreens(tmp_path / "home") as desk:
        address, logs = desk.address(), desk.home / "logs"
        page = httpx.get(f"{address}/sign-in", timeout=30).text
        assert "<title>Sign in · PAPER · dutchbook</title>" in page
        assert ">PAPER</span>" in page
        wrong_sign_in(address)
        until(lambda: any(kept.room == "screens" for kept in kept_files(logs)))
    rooms = {kept.room for kept in kept_files(logs)}
    assert {"desk", "screens"} <= rooms
    lines = [(kept.path.name, line) for kept in kept_files(logs) for line in kept.path.read_text().splitlines()]
    assert len(lines) > 5
    silent = [(name, line) for name, line in lines if not says_mode(line)]
    # Beside them stands what the dashboard itself printed: where it listens, and what it warned of, with the mode.
    assert [line for name, line in silent if not name.startswith("dashboard-")] == []
    printed = [line for name, line in silent if name.startswith("dashboard-")]
    assert [line for line in printed if not line.startswith(("[PAPER] ", "dashboard: http", "to act there"))] == []
    assert any("[PAPER] warning: sign-in from 127.0.0.1 refused" in line for line in printed)


def wrong_sign_in(address: str) -> None:
    said = {"user": "ann", "password": "no such password"}
    headers = {"Origin": address, "Sec-Fetch-Site": "same-origin"}
    answer = httpx.post(f"{address}/sign-in", data=said, headers=headers, timeout=30)
    assert answer.status_code == 401
    assert "PAPER" in answer.text


def says_mode(line: str) -> bool:
    try:
        return bool(json.loads(line)["mode"] == "paper")
    except (ValueError, KeyError, TypeError):
        return False


def _takes_screens(node: ast.FunctionDef) -> bool:
    return bool(node.args.args) and node.args.args[0].arg == "screens"
