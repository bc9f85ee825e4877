"""A client of the Bot API, as far as the console needs it. The token is part of every address: no error names one."""

from collections.abc import Mapping, Sequence
from typing import Self

import aiohttp
import msgspec

from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError, DutchbookError
from dutchbook.interfaces.telegram.wire import Answer, Bot, Button

WORLD = "https://api.telegram.org"
POLL_S = 50
"""How long Telegram holds a question for updates open when there are none."""
LONGEST = 4_096
"""Characters of a message, counted as UTF-16 does."""
_PATIENCE_S = 20.0
_LARGEST = 8 << 20


class BotUnreachable(DutchbookError):
    """No answer, or none that can be used: try again later. `retry_after_s` is the pause that was asked for."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BotRefused(DutchbookError):
    """Telegram says no to this one request, and will say so again."""


class BotApi:
    """One bot. Use it as a context manager."""

    def __init__(self, token: Secret, host: str = WORLD) -> None:
        self._token = token
        self._host = host
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(trust_env=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def me(self) -> Bot:
        """Who this bot is. Raises ConfigError if the token is none."""
        return msgspec.json.decode(await self._call("getMe", {}), type=Bot)

    async def updates(self, offset: int, wait_s: int = POLL_S) -> list[msgspec.Raw]:
        """What happened from `offset` on, undecoded; waits for something to happen. Confirms all before it."""
        asked = {"offset": offset, "timeout": wait_s, "allowed_updates": ["message", "callback_query"]}
        return msgspec.json.decode(await self._call("getUpdates", asked, wait_s + _PATIENCE_S), type=list[msgspec.Raw])

    async def send(
        self, chat: int, text: str, *, buttons: Sequence[Sequence[Button]] = (), silent: bool = False
    ) -> None:
        """Say something, as plain text: nothing in it is markup. What is too long is cut."""
        said: dict[str, object] = {
            "chat_id": chat,
            "text": fitting(text),
            "disable_notification": silent,
            "link_preview_options": {"is_disabled": True},
        }
        if buttons:
            said["reply_markup"] = {"inline_keyboard": buttons}
        await self._call("sendMessage", said)

    async def take_buttons(self, chat: int, message: int) -> None:
        """Take away the buttons of a message of ours."""
        await self._call("editMessageReplyMarkup", {"chat_id": chat, "message_id": message})

    async def answer_press(self, query: str, text: str) -> None:
        """Say that a press was noticed: until then the button shows that it waits."""
        await self._call("answerCallbackQuery", {"callback_query_id": query, "text": text[:200]})

    async def publish_commands(self, commands: Mapping[str, str]) -> None:
        """Fill the menu of commands."""
        rows = [{"command": name, "description": what[:256]} for name, what in commands.items()]
        await self._call("setMyCommands", {"commands": rows})

    async def forget_webhook(self) -> None:
        """Telegram refuses long polling while an address for pushes is set."""
        await self._call("deleteWebhook", {"drop_pending_updates": False})

    async def _call(self, method: str, said: Mapping[str, object], patience_s: float = _PATIENCE_S) -> bytes:
        """The result, as JSON. Raises ConfigError, BotRefused or BotUnreachable, none of which names the token."""
        if self._session is None:
            raise RuntimeError("not entered")
        address = f"{self._host}/bot{self._token.reveal()}/{method}"
        body, headers = msgspec.json.encode(said), {"Content-Type": "application/json"}
        patience = aiohttp.ClientTimeout(total=patience_s)
        try:
            async with self._session.post(address, data=body, headers=headers, timeout=patience) as response:
                content = await response.content.read(_LARGEST)
                status = response.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            # Not chained: the error holds the address, and with it the token.
            raise BotUnreachable(f"Telegram {method}: no answer ({type(error).__name__}) - check the network") from None
        return _result(method, status, content)


def _result(method: str, status: int, content: bytes) -> bytes:
    try:
        answer = msgspec.json.decode(content, type=Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BotUnreachable(f"Telegram {method}: status {status} without an answer - it is tried again") from None
    if answer.ok:
        return bytes(answer.result)
    code, said = answer.error_code or status, answer.description[:200]
    if code in (401, 404):
        raise ConfigError(
            f"Telegram {method}: {said or 'unknown bot'} - TELEGRAM_BOT_TOKEN is no token of a bot: ask @BotFather"
        )
    if code == 409:
        raise BotUnreachable(f"Telegram {method}: {said} - another program reads this bot; stop it", 30.0)
    if code == 429 or code >= 500:
        raise BotUnreachable(f"Telegram {method}: {said or code} - it is tried again", answer.parameters.retry_after)
    raise BotRefused(f"Telegram {method}: {said or code}")


def fitting(text: str) -> str:
    """A text of at most `LONGEST` characters as Telegram counts them, never empty."""
    if len(text.encode("utf-16-le")) // 2 <= LONGEST:
        return text or "-"
    cut = text.encode("utf-16-le")[: 2 * (LONGEST - 2)].decode("utf-16-le", errors="ignore")
    return f"{cut}…"
