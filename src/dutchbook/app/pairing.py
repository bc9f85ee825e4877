"""The table of pairs across venues: what a person approves, and what is read at the start of every run."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.pairs import ApprovedPairs, check_new
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import Market
from dutchbook.domain.pairs import Pair, PairedMarket, PairId, PairStatus, venue_by_form
from dutchbook.domain.units import Nanos
from dutchbook.storage.home import Home
from dutchbook.storage.pair_table import PairTable


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that somebody wants approved."""

    first: str
    second: str
    inverted: bool = False
    reason: str
    who: str
    mismatch_ppm: int | None = None


class Decided(msgspec.Struct, frozen=True):
    """A decision, and who took it when."""

    who: str
    reason: str
    at: Nanos


def approved_pairs(home: Path) -> tuple[Pair, ...]:
    """The pairs of a home that may be traded. Raises ConfigError for a table that cannot be read."""
    return tuple(pair for pair in all_pairs(home) if pair.status is PairStatus.APPROVED)


def all_pairs(home: Path) -> tuple[Pair, ...]:
    """Approved and proposed pairs of a home, as they stand."""
    return tuple(_table(home).pairs())


def paired_markets(home: Path) -> tuple[PairedMarket, ...]:
    """The markets of all approved pairs."""
    return tuple(paired for pair in approved_pairs(home) for paired in pair.markets)


def paired(market: str, listed: Mapping[MarketId, Market] | None) -> PairedMarket:
    """A market by its id. Raises UsageError for one that is not listed, or not even an id of a venue."""
    if listed is not None:
        known = listed.get(MarketId(market))
        if known is None:
            raise UsageError(
                f"no market {market!r} is listed there - `dutchbook scan --json` names bundles by their markets' ids"
            )
        return PairedMarket(known.venue, known.id, known.title)
    venue = venue_by_form(market)
    if venue is None:
        raise UsageError(
            f"{market!r} is no market's id - give Polymarket's condition id (0x and 64 hex digits) or Kalshi's ticker"
        )
    return PairedMarket(venue, MarketId(market))


def by_form(ids: Iterable[str]) -> tuple[PairedMarket, ...]:
    """Those of the ids that look like a market's of some venue."""
    forms = ((market, venue_by_form(market)) for market in ids)
    return tuple(PairedMarket(venue, MarketId(market)) for market, venue in forms if venue is not None)


def approve(home: Path, wanted: Wanted, listed: Mapping[MarketId, Market] | None, at: Nanos) -> Pair:
    """Approve a pair, new or proposed. Raises UsageError for one that cannot be or that is approved already."""
    if not wanted.reason.strip():
        raise UsageError("--reason is empty - say why both markets resolve alike, for whoever reads it later")
    first, second = paired(wanted.first, listed), paired(wanted.second, listed)

    def make(free: PairId, known: Sequence[Pair]) -> Pair:
        check_new(first, second, known)
        proposed = next((pair for pair in known if pair.same_as(first.market, second.market)), None)
        return Pair(
            id=proposed.id if proposed else free,
            first=first,
            second=second,
            inverted=wanted.inverted,
            reason=wanted.reason.strip(),
            who=wanted.who,
            at=at,
            mismatch_ppm=wanted.mismatch_ppm,
        )

    return _table(home).decide(make)


def remove(home: Path, pair: str, decided: Decided) -> Pair:
    """Take a pair out of trading; its decisions stay on record. Raises UsageError if there is none of that name."""

    def make(_: PairId, known: Sequence[Pair]) -> Pair:
        found = _named(pair, known)
        return replace(
            found, status=PairStatus.REMOVED, reason=decided.reason or found.reason, who=decided.who, at=decided.at
        )

    return _table(home).decide(make)


def history(home: Path, pair: str) -> tuple[Pair, ...]:
    """All decisions about a pair, oldest first. Raises UsageError if there never was one of that name."""
    decisions = tuple(decided for decided in _table(home).decisions() if decided.id == pair)
    if not decisions:
        _named(pair, _table(home).pairs())
    return decisions


def hindered(pairs: tuple[Pair, ...], listed: Mapping[MarketId, Market]) -> Mapping[str, str]:
    """Why a pair has no bundle in a market as it is listed now, by the pair's id."""
    catalogue, approved = Catalogue((), listed.values()), ApprovedPairs(pairs)
    reasons = ((pair.id, approved.why_none(pair, catalogue)) for pair in approved.pairs)
    return {pair: reason for pair, reason in reasons if reason}


def _named(pair: str, known: Sequence[Pair]) -> Pair:
    for each in known:
        if each.id == pair:
            return each
    names = ", ".join(each.id for each in known) or "none"
    raise UsageError(f"no pair is called {pair!r} - there are: {names} - `dutchbook pairs list` shows them")


def _table(home: Path) -> PairTable:
    return PairTable(Home(home).pairs)
