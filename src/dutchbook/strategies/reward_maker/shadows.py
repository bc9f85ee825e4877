"""Our own orders in the books that we see: what of a level is ours, though news of orders and of books come apart.

Who takes the own order off a level before the book shows it sees a gap that is not there, and moves into it; who leaves
it on after it is gone follows its own ghost. So a shadow moves when the book does, or a second after the venue's word.
"""

from collections.abc import Mapping, Sequence

import msgspec

from dutchbook.domain.book import Level
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import SECOND, Nanos, Price, Size

SETTLES = SECOND
"""How long after the venue's word on an order the book is taken to show it."""


class Shadow(msgspec.Struct):
    """One order in the bids or asks of an outcome. `shown` is how much of its level is taken to be ours."""

    outcome: OutcomeId
    bid: bool
    price: Price
    shown: int = 0
    due: list[int] = []
    """What the book will show of it next, and then: an order that was cancelled at once still appears, then goes."""
    base: int = 0
    """The level's size before the first of that shows; others who come and go meanwhile move it."""
    told: bool = False
    """Whether the venue said that it did what we sent."""
    since: Nanos = Nanos(0)

    def sent(self, aim: int, there: int) -> None:
        """We sent what will make it so much; the level holds `there`, or will by what we sent before."""
        if aim == self.aim:
            return
        if not self.due:
            self.base = there
        self.due.append(aim)
        self.told = False

    def refused(self) -> None:
        """It never was in the book, nor will be."""
        self.shown = 0
        self.due.clear()

    @property
    def aim(self) -> int:
        """How much the book will show once it has heard of all that we sent."""
        return self.due[-1] if self.due else self.shown

    def confirmed(self, now: Nanos) -> None:
        """The venue says that it is so."""
        if not self.told:
            self.told, self.since = True, now

    def look(self, there: int, now: Nanos, *, first: bool = True) -> None:
        """Follow the level: a change as large as the one expected is ours, if none that we sent before is due first."""
        if self.due and self.told and now >= self.since + SETTLES:
            self.shown = self.aim
            self.due.clear()
        while self.due and first:
            change = self.due[0] - self.shown
            self.base = min(self.base, there) if change > 0 else max(self.base, there)
            seen = there >= self.base + change if change > 0 else there <= self.base + change
            if not seen:
                return
            self.base += change
            self.shown = self.due.pop(0)

    @property
    def over(self) -> bool:
        """Whether nothing of it is in the book, nor will be."""
        return not self.due and not self.shown

    @property
    def settles(self) -> Nanos | None:
        """When the venue's word counts whatever the book shows; None if nothing is open."""
        return Nanos(self.since + SETTLES) if self.told and self.due else None


class Levels(msgspec.Struct, frozen=True):
    """One outcome's book as it is seen, our own orders included, best first."""

    bids: Sequence[Level]
    asks: Sequence[Level]

    def there(self, *, bid: bool, price: Price) -> int:
        """The size at a price."""
        for level in self.bids if bid else self.asks:
            if level.price == price:
                return level.size
        return 0


def without(levels: Sequence[Level], own: Mapping[Price, int]) -> Sequence[Level]:
    """Levels less what of them is ours."""
    if not own:
        return levels
    left = list(levels)
    for place in range(len(left) - 1, -1, -1):
        price, size = left[place].price, left[place].size
        if price in own:  # few are, and whoever quotes looks at each change of a book
            if size > own[price]:
                left[place] = Level(price, Size(size - own[price]))
            else:
                del left[place]
    return left
