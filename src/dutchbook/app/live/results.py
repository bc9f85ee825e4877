"""What decided markets pay, asked for: Kalshi's socket never tells it, Polymarket's tells it once, to whoever listens.

Kalshi protocol section 3.5: a `settled` message carries no result; the market is read again until it is finalized.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from dutchbook.app.trading import Lookups
from dutchbook.domain.events import MarketResolved
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.units import SECOND, Nanos

type ReadMarkets = Callable[[Sequence[MarketId]], Awaitable[Sequence[Market]]]
"""Markets as their venue has them now, whatever their state. Raises VenueError or WireError."""

LOOK_S = 5.0
MOST = 20
"""Markets that are asked for at once."""
_FIRST = Nanos(5 * SECOND)
_LONGEST = Nanos(600 * SECOND)
_ENDED = frozenset({MarketStatus.CLOSED, MarketStatus.RESOLVED})


class Results:
    """Which markets are over and did not tell what they pay; each is asked for less and less often.

    A desk that trades asks for what it holds or has orders in, also of markets that nobody lists any more; another one
    for all that it watches.
    """

    def __init__(self, watched: Callable[[], Iterable[Market]]) -> None:
        self._watched = watched
        self._lookups: Lookups | None = None
        self._told: set[MarketId] = set()
        self._pauses: dict[MarketId, tuple[Nanos, Nanos]] = {}

    def trades(self, lookups: Lookups) -> None:
        """From now on only what this desk has a stake in counts."""
        self._lookups = lookups

    def due(self, venue: Venue, now: Nanos) -> tuple[MarketId, ...]:
        """The markets to ask for now."""
        found: list[MarketId] = []
        for market in self._at_stake(venue):
            if market.payout is not None or market.id in self._told or not _over(market, now):
                continue
            at, pause = self._pauses.get(market.id, (now, _FIRST))
            if at <= now and len(found) < MOST:
                self._pauses[market.id] = (Nanos(now + pause), Nanos(min(_LONGEST, pause * 5 // 4)))
                found.append(market.id)
        return tuple(found)

    def read(self, asked: Iterable[MarketId], markets: Iterable[Market], now: Nanos) -> Sequence[MarketResolved]:
        """What became of those asked for."""
        wanted = set(asked)
        decided = [market for market in markets if market.id in wanted and market.payout is not None]
        self._told.update(market.id for market in decided)
        for market in decided:
            self._pauses.pop(market.id, None)
        return [MarketResolved(m.id, m.payout, now) for m in decided if m.payout is not None]

    def _at_stake(self, venue: Venue) -> Iterable[Market]:
        if self._lookups is None:
            return [market for market in self._watched() if market.venue is venue]
        held = (self._lookups.holding(outcome) for outcome in self._lookups.held(venue))
        return {market.id: market for market in held if market is not None}.values()


def _over(market: Market, now: Nanos) -> bool:
    return market.status in _ENDED or (market.closes is not None and market.closes <= now)
