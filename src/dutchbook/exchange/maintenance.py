"""When Kalshi keeps its house: Thursdays from 03:00 to 05:00 in New York (protocol section 1.1)."""

from datetime import UTC, date, datetime, timedelta

from dutchbook.domain.units import SECOND, Nanos

_THURSDAY = 3
_HOURS = (3, 5)


def window(now: Nanos, weeks: int = 0) -> tuple[Nanos, Nanos]:
    """Beginning and end of the window of this week's Thursday, today's included, or of one so many weeks later."""
    today = datetime.fromtimestamp(now // SECOND, UTC).date()
    day = today + timedelta(days=(_THURSDAY - today.weekday()) % 7 + 7 * weeks)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours_behind(day))
    starts, ends = (Nanos(int((midnight + timedelta(hours=hour)).timestamp()) * SECOND) for hour in _HOURS)
    return starts, ends


def next_window(now: Nanos) -> tuple[Nanos, Nanos]:
    """The first window that begins after `now`."""
    this = window(now)
    return this if this[0] > now else window(now, 1)


def hours_behind(day: date) -> int:
    """How far New York is behind UTC on the afternoon of a day, by the law since 2007; no time zone data is needed."""
    begins = _sunday(day.year, 3, 2)
    ends = _sunday(day.year, 11, 1)
    return 4 if begins <= day < ends else 5


def _sunday(year: int, month: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))
