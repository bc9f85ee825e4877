"""Domain integers as people read them: money, prices, sizes, ratios, times. Rounded for the eye; JSON is exact."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, SECOND, Money, Nanos, Price, Size, decimal_text

_LONG_ID = re.compile(r"\b((?:0x)?[0-9a-f]{6})[0-9a-f]{14,}([0-9a-f]{4})\b")
NOBODY = "-"
"""Shown where there is no value: nobody bids, nothing is known."""


def money(amount: Money) -> str:
    """Dollars to the cent, rounded down; to a hundredth of a cent below a dollar.

    >>> money(Money(1_234_567_890)), money(Money(-17_472)), money(Money(0))
    ('$1,234.56', '-$0.0175', '$0.00')
    """
    unit = 10_000 if amount == 0 or abs(amount) >= DOLLAR else 100
    rounded = amount // unit * unit
    decimals = 2 if unit == 10_000 else 4
    whole, cents = divmod(abs(rounded), DOLLAR)
    return f"{'-' if rounded < 0 else ''}${whole:,}.{cents // 10 ** (6 - decimals):0{decimals}}"


def short_ids(text: str) -> str:
    """A text with long ids of venues cut down to their ends: nobody reads their middles.

    >>> short_ids("all_no:0xcfb562d606453773131a4ec0758c2b9bf: 70 sets")
    'all_no:0xcfb562…b9bf: 70 sets'
    """
    return _LONG_ID.sub(r"\1…\2", text)


def signed_money(amount: Money) -> str:
    """A profit or loss: always with its sign.

    >>> signed_money(Money(2_500_000))
    '+$2.50'
    """
    return ("" if amount < 0 else "+") + money(amount)


def price(value: Price | None) -> str:
    """A price in cents.

    >>> price(Price(4_735)), price(Price(300)), price(None)
    ('47.35¢', '3¢', '-')
    """
    return NOBODY if value is None else decimal_text(value, 2).rstrip("0").rstrip(".") + "¢"


def size(value: Size | None) -> str:
    """Contracts, to a hundredth.

    >>> size(Size(1_234_500_000)), size(Size(2_000_000))
    ('1,234.5', '2')
    """
    if value is None:
        return NOBODY
    whole, rest = divmod(value, CONTRACT)
    return f"{whole:,}.{rest // 10_000:02}".rstrip("0").rstrip(".")


def ratio(ppm: int | None) -> str:
    """Cost / payoff, to four decimals, rounded up: 1.0000 is break-even before fees.

    >>> ratio(1_012_345)
    '1.0124'
    """
    return NOBODY if ppm is None else decimal_text(-(-ppm // 100), 4).ljust(6, "0")


def percent(ppm: int | None) -> str:
    """A share in millionths as a percentage to one decimal.

    >>> percent(125_000)
    '12.5%'
    """
    return NOBODY if ppm is None else f"{ppm / 10_000:,.1f}%"


def span(nanos: Nanos | None) -> str:
    """A length of time, in two units at most.

    >>> span(Nanos(350_000_000)), span(Nanos(65 * SECOND)), span(Nanos(8_100 * SECOND))
    ('350ms', '1m 05s', '2h 15m')
    """
    if nanos is None:
        return NOBODY
    if nanos < SECOND:
        return f"{nanos // MILLISECOND}ms"
    seconds = nanos // SECOND
    if seconds < 60:
        return f"{nanos / SECOND:.1f}s"
    if seconds < 3_600:
        return f"{seconds // 60}m {seconds % 60:02}s"
    if seconds < 86_400:
        return f"{seconds // 3_600}h {seconds % 3_600 // 60:02}m"
    return f"{seconds // 86_400}d {seconds % 86_400 // 3_600:02}h"


def time_of_day(at: Nanos) -> str:
    """The time of day in UTC.

    >>> time_of_day(Nanos(0))
    '00:00:00'
    """
    return _moment(at).strftime("%H:%M:%S")


def iso(at: Nanos | None) -> str | None:
    """ISO 8601 in UTC, to the microsecond.

    >>> iso(Nanos(1_500_000_000))
    '1970-01-01T00:00:01.500000Z'
    """
    return None if at is None else _moment(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def number_of(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> number_of(1, "fill"), number_of(1_200, "opportunity", "opportunities")
    ('1 fill', '1,200 opportunities')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def counts(pairs: Iterable[tuple[str, int]]) -> str:
    """Counters, the largest first.

    >>> counts([("a", 1), ("b", 20)])
    'b 20, a 1'
    """
    return ", ".join(f"{name} {count:,}" for name, count in sorted(pairs, key=lambda pair: -pair[1]))


def _moment(at: Nanos) -> datetime:
    whole, rest = divmod(at, SECOND)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest // 1_000)


def micros(value: float) -> str:
    """Microseconds as people read them: `85 us`, `2.4 ms`."""
    return f"{value:.0f} us" if value < 1_000 else f"{value / 1_000:.1f} ms"
