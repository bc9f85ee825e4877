"""Our Bot API server before a judge: the commonest client of the Bot API reads what it says."""

import pytest
import telegram as judge
from telegram.error import BadRequest, InvalidToken

from tests.interfaces.telegram.bot_server import TOKEN, BotServer
from tests.interfaces.telegram.rig import OPERATOR


async def test_a_public_client_understands_the_server(telegram: BotServer) -> None:
    async with judge.Bot(TOKEN, base_url=f"{telegram.host}/bot") as bot:
        assert bot.username == "desk_bot"
        telegram.text("/status", OPERATOR)
        telegram.press("halt", OPERATOR)
        told, pressed = await bot.get_updates(timeout=0)
        assert told.message is not None
        assert told.message.from_user is not None
        assert (told.message.text, told.message.from_user.id) == ("/status", OPERATOR)
        assert pressed.callback_query is not None
        assert pressed.callback_query.data == "halt"
        assert await bot.get_updates(offset=pressed.update_id + 1, timeout=0) == ()
        keyboard = judge.InlineKeyboardMarkup([[judge.InlineKeyboardButton("Halt", callback_data="halt")]])
        sent = await bot.send_message(OPERATOR, "hello", reply_markup=keyboard)
        assert sent.text == "hello"
        assert telegram.buttons() == ["halt"]
        assert await bot.set_my_commands([judge.BotCommand("status", "how it stands")])
        assert await bot.delete_webhook()
        with pytest.raises(BadRequest):
            await bot.send_message(OPERATOR, "x" * 5_000)


async def test_a_public_client_is_refused_with_a_wrong_token(telegram: BotServer) -> None:
    with pytest.raises(InvalidToken):
        async with judge.Bot(TOKEN + "x", base_url=f"{telegram.host}/bot"):
            pass
