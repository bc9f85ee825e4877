"""Settings of the Telegram console: who may use it. The bot's token is a key, not a setting: `TELEGRAM_BOT_TOKEN`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from dutchbook.domain.quantities import RoomSettings, Words


def _people(words: tuple[str, ...]) -> tuple[str, ...]:
    for word in words:
        if not (word.isdigit() and word.isascii() and 0 < int(word) < 1 << 52):
            raise ValueError(f"{word!r} must be a numeric user id: `dutchbook telegram whoami` shows yours")
    return words


def _chats(words: tuple[str, ...]) -> tuple[str, ...]:
    for word in words:
        digits = word.removeprefix("-")
        if not (digits.isdigit() and digits.isascii() and int(digits)):
            raise ValueError(f"{word!r} must be a numeric chat id; those of groups begin with -")
    return words


People = Annotated[Words, AfterValidator(_people)]
Chats = Annotated[Words, AfterValidator(_chats)]


class TelegramSettings(RoomSettings):
    """Who may talk to the bot: a user by number, in a private chat with it or in a chat that is listed.

    Everybody else is ignored and counted. Without a token or without a person there is no bot.
    """

    operators: People = Field(
        default="",  # type: ignore[arg-type]
        description="User ids that may look, pause, resume, stop and halt.",
    )
    viewers: People = Field(
        default="",  # type: ignore[arg-type]
        description="User ids that may look, and nothing else.",
    )
    chats: Chats = Field(
        default="",  # type: ignore[arg-type]
        description="Group chats in which those people may use it. Everybody in a group sees what it says.",
    )
    alerts_to: Chats = Field(
        default="",  # type: ignore[arg-type]
        description="Chats that get alerts: by default the private ones of all operators. `TELEGRAM_CHAT_ID` adds one.",
    )
