"""Trying the bot out: who it is, whether messages arrive, and what number somebody has."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from dutchbook.app.accounts.secret import Secret
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.alerts.channel_keys import MessageKey, MessageKeys
from dutchbook.interfaces.alerts.notices import badge
from dutchbook.interfaces.alerts.wanted import alert_chats
from dutchbook.interfaces.telegram.bot_api import WORLD, BotApi
from dutchbook.interfaces.telegram.wire import Update


class Trial(msgspec.Struct, frozen=True):
    """What was found: the bot's name, how many people may use it, and the chats that got a message."""

    bot: str
    people: int
    chats: tuple[int, ...]


class Sender(msgspec.Struct, frozen=True):
    """Who wrote, where, and what kind of chat that is."""

    user: int
    chat: int
    kind: str


async def trial(home: Path, settings: Settings, environ: Mapping[str, str], host: str = WORLD) -> Trial:
    """Ask who the bot is and write to each chat. Raises ConfigError for no token, BotRefused for a chat."""
    keys = MessageKeys(home, environ)
    people = {*settings.telegram.operators, *settings.telegram.viewers}
    chats = alert_chats(settings, keys)
    async with BotApi(_token(keys), host) as api:
        bot = await api.me()
        for chat in chats:
            await api.send(
                chat, f"{badge(settings.mode)} This is a test by `dutchbook telegram test`. /help lists commands."
            )
    return Trial(bot.username, len(people), chats)


async def next_sender(home: Path, environ: Mapping[str, str], wait_s: int, host: str = WORLD) -> Sender | None:
    """Whoever writes to the bot next; None if nobody does. The message stays unread for a messenger."""
    async with BotApi(_token(MessageKeys(home, environ)), host) as api:
        await api.forget_webhook()
        for raw in await api.updates(-1, wait_s):
            message = msgspec.json.decode(raw, type=Update).message
            if message is not None and message.sender is not None:
                return Sender(message.sender.id, message.chat.id, message.chat.type)
    return None


def _token(keys: MessageKeys) -> Secret:
    token = keys.find(MessageKey.TELEGRAM_BOT_TOKEN)
    if token is None:
        raise ConfigError(
            "TELEGRAM_BOT_TOKEN is not set - make a bot with @BotFather, and put its token into .env of the home folder"
        )
    return token
