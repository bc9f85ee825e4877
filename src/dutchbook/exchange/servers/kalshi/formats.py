"""How Kalshi writes prices, money, counts and times (protocol section 2.1)."""

from datetime import UTC, datetime
from functools import lru_cache

from dutchbook.domain.units import Money, Nanos, Price, Size, exact

MICROS_PER_CENT = 10_000


def price_text(price: int) -> str:
    """A price with four decimals: 4_700 is "0.4700"."""
    return f"{price // 10_000}.{price % 10_000:04d}"


def money_text(money: int) -> str:
    """Micro-dollars with six decimals, signed."""
    sign, amount = ("-", -money) if money < 0 else ("", money)
    return f"{sign}{amount // 1_000_000}.{amount % 1_000_000:06d}"


def balance_text(money: Money) -> str:
    """Micro-dollars as balances are written: four decimals, what is finer cut off."""
    return price_text(money // 100)


def count_text(size: int) -> str:
    """Contracts with two decimals, signed; finer dust is cut off."""
    sign, amount = ("-", -size) if size < 0 else ("", size)
    return f"{sign}{amount // 1_000_000}.{amount % 1_000_000 // 10_000:02d}"


def cents(money: int) -> int:
    """Micro-dollars in whole cents, truncated towards zero."""
    return money // MICROS_PER_CENT if money >= 0 else -(-money // MICROS_PER_CENT)


def time_text(at: Nanos) -> str:
    """RFC 3339 in UTC with up to six decimals; trailing zeros are dropped, as Go does."""
    seconds, nanos = divmod(at, 1_000_000_000)
    text = _second_text(seconds)
    fraction = f"{nanos // 1_000:06d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


@lru_cache(maxsize=1_024)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def seconds(at: Nanos) -> int:
    return at // 1_000_000_000


def millis(at: Nanos) -> int:
    return at // 1_000_000


def price_in(text: str) -> Price:
    """A price of a request. Raises ValueError: more than four decimals, or no plain number."""
    return Price(exact(text, 4))


def count_in(text: str) -> Size:
    """A count of a request. Raises ValueError: more than two decimals, or no plain number."""
    return Size(exact(text, 2) * 10_000)


def number(millionths: int) -> int | float:
    """A strike in the JSON number that Kalshi writes: whole if it is whole."""
    return millionths // 1_000_000 if millionths % 1_000_000 == 0 else millionths / 1_000_000
