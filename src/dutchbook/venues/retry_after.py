"""The header Retry-After: how long a venue wants to be left alone."""

from email.utils import parsedate_to_datetime

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND


def retry_after_s(text: str | None, clock: Clock) -> float | None:
    """Seconds, or a date of HTTP as seconds from now; None for anything else."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - clock.now() / SECOND)
