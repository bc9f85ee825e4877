"""Telegram as a channel of alerts: through the console's own bot, with a button to acknowledge."""

from collections.abc import Sequence

from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.alerts.channels import DeliveryFailed, Message
from dutchbook.interfaces.alerts.routing import ChannelName
from dutchbook.interfaces.telegram.bot_api import BotApi, BotRefused, BotUnreachable
from dutchbook.interfaces.telegram.console import ACKNOWLEDGE
from dutchbook.interfaces.telegram.wire import Button
from dutchbook.storage.alert_words import ChannelKind

NAME = ChannelName("telegram", ChannelKind.TELEGRAM)


class TelegramChannel:
    """Sends each alert to every chat that is to have it."""

    name = NAME

    def __init__(self, api: BotApi, chats: Sequence[int]) -> None:
        self._api = api
        self._chats = tuple(chats)

    async def send(self, message: Message) -> None:
        """See `Channel.send`. A chat that took it gets it again if another one did not."""
        button = ((Button("Acknowledge", ACKNOWLEDGE + message.alert),),) if message.alert else ()
        for chat in self._chats:
            try:
                await self._api.send(chat, message.whole, buttons=button, silent=message.silent)
            except (BotUnreachable, BotRefused, ConfigError) as error:
                raise DeliveryFailed(f"chat {chat}: {error}") from error
