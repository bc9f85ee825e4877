"""A Bot API server on this machine, written from https://core.telegram.org/bots/api: what it is told and tells.

Knows one bot. Updates wait until they are confirmed by a higher offset, as at Telegram; long polling ends at once when
something comes. Tests post updates as people and read what the bot said.
"""

import asyncio
import json
import time
from typing import Any

from aiohttp import web

TOKEN = "123456789:AAH-canary-telegram-token-000000000000"  # noqa: S105 - a test value
_METHODS = frozenset(
    {
        "getMe",
        "getUpdates",
        "sendMessage",
        "editMessageReplyMarkup",
        "answerCallbackQuery",
        "setMyCommands",
        "deleteWebhook",
    }
)


class BotServer:
    """Started and stopped by a fixture. `refuse` maps a method to the answers that it gives instead, in turn."""

    def __init__(self) -> None:
        self.host = ""
        self.said: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.commands: list[dict[str, str]] = []
        self.refuse: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self.waiting: list[dict[str, Any]] = []
        self.confirmed = 0
        self._number = 1_000
        self._message = 1
        self._news = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        application = web.Application()
        application.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.host = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        assert self._runner is not None
        self._news.set()
        await self._runner.cleanup()

    def post(self, update: dict[str, Any]) -> int:
        """Something happened at Telegram; its number."""
        self._number += 1
        self.waiting.append({"update_id": self._number, **update})
        self._news.set()
        return self._number

    def text(self, text: str, user: int, chat: int | None = None, **more: Any) -> int:
        """Somebody says something: in private, unless another chat is named."""
        self._message += 1
        private = chat is None or chat == user
        where = {"id": user if chat is None else chat, "type": "private" if private else "supergroup"}
        who = {"id": user, "is_bot": False, "first_name": "Somebody"}
        message = {"message_id": self._message, "date": int(time.time()), "chat": where, "from": who, "text": text}
        return self.post({"message": {**message, **more}})

    def press(self, data: str, user: int, chat: int | None = None) -> int:
        """Somebody presses a button below a message of the bot."""
        where = {"id": user if chat is None else chat, "type": "private" if chat in (None, user) else "supergroup"}
        bot = {"id": 123456789, "is_bot": True, "first_name": "Desk"}
        message = {"message_id": 1, "date": int(time.time()), "chat": where, "from": bot, "text": "?"}
        who = {"id": user, "is_bot": False, "first_name": "Somebody"}
        query = {"id": f"q{self._number}", "from": who, "message": message, "chat_instance": "1", "data": data}
        return self.post({"callback_query": query})

    @property
    def texts(self) -> list[str]:
        """What the bot said."""
        return [each["text"] for each in self.said]

    def buttons(self, place: int = -1) -> list[str]:
        """The data of the buttons below a message of the bot."""
        rows = self.said[place].get("reply_markup", {}).get("inline_keyboard", [])
        return [button["callback_data"] for row in rows for button in row]

    async def _serve(self, request: web.Request) -> web.Response:
        method, token = request.match_info["method"], request.match_info["token"]
        if token != TOKEN:
            return _answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        if method not in _METHODS:
            return _answer(404, {"ok": False, "error_code": 404, "description": "Not Found: method not found"})
        said = await _arguments(request)
        self.calls.append((method, said))
        if self.refuse.get(method):
            status, body = self.refuse[method].pop(0)
            return _answer(status, body)
        result = await getattr(self, f"_{method}")(said)
        return result if isinstance(result, web.Response) else _answer(200, {"ok": True, "result": result})

    async def _getMe(self, _said: dict[str, Any]) -> object:  # noqa: N802 - the API's names
        return {
            "id": 123456789,
            "is_bot": True,
            "first_name": "Desk",
            "username": "desk_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    async def _getUpdates(self, said: dict[str, Any]) -> object:  # noqa: N802
        offset, wait_s = int(said.get("offset", 0)), min(float(said.get("timeout", 0)), 5.0)
        if offset < 0:
            self.waiting = self.waiting[offset:]
        else:
            self.confirmed = max(self.confirmed, offset - 1)
            self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        if not self.waiting and wait_s:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), wait_s)
            except TimeoutError:
                return []
        return self.waiting[: int(said.get("limit", 100))]

    async def _sendMessage(self, said: dict[str, Any]) -> object:  # noqa: N802
        text = said.get("text", "")
        if not text:
            return _bad("message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4_096:
            return _bad("message is too long")
        for row in said.get("reply_markup", {}).get("inline_keyboard", []):
            if any(not 1 <= len(button["callback_data"].encode()) <= 64 for button in row):
                return _bad("BUTTON_DATA_INVALID")
        self.said.append(said)
        self._message += 1
        where = {"id": int(said["chat_id"]), "type": "private", "first_name": "Somebody"}
        return {"message_id": self._message, "date": int(time.time()), "chat": where, "text": text}

    async def _editMessageReplyMarkup(self, _said: dict[str, Any]) -> object:  # noqa: N802
        return True

    async def _answerCallbackQuery(self, said: dict[str, Any]) -> object:  # noqa: N802
        return True if said.get("callback_query_id") else _bad("query id is missing")

    async def _setMyCommands(self, said: dict[str, Any]) -> object:  # noqa: N802
        for row in said["commands"]:
            if not 1 <= len(row["command"]) <= 32 or not 1 <= len(row["description"]) <= 256:
                return _bad("BOT_COMMAND_INVALID")
        self.commands = said["commands"]
        return True

    async def _deleteWebhook(self, _said: dict[str, Any]) -> object:  # noqa: N802
        return True


async def _arguments(request: web.Request) -> dict[str, Any]:
    """JSON, or a form whose values are JSON where they are objects: both are allowed."""
    if request.content_type == "application/json":
        found: dict[str, Any] = await request.json()
        return found
    form = await request.post()
    return {name: _value(str(value)) for name, value in form.items()}


def _value(text: str) -> Any:
    return json.loads(text) if text[:1] in ("[", "{") or text in ("true", "false") else text


def _bad(why: str) -> web.Response:
    return _answer(400, {"ok": False, "error_code": 400, "description": f"Bad Request: {why}"})


def _answer(status: int, body: dict[str, Any]) -> web.Response:
    return web.json_response(body, status=status)
