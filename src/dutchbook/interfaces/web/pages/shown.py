"""Domain values as cells and words of the screens. Prices are cents, sizes contracts, times UTC."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import cast
from urllib.parse import quote

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size
from dutchbook.interfaces import words
from dutchbook.interfaces.web.pages.rows import Cell

STALE_AFTER = 5 * SECOND
"""Data older than this is shown in red."""
FRESH = 2 * SECOND
"""Data younger than this is called live, so that a figure does not flicker in tenths."""

KINDS = {
    BundleKind.BUY_BOTH: "Buy both",
    BundleKind.SPLIT_SELL: "Split and sell",
    BundleKind.ALL_YES: "All YES",
    BundleKind.ALL_NO: "All NO",
    BundleKind.LADDER: "Ladder",
    BundleKind.CROSS_VENUE: "Two venues",
}
_STATUS_TONES = {
    OrderStatus.UNKNOWN: "badge bad",
    OrderStatus.REJECTED: "badge warn",
    OrderStatus.DEAD: "badge warn",
    OrderStatus.FILLED: "badge good",
    OrderStatus.OPEN: "badge info",
}


def _remembered[**P, R](make: Callable[P, R]) -> Callable[P, R]:
    """Most places of a table say four times a second what they said before: that is put in words once."""
    return cast("Callable[P, R]", lru_cache(maxsize=4_096)(make))  # the cache forgets what `make` may be called with


def age(nanos: Nanos | None) -> str:
    """How old data is: `live` while it is fresh."""
    if nanos is None:
        return "no data yet"
    return "live" if nanos < FRESH else f"{_whole(nanos)} old"


def age_tone(nanos: Nanos | None) -> str:
    """Red once it is stale."""
    return "old" if nanos is None or nanos > STALE_AFTER else ""


@_remembered
def money(amount: Money | None, tone: str = "") -> Cell:
    """An amount of dollars."""
    return Cell(words.NOBODY) if amount is None else Cell(words.money(amount), rank=amount, tone=tone)


def gain(amount: Money | None) -> Cell:
    """A profit or a loss: sign and arrow say what colour says too."""
    if amount is None:
        return Cell(words.NOBODY)
    return Cell(gain_words(amount), rank=amount, tone=gain_tone(amount))


def gain_words(amount: Money) -> str:
    """A profit or loss with its arrow."""
    arrow = "▲ " if amount > 0 else "▼ " if amount < 0 else ""
    return f"{arrow}{words.signed_money(amount) if amount else words.money(amount)}"


def gain_tone(amount: Money) -> str:
    """Good, bad, or neither."""
    return "good" if amount > 0 else "bad" if amount < 0 else ""


@_remembered
def price(value: Price | None, tone: str = "") -> Cell:
    """A price in cents, which is a probability in percent too."""
    return Cell(words.price(value), rank=value, tone=tone)


@_remembered
def size(value: Size | None) -> Cell:
    """Contracts."""
    return Cell(words.size(value), rank=value)


@_remembered
def side(value: Side) -> Cell:
    """Buying or selling."""
    return Cell(str(value).capitalize(), tone="good" if value is Side.BUY else "bad")


def when(at: Nanos) -> Cell:
    """A time of day in UTC; the date on hover."""
    return Cell(words.time_of_day(at), rank=at, hint=moment(at), moment=True)


def date(at: Nanos | None) -> Cell:
    """A date and time in UTC."""
    return Cell(words.NOBODY) if at is None else Cell(moment(at)[:-7], rank=at, hint=moment(at), moment=True)


def moment(at: Nanos) -> str:
    """Date and time, to the second."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(nanos: Nanos | None) -> Cell:
    """A length of time, in whole seconds beyond the first; by these it sorts, so that it changes with its words."""
    if nanos is not None and nanos >= SECOND:
        return Cell(_whole(nanos), rank=nanos // SECOND * SECOND)
    return Cell(words.span(nanos), rank=nanos)


def _whole(nanos: Nanos) -> str:
    """In whole seconds: tenths only flicker."""
    return words.span(Nanos(nanos // SECOND * SECOND)).replace(".0s", "s")


@_remembered
def status(value: OrderStatus) -> Cell:
    """An order's state."""
    return Cell(value.replace("_", " "), tone=_STATUS_TONES.get(value, "badge"))


@_remembered
def market_path(market: str) -> str:
    """The page of a market."""
    return f"/market/{quote(market, safe='')}"


@_remembered
def order_path(order: str) -> str:
    """The card of an order."""
    return f"/order/{quote(order, safe='')}"


def bundle_path(bundle: str) -> str:
    """The page of a bundle."""
    return f"/bundle/{quote(bundle, safe='')}"


def report_path(run: str) -> str:
    """The report of a run, as a page of its own."""
    return f"/report/{quote(run, safe='')}"
