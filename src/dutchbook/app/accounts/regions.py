"""From where a venue takes orders: its published list, held against where the user says to be."""

from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

import msgspec
from pydantic import BaseModel, ConfigDict

from dutchbook.config.documents import document_of
from dutchbook.domain.identity import Venue

_FILE = "regions.yaml"


class Standing(StrEnum):
    """What a venue allows from a place."""

    OPEN = "open"
    CLOSE_ONLY = "close_only"
    BLOCKED = "blocked"
    UNSURE = "unsure"
    """The venue's list names parts of the country, and which part is not said."""
    UNDECLARED = "undeclared"
    """The user has not said where he is."""


class Judgement(msgspec.Struct, frozen=True):
    """What the list says, in words with its source and date, and what the user can do; nothing if he may trade."""

    standing: Standing
    found: str
    fix: str = ""

    @property
    def may_open(self) -> bool:
        """Whether orders that open positions are taken."""
        return self.standing is Standing.OPEN


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    read: date
    blocked: frozenset[str]
    close_only: frozenset[str]
    website_only: frozenset[str]
    note: str


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    polymarket: _Rules
    kalshi: _Rules


def judge_region(venue: Venue, region: str | None) -> Judgement:
    """Whether `venue` takes orders from a region (ISO 3166, capitals). Errs to the side of refusing."""
    rules: _Rules = getattr(_table(), venue)
    if region is None:
        fix = "set live.region to where you live and trade from, for example CH or CA-ON"
        return Judgement(Standing.UNDECLARED, "your region is not declared", fix)
    country = region.partition("-")[0]
    source = f"{rules.source}, read {rules.read}"
    if not rules.blocked.isdisjoint((region, country)):
        return Judgement(Standing.BLOCKED, f"{region}: {venue} takes no orders ({source})", _give_way(venue, rules))
    if not rules.close_only.isdisjoint((region, country)):
        found = f"{region}: {venue} lets positions be closed, not opened ({source})"
        return Judgement(Standing.CLOSE_ONLY, found, _give_way(venue, rules))
    parts = sorted(code for code in rules.blocked | rules.close_only if code.startswith(f"{country}-"))
    if region == country and parts:
        found = f"{country}: {venue} takes no orders from parts of it ({', '.join(parts)}; {source})"
        return Judgement(Standing.UNSURE, found, f"set live.region to your part, for example {country}-XX")
    note = f"; its website refuses {country}" if country in rules.website_only else ""
    return Judgement(Standing.OPEN, f"{region}: {venue} does not name it among its restricted places ({source}){note}")


def _give_way(venue: Venue, rules: _Rules) -> str:
    return f"trade elsewhere, or correct live.region; {venue} decides, and a detour breaks its terms ({rules.note})"


@cache
def _table() -> _Table:
    content = (files("dutchbook.config") / "shipped" / _FILE).read_bytes()
    return document_of(content, _FILE, _Table)
