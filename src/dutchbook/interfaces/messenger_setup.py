"""Puts a messenger together for one home: keys, channels, the bot, the log. The only place that knows them all."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from dutchbook.config.settings import Settings
from dutchbook.domain.errors import ConfigError, DeskLocked, UsageError
from dutchbook.domain.ports import Clock
from dutchbook.engine.clocks import RealClock
from dutchbook.interfaces.alerts.center import AlertCenter
from dutchbook.interfaces.alerts.channel_keys import MessageKey, MessageKeys, channel_names
from dutchbook.interfaces.alerts.channels import AppriseChannel, Channel, ConsoleChannel
from dutchbook.interfaces.alerts.market_watch import MarketWatch
from dutchbook.interfaces.alerts.routing import Routing
from dutchbook.interfaces.alerts.wanted import alert_chats, telegram_configured
from dutchbook.interfaces.day_results import DayResult, day_results
from dutchbook.interfaces.desk_side import LocalDesk
from dutchbook.interfaces.error_reports import ErrorReports
from dutchbook.interfaces.log_lines import warnings_of
from dutchbook.interfaces.messenger import Messenger, Surroundings
from dutchbook.interfaces.service_notify import ServiceManager
from dutchbook.interfaces.structured_logs import StructuredLogs
from dutchbook.interfaces.telegram.access import Access
from dutchbook.interfaces.telegram.bot_api import WORLD, BotApi, BotRefused, BotUnreachable
from dutchbook.interfaces.telegram.channel import TelegramChannel
from dutchbook.interfaces.telegram.commands import menu
from dutchbook.interfaces.telegram.confirmations import Confirmations
from dutchbook.interfaces.telegram.console import Console
from dutchbook.interfaces.telegram.polling import Poller
from dutchbook.storage.alert_book import AlertBook
from dutchbook.storage.home import Home
from dutchbook.storage.lock import take

ROOM = "messages"
"""Of its log files. What it prints goes to `messenger-DATE.log` where a desk started it."""
_LOCK_PATIENCE_S, _LOCK_LOOK_S = 90.0, 1.0
"""How long one that was started with a desk waits for the one before it, which may still tell how its desk died."""
_LAST_WORDS_S, _ORPHANED_S, _CALM_S = 3.0, 60.0, 0.2
"""How long it goes on after it was asked to end, and after its desk was killed: what is to be told should arrive."""


class Farewell(StrEnum):
    """Why a messenger ends."""

    ASKED = "asked"
    ORPHANED = "orphaned"
    """The desk that started it is gone, and said nothing."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a messenger is made of. `telegram_host` is Telegram's own, or a Bot API server of the user."""

    home: Path
    settings: Settings
    environ: Mapping[str, str]
    write: Callable[[str], None]
    clock: Clock = RealClock()
    telegram_host: str = WORLD
    companion: bool = False
    """Started beside a desk, with which it ends."""


