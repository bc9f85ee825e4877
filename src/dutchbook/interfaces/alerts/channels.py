"""Channels: where a message goes, and the ways of getting it there."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Protocol

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.alerts.notices import badge
from dutchbook.interfaces.alerts.routing import ChannelName
from dutchbook.storage.alert_book import AlertState
from dutchbook.storage.alert_words import ChannelKind, Tier

PATIENCE_S = 30.0
"""For a channel to take a message."""


class DeliveryFailed(DutchbookError):
    """A channel did not take a message: keep it, and try again later."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel is given. `alert` is the name to acknowledge it by, empty where there is nothing to."""

    title: str
    text: str
    tier: Tier
    silent: bool = False
    alert: str = ""

    @property
    def whole(self) -> str:
        """Title and text as one."""
        return f"{self.title}\n{self.text}".strip()


class Channel(Protocol):
    """An address that takes messages."""

    @property
    def name(self) -> ChannelName: ...

    async def send(self, message: Message) -> None:
        """Returns once the message was taken. Raises DeliveryFailed, in words that hold no secret of ours."""
        ...


def message_of(alert: AlertState, *, silent: bool, again: int) -> Message:
    """An alert as a message. The mode comes first, whatever else is cut off."""
    raised = alert.raised
    urgent = raised.tier.rank >= Tier.CRITICAL.rank
    lines = [raised.text] if raised.text else []
    if again:
        lines.append(f"Told {again + 1} times; repeated until somebody acknowledges it.")
    if urgent:
        lines.append(f"Acknowledge: dutchbook alerts ack {raised.id}")
    if raised.ref:
        lines.append(f"on record: {raised.ref}")
    mark = f"{raised.tier.upper()}: " if urgent else ""
    return Message(
        title=f"{badge(raised.mode)} {mark}{raised.title}",
        text="\n".join(lines),
        tier=raised.tier,
        silent=silent,
        alert=raised.id if urgent else "",
    )


class ConsoleChannel:
    """The messenger's own output, always there."""

    name = ChannelName("console", ChannelKind.CONSOLE)

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    async def send(self, message: Message) -> None:
        """Print it."""
        self._write(" | ".join(message.whole.splitlines()))


class AppriseChannel:
    """Any of the services that Apprise knows, by its address, which is a secret."""

    def __init__(self, name: ChannelName, address: str, patience_s: float = PATIENCE_S) -> None:
        """Raises DutchbookError, without the address, if it is none that Apprise knows."""
        from apprise import Apprise

        self.name = name
        self._patience_s = patience_s
        self._apprise = Apprise()
        with _quiet_apprise():
            known = self._apprise.add(address)
        if not known or len(self._apprise) != 1:
            raise DutchbookError(
                f"channel {name.name}: its address is none that Apprise knows - see docs/alerts.md for examples"
            )

    async def send(self, message: Message) -> None:
        """See `Channel.send`. What still runs when patience ends may arrive yet: messages may come twice."""
        try:
            reason = await asyncio.wait_for(asyncio.to_thread(self._notify, message), self._patience_s)
        except TimeoutError:
            raise DeliveryFailed(f"{self.name.name}: no answer within {self._patience_s:g} s") from None
        if reason is not None:
            raise DeliveryFailed(f"{self.name.name}: {reason}")

    def _notify(self, message: Message) -> str | None:
        """Blocking. None if it was taken, else why not."""
        from apprise import NotifyFormat, NotifyType

        kinds = {
            Tier.ROUTINE: NotifyType.INFO,
            Tier.IMPORTANT: NotifyType.INFO,
            Tier.CRITICAL: NotifyType.WARNING,
            Tier.EMERGENCY: NotifyType.FAILURE,
        }
        with _quiet_apprise() as said:
            taken = self._apprise.notify(
                body=message.text or message.title,
                title=message.title,
                notify_type=kinds[message.tier],
                body_format=NotifyFormat.TEXT,
            )
        return None if taken else said.last or "it was not taken"


class _Said(logging.Handler):
    """Keeps the last complaint of Apprise in this thread, which is all that it tells of a failure."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.last = record.getMessage()


class _quiet_apprise:  # noqa: N801 - used as a function
    """Catch what Apprise logs meanwhile: it may name addresses."""

    def __enter__(self) -> _Said:
        self._said = _Said()
        self._logger = logging.getLogger("apprise")
        self._logger.propagate = False
        self._logger.addHandler(self._said)
        return self._said

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self._said)
