"""From Kalshi's two lists of bids to the one book of YES: a NO bid at q is a YES ask at 1 - q."""

from collections.abc import Sequence

from dutchbook.domain.book import Level, Side
from dutchbook.domain.units import Price, Size, size_of
from dutchbook.venues.kalshi.numbers import quote_price, quote_price_of_no, signed_size
from dutchbook.venues.kalshi.wire import Row
from dutchbook.venues.memo import Memo

type Levels = tuple[Level, ...]


class BookLevels:
    """Reads levels and changes; remembers texts. With `use_yes_price` NO bids come priced as YES asks already."""

    __slots__ = ("_asks", "_bids", "_sizes", "deltas", "sides")

    def __init__(self, *, use_yes_price: bool = False) -> None:
        self._bids: Memo[Price] = Memo(quote_price)
        self._asks: Memo[Price] = Memo(quote_price if use_yes_price else quote_price_of_no)
        self._sizes: Memo[Size] = Memo(size_of)
        self.deltas: Memo[int] = Memo(signed_size)
        self.sides = {"yes": (Side.BUY, self._bids), "no": (Side.SELL, self._asks)}
        """By the venue's word: our side, and what its price texts mean in YES."""

    def book(self, yes: Sequence[Row], no: Sequence[Row]) -> tuple[Levels, Levels]:
        """Bids and asks of YES. Raises ValueError for what is no number, or a price named twice."""
        return self._side(yes, self._bids), self._side(no, self._asks)

    def _side(self, rows: Sequence[Row], prices: Memo[Price]) -> Levels:
        sizes = self._sizes
        levels = tuple([Level(prices[price], sizes[size]) for price, size in rows])
        if len({level.price for level in levels}) != len(levels):
            raise ValueError("a book names one price twice")
        return tuple(level for level in levels if level.size)
