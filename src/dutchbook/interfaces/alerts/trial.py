"""Trying out every channel: one message over each, and what it said."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from dutchbook.config.settings import Settings
from dutchbook.interfaces.alerts.channel_keys import MessageKey, MessageKeys
from dutchbook.interfaces.alerts.channels import AppriseChannel, Channel, DeliveryFailed, Message
from dutchbook.interfaces.alerts.notices import badge
from dutchbook.interfaces.alerts.wanted import alert_chats
from dutchbook.interfaces.telegram.bot_api import WORLD, BotApi
from dutchbook.interfaces.telegram.channel import TelegramChannel
from dutchbook.storage.alert_words import Tier


async def try_channels(
    home: Path, settings: Settings, environ: Mapping[str, str], host: str = WORLD
) -> list[tuple[str, str | None]]:
    """Each channel's name, and why it did not take the message, None if it did."""
    keys = MessageKeys(home, environ)
    message = Message(
        title=f"{badge(settings.mode)} Test",
        text="This is a test by `dutchbook alerts test`. Nothing happened.",
        tier=Tier.IMPORTANT,
    )
    channels: list[Channel] = [AppriseChannel(address.name, address.secret.reveal()) for address in keys.addresses()]
    token, chats = keys.find(MessageKey.TELEGRAM_BOT_TOKEN), alert_chats(settings, keys)
    if token is None or not chats:
        return await asyncio.gather(*(_tried(channel, message, keys) for channel in channels))
    async with BotApi(token, host) as api:
        channels.append(TelegramChannel(api, chats))
        return await asyncio.gather(*(_tried(channel, message, keys) for channel in channels))


async def _tried(channel: Channel, message: Message, keys: MessageKeys) -> tuple[str, str | None]:
    try:
        await channel.send(message)
    except DeliveryFailed as error:
        return channel.name.name, keys.redactor.text(str(error))
    return channel.name.name, None
