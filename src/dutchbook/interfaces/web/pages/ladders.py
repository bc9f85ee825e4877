"""Depth ladders: the levels of a book, best in the middle, sizes as bars beside their numbers."""

from collections.abc import Sequence

from dutchbook.domain.book import Level
from dutchbook.domain.units import Price
from dutchbook.evaluation.desk_rows import BookDepth, BundleLegRow
from dutchbook.interfaces.web.pages.elements import Box, Words
from dutchbook.interfaces.words import price, size

_LEVELS = 10


class Ladder:
    """Bids below asks, drawn anew only when the book moved."""

    def __init__(self, label: str) -> None:
        self._box = Box("div", "ladder", role="table", aria_label=label)
        self._drawn: tuple[object, ...] = ()

    def show(self, book: BookDepth) -> None:
        """Both sides of a book."""
        self._draw(book.bids[:_LEVELS], book.asks[:_LEVELS], usable=book.usable)

    def show_leg(self, leg: BundleLegRow) -> None:
        """The one side of a book that a leg would trade with."""
        levels = leg.levels[:_LEVELS]
        bids, asks = ((), levels) if leg.side == "buy" else (levels, ())
        self._draw(bids, asks, usable=leg.usable)

    def _draw(self, bids: Sequence[Level], asks: Sequence[Level], *, usable: bool) -> None:
        drawn = (bids, asks, usable)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._box.clear()
        with self._box:
            if not usable:
                Words("div", "This book is not known until its next snapshot.", "spread bad")
            elif not bids and not asks:
                Words("div", "Nobody bids and nobody offers.", "spread")
            most = max((level.size for level in (*bids, *asks)), default=1)
            for level in reversed(asks):
                _line(level, most, "ask")
            if bids and asks:
                Words("div", f"spread {price(Price(asks[0].price - bids[0].price))}", "spread")
            for level in bids:
                _line(level, most, "bid")


def _line(level: Level, most: int, side: str) -> None:
    with Box("div", "line", role="row"):
        with Box("div", f"cell {side}", role="cell"):
            Box("div", "bar", aria_hidden="true").style(f"width: {level.size / most * 100:.1f}%")
            Words("span", size(level.size))
        Words("div", price(level.price), f"price {'good' if side == 'bid' else 'bad'}").props("role=cell")
