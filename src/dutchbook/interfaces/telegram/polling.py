"""Long polling: updates in, answers out, across restarts and outages. No port is opened."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from dutchbook.domain.errors import ConfigError, DutchbookError
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND
from dutchbook.interfaces.telegram.access import Access
from dutchbook.interfaces.telegram.bot_api import BotApi, BotRefused, BotUnreachable
from dutchbook.interfaces.telegram.console import HALT, Console, Reply, Speaker
from dutchbook.interfaces.telegram.wire import CallbackQuery, Message, Numbered, Update
from dutchbook.storage.durable import replace_file
from dutchbook.storage.redaction import Redactor

OLDEST_S = 60
"""Commands that were given longer ago are not done: what was wanted then may be wrong now. A halt always is."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0

type Say = Callable[[str, dict[str, object]], None]


class Offset(msgspec.Struct, frozen=True):
    """The next update that is wanted: all before it were dealt with."""

    offset: int = 0


class Poller:
    """Reads updates one by one. `ignored` counts those that are nothing of ours."""

    def __init__(
        self, api: BotApi, access: Access, console: Console, clock: Clock, state: Path, redactor: Redactor, say: Say
    ) -> None:
        self.ignored = 0
        self._api = api
        self._access = access
        self._console = console
        self._clock = clock
        self._state = state
        self._redactor = redactor
        self._say = say
        self._offset = self._saved = _read(state)
        console.ignored = lambda: self._access.ignored + self.ignored

    async def run(self) -> None:
        """Until cancelled. What Telegram does not answer is asked again, more and more seldom."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                await self.round()
                pause = _FIRST_PAUSE_S
            except BotUnreachable as error:
                self._say("telegram_unreachable", {"reason": str(error)})
                await asyncio.sleep(max(pause, error.retry_after_s or 0.0))
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            except (BotRefused, ConfigError) as error:  # a token that was taken back: alerts go on over other channels
                self._say("telegram_refused", {"reason": str(error)})
                await asyncio.sleep(_LONGEST_PAUSE_S)

    async def round(self, wait_s: int | None = None) -> int:
        """Ask once, and deal with what came; how many updates that were."""
        updates = await (self._api.updates(self._offset) if wait_s is None else self._api.updates(self._offset, wait_s))
        for raw in updates:
            await self._take(raw)
        self._save()
        return len(updates)

    async def _take(self, raw: msgspec.Raw) -> None:
        """Deal with one update. What cannot be read is counted, and stands in nobody's way."""
        try:
            number = msgspec.json.decode(raw, type=Numbered).update_id
            if number < self._offset:
                return
            self._offset = number + 1
            update = msgspec.json.decode(raw, type=Update)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.ignored += 1
            return
        await self._answered(update)

    async def _answered(self, update: Update) -> None:
        """Answer; what cannot be said is logged, and the next update is looked at."""
        try:
            if update.message is not None:
                await self._said(update.message)
            elif update.callback_query is not None:
                await self._pressed(update.callback_query)
            else:
                self.ignored += 1
        except (BotUnreachable, BotRefused) as error:
            self._say("telegram_answer_lost", {"reason": str(error)})

    async def _said(self, message: Message) -> None:
        role = self._access.role(message.sender, message.chat)
        command = parse(message.text)
        if role is None or message.sender is None or command is None:
            return
        name, argument = command
        speaker = Speaker(message.sender.id, message.chat.id, role)
        self._save_before(name)
        if name != HALT and self._clock.now() // SECOND - message.date > OLDEST_S:
            reply = Reply(f"/{name} was sent more than {OLDEST_S} seconds ago and is not done now; send it again")
        else:
            self._say("telegram_command", {"command": name, "by": speaker.by})
            reply = await self._console.command(name, argument, speaker)
        await self._reply(speaker.chat, reply)

    async def _pressed(self, query: CallbackQuery) -> None:
        message = query.message
        role = self._access.role(query.sender, message.chat if message else None)
        if role is None or message is None:
            return
        speaker = Speaker(query.sender.id, message.chat.id, role)
        self._save_before(query.data)
        self._say("telegram_button", {"button": query.data.partition(":")[0], "by": speaker.by})
        reply = await self._console.pressed(query.data, speaker)
        await self._reply(speaker.chat, reply)
        await self._api.answer_press(query.id, "done")
        await self._api.take_buttons(message.chat.id, message.message_id)

    async def _reply(self, chat: int, reply: Reply) -> None:
        await self._api.send(chat, self._redactor.text(reply.text), buttons=reply.buttons)

    def _save_before(self, action: str) -> None:
        """Put the number of an update on disk before it is acted upon: nothing is done twice after a crash.

        But for a halt, which may be given as often as one likes: that is done first.
        """
        if action != HALT:
            self._save()

    def _save(self) -> None:
        if self._offset != self._saved:
            self._state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._state, msgspec.json.encode(Offset(self._offset)) + b"\n")
            self._saved = self._offset


def parse(text: str) -> tuple[str, str] | None:
    """The command of a message, and what follows it; None for anything else. `/halt@our_bot now` is `halt`, `now`.

    >>> parse("/pause bundle"), parse("hello")
    (('pause', 'bundle'), None)
    """
    if not text.startswith("/"):
        return None
    head, _, rest = text[1:].partition(" ")
    name = head.partition("@")[0].strip().lower()
    return (name, " ".join(rest.split())[:200]) if name else None


def _read(path: Path) -> int:
    """Where it was left; a damaged file is told, since commands could be done twice. Raises ConfigError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Offset).offset
    except FileNotFoundError:
        return 0
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ConfigError(
            f"{path}: damaged, so that commands could be done twice - delete it if no command is on the way"
        ) from None
    except OSError as error:
        raise DutchbookError(f"{path}: {error.strerror} - check its permissions") from error
