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
    aim: int = 0
    """How much the book will show once it has heard of all that we sent."""
    shown: int = 0
    base: int = 0
    """The level's size when we sent what the book does not show yet."""
    told: bool = False
    """Whether the venue said that it did what we sent."""
    since: Nanos = Nanos(0)

    def sent(self, aim: int, there: int) -> None:
        """We sent what will make it so much; the level holds `there` now."""
        if aim != self.aim:
            self.aim, self.base, self.told = aim, there, False

    def confirmed(self, now: Nanos) -> None:
        """The venue says that it is so."""
        if not self.told:
            self.told, self.since = True, now

    def look(self, there: int, now: Nanos) -> None:
        """Follow the level: a change as large as the one expected is ours."""
        change = self.aim - self.shown
        if change > 0:
            seen = there >= self.base + change
        else:
            seen = there <= self.base + change
        if seen or (self.told and now >= self.since + SETTLES):
            self.shown = self.aim

    @property
    def over(self) -> bool:
        """Whether nothing of it is in the book, nor will be."""
        return not self.aim and not self.shown

    @property
    def settles(self) -> Nanos | None:
        """When the venue's word counts whatever the book shows; None if nothing is open."""
        return Nanos(self.since + SETTLES) if self.told and self.shown != self.aim else None


class Levels(msgspec.Struct, frozen=True):
    """One outcome's book as it is seen, our own orders included, best first."""

    bids: Sequence[Level]
    asks: Sequence[Level]

    def there(self, *, bid: bool, price: Price) -> int:
        """The size at a price."""
        return next((level.size for level in (self.bids if bid else self.asks) if level.price == price), 0)


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
