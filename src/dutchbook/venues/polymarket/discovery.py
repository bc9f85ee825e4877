"""Which questions and markets Polymarket has: Gamma's events, page by page (protocol section 5).

Gamma's answers are up to five minutes old: facts for a catalogue, never prices.
"""

from typing import Literal

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.units import Nanos
from dutchbook.venues.feed import Discovered
from dutchbook.venues.http import HttpReader, Question
from dutchbook.venues.polymarket import gamma
from dutchbook.venues.polymarket import gamma_wire as wire
from dutchbook.venues.polymarket.limits import EVERYTHING, GAMMA

PAGE = 100
"""Events on one page, the most that Gamma gives."""

type Order = Literal["volume24hr", "volumeNum", "liquidityNum", "endDate", "startDate", "id"]

_decode_page = msgspec.json.Decoder(wire.Page).decode


class PolymarketWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which events to find. Empty means any; the most of `order` come first."""

    slugs: tuple[str, ...] = ()
    tag_id: int | None = None
    min_volume: int | None = None
    """Dollars, over the event's life."""
    order: Order = "volume24hr"
    most_events: int = 500


class PolymarketDiscovery:
    """Reads Gamma. Raises as `HttpReader.read` does."""

    def __init__(self, reader: HttpReader) -> None:
        self._reader = reader

    async def find(self, wanted: PolymarketWanted) -> Discovered:
        """Open events with all their markets, closed ones too: what a question promises depends on those."""
        parameters = [("closed", "false"), *_parameters(wanted)]
        events: dict[str, wire.Event] = {}
        cursor: str | None = None
        cursors: set[str] = set()
        while True:
            page = await self._page(parameters, cursor)
            found = page.events or ()
            fresh = [event for event in found if event.slug not in events]
            events.update((event.slug, event) for event in fresh)
            cursor = page.next_cursor
            if not cursor or not found or len(events) >= wanted.most_events:
                break
            if cursor in cursors or not fresh:
                raise WireError(Venue.POLYMARKET, "Gamma's pages begin again, so its list has no end", cursor.encode())
            cursors.add(cursor)
        kept = dict(list(events.items())[: wanted.most_events])
        return _discovered(kept, truncated=bool(cursor and found) or len(kept) < len(events))

    async def markets(self, ids: tuple[MarketId, ...]) -> Discovered:
        """Single markets by condition id, whatever their state; what their groups promise is not told with them."""
        parameters = (*(("condition_ids", market) for market in ids), ("limit", str(PAGE)))
        question = Question(path="/markets/keyset", groups=("/markets", "listings", GAMMA, EVERYTHING))
        found = await self._reader.read(msgspec.structs.replace(question, parameters=parameters), gamma.decode_search)
        return _from_listing(found, truncated=False)

    async def _page(self, parameters: list[tuple[str, str]], cursor: str | None) -> wire.Page:
        here = [*parameters, ("limit", str(PAGE))]
        if cursor:
            here.append(("after_cursor", cursor))
        question = Question(
            path="/events/keyset", groups=("/events", "listings", GAMMA, EVERYTHING), parameters=tuple(here)
        )
        return await self._reader.read(question, _read_page)


def tradable(markets: tuple[Market, ...], now: Nanos) -> tuple[Market, ...]:
    """The markets that accept orders and whose end is not past (one in eight of the oldest open ones is)."""
    return tuple(
        market
        for market in markets
        if market.status is MarketStatus.OPEN
        and not market.placeholder
        and (market.settles is None or market.settles > now)
    )


def _parameters(wanted: PolymarketWanted) -> list[tuple[str, str]]:
    found = [("slug", slug) for slug in wanted.slugs]
    if wanted.tag_id is not None:
        found.append(("tag_id", str(wanted.tag_id)))
    if wanted.min_volume is not None:
        found.append(("volume_num_min", str(wanted.min_volume)))
    return [*found, ("order", wanted.order), ("ascending", "false")]


def _read_page(body: bytes) -> wire.Page:
    try:
        page = _decode_page(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Venue.POLYMARKET, f"no Gamma answer: {error}", body) from error
    if page.events is None:
        raise WireError(Venue.POLYMARKET, "no Gamma answer: no events in it", body)
    return page


def _discovered(events: dict[str, wire.Event], *, truncated: bool) -> Discovered:
    try:
        found = gamma.listing(events.values())
    except (ValueError, OverflowError) as error:
        raise WireError(Venue.POLYMARKET, f"no Gamma answer: {error}", b"") from error
    return _from_listing(found, truncated=truncated)


def _from_listing(found: gamma.Listing, *, truncated: bool) -> Discovered:
    skipped = tuple((one.market, one.reason) for one in found.skipped)
    return Discovered(found.questions, found.markets, skipped, truncated)
