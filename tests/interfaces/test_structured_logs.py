"""Logs of the processes beside the desk: JSON, dated, with their mode, without secrets; libraries' words too."""

import json
import logging
from pathlib import Path

from dutchbook.engine.clocks import VirtualClock
from dutchbook.interfaces.log_lines import newest_lines, warnings_of
from dutchbook.interfaces.structured_logs import StructuredLogs
from dutchbook.storage.home import Home
from dutchbook.storage.log_settings import Level, LogSettings
from dutchbook.storage.redaction import Redactor
from tests.interfaces.alerts.walk import START

CANARY = "canary-token-4711"


def lines(home: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in Home(home).logs.iterdir() for line in path.read_text().splitlines()]


def logs(home: Path) -> StructuredLogs:
    made = StructuredLogs(home, "messages", LogSettings.model_validate({}), VirtualClock(START), Redactor([CANARY]))
    made.mode = lambda: "live"
    return made


def test_a_line_says_when_where_what_and_in_which_mode(tmp_path: Path) -> None:
    written = logs(tmp_path)
    written.say("alert", {"alert": "a1", "title": "Halted"})
    written.close()
    assert [path.name for path in Home(tmp_path).logs.iterdir()] == ["messages-2026-09-21.log"]
    [line] = lines(tmp_path)
    assert line == {
        "at": "2026-09-21T14:13:20.000000Z",
        "level": "info",
        "room": "messages",
        "event": "alert",
        "mode": "live",
        "alert": "a1",
        "title": "Halted",
    }


def test_secrets_and_values_of_failures_stay_out(tmp_path: Path) -> None:
    written = logs(tmp_path)
    written.logger.warning("refused", reason=f"token {CANARY}", bot_token="whatever", inner={"password": "x"})  # noqa: S106
    try:
        raise ValueError(CANARY)
    except ValueError:
        written.logger.exception("failed")
    written.close()
    text = json.dumps(lines(tmp_path))
    assert CANARY not in text
    assert "whatever" not in text
    assert "ValueError" in text


def test_what_libraries_complain_about_is_kept_until_the_log_is_closed(tmp_path: Path) -> None:
    written = logs(tmp_path)
    logging.getLogger("some.library").warning("odd: %s", CANARY)
    logging.getLogger("some.library").debug("much")
    written.close()
    logging.getLogger("some.library").warning("later")
    [line] = lines(tmp_path)
    assert (line["level"], line["name"], line["said"]) == ("warning", "some.library", "odd: (not shown)")


def test_the_newest_warnings_of_all_rooms_are_told_in_words_with_their_mode(tmp_path: Path) -> None:
    written = logs(tmp_path)
    for number in range(30):
        written.logger.warning("refused", reason=f"reason {number}")
        written.logger.info("fine")
    written.close()
    told = warnings_of(tmp_path, 3)
    assert [line.rsplit(" ", 1)[1] for line in told] == ["27", "28", "29"]
    assert all(line.startswith("[LIVE] ") for line in told)
    assert warnings_of(tmp_path / "empty", 3) == []


def test_lines_can_be_asked_for_by_how_much_they_matter(tmp_path: Path) -> None:
    written = logs(tmp_path)
    written.logger.info("started", where="here", port=1)
    written.logger.warning("refused", reason="too early")
    written.close()
    assert [(line.event, line.text) for line in newest_lines(tmp_path, 10, Level.INFO)] == [
        ("started", "where here, port 1"),
        ("refused", "too early"),
    ]
    assert [line.event for line in newest_lines(tmp_path, 10, Level.WARNING)] == ["refused"]
    assert [line.event for line in newest_lines(tmp_path, 1)] == ["refused"]
    assert newest_lines(tmp_path, 10, Level.ERROR) == []
