"""How Gamma and the Data API write values: exact JSON numbers, several kinds of dates, lists inside texts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

import msgspec

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.polymarket_book import plain


def number(value: int, decimals: int) -> msgspec.Raw:
    """An integer in units of 10**-decimals as a JSON number, exact: 5, 0.51, -0.015."""
    text = plain(abs(value), decimals)
    return msgspec.Raw(f"-{text}".encode() if value < 0 and text != "0" else text.encode())


@lru_cache(maxsize=4_096)
def rfc3339(at: Nanos) -> str:
    """A time to the microsecond, without trailing zeros: `2026-07-01T04:02:44Z`, `2025-05-02T15:48:10.582Z`."""
    whole, rest = divmod(at, SECOND)
    text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    micros = rest // 1_000
    return f"{text}.{micros:06d}".rstrip("0") + "Z" if micros else f"{text}Z"


@lru_cache(maxsize=4_096)
def day(at: Nanos) -> str:
    """The UTC date of a time."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d")


def spaced_time(at: Nanos) -> str:
    """A time as `gameStartTime` and `closedTime` have it: `2026-04-30 04:00:00+00`."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S+00")


def listed(texts: Sequence[str]) -> str:
    """A list of texts as JSON inside a text, with a space behind each comma."""
    return "[" + ", ".join(msgspec.json.encode(text).decode() for text in texts) + "]"


def small_id(kind: str, name: str) -> str:
    """A decimal id of six digits for a thing that only has a name: a tag, a series."""
    return str(100_000 + int.from_bytes(sha256(f"{kind}/{name}".encode()).digest()[:8]) % 900_000)


def slug_of(name: str) -> str:
    """A name as it stands in an address: lower case, words joined by hyphens."""
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    return "-".join(words)