class FiledRecords:
    """What the console reads from files of the home."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._home = home
        self._clock = clock

    def days(self, days: int) -> list[DayResult]:
        """See `Records.days`."""
        return day_results(self._home, days, self._clock.now())

    def warnings(self, count: int) -> list[str]:
        """See `Records.warnings`."""
        return warnings_of(self._home, count)

    @property
    def version(self) -> str:
        """That of the program."""
        return version("dutchbook")


async def serve(setup: Setup, farewell: "asyncio.Future[Farewell]") -> None:
    """Run a messenger until `farewell` says why it should end.

    Raises UsageError if another one serves this home, ConfigError for unusable keys.
    """
    async with _alone(setup.home, _LOCK_PATIENCE_S if setup.companion else 0.0):
        keys = MessageKeys(setup.home, setup.environ)
        logs = StructuredLogs(setup.home, ROOM, setup.settings.logs, setup.clock, keys.redactor)
        reports = ErrorReports(keys.find(MessageKey.SENTRY_DSN), keys.redactor, ROOM)
        try:
            await _serve(setup, keys, logs, farewell)
        except Exception as error:
            reports.tell(error)
            raise
        finally:
            reports.close()
            logs.close()


async def _serve(setup: Setup, keys: MessageKeys, logs: StructuredLogs, farewell: "asyncio.Future[Farewell]") -> None:
    settings = setup.settings
    book = AlertBook(Home(setup.home).alerts)
    addresses = keys.addresses()
    around = Surroundings(
        home=setup.home,
        settings=settings.alerts,
        stop_ppm=settings.risk.ratcheting_stop,
        clock=setup.clock,
        desk=LocalDesk(setup.home),
        say=logs.say,
        # Beside a desk it is the desk's life that systemd asks for.
        manager=ServiceManager({} if setup.companion else setup.environ, os.getpid()),
    )
    channels: list[Channel] = [
        ConsoleChannel(setup.write),
        *(AppriseChannel(address.name, address.secret.reveal()) for address in addresses),
    ]
    async with _telegram(setup, keys, book, logs) as (bot_channels, jobs):
        channels += bot_channels
        names = channel_names(addresses, telegram=bool(bot_channels))
        center = AlertCenter(book, Routing(settings.alerts, names), settings.alerts, keys.redactor)
        messenger = Messenger(around, center, channels, MarketWatch(settings.alerts.anomalies))
        logs.mode = lambda: messenger.mode
        setup.write(f"messenger at work: {', '.join(name.name for name in names)}")
        work = asyncio.create_task(messenger.run(*jobs))
        try:
            either: set[asyncio.Future[Any]] = {work, farewell}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if farewell.done():
                await _take_leave(messenger, farewell.result(), desk_ends=setup.companion)
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


async def _take_leave(messenger: Messenger, why: Farewell, *, desk_ends: bool) -> None:
    """Let what is to be told arrive, but not for ever."""
    patience = _LAST_WORDS_S
    if why is Farewell.ORPHANED:
        patience = _ORPHANED_S
        messenger.orphaned()
        while patience > 0 and messenger.followed and not messenger.desk_over:
            await asyncio.sleep(_CALM_S)
            patience -= _CALM_S
    elif desk_ends:
        messenger.desk_ends()
    while patience > 0 and messenger.busy:
        await asyncio.sleep(_CALM_S)
        patience -= _CALM_S


@asynccontextmanager
async def _telegram(
    setup: Setup, keys: MessageKeys, book: AlertBook, logs: StructuredLogs
) -> AsyncIterator[tuple[list[Channel], list[Callable[[], Awaitable[None]]]]]:
    """The bot as a channel, and its polling. Nothing of both without a token or a person."""
    token = keys.find(MessageKey.TELEGRAM_BOT_TOKEN)
    if token is None or not telegram_configured(setup.settings, keys):
        yield [], []
        return
    access, clock = Access(setup.settings.telegram), setup.clock
    console = Console(
        LocalDesk(setup.home),
        book,
        FiledRecords(setup.home, clock),
        clock,
        Confirmations(lambda: secrets.token_urlsafe(16)),
    )
    console.mode = lambda: logs.mode()  # noqa: PLW0108 - what `logs.mode` is comes later
    async with BotApi(token, setup.telegram_host) as api:
        state = Home(setup.home).messenger / "telegram.json"
        poller = Poller(api, access, console, clock, state, keys.redactor, logs.say)

        async def poll() -> None:
            await _prepared(api, logs)
            await poller.run()

        chats = alert_chats(setup.settings, keys)
        yield [TelegramChannel(api, chats)] if chats else [], [poll] if access.anybody else []


async def _prepared(api: BotApi, logs: StructuredLogs) -> None:
    """Make the bot ready for long polling; tried again while Telegram cannot be reached."""
    while True:
        try:
            await api.forget_webhook()
            await api.publish_commands(menu())
        except (BotUnreachable, BotRefused, ConfigError) as error:
            logs.say("telegram_unreachable", {"reason": str(error)})
            await asyncio.sleep(30.0)
        else:
            return


@asynccontextmanager
async def _alone(home: Path, patience_s: float) -> AsyncIterator[None]:
    """The right to be the messenger of a home: two would tell everything twice, and take each other's commands."""
    path = Home(home).run / "messenger.lock"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _taken(descriptor, path):
            if patience_s <= 0:
                owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "?"
                raise UsageError(f"{path}: a messenger runs in this home already, process {owner}")
            await asyncio.sleep(_LOCK_LOOK_S)
            patience_s -= _LOCK_LOOK_S
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int, path: Path) -> bool:
    try:
        take(descriptor, path)
    except DeskLocked:
        return False
    return True
