"""Kalshi's weekly maintenance: Thursdays from 03:00 to 05:00 in New York (protocol section 1.1)."""

from datetime import UTC, datetime, timedelta

from dutchbook.domain.units import SECOND, Nanos

_THURSDAY = 3
_BEGINS, _ENDS = 3, 5
_STANDARD, _SUMMER = timedelta(hours=5), timedelta(hours=4)


def weekly_maintenance_until(now: Nanos) -> Nanos | None:
    """When the maintenance that is planned for this moment ends; None outside of its hours."""
    at = datetime.fromtimestamp(now // SECOND, UTC)
    local = at - _behind(at)
    if local.weekday() != _THURSDAY or not _BEGINS <= local.hour < _ENDS:
        return None
    ends = local.replace(hour=_ENDS, minute=0, second=0) + (at - local)
    return Nanos(int(ends.timestamp()) * SECOND)


def _behind(at: datetime) -> timedelta:
    """How far New York is behind UTC, by the law since 2007; needs no time zone data.

    Clocks change on Sundays, and this is about Thursdays: the hour of the change does not matter.
    """
    begins = _sunday(at.year, month=3, which=2)
    ends = _sunday(at.year, month=11, which=1)
    return _SUMMER if begins <= at < ends else _STANDARD


def _sunday(year: int, *, month: int, which: int) -> datetime:
    first = datetime(year, month, 1, tzinfo=UTC)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))
