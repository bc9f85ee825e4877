"""Whether anything is configured that a messenger would serve, found out without loading what serves it."""

from collections.abc import Mapping
from pathlib import Path

from dutchbook.config.settings import Settings
from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.alerts.channel_keys import MessageKey, MessageKeys


def messenger_wanted(home: Path, settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether there is a bot with somebody to talk to, or a channel. Raises ConfigError for unusable keys."""
    keys = MessageKeys(home, environ)
    return telegram_configured(settings, keys) or bool(keys.addresses())


def telegram_configured(settings: Settings, keys: MessageKeys) -> bool:
    """Whether there is a bot, and somebody who may talk to it or is to be told."""
    somebody = bool(settings.telegram.operators or settings.telegram.viewers or alert_chats(settings, keys))
    return keys.find(MessageKey.TELEGRAM_BOT_TOKEN) is not None and somebody


def alert_chats(settings: Settings, keys: MessageKeys) -> tuple[int, ...]:
    """The chats that get alerts: by default the private ones of operators. Raises ConfigError for one that is none."""
    named = keys.public(MessageKey.TELEGRAM_CHAT_ID)
    if named and not named.removeprefix("-").isdigit():
        raise ConfigError(f"TELEGRAM_CHAT_ID: {named[:20]!r} is no chat id - write its number")
    chats = [*map(int, settings.telegram.alerts_to), *([int(named)] if named else [])]
    # A private chat has its user's number.
    return tuple(dict.fromkeys(chats)) or tuple(map(int, settings.telegram.operators))
