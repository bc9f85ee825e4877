"""What a query may be narrowed by."""

import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Nanos
from dutchbook.storage.database.decision_words import Decision, Stage

MOST = 1_000
"""The most rows that one query gives."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows, counted from the newest: at most `limit` (and `MOST`), after the first `offset`."""

    limit: int = 100
    offset: int = 0


FIRST = Page()


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Of which run, mode and time. `since` counts in, `until` does not."""

    run: str | None = None
    mode: str | None = None
    since: Nanos | None = None
    until: Nanos | None = None


ALL = Scope()


class DecisionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions. `search` finds a text in any field, whatever its case."""

    scope: Scope = ALL
    stages: tuple[Stage, ...] = ()
    decisions: tuple[Decision, ...] = ()
    kinds: tuple[str, ...] = ()
    strategy: str | None = None
    market: str | None = None
    order: str | None = None
    search: str = ""


class TradeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders, fills, closed trades or positions. `open_only` of orders: those that are not over."""

    scope: Scope = ALL
    venue: Venue | None = None
    strategy: str | None = None
    market: str | None = None
    search: str = ""
    open_only: bool = False
    unknown_only: bool = False
