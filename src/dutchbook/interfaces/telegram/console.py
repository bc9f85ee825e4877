"""The console: a command and who gave it in, words and buttons out. Knows nothing of how messages travel."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec

from dutchbook.app.control.wire import (
    Pause,
    ShowFills,
    ShowOrders,
    ShowPositions,
    ShowRisk,
    ShowSnapshot,
    ShowVenues,
    Stop,
    Unpause,
)
from dutchbook.domain.book import Side
from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.interfaces.alerts.notices import badge
from dutchbook.interfaces.day_results import DayResult
from dutchbook.interfaces.desk_side import DeskSide
from dutchbook.interfaces.telegram import views
from dutchbook.interfaces.telegram.access import Role
from dutchbook.interfaces.telegram.commands import BY_NAME, Command, help_text
from dutchbook.interfaces.telegram.confirmations import VALID, Asked, Confirmations
from dutchbook.interfaces.telegram.wire import Button
from dutchbook.interfaces.words import number_of
from dutchbook.storage.alert_book import AlertBook

HALT, CONFIRM, ACKNOWLEDGE = "halt", "yes:", "ack:"
"""What the data of our buttons begins with."""
_STOP_PATIENCE_S = 20.0
_MOST_ROWS, _MOST_DAYS = 50, 90


class Speaker(msgspec.Struct, frozen=True):
    """Who speaks, where, and what he may."""

    user: int
    chat: int
    role: Role

    @property
    def by(self) -> str:
        """Who it was, for the record."""
        return f"telegram:{self.user}"


class Reply(msgspec.Struct, frozen=True):
    """What is said, and the buttons below it."""

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()


class Records(Protocol):
    """What the console reads beside the desk."""

    def days(self, days: int) -> list[DayResult]:
        """Results by day. May take a moment."""
        ...

    def warnings(self, count: int) -> list[str]:
        """The newest lines of the log that somebody should look at."""
        ...

    @property
    def version(self) -> str: ...


type Handler = Callable[[str, Speaker], Awaitable[Reply]]


class Console:
    """Answers commands. `ignored` counts what strangers sent."""

    def __init__(
        self, desk: DeskSide, book: AlertBook, records: Records, clock: Clock, confirmations: Confirmations
    ) -> None:
        self.ignored: Callable[[], int] = lambda: 0
        self.mode: Callable[[], str] = lambda: ""
        """That of the desk which is followed: said where the desk gives no answer of its own."""
        self._desk = desk
        self._book = book
        self._records = records
        self._clock = clock
        self._confirmations = confirmations
        self._handlers: Mapping[str, Handler] = {
            name: getattr(self, f"_{name}")
            for name in BY_NAME  # one method for each row of the table
        }

    async def command(self, name: str, argument: str, speaker: Speaker) -> Reply:
        """The answer to `/name argument`, which begins with the mode. Errors of ours are answers too."""
        return self._with_mode(await self._commanded(name, argument, speaker))

    async def pressed(self, data: str, speaker: Speaker) -> Reply:
        """The answer to a button, which begins with the mode."""
        return self._with_mode(await self._done(data, speaker))

    def _with_mode(self, reply: Reply) -> Reply:
        """Where the desk itself did not say it."""
        if reply.text.startswith("["):
            return reply
        return Reply(f"{badge(self.mode())} {reply.text}", reply.buttons)

    async def _commanded(self, name: str, argument: str, speaker: Speaker) -> Reply:
        command = BY_NAME.get(name)
        if command is None:
            return Reply(f"/{name[:40]} is no command; /help lists them")
        if not speaker.role.may(command.role):
            return Reply(f"/{name} is for operators; you are {speaker.role}")
        try:
            if command.confirm or (name == "resume" and not _strategy(argument)):
                return await self._ask(command, argument, speaker)
            return await self._handlers[name](argument, speaker)
        except DutchbookError as error:
            return self._failed(error)

    async def _done(self, data: str, speaker: Speaker) -> Reply:
        if data == HALT:
            return await self.command("halt", "button", speaker)
        if data.startswith(ACKNOWLEDGE):
            return await self.command("ack", data.removeprefix(ACKNOWLEDGE), speaker)
        if not data.startswith(CONFIRM):
            return Reply("this button is of another version; send the command again")
        asked = self._confirmations.confirm(data.removeprefix(CONFIRM), speaker.user, speaker.chat, self._clock.now())
        if isinstance(asked, str):
            return Reply(f"nothing done: {asked}")
        if not speaker.role.may(BY_NAME[asked.action].role):
            return Reply(f"nothing done: you are {speaker.role}")
        try:
            return await self._handlers[asked.action](asked.argument, speaker)
        except DutchbookError as error:
            return self._failed(error)

    def _failed(self, error: DutchbookError) -> Reply:
        mode = self.mode() if self._desk.process() is not None else ""
        return Reply(f"{badge(mode)} {error}{' The desk is halted.' if self._desk.halted() else ''}")

    async def _ask(self, command: Command, argument: str, speaker: Speaker) -> Reply:
        """Say what would happen, with a button that makes it happen."""
        consequence = await self._consequence(command.name)
        until = Nanos(self._clock.now() + VALID)
        name = self._confirmations.ask(Asked(command.name, argument, speaker.user, speaker.chat, until))
        button = Button(f"Yes, {command.name}", CONFIRM + name)
        return Reply(f"{consequence}\nPress within 30 seconds.", ((button,),))

    async def _consequence(self, action: str) -> str:
        answer = await self._desk.ask(ShowOrders())
        orders = answer.orders or ()
        if action == "stop":
            buys = sum(order.side is Side.BUY for order in orders)
            return (
                f"{badge(answer.mode)} Stop: cancels {number_of(buys, 'purchase')} of "
                f"{number_of(len(orders), 'order')} at work, waits for the answers and ends the desk. "
                "Positions stay open."
            )
        return f"{badge(answer.mode)} Resume: all strategies may open again; {number_of(len(orders), 'order')} at work."

    async def _picture(self) -> DeskSnapshot:
        snapshot = (await self._desk.ask(ShowSnapshot())).snapshot
        if snapshot is None:
            raise UsageError("the desk gave no picture of itself - use the same dutchbook for both")
        return snapshot

    async def _status(self, _argument: str, speaker: Speaker) -> Reply:
        desk = await self._picture()
        halt = ((Button("HALT now", HALT),),) if speaker.role is Role.OPERATOR and not desk.halted else ()
        return Reply(views.status_text(desk), halt)

    async def _scan(self, _argument: str, _speaker: Speaker) -> Reply:
        return Reply(views.scan_text(await self._picture()))

    async def _nearmiss(self, _argument: str, _speaker: Speaker) -> Reply:
        return Reply(views.near_miss_text(await self._picture()))

    async def _trades(self, argument: str, _speaker: Speaker) -> Reply:
        answer = await self._desk.ask(ShowFills(limit=_number(argument, 10, _MOST_ROWS)))
        return Reply(views.fills_text(answer.mode, answer.fills or ()))

    async def _positions(self, _argument: str, _speaker: Speaker) -> Reply:
        answer = await self._desk.ask(ShowPositions())
        return Reply(views.positions_text(answer.mode, answer.positions or ()))

    async def _orders(self, _argument: str, _speaker: Speaker) -> Reply:
        answer = await self._desk.ask(ShowOrders())
        return Reply(views.orders_text(answer.mode, answer.orders or ()))

    async def _pnl(self, argument: str, _speaker: Speaker) -> Reply:
        days = _number(argument, 7, _MOST_DAYS)
        return Reply(views.days_text(self._records.days(days), days))

    async def _daily(self, _argument: str, _speaker: Speaker) -> Reply:
        return Reply(views.days_text(self._records.days(1), 1))

    async def _limits(self, _argument: str, _speaker: Speaker) -> Reply:
        answer = await self._desk.ask(ShowRisk())
        return Reply(views.limits_text(answer.mode, answer.limits or ()))

    async def _locks(self, _argument: str, _speaker: Speaker) -> Reply:
        answer = await self._desk.ask(ShowRisk())
        return Reply(views.locks_text(answer.mode, answer.locks or ()))

    async def _health(self, _argument: str, _speaker: Speaker) -> Reply:
        desk, venues = await self._desk.ask(ShowSnapshot()), await self._desk.ask(ShowVenues())
        return Reply(views.health_text(desk, venues.venues or (), self.ignored()))

    async def _alerts(self, argument: str, _speaker: Speaker) -> Reply:
        alerts = list(self._book.alerts().values())
        return Reply(views.alerts_text(reversed(alerts[-_number(argument, 10, _MOST_ROWS) :])))

    async def _logs(self, argument: str, _speaker: Speaker) -> Reply:
        lines = self._records.warnings(_number(argument, 10, _MOST_ROWS))
        return Reply("\n".join(lines) or "no warnings in the log")

    async def _ack(self, argument: str, speaker: Speaker) -> Reply:
        now = self._clock.now()
        if argument and argument != "all":
            seen = self._book.acknowledge(argument.split(maxsplit=1)[0], speaker.by, now)
            by = seen.acknowledged.by if seen.acknowledged else speaker.by
            return Reply(f"{seen.raised.id} acknowledged by {by}: {seen.raised.title}")
        waiting = [name for name, alert in self._book.alerts().items() if alert.waits]
        for name in waiting:
            self._book.acknowledge(name, speaker.by, now)
        return Reply(f"{number_of(len(waiting), 'alert')} acknowledged")

    async def _halt(self, argument: str, speaker: Speaker) -> Reply:
        said = await self._desk.halt(argument or "ordered over Telegram", speaker.by)
        return Reply(f"{said}\nNo order leaves any more. Lift it on the host: dutchbook resume --i-checked")

    async def _pause(self, argument: str, speaker: Speaker) -> Reply:
        answer = await self._desk.ask(Pause(_strategy(argument), by=speaker.by))
        return Reply(f"{badge(answer.mode)} {answer.said}")

    async def _resume(self, argument: str, speaker: Speaker) -> Reply:
        if self._desk.halted():
            raise UsageError("the desk is halted; only a person on the host lifts that: dutchbook resume --i-checked")
        strategy = _strategy(argument)
        answer = await self._desk.ask(Unpause(strategy, by=speaker.by))
        return Reply(f"{badge(answer.mode)} {answer.said}")

    async def _unlock(self, argument: str, speaker: Speaker) -> Reply:
        answer = await self._desk.ask(ShowRisk())
        lock = next((lock for lock in answer.locks or () if lock.about == argument), None)
        if lock is None:
            raise UsageError(f"no lock is called {argument[:40]!r}; /locks shows them")
        if not lock.lift.startswith("dutchbook resume") or "--i-checked" in lock.lift:
            how = lock.lift or "it ends by itself"
            raise UsageError(f"{lock.about}: {lock.reason} - it is not lifted from here: {how}")
        return await self.command("resume", lock.lift.removeprefix("dutchbook resume").strip(), speaker)

    async def _stop(self, _argument: str, speaker: Speaker) -> Reply:
        answer = await self._desk.ask(Stop(by=speaker.by), _STOP_PATIENCE_S)
        unknown = ", ".join(order.id for order in answer.unknown or ())
        left = f"\nNobody knows whether these live: {unknown}" if unknown else ""
        return Reply(f"{badge(answer.mode)} {answer.said}{left}")

    async def _version(self, _argument: str, _speaker: Speaker) -> Reply:
        return Reply(f"dutchbook {self._records.version}")

    async def _help(self, _argument: str, speaker: Speaker) -> Reply:
        return Reply(help_text(speaker.role))


def _strategy(argument: str) -> str:
    """The strategy that is meant; empty for all."""
    word = argument.strip()
    return "" if word == "all" else word


def _number(argument: str, default: int, most: int) -> int:
    """A number that follows a command. Raises UsageError for what is none."""
    text = argument.strip()
    if not text:
        return default
    if not (text.isdigit() and text.isascii() and 0 < int(text[:9]) <= most):
        raise UsageError(f"{text[:20]!r}: write a number from 1 to {most}")
    return int(text)
