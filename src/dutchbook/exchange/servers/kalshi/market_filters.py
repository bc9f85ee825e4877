"""The filters of `GET /markets` (protocol section 4.2)."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.kalshi.lifecycle import FILTER_WORDS, MarketTimes
from dutchbook.exchange.servers.kalshi.market_bodies import closing_time
from dutchbook.exchange.servers.kalshi.parameters import Parameters

_COMPATIBLE: Mapping[str, tuple[str, ...]] = {
    "created": ("", "unopened", "open"),
    "close": ("", "closed"),
    "settled": ("", "settled"),
    "updated": ("",),
}
"""Which `status` a filter of times combines with; any of them does without one."""
_MOST_TICKERS = 1_000


class MarketFilter(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of the parameters. Time ranges are seconds, both ends inclusive."""

    status: MarketStatus | None
    tickers: frozenset[str]
    event: str
    series: str
    combos_only: bool
    ranges: Mapping[str, tuple[int | None, int | None]]

    @classmethod
    def read(cls, query: Parameters) -> "MarketFilter":
        """Raises ApiError 400 for values and combinations that the venue refuses."""
        status = query.one_of("status", tuple(FILTER_WORDS))
        ranges = {}
        for name, words in _COMPATIBLE.items():
            least, most = query.integer(f"min_{name}_ts"), query.integer(f"max_{name}_ts")
            if least is None and most is None:
                continue
            if status not in words:
                raise query.bad(f"'{name}' timestamps do not combine with status '{status}'")
            ranges[name] = (least, most)
        return cls(
            status=FILTER_WORDS.get(status),
            tickers=frozenset(query.names("tickers", _MOST_TICKERS)),
            event=query.text("event_ticker"),
            series=query.text("series_ticker"),
            combos_only=query.one_of("mve_filter", ("only", "exclude")) == "only",
            ranges=ranges,
        )

    def takes(self, listing: Listing, series: Mapping[str, str], times: MarketTimes) -> bool:
        """Whether a market passes. `series` gives the series of each event. No combos are listed here."""
        return (
            not self.combos_only
            and (self.status is None or listing.market.status is self.status)
            and (not self.tickers or listing.id in self.tickers)
            and (not self.event or listing.market.question == self.event)
            and (not self.series or series.get(listing.market.question) == self.series)
            and all(_within(_instant(name, listing, times), *ends) for name, ends in self.ranges.items())
        )


def _instant(name: str, listing: Listing, times: MarketTimes) -> Nanos | None:
    match name:
        case "created":
            return listing.created
        case "close":
            return closing_time(listing)
        case "settled":
            return times.settled(listing.id)
        case _:
            return times.updated(listing.id)


def _within(at: Nanos | None, least: int | None, most: int | None) -> bool:
    if at is None:
        return False
    return (least is None or at >= least * SECOND) and (most is None or at < (most + 1) * SECOND)
