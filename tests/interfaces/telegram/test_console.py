"""The Telegram console against a Bot API server of our own: who may do what, and what happens exactly once."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dutchbook.app.control.wire import Answer, Pause, ShowRisk, Stop, Unpause
from dutchbook.evaluation.desk_rows import LockRow
from dutchbook.interfaces.telegram.commands import COMMANDS
from tests.interfaces.telegram.bot_server import TOKEN, BotServer
from tests.interfaces.telegram.rig import GROUP, OPERATOR, STRANGER, VIEWER, Rig, settings, snapshot


@pytest.fixture
async def rig(tmp_path: Path, telegram: BotServer) -> AsyncIterator[Rig]:
    made = Rig(tmp_path, telegram.host)
    async with made.api:
        yield made


async def said(rig: Rig, telegram: BotServer, text: str, user: int = OPERATOR, chat: int | None = None) -> str:
    """What the bot answers to a text; nothing if it says nothing."""
    before = len(telegram.said)
    telegram.text(text, user, chat)
    await rig.poller.round(0)
    return "\n".join(telegram.texts[before:])


async def test_a_person_on_the_list_learns_how_the_desk_stands(rig: Rig, telegram: BotServer) -> None:
    answer = await said(rig, telegram, "/status", VIEWER)
    assert answer.startswith("[SANDBOX] at work")
    assert "equity $10,005.00" in answer


@pytest.mark.parametrize("command", [command.name for command in COMMANDS if not command.confirm])
async def test_every_command_of_the_table_is_answered(rig: Rig, telegram: BotServer, command: str) -> None:
    rig.desk.answers[ShowRisk] = Answer(
        mode="sandbox",
        run="r",
        locks=(LockRow(about="bundle", reason="paused", lift="dutchbook resume bundle"),),
        limits=(),
    )
    assert await said(rig, telegram, f"/{command}{' bundle' if command in ('unlock', 'resume') else ''}")


async def test_help_names_every_command_that_a_role_may_use_and_no_other(rig: Rig, telegram: BotServer) -> None:
    for user, operator in ((OPERATOR, True), (VIEWER, False)):
        answer = await said(rig, telegram, "/help", user)
        for command in COMMANDS:
            assert (f"/{command.name} " in answer) is (operator or command.role == "viewer")


@pytest.mark.parametrize("command", ["/halt", "/pause", "/resume bundle", "/stop", "/ack all", "/unlock bundle"])
async def test_a_viewer_changes_nothing(rig: Rig, telegram: BotServer, command: str) -> None:
    assert "for operators" in await said(rig, telegram, command, VIEWER)
    assert (rig.desk.halts, rig.desk.steered) == ([], [])


async def test_strangers_get_no_answer_and_are_counted(rig: Rig, telegram: BotServer) -> None:
    for user, chat in ((STRANGER, None), (STRANGER, GROUP), (OPERATOR, GROUP), (STRANGER, OPERATOR)):
        assert await said(rig, telegram, "/halt", user, chat) == ""
    assert rig.console.ignored() == 4
    assert rig.desk.halts == []


async def test_a_listed_group_serves_those_on_the_list_and_nobody_else(tmp_path: Path, telegram: BotServer) -> None:
    rig = Rig(tmp_path, telegram.host, settings(chats=str(GROUP)))
    async with rig.api:
        assert await said(rig, telegram, "/status@desk_bot", OPERATOR, GROUP)
        assert await said(rig, telegram, "/status", STRANGER, GROUP) == ""


async def test_a_halt_takes_one_message_and_says_who_ordered_it(rig: Rig, telegram: BotServer) -> None:
    answer = await said(rig, telegram, "/halt the book looks wrong")
    assert rig.desk.halts == [("the book looks wrong", f"telegram:{OPERATOR}")]
    assert answer.startswith("[SANDBOX] HALTED")


async def test_the_button_below_a_status_halts_too(rig: Rig, telegram: BotServer) -> None:
    await said(rig, telegram, "/status")
    telegram.press(telegram.buttons()[0], OPERATOR)
    await rig.poller.round(0)
    assert [by for _, by in rig.desk.halts] == [f"telegram:{OPERATOR}"]


async def test_a_halt_works_while_no_desk_answers(rig: Rig, telegram: BotServer) -> None:
    rig.desk.alive = False
    await said(rig, telegram, "/halt")
    assert len(rig.desk.halts) == 1


async def test_a_halt_is_never_lifted_from_a_phone(rig: Rig, telegram: BotServer) -> None:
    await said(rig, telegram, "/halt")
    assert "only a person on the host" in await said(rig, telegram, "/resume bundle")
    assert rig.desk.steered == []


async def test_a_lock_that_no_pause_made_is_not_lifted(rig: Rig, telegram: BotServer) -> None:
    halted = LockRow(about="desk", reason="halted", lift="dutchbook resume --i-checked")
    rig.desk.answers[ShowRisk] = Answer(mode="sandbox", run="r", locks=(halted,))
    assert "not lifted from here" in await said(rig, telegram, "/unlock desk")
    assert rig.desk.steered == []


async def test_pausing_and_resuming_a_strategy_needs_no_confirmation(rig: Rig, telegram: BotServer) -> None:
    await said(rig, telegram, "/pause bundle")
    await said(rig, telegram, "/resume bundle")
    by = f"telegram:{OPERATOR}"
    assert rig.desk.steered == [Pause("bundle", by=by), Unpause("bundle", by=by)]


@pytest.mark.parametrize(("command", "wanted"), [("/stop", Stop), ("/resume all", Unpause), ("/resume", Unpause)])
async def test_what_lets_go_of_much_is_asked_again_and_done_once(
    rig: Rig, telegram: BotServer, command: str, wanted: type
) -> None:
    answer = await said(rig, telegram, command)
    assert "Press within 30 seconds" in answer
    assert rig.desk.steered == []
    [button] = telegram.buttons()
    for _ in range(3):  # a press that is replayed does nothing
        telegram.press(button, OPERATOR)
    await rig.poller.round(0)
    assert [type(each) for each in rig.desk.steered] == [wanted]
    assert sum("used already" in text for text in telegram.texts) == 2


async def test_nobody_confirms_what_somebody_else_asked(tmp_path: Path, telegram: BotServer) -> None:
    other = OPERATOR + 5
    rig = Rig(tmp_path, telegram.host, settings(operators=f"{OPERATOR}, {other}", chats=str(GROUP)))
    async with rig.api:
        await said(rig, telegram, "/stop")
        [button] = telegram.buttons()
        telegram.press(button, other)
        telegram.press(button, STRANGER)
        telegram.press(button, OPERATOR, GROUP)
        await rig.poller.round(0)
    assert rig.desk.steered == []


async def test_a_confirmation_is_void_after_thirty_seconds(tmp_path: Path, telegram: BotServer) -> None:
    rig = Rig(tmp_path, telegram.host)
    async with rig.api:
        await said(rig, telegram, "/stop")
        [button] = telegram.buttons()
        asked = rig.confirmations.confirm(button.removeprefix("yes:"), OPERATOR, OPERATOR, time.time_ns() + 31 * 10**9)  # type: ignore[arg-type]
    assert asked == "too late: 30 seconds are over - ask again"


async def test_a_restart_forgets_confirmations_and_does_nothing_twice(rig: Rig, telegram: BotServer) -> None:
    await said(rig, telegram, "/pause bundle")
    telegram.text("/pause reward-maker", OPERATOR)
    rig.poller = rig.new_poller()
    await rig.poller.round(0)
    assert [each.strategy for each in rig.desk.steered if isinstance(each, Pause)] == ["bundle", "reward-maker"]


async def test_a_command_that_a_crash_cut_off_is_not_done_again_but_a_halt_is(rig: Rig, telegram: BotServer) -> None:
    state = rig.home / "messenger" / "telegram.json"
    telegram.text("/pause bundle", OPERATOR)
    await rig.poller.round(0)
    number = json.loads(state.read_text())["offset"]
    # The server offers it again, as Telegram does where the confirmation was lost.
    telegram.text("/pause bundle", OPERATOR)
    telegram.waiting[-1]["update_id"] = number - 1
    await rig.new_poller().round(0)
    assert len(rig.desk.steered) == 1


async def test_old_commands_are_not_done_but_an_old_halt_is(rig: Rig, telegram: BotServer) -> None:
    long_ago = int(time.time()) - 3_600
    telegram.text("/resume bundle", OPERATOR, date=long_ago)
    telegram.text("/halt", OPERATOR, date=long_ago)
    await rig.poller.round(0)
    assert rig.desk.steered == []
    assert len(rig.desk.halts) == 1
    assert any("not done now" in text for text in telegram.texts)


async def test_the_mode_comes_first_in_every_answer(rig: Rig, telegram: BotServer) -> None:
    rig.desk.picture = snapshot(mode="live")
    for text in ("/status", "/scan", "/nearmiss"):
        assert (await said(rig, telegram, text)).startswith("[LIVE]")
    for command in COMMANDS:
        for user in (OPERATOR, VIEWER):
            assert (await said(rig, telegram, f"/{command.name}", user)).startswith("[")
    for odd in ("/nonsense", "/trades x", "/ack a99"):
        assert (await said(rig, telegram, odd)).startswith("[SANDBOX]")
    telegram.press("yes:old", OPERATOR)
    await rig.poller.round(0)
    assert telegram.texts[-1].startswith("[SANDBOX] nothing done")


async def test_without_a_desk_the_answer_says_so_in_one_line(rig: Rig, telegram: BotServer) -> None:
    rig.desk.alive = False
    assert (await said(rig, telegram, "/status")).startswith("[NO DESK] no desk is running here")


def test_no_command_can_touch_keys_money_limits_or_gates() -> None:
    forbidden = {"key", "keys", "withdraw", "live", "arm", "limit", "transfer", "config", "buy", "sell", "trade", "run"}
    assert forbidden.isdisjoint(command.name for command in COMMANDS)


async def test_a_bad_number_is_explained(rig: Rig, telegram: BotServer) -> None:
    for text in ("/trades -1", "/trades many", "/pnl 999999999999", "/logs ٣"):
        assert "write a number" in await said(rig, telegram, text)


async def test_an_answer_never_holds_the_token(rig: Rig, telegram: BotServer) -> None:
    rig.desk.picture = snapshot(notice=f"token {TOKEN}")
    assert TOKEN not in await said(rig, telegram, "/status")
