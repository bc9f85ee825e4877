"""What both venues answer when they are asked for liquidity rewards."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.rewards import MarketEarnings, OrderScoring, RewardOffer
from dutchbook.domain.units import Nanos

type Skipped = tuple[str, str]
"""The beginning of a row that cannot be read, and why."""
_SHOWN = 90


class ListedRewards(msgspec.Struct, frozen=True):
    """Markets with a reward; if `whole`, there are no others. `skipped` are rows that cannot be read, and why."""

    offers: tuple[RewardOffer, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    whole: bool = True


class Earned(msgspec.Struct, frozen=True):
    """What a venue says that our quotes earn."""

    orders: tuple[OrderScoring, ...] = ()
    markets: tuple[MarketEarnings, ...] = ()


class RewardReads(Protocol):
    """The public side: what is paid for quoting."""

    async def listed(self) -> ListedRewards:
        """All of it. Raises VenueError or WireError."""
        ...

    async def of_markets(self, markets: Sequence[MarketId]) -> ListedRewards:
        """Of some markets, by another way than `listed`, for when that fails. Raises VenueError or WireError."""
        ...


class OwnRewardReads(Protocol):
    """The private side: what we earn."""

    async def earned(self, day: Nanos, orders: Sequence[str]) -> Earned:
        """Of orders by their names at the venue: whether they score now. Of the UTC day that begins at `day`: what each
        market paid, and of the running day our shares. Raises VenueError or WireError."""
        ...


def readable[T](
    rows: Iterable[msgspec.Raw], read: Callable[[msgspec.Raw], T]
) -> tuple[tuple[T, ...], tuple[Skipped, ...]]:
    """All rows that can be read. One that cannot is no reason to lose the others."""
    found: list[T] = []
    skipped: list[Skipped] = []
    for row in rows:
        try:
            found.append(read(row))
        except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
            skipped.append((str(bytes(row)[:_SHOWN], "utf-8", "replace"), str(error)))
    return tuple(found), tuple(skipped)
