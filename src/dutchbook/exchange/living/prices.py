"""All price feeds of a world, ticking on the clock's own seconds."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from dutchbook.domain.units import Nanos
from dutchbook.exchange.living.agenda import Agenda
from dutchbook.exchange.living.drafting import FEED_PER_DOLLAR
from dutchbook.exchange.living.spec import FeedSpec
from dutchbook.exchange.living.truths.feed import Feed

type PriceListener = Callable[[str, int, Nanos], None]
"""Told the symbol, the value in 1e-8 dollars and the time of a tick."""


class Prices:
    """The feeds and who hears them. Questions come and go, outside listeners stay."""

    def __init__(self, specs: Sequence[FeedSpec], agenda: Agenda, seed: int, start: Nanos) -> None:
        self._agenda = agenda
        self._listeners: list[PriceListener] = []
        self._followers: dict[str, list[Callable[[Nanos], None]]] = {spec.symbol: [] for spec in specs}
        self.feeds: Mapping[str, Feed] = {
            spec.symbol: Feed(
                spec.symbol,
                spec.price * FEED_PER_DOLLAR // 10**6,
                spec.volatility,
                spec.tick,
                start,
                Random(f"{seed}/feed/{spec.symbol}"),  # noqa: S311 - a market to look at, no secret
            )
            for spec in specs
        }
        for feed in self.feeds.values():
            self._await(feed, start)

    def listen(self, listener: PriceListener) -> None:
        self._listeners.append(listener)

    def follow(self, symbol: str, follower: Callable[[Nanos], None]) -> None:
        """Call `follower` with the time of each tick."""
        self._followers[symbol].append(follower)

    def unfollow(self, symbol: str, follower: Callable[[Nanos], None]) -> None:
        self._followers[symbol].remove(follower)

    def _await(self, feed: Feed, now: Nanos) -> None:
        self._agenda.put((now // feed.tick + 1) * feed.tick, lambda at: self._tick(feed, at))

    def _tick(self, feed: Feed, now: Nanos) -> None:
        feed.step(now)
        for listener in self._listeners:
            listener(feed.symbol, feed.value, now)
        for follower in tuple(self._followers[feed.symbol]):
            follower(now)
        self._await(feed, now)
