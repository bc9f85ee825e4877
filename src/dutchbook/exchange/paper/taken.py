"""What our paper fills took from levels that the venue, which knows nothing of them, still shows."""

from collections.abc import Mapping

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Price, Size
from dutchbook.exchange.paper.mirror import Place


class Taken:
    """Size taken by level, all in terms of YES, so that a share is not sold once as YES and once more as NO.

    Of a level that shows `shown` there is `shown - taken` left. When a level shrinks, what went is supposed to be what
    we had left untouched, as far as that reaches; when it vanishes, what we took is forgotten with it. So the sum of
    our fills at a level never exceeds what it showed at first plus each growth since. That errs against us when others
    take the part we had already taken, and in our favour when a maker cancels and places the same size again.
    """

    def __init__(self) -> None:
        self._taken: dict[OutcomeId, dict[tuple[Side, Price], int]] = {}

    def __bool__(self) -> bool:
        """Whether anything is taken anywhere."""
        return bool(self._taken)

    def at(self, where: Place) -> int:
        """How much of the level is ours already."""
        of_market = self._taken.get(where.yes)
        return of_market.get((where.side, where.price), 0) if of_market else 0

    def take(self, where: Place, size: Size) -> None:
        """Remember that we took `size` of the level."""
        of_market = self._taken.setdefault(where.yes, {})
        key = (where.side, where.price)
        of_market[key] = of_market.get(key, 0) + size

    def level_shown(self, where: Place, size: int) -> None:
        """The level shows `size` now; 0 when it vanished."""
        of_market = self._taken.get(where.yes)
        if not of_market:
            return
        key = (where.side, where.price)
        if size < of_market.get(key, 0):
            self._set(where.yes, key, size)

    def book_shown(self, yes: OutcomeId, sizes: Mapping[tuple[Side, Price], int]) -> None:
        """The whole book of a market as it shows now, in terms of YES; what is not in it vanished."""
        for key, taken in tuple(self._taken.get(yes, {}).items()):
            if sizes.get(key, 0) < taken:
                self._set(yes, key, sizes.get(key, 0))

    def forget(self, yes: OutcomeId) -> None:
        """The market is over."""
        self._taken.pop(yes, None)

    def touches(self, yes: OutcomeId) -> bool:
        """Whether anything of this market's book is taken."""
        return yes in self._taken

    def _set(self, yes: OutcomeId, key: tuple[Side, Price], size: int) -> None:
        of_market = self._taken[yes]
        if size:
            of_market[key] = size
        else:
            del of_market[key]
            if not of_market:
                del self._taken[yes]
