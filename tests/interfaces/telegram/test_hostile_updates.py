"""A thousand hostile updates: of strangers, of no shape at all, of somebody who guesses. Nothing happens."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dutchbook.interfaces.telegram.commands import COMMANDS
from tests.interfaces.telegram.bot_server import BotServer
from tests.interfaces.telegram.rig import GROUP, OPERATOR, STRANGER, VIEWER, Rig

TEXTS = (
    "/halt",
    "/stop",
    "/resume all",
    "/pause\u202ebundle",
    "/HALT@desk_bot now",
    "/ halt",
    "//halt",
    "halt",
    "/halt\x00",
    "/ack all",
    "/" + "a" * 4_000,
    "/resume '; DROP TABLE orders;--",
    "/status <script>alert(1)</script>",
    "/logs 99999999999999999999999",
    "\ud83d\ude00" * 500,
    "/ｈalt",  # noqa: RUF001 - another letter that looks the same
    "",
)
SHAPES: tuple[Any, ...] = (
    {"message": None},
    {"message": {"message_id": "one", "date": 0, "chat": {"id": OPERATOR, "type": "private"}, "text": "/halt"}},
    {"message": {"message_id": 1, "date": 0, "chat": {"id": OPERATOR, "type": "private"}, "text": "/halt"}},
    {"message": {"message_id": 1, "date": 0, "chat": {"id": OPERATOR}, "from": {"id": OPERATOR}, "text": "/halt"}},
    {"message": []},
    {"callback_query": {"id": 5}},
    {"callback_query": {"id": "q", "from": {"id": OPERATOR}, "data": "halt"}},
    {"edited_message": {"text": "/halt", "from": {"id": OPERATOR}}},
    {"channel_post": {"text": "/halt", "chat": {"id": OPERATOR, "type": "channel"}}},
    {"my_chat_member": {"from": {"id": OPERATOR}}},
    {},
)


@pytest.fixture
async def rig(tmp_path: Path, telegram: BotServer) -> AsyncIterator[Rig]:
    made = Rig(tmp_path, telegram.host)
    async with made.api:
        yield made


def hostile(telegram: BotServer, chance: random.Random) -> None:
    """One of them."""
    text = chance.choice(TEXTS)
    kind = chance.randrange(8)
    if kind == 0:
        telegram.post(chance.choice(SHAPES))
    elif kind == 1:
        telegram.text(text, STRANGER)
    elif kind == 2:
        telegram.text(text, chance.choice((STRANGER, OPERATOR)), GROUP)
    elif kind == 3:
        telegram.text(text, STRANGER, OPERATOR)  # in the operator's chat, by somebody else
    elif kind == 4:
        telegram.press(chance.choice(("halt", "yes:name-0", "yes:", "ack:a1", "x" * 64, "")), STRANGER)
    elif kind == 5:
        bot = {"id": OPERATOR, "is_bot": True}
        more: dict[str, Any] = {"from": bot}
        telegram.text(text, OPERATOR, None, **more)
    elif kind == 6:
        telegram.press(chance.choice(("yes:name-0", "yes:guess", "no", "ack", "")), VIEWER)
    else:
        telegram.text(chance.choice(("/halt", "/stop", "/resume all", "/pause", "/ack all", "/unlock desk")), VIEWER)


async def test_a_thousand_hostile_updates_have_no_effect(rig: Rig, telegram: BotServer) -> None:
    chance = random.Random(7)
    telegram.text("/stop", OPERATOR)
    await rig.poller.round(0)  # a confirmation waits, for somebody to steal it
    for _ in range(1_000):
        hostile(telegram, chance)
    while telegram.waiting and telegram.waiting[-1]["update_id"] > telegram.confirmed:
        await rig.poller.round(0)
    assert rig.desk.halts == []
    assert rig.desk.steered == []
    assert rig.book.alerts() == {}
    heard = {each["chat_id"] for each in telegram.said}
    assert heard <= {OPERATOR, VIEWER}
    assert rig.console.ignored() > 500
    telegram.press(next(name for name in telegram.buttons(0)), OPERATOR)
    await rig.poller.round(0)
    assert len(rig.desk.steered) == 1  # and the one who asked may still confirm


async def test_an_update_that_cannot_be_read_does_not_stand_in_the_way(rig: Rig, telegram: BotServer) -> None:
    telegram.post({"message": {"broken": True}})
    telegram.post({"message": "text"})
    telegram.text("/pause bundle", OPERATOR)
    await rig.poller.round(0)
    assert len(rig.desk.steered) == 1
    await rig.poller.round(0)
    assert telegram.waiting == []


def test_no_command_of_the_table_is_reached_by_another_spelling() -> None:
    from dutchbook.interfaces.telegram.polling import parse

    names = {command.name for command in COMMANDS}
    for text in TEXTS:
        found = parse(text)
        if found is not None and found[0] in names:
            assert text.lower().lstrip("/").startswith(found[0])
