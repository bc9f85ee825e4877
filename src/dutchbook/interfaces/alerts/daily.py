"""The daily summary: once a day at the configured hour, whatever restarts there were."""

from pathlib import Path

import msgspec

from dutchbook.domain.units import DAY, SECOND, Nanos
from dutchbook.interfaces.alerts.notices import Notice
from dutchbook.interfaces.day_results import DayResult
from dutchbook.interfaces.words import money, number_of, signed_money
from dutchbook.storage.alert_words import Occasion, Tier
from dutchbook.storage.durable import replace_file

_HOUR = Nanos(3_600 * SECOND)


class Told(msgspec.Struct, frozen=True):
    """The last day of which the summary was told, counted since 1970."""

    day: int


class DailySummary:
    """Says when a summary is due, and remembers in a file that it was told."""

    def __init__(self, state: Path, hour: int) -> None:
        self._state = state
        self._hour = hour
        self._told = _read(state)

    def due(self, now: Nanos) -> bool:
        """Whether today's hour has come and nothing was told yet today.

        The first day of a home has a summary only if it began before that hour.
        """
        if self._told is None:
            self._told = now // DAY - (now % DAY < self._hour * _HOUR)
        return now // DAY > self._told and now % DAY >= self._hour * _HOUR

    def told(self, now: Nanos) -> None:
        """It was put into the book."""
        self._told = now // DAY
        self._state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(self._state, msgspec.json.encode(Told(self._told)) + b"\n")


def summary_notices(rows: list[DayResult], mode: str, open_alerts: int, now: Nanos) -> list[Notice]:
    """One for each mode that was at work: play money and real money are never summed."""
    waiting = f"\n{number_of(open_alerts, 'alert')} not acknowledged" if open_alerts else ""
    if not rows:
        return [_notice(now, mode, "Today no desk was at work", waiting.strip())]
    return [
        _notice(
            now,
            row.mode,
            f"Today {signed_money(row.change)}",
            f"equity {money(row.equity)}, at midnight UTC {money(row.start)}\n"
            f"{number_of(row.fills, 'fill')}, fees {money(row.fees)}{waiting}",
        )
        for row in rows
    ]


def _notice(now: Nanos, mode: str, title: str, text: str) -> Notice:
    return Notice(at=now, occasion=Occasion.DAILY_SUMMARY, tier=Tier.IMPORTANT, mode=mode, title=title, text=text)


def _read(path: Path) -> int | None:
    """None where nothing was told yet, or it is not known any more."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Told).day
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
