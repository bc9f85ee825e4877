"""Polymarket's texts as our integers: level prices, sizes, times. Each is read strictly, or refused."""

from dutchbook.domain.units import ONE, PRICE_DECIMALS, Nanos, Price, Size, exact, size_of
from dutchbook.venues.memo import Memo


class BoundaryPrice(ValueError):
    """A level at 0 or 1 dollar: no quote. Allowed without size, wrong with it."""


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
