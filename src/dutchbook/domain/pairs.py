"""Pairs: markets of two venues that a person holds to ask one thing, and what was decided about them."""

import re
from enum import StrEnum
from typing import NewType

import msgspec

from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.units import Nanos

PairId = NewType("PairId", str)

_CONDITION = re.compile(r"0x[0-9a-f]{64}", re.ASCII | re.IGNORECASE)
_TICKER = re.compile(r"[A-Z0-9]+(?:[-.][A-Za-z0-9_.]+)+", re.ASCII)


class PairStatus(StrEnum):
    """What was decided about a pair. Only an approved one is ever traded."""

    PROPOSED = "proposed"
    """Somebody, or a matcher, thinks that it is one; nobody has said so yet."""
    APPROVED = "approved"
    REMOVED = "removed"


class PairedMarket(msgspec.Struct, frozen=True):
    """One market of a pair. `title` is what its venue called it then; empty where it was not asked."""

    venue: Venue
    market: MarketId
    title: str = ""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two markets of different venues that resolve alike, or, `inverted`, always opposite to each other.

    `reason` says why somebody thinks so, `who` decided it and when: `at`. `mismatch_ppm` is the highest probability, in
    millionths, of both venues settling it differently that the person reckons with; None leaves it to the settings.
    """

    id: PairId
    first: PairedMarket
    second: PairedMarket
    inverted: bool = False
    reason: str
    who: str
    at: Nanos
    status: PairStatus = PairStatus.APPROVED
    mismatch_ppm: int | None = None

    @property
    def markets(self) -> tuple[PairedMarket, PairedMarket]:
        """Both, in the order in which they were named."""
        return self.first, self.second

    def same_as(self, first: MarketId, second: MarketId) -> bool:
        """Whether it is about these two markets, in whatever order."""
        return {self.first.market, self.second.market} == {first, second}


def venue_by_form(market: str) -> Venue | None:
    """The venue whose ids look like that: a condition id is Polymarket's, a ticker Kalshi's; None for neither."""
    if _CONDITION.fullmatch(market):
        return Venue.POLYMARKET
    return Venue.KALSHI if _TICKER.fullmatch(market) else None
