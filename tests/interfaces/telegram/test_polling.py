"""Long polling against outages: what Telegram says no to, and what it does not answer at all."""

import asyncio
import logging
from pathlib import Path

import pytest

from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.telegram.bot_api import LONGEST, BotApi, BotRefused, BotUnreachable, fitting
from dutchbook.interfaces.telegram.commands import menu
from tests.interfaces.telegram.bot_server import TOKEN, BotServer
from tests.interfaces.telegram.rig import OPERATOR, Rig


async def test_the_menu_is_what_the_bot_api_takes(telegram: BotServer) -> None:
    async with BotApi(Secret(TOKEN), telegram.host) as api:
        await api.publish_commands(menu())
    assert [row["command"] for row in telegram.commands] == list(menu())


async def test_a_wrong_token_is_said_in_one_line_that_does_not_hold_it(telegram: BotServer) -> None:
    wrong = TOKEN[:-1] + "x"
    async with BotApi(Secret(wrong), telegram.host) as api:
        with pytest.raises(ConfigError, match="TELEGRAM_BOT_TOKEN") as caught:
            await api.me()
    assert wrong not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "pause"),
    [
        (
            429,
            {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 7}},
            7,
        ),
        (409, {"ok": False, "error_code": 409, "description": "Conflict: terminated by other getUpdates"}, 30),
        (502, {"ok": False, "error_code": 502, "description": "Bad Gateway"}, None),
    ],
)
async def test_what_passes_is_tried_again_after_the_pause_that_was_asked_for(
    telegram: BotServer, status: int, body: dict[str, object], pause: float | None
) -> None:
    telegram.refuse["getUpdates"] = [(status, body)]
    async with BotApi(Secret(TOKEN), telegram.host) as api:
        with pytest.raises(BotUnreachable) as caught:
            await api.updates(0, 0)
        assert caught.value.retry_after_s == pause
        assert await api.updates(0, 0) == []


async def test_a_message_that_telegram_refuses_is_not_sent_again(telegram: BotServer) -> None:
    body = {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
    telegram.refuse["sendMessage"] = [(403, body)]
    async with BotApi(Secret(TOKEN), telegram.host) as api:
        with pytest.raises(BotRefused, match="blocked by the user"):
            await api.send(OPERATOR, "hello")


async def test_no_error_and_no_log_names_the_token_when_nobody_answers(
    unused_tcp_port_of_nobody: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with BotApi(Secret(TOKEN), f"http://127.0.0.1:{unused_tcp_port_of_nobody}") as api:
        with pytest.raises(BotUnreachable) as caught:
            await api.me()
    assert TOKEN not in f"{caught.value!r} {caught.value.__cause__!r} {caplog.text}"


async def test_an_answer_that_is_lost_does_not_stop_the_console(tmp_path: Path, telegram: BotServer) -> None:
    rig = Rig(tmp_path, telegram.host)
    telegram.refuse["sendMessage"] = [(500, {"ok": False, "error_code": 500, "description": "oops"})]
    async with rig.api:
        telegram.text("/halt", OPERATOR)
        telegram.text("/status", OPERATOR)
        await rig.poller.round(0)
    assert len(rig.desk.halts) == 1
    assert len(telegram.said) == 1
    assert "telegram_answer_lost" in [event for event, _ in rig.said]


async def test_polling_goes_on_through_an_outage(tmp_path: Path, telegram: BotServer) -> None:
    rig = Rig(tmp_path, telegram.host)
    telegram.refuse["getUpdates"] = [(502, {"ok": False, "error_code": 502, "description": "Bad Gateway"})]
    telegram.text("/pause bundle", OPERATOR)
    async with rig.api:
        polling = asyncio.create_task(rig.poller.run())
        async with asyncio.timeout(10):
            await rig.desk.steered_once.wait()
        polling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await polling
    assert "telegram_unreachable" in [event for event, _ in rig.said]


async def test_a_damaged_memory_is_said_and_not_guessed(tmp_path: Path, telegram: BotServer) -> None:
    state = tmp_path / "messenger" / "telegram.json"
    state.parent.mkdir()
    state.write_text("{")
    with pytest.raises(ConfigError, match="commands could be done twice"):
        Rig(tmp_path, telegram.host)


def test_a_long_text_is_cut_as_telegram_counts() -> None:
    for text in ("x" * 10_000, "😀" * 5_000, "a" + "😀" * 4_000):
        assert len(fitting(text).encode("utf-16-le")) // 2 <= LONGEST
    assert fitting("short") == "short"
    assert fitting("") == "-"
