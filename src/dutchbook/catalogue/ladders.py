"""Ladders: markets of one question of which one implies another, read from their structured strikes.

Only markets of the same question are compared. Questions of one series, even with the same close, may be about
different things (two games of one evening have equal totals ladders), and nothing in the venues' fields says otherwise.
"""

from collections.abc import Iterator, Sequence

from dutchbook.catalogue.claims import Claim, claim_of
from dutchbook.catalogue.subjects import subject_of
from dutchbook.domain.markets import Market
from dutchbook.domain.units import Nanos

type Rung = tuple[Claim, Market]
type Pair = tuple[Market, Market]
"""The wider claim and the narrower one that implies it."""


def rungs_by_subject(markets: Sequence[Market]) -> list[list[Rung]]:
    """Markets with a readable strike, together where they measure the same thing; lone ones are left out."""
    groups: dict[tuple[bool, Nanos | None, tuple[str, ...]], list[Rung]] = {}
    for market in markets:
        claim = None if market.strike is None else claim_of(market.strike)
        if claim is None:
            continue
        # A threshold is read at the close; a deadline is its own strike.
        read_at = None if claim.of_time else market.closes
        groups.setdefault((claim.of_time, read_at, subject_of(market)), []).append((claim, market))
    return [sorted(rungs, key=_tightest_first) for rungs in groups.values() if len(rungs) > 1]


def implied_pairs(rungs: Sequence[Rung], *, all_up_to: int) -> list[Pair]:
    """Pairs of which the second implies the first: adjacent ones first, and the others too on ladders of few rungs.

    If adjacent pairs are priced right and every book between has both sides, so are the others; the others matter
    where a book in between is empty. Rungs must come tightest first, as `rungs_by_subject` gives them.
    """
    adjacent = [pair for i in range(len(rungs)) for pair in _tightest_around(i, rungs)]
    if len(rungs) > all_up_to:
        return adjacent
    known = {(wide.id, narrow.id) for wide, narrow in adjacent}
    return adjacent + [pair for pair in _all_pairs(rungs) if (pair[0].id, pair[1].id) not in known]


def _tightest_first(rung: Rung) -> tuple[int, int, tuple[int, int], str]:
    claim, market = rung
    return -claim.low[0], -claim.low[1], claim.high, market.id


def _tightest_around(narrow: int, rungs: Sequence[Rung]) -> Iterator[Pair]:
    """The claims implied by one rung with no other claim strictly between."""
    inner, market = rungs[narrow]
    nearest: list[Claim] = []
    for i, (claim, wide) in enumerate(rungs):
        if i == narrow or not inner.implies(claim):
            continue
        if any(near.implies(claim) and near not in (claim, inner) for near in nearest):
            continue
        nearest.append(claim)
        yield wide, market


def _all_pairs(rungs: Sequence[Rung]) -> Iterator[Pair]:
    for inner, narrow in rungs:
        for claim, wide in rungs:
            if wide is not narrow and inner.implies(claim):
                yield wide, narrow
