"""Markets that somebody named, found beside what a venue lists first: those of pairs must be watched in any case."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from dutchbook.domain.errors import VenueRefused
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.pairs import PairedMarket
from dutchbook.venues.feed import Discovered

type Discover = Callable[[], Awaitable[Discovered]]
type FindNamed = Callable[[Sequence[MarketId]], Awaitable[Discovered]]


def named_at(venue: Venue, named: Iterable[PairedMarket]) -> tuple[MarketId, ...]:
    """Those of one venue, each once."""
    return tuple(dict.fromkeys(paired.market for paired in named if paired.venue is venue))


def with_named(discover: Discover, find: FindNamed, ids: Sequence[MarketId]) -> Discover:
    """What is discovered, and these markets too. One that the venue does not know is skipped, with what it said.

    Raises what `discover` raises, and the same for the rest.
    """
    if not ids:
        return discover

    async def both() -> Discovered:
        found = await discover()
        for market in ids:
            if all(market != listed.id for listed in found.markets):
                found = _joined(found, await _one(find, market))
        return found

    return both


async def _one(find: FindNamed, market: MarketId) -> Discovered:
    try:
        return await find((market,))
    except VenueRefused as error:
        return Discovered(skipped=((market, str(error)),))


def _joined(first: Discovered, second: Discovered) -> Discovered:
    known = {question.id for question in first.questions}
    listed = {market.id for market in first.markets}
    return Discovered(
        questions=(*first.questions, *(question for question in second.questions if question.id not in known)),
        markets=(*first.markets, *(market for market in second.markets if market.id not in listed)),
        skipped=(*first.skipped, *second.skipped),
        truncated=first.truncated,
    )
