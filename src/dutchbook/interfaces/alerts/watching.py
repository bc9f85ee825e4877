"""Whether a desk is well, judged from outside: a process that is gone, one that does not answer, data that is old."""

from collections.abc import Iterator

import msgspec

from dutchbook.config.alert_settings import AlertSettings
from dutchbook.domain.units import Nanos
from dutchbook.interfaces.alerts.notices import Notice
from dutchbook.interfaces.words import span
from dutchbook.storage.alert_words import Occasion, Tier

_GRACE = Nanos(3 * 10**9)
"""Between the end of a process and the verdict that it died: its last line may still be on the way."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen at one moment. `process` is None if no desk runs, 0 if one does not say which it is.

    `answered` is false if it was asked and gave no answer; `ended` is true once the last line of its run was read.
    """

    at: Nanos
    process: int | None
    answered: bool
    ended: bool
    mode: str = ""
    run: str = ""
    data_age: Nanos | None = None


class DeskWatch:
    """Told of each look; says what is worth telling, once for each trouble."""

    def __init__(self, settings: AlertSettings) -> None:
        self._settings = settings
        self._last: Look | None = None
        self._any = False
        self._gone: Nanos | None = None
        self._silent_since: Nanos | None = None
        self._told_silent = self._told_stale = False

    @property
    def idle(self) -> bool:
        """Whether no desk runs, and it was said how the last one ended."""
        return self._last is None

    def orphaned(self, look: Look) -> None:
        """The desk is gone that this one was started by; if no look ever found it, this says whose death it is."""
        if not self._any:
            self._seen(look)

    def after(self, look: Look) -> list[Notice]:
        """What this look gives to tell."""
        found = [*self._death(look), *self._silence(look), *self._staleness(look)]
        if look.process:
            self._seen(look)
        return found

    def _seen(self, look: Look) -> None:
        self._last, self._any = look, True

    def _death(self, look: Look) -> Iterator[Notice]:
        if look.process is not None:
            self._gone = None
            return
        if self._last is None:
            return
        self._gone = look.at if self._gone is None else self._gone
        if look.ended:
            self._last = self._gone = None
            self._silent_since, self._told_silent, self._told_stale = None, False, False
        elif look.at >= self._gone + _GRACE:
            last, self._last = self._last, None
            tier = Tier.CRITICAL if last.mode == "paper" else Tier.EMERGENCY
            who = f"Process {last.process}" if last.process else "Its process"
            text = (
                f"{who} ended without a last line in its journal. What rests at the venues rests on.\n"
                "Start it again with the command that it was started with: it asks the venues before it trades."
            )
            yield _notice(look, Occasion.DESK_DIED, tier, "The desk is gone", text, last)

    def _silence(self, look: Look) -> Iterator[Notice]:
        if not look.process or look.answered:
            self._silent_since, self._told_silent = None, False
            return
        self._silent_since = look.at if self._silent_since is None else self._silent_since
        since = Nanos(look.at - self._silent_since)
        if since >= self._settings.silent_desk and not self._told_silent:
            self._told_silent = True
            tier = Tier.CRITICAL if look.mode == "paper" else Tier.EMERGENCY
            text = (
                f"Process {look.process} runs and has not answered for {span(since)}.\n"
                "A halt still reaches it, by its file and a signal: /halt or `dutchbook halt`."
            )
            yield _notice(look, Occasion.DESK_SILENT, tier, "The desk does not answer", text, look)

    def _staleness(self, look: Look) -> Iterator[Notice]:
        age = look.data_age
        if age is None or age < self._settings.stale_data:
            self._told_stale = self._told_stale and age is None
            return
        if not self._told_stale:
            self._told_stale = True
            text = f"The newest frame is {span(age)} old: nothing is opened on books that nobody confirms."
            yield _notice(look, Occasion.STALE_DATA, Tier.CRITICAL, "No market data arrives", text, look)


def _notice(look: Look, occasion: Occasion, tier: Tier, title: str, text: str, about: Look) -> Notice:
    return Notice(
        at=look.at, occasion=occasion, tier=tier, mode=about.mode, title=title, text=text, subject=about.run or "desk"
    )
