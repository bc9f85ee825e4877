"""Kalshi's books and prints over one signed connection: it carries half a million markets (protocol section 7.3)."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial

from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.venues.connection import KeptConnection, Reached, first_of
from dutchbook.venues.feed import FeedState, FrameSink, NoticeSink
from dutchbook.venues.kalshi.channel import KalshiChannel, Watch
from dutchbook.venues.kalshi.rest import KalshiRest
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.surroundings import Surroundings


class KalshiStream:
    """Live books and prints of markets: a `LiveFeed`. Runs once.

    Two connections would number their messages alike, and the one codec of the source could not tell them apart.
    """

    def __init__(
        self,
        url: str,
        signer: KalshiSigner | None,
        rest: KalshiRest,
        surroundings: Surroundings,
        watch: Watch = Watch(),  # noqa: B008 - a frozen value
    ) -> None:
        self._url = url
        self._signer = signer
        self._rest = rest
        self._around = surroundings
        self._watch = watch
        self._channel: KalshiChannel | None = None

    async def run(self, markets: Sequence[Market], frames: FrameSink, notices: NoticeSink) -> None:
        """See `LiveFeed.run`. Raises ConfigError without a key: the venue's socket needs one, for public data too."""
        if self._signer is None:
            raise ConfigError(f"{self._url}: Kalshi's socket needs an API key, for public data too - configure one")
        channel = KalshiChannel(self._url, self._signer, self._rest, self._around, frames, self._watch)
        connection = KeptConnection(Venue.KALSHI, 1, channel, self._around, notices, Reached())
        channel.tell_lost(partial(connection.say, FeedState.LOST))
        channel.add(markets)
        self._channel = channel
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(connection.keep())
        except BaseExceptionGroup as failures:
            raise first_of(failures) from None
        finally:
            self._channel = None

    def watch(self, markets: Iterable[Market]) -> None:
        """See `LiveFeed.watch`. Only while it runs."""
        if self._channel is None:
            raise RuntimeError("a stream carries markets while it runs")
        self._channel.add(markets)

    def drop(self, markets: Iterable[Market]) -> None:
        """See `LiveFeed.drop`."""
        if self._channel is not None:
            self._channel.remove(markets)

    def resync(self, outcomes: Iterable[OutcomeId]) -> None:
        """See `LiveFeed.resync`."""
        if self._channel is not None:
            self._channel.resync(outcomes)
