"""What lists of the past may be narrowed by, as parameters of a URL."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator, StringConstraints

from dutchbook.config.modes import Mode
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.interfaces.web.api.bodies import Limit, Offset, Search
from dutchbook.storage.database.filters import Page, Scope, TradeFilter

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _moment(value: datetime) -> datetime:
    found = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    if not _FIRST <= found <= _LAST:
        raise ValueError("must lie between 1970 and 2200")
    return found


Moment = Annotated[datetime, AfterValidator(_moment), Query(description="ISO 8601; UTC where it says nothing else.")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


def page_of(limit: Limit = 100, offset: Offset = 0) -> Page:
    """Which rows, counted from the newest."""
    return Page(limit=limit, offset=offset)


def scope_of(
    run: Word | None = None, mode: Mode | None = None, since: Moment | None = None, until: Moment | None = None
) -> Scope:
    """Of which run, mode and time."""
    return Scope(run=run, mode=mode, since=_nanos(since), until=_nanos(until))


Pages = Annotated[Page, Depends(page_of)]
Scopes = Annotated[Scope, Depends(scope_of)]


def trades_of(
    scope: Scopes,
    venue: Venue | None = None,
    strategy: Word | None = None,
    market: Word | None = None,
    search: Search = "",
) -> TradeFilter:
    """Of which venue, strategy and market, or with which text."""
    return TradeFilter(scope=scope, venue=venue, strategy=strategy, market=market, search=search)


Trades = Annotated[TradeFilter, Depends(trades_of)]


def _nanos(moment: datetime | None) -> Nanos | None:
    if moment is None:
        return None
    since = moment - _FIRST
    return Nanos((since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000)
