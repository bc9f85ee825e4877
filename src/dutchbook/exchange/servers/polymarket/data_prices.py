"""`/v2/prices-history` of the Data API: what a token cost over time, in even steps, as the current SDK asks for it."""

from collections.abc import Mapping

from multidict import MultiMapping

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import ONE, SECOND, Nanos
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.polymarket.data_query import BadRequest, count
from dutchbook.exchange.servers.polymarket.data_wire import Body
from dutchbook.exchange.servers.polymarket.gamma_values import number

_DAY = 86_400
_LATEST = 10**10
_SPANS: Mapping[str, tuple[int | None, int]] = {
    "1h": (3_600, 60),
    "6h": (6 * 3_600, 60),
    "1d": (_DAY, 300),
    "1w": (7 * _DAY, 1_800),
    "1m": (30 * _DAY, 10_800),
    "max": (None, 43_200),
    "all": (None, 43_200),
}
"""How far an interval reaches back and how long its steps are if none are asked for, in seconds (steps assumed)."""
_MINUTE = 60


def price_points(
    query: MultiMapping[str], history: History, listing: Listing, token: OutcomeId, clock: Clock
) -> list[Body]:
    """Midpoints at the end of each step in which something happened, oldest first; the step that runs counts too.

    Raises BadRequest for a span that cannot be read. `as_of` asks for the last point until then alone.
    """
    now = int(clock.now() // SECOND)
    start, end, step = _span(query, now)
    period = Nanos(step * SECOND)
    candles = history.candles(listing.id, period, Nanos(start * SECOND), Nanos(end * SECOND + period))
    yes = token == listing.market.yes
    points: list[Body] = []
    for candle in candles:
        twice = candle.bid.close + candle.ask.close
        price = number((twice if yes else 2 * ONE - twice) * 5, 5)
        points.append({"timestamp": min(candle.end // SECOND, end), "price": price, "resolution_seconds": step})
    return points[-1:] if "as_of" in query else points


def _span(query: MultiMapping[str], now: int) -> tuple[int, int, int]:
    """First and last second, and the length of a step."""
    given = [name for name in ("interval", "start", "as_of") if query.get(name)]
    if len(given) != 1:
        raise BadRequest("exactly one of query params 'interval', 'start' and 'as_of' must be provided")
    if query.get("as_of"):
        return 0, min(count(query, "as_of", now, _LATEST), now), _MINUTE
    if query.get("interval"):
        if query["interval"] not in _SPANS:
            raise BadRequest("invalid query param 'interval'")
        length, usual = _SPANS[query["interval"]]
        return (0 if length is None else now - length), now, _step(query, usual)
    start, end = count(query, "start", 0, _LATEST), count(query, "end", now, _LATEST)
    return start, min(end, now), _step(query, _MINUTE)


def _step(query: MultiMapping[str], usual: int) -> int:
    """Whole minutes: that is what the history is kept in."""
    seconds = count(query, "bucket_seconds", usual, _DAY)
    return max(seconds // _MINUTE, 1) * _MINUTE
