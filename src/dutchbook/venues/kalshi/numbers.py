"""Kalshi's texts as our integers: prices, signed changes, JSON numbers, times. Each is read strictly, or refused."""

import re
from datetime import UTC, datetime

from dutchbook.domain.identity import MarketId, OutcomeId, kalshi_yes
from dutchbook.domain.units import ONE, PRICE_DECIMALS, SECOND, SIZE_DECIMALS, Nanos, Price, Size, exact

_TICKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_NOTHING = ("", "null")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 9_000_000_000


def ticker(text: str) -> MarketId:
    """A market's ticker (protocol section 3.1). Raises ValueError for what cannot be one."""
    if not _TICKER.fullmatch(text):
        raise ValueError(f"{text!r} is no ticker")
    return MarketId(text)


def yes_outcome(text: str) -> OutcomeId:
    """The YES outcome of a ticker: the one whose book Kalshi's messages describe."""
    return kalshi_yes(ticker(text))


def quote_price(text: str) -> Price:
    """A price at which one can trade: between 0 and 1 dollar, both excluded. Raises ValueError for anything else."""
    value = exact(text, PRICE_DECIMALS)
    if not 0 < value < ONE:
        raise ValueError(f"{text!r} is no price to trade at")
    return Price(value)


def quote_price_of_no(text: str) -> Price:
    """The YES price of a price for NO: 1 - p."""
    return Price(ONE - quote_price(text))


def signed_size(text: str) -> int:
    """A signed number of contracts ("-46.02"). Raises ValueError unless a plain decimal, with a minus at most."""
    if text.startswith("-"):
        return -exact(text[1:], SIZE_DECIMALS)
    return exact(text, SIZE_DECIMALS)


def positive_size(text: str) -> Size:
    """A number of contracts above 0. Raises ValueError for anything else."""
    size = Size(exact(text, SIZE_DECIMALS))
    if not size:
        raise ValueError("no contracts at all")
    return size


def json_number(raw: bytes, decimals: int) -> int | None:
    """A JSON number, or a text that holds one, in units of 10**-decimals; None where it is absent or null.

    Raises ValueError if finer than that, or with an exponent.
    """
    text = bytes(raw).decode("ascii")
    if text in _NOTHING:
        return None
    digits = text.strip('"')
    return -exact(digits[1:], decimals) if digits.startswith("-") else exact(digits, decimals)


def nanos_of(milliseconds: int) -> Nanos:
    """Unix milliseconds as nanoseconds."""
    return Nanos(milliseconds * 1_000_000)


def nanos_of_seconds(seconds: int) -> Nanos:
    """Unix seconds as nanoseconds."""
    return Nanos(seconds * SECOND)


def instant(text: str) -> Nanos | None:
    """An RFC 3339 time in UTC with up to nine decimals; None for the venue's zero value, year 1.

    Raises ValueError for anything else.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no RFC 3339 time in UTC")
    since = datetime.fromisoformat(match[1]).replace(tzinfo=UTC) - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    if not 0 <= seconds <= _LAST_SECOND:
        return None
    return Nanos(seconds * SECOND + int((match[2] or "").ljust(9, "0")))
