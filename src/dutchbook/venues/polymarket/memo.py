"""Venue texts that come again and again, read once: price and size strings mean the same every time."""

from collections.abc import Callable

from dutchbook.domain.units import ONE, PRICE_DECIMALS, Nanos, Price, Size, exact, size_of

LIMIT = 65_536
"""Texts kept by one memo. Prices never come near it; sizes do, and start again."""


class BoundaryPrice(ValueError):
    """A level at 0 or 1 dollar: no quote. Allowed without size, wrong with it."""


class Memo[V](dict[str, V]):
    """What each text means, by a reader that is asked once a text. Empties itself when full."""

    __slots__ = ("_limit", "_read")

    def __init__(self, read: Callable[[str], V], limit: int = LIMIT) -> None:
        super().__init__()
        self._read = read
        self._limit = limit

    def __missing__(self, text: str) -> V:
        value = self._read(text)
        if len(self) >= self._limit:
            self.clear()
        self[text] = value
        return value


def quote_price(text: str) -> Price:
    """The price of a level, between 0 and 1 dollar. Raises BoundaryPrice at the ends, ValueError for anything else."""
    value = exact(text, PRICE_DECIMALS)
    if 0 < value < ONE:
        return Price(value)
    if value in (0, ONE):
        raise BoundaryPrice(f"{text!r} is no price to trade at")
    raise ValueError(f"{text!r} is no price between 0 and 1 dollar")


def prices() -> Memo[Price]:
    """A memo of level prices."""
    return Memo(quote_price)


def sizes() -> Memo[Size]:
    """A memo of level sizes."""
    return Memo(size_of)


def nanos_of(milliseconds: int) -> Nanos:
    """Unix milliseconds as nanoseconds."""
    return Nanos(milliseconds * 1_000_000)
