"""What the Bot API says, as far as the console listens (https://core.telegram.org/bots/api, version 9).

Fields that are not named here are ignored: Telegram adds some with each version.
"""

import msgspec


class User(msgspec.Struct, frozen=True):
    """Somebody. `id` may need 52 bits."""

    id: int
    is_bot: bool = False


class Chat(msgspec.Struct, frozen=True):
    """Where it was said: `private`, `group`, `supergroup` or `channel`. The id of a private chat is its user's."""

    id: int
    type: str


class Message(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    """Something said. `date` is in Unix seconds; `sender` is missing in channels, `text` where it is a picture."""

    message_id: int
    date: int
    chat: Chat
    sender: User | None = None
    text: str = ""


class CallbackQuery(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    """Somebody pressed a button below one of our messages, which is missing if it is too old."""

    id: str
    sender: User
    message: Message | None = None
    data: str = ""


class Update(msgspec.Struct, frozen=True):
    """One thing that happened. Numbers rise; asking for updates behind one confirms all up to it."""

    update_id: int
    message: Message | None = None
    callback_query: CallbackQuery | None = None


class Numbered(msgspec.Struct, frozen=True):
    """The least that every update has."""

    update_id: int


class Bot(msgspec.Struct, frozen=True):
    """Who we are there."""

    id: int
    username: str = ""


class Button(msgspec.Struct, frozen=True):
    """A button below a message. `callback_data` comes back when it is pressed: 1 to 64 bytes."""

    text: str
    callback_data: str


class Failure(msgspec.Struct, frozen=True):
    """What an unsuccessful answer says besides its description."""

    retry_after: int | None = None


class Answer(msgspec.Struct, frozen=True):
    """The envelope of every answer."""

    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    description: str = ""
    error_code: int = 0
    parameters: Failure = Failure()
