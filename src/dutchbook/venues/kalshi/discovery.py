"""Which questions and markets Kalshi has: events page by page, with the fees of their series (protocol section 4.2)."""

from collections.abc import Iterable, Sequence

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, MarketStatus, Question
from dutchbook.domain.units import Nanos
from dutchbook.venues.feed import Discovered
from dutchbook.venues.http import HttpReader
from dutchbook.venues.http import Question as Request
from dutchbook.venues.kalshi import markets
from dutchbook.venues.kalshi.limits import COST, READ
from dutchbook.venues.kalshi.numbers import ticker

PAGE = 200
"""Events on one page, the most that Kalshi gives."""
_SINGLY = 20
"""Up to so many series are read one by one; beyond, the whole list costs less."""


class KalshiWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which events to find. Empty means any."""

    series: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """Kept of what was read: the venue does not filter by them."""
    status: str = "open"
    most_events: int = 500


class _Named(msgspec.Struct, frozen=True):
    event_ticker: str
    series_ticker: str | None = None
    category: str | None = None


class _Glance(msgspec.Struct, frozen=True):
    """What of a page is needed before its fees are known."""

    events: tuple[_Named, ...] | None = None
    event: _Named | None = None
    cursor: str | None = None

    def named(self) -> tuple[_Named, ...]:
        return self.events or ((self.event,) if self.event else ())


class _Page(msgspec.Struct, frozen=True):
    body: bytes
    glance: _Glance


_decode_glance = msgspec.json.Decoder(_Glance).decode


class KalshiDiscovery:
    """Reads events and series. Raises as `HttpReader.read` does."""

    def __init__(self, reader: HttpReader) -> None:
        self._reader = reader

    async def find(self, wanted: KalshiWanted) -> Discovered:
        """Events with all their markets."""
        nested = ("with_nested_markets", "true")
        pages = [await self._ask(f"/events/{ticker(event)}", nested) for event in wanted.events]
        truncated = False
        for series in wanted.series or (("",) if not wanted.events else ()):
            found, more = await self._pages(series, wanted)
            pages += found
            truncated |= more
        fees = await self._series(pages)
        return _joined((markets.decode_events(page.body, fees) for page in pages), wanted, truncated=truncated)

    async def _pages(self, series: str, wanted: KalshiWanted) -> tuple[list[_Page], bool]:
        """The pages of one series, or of all; and whether there are more."""
        parameters = [("limit", str(PAGE)), ("with_nested_markets", "true"), ("status", wanted.status)]
        if series:
            parameters.append(("series_ticker", ticker(series)))
        pages: list[_Page] = []
        seen: set[str] = set()
        cursor = ""
        while len(seen) < wanted.most_events:
            page = await self._ask("/events", *parameters, *((("cursor", cursor),) if cursor else ()))
            names = [event.event_ticker for event in page.glance.named()]
            if names and seen.issuperset(names):
                # The venue answers a cursor that it does not know with page one.
                raise WireError(Venue.KALSHI, "the pages of /events begin again, so the list has no end", page.body)
            seen.update(names)
            pages.append(page)
            cursor = page.glance.cursor or ""
            if not cursor:
                return pages, False
        return pages, True

    async def _series(self, pages: Iterable[_Page]) -> dict[str, markets.Series]:
        """The series of all events, for their fees."""
        wanted = {event.series_ticker for page in pages for event in page.glance.named() if event.series_ticker}
        found: list[markets.Series] = []
        if len(wanted) > _SINGLY:
            found += await self._reader.read(_request("/series"), markets.decode_series)
        else:
            for name in sorted(wanted):
                found += await self._reader.read(_request(f"/series/{ticker(name)}"), markets.decode_series)
        return {series.ticker: series for series in found if series.ticker in wanted}

    async def _ask(self, path: str, *parameters: tuple[str, str]) -> _Page:
        return await self._reader.read(_request(path, *parameters), _page)


def tradable(found: Sequence[Market], now: Nanos) -> tuple[Market, ...]:
    """The markets that take orders now and are named."""
    return tuple(
        market
        for market in found
        if market.status is MarketStatus.OPEN
        and not market.placeholder
        and (market.closes is None or market.closes > now)
    )


def _request(path: str, *parameters: tuple[str, str]) -> Request:
    return Request(path=path, groups=(READ,), parameters=parameters, tokens=COST)


def _page(body: bytes) -> _Page:
    try:
        glance = _decode_glance(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Venue.KALSHI, f"no list of events: {error}", body) from error
    if glance.events is None and glance.event is None:
        raise WireError(Venue.KALSHI, "no list of events: none in it", body)
    return _Page(body, glance)


def _joined(listings: Iterable[markets.Listing], wanted: KalshiWanted, *, truncated: bool) -> Discovered:
    questions: dict[str, Question] = {}
    members: dict[str, Market] = {}
    skipped: list[tuple[str, str]] = []
    for listing in listings:
        for question in listing.questions:
            if not wanted.categories or question.category in wanted.categories:
                questions.setdefault(question.id, question)
        members.update((market.id, market) for market in listing.markets)
        skipped += [(one.body[:80].decode("utf-8", "replace"), one.reason) for one in listing.skipped]
    kept = dict(list(questions.items())[: wanted.most_events])
    return Discovered(
        questions=tuple(kept.values()),
        markets=tuple(market for market in members.values() if market.question in kept),
        skipped=tuple(skipped),
        truncated=truncated or len(kept) < len(questions),
    )
