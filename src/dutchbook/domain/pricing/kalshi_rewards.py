"""What resting quotes score under Kalshi's liquidity programme (protocol section 10; CFTC filings of 2025 and 2026).

Each second, at a random instant, each side (bids for YES, bids for NO) is scored by itself. Scores are floats in
contracts: 1 is one contract at the side's best bid.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from dutchbook.domain.book import BookView, Level
from dutchbook.domain.rewards import SideScoring
from dutchbook.domain.units import CONTRACT, Price, Size, complement

HIGHEST_REFERENCE = Price(9_900)
"""A side whose best bid is there or higher is not scored."""
_CENT = 100
_PPM = 1_000_000


type Bids = Mapping[Price, Size]
"""Our own bids on one side."""


class SideSnapshot(NamedTuple):
    """One side in one snapshot: our score and that of all."""

    own: float
    total: float


def level_weights(scoring: SideScoring, levels: Iterable[Level]) -> dict[Price, float]:
    """What one contract scores at each level of a side, best first; empty if nobody qualifies.

    Walks down from the best bid until the sizes together reach the target. Whether sub-cent distances count in cents or
    in ticks is not documented: here a tenth of a cent is a tenth.
    """
    reached, weights = 0, dict[Price, float]()
    best: Price | None = None
    for level in levels:
        best = level.price if best is None else best
        if best >= HIGHEST_REFERENCE:
            return {}
        weights[level.price] = (scoring.discount_ppm / _PPM) ** ((best - level.price) / _CENT)
        reached += level.size
        if reached >= scoring.target_size:
            return weights
    return {}


def side_snapshot(scoring: SideScoring, levels: Iterable[Level], own: Bids) -> SideSnapshot:
    """What our orders, which stand among `levels`, score there, and what all orders score."""
    known = tuple(levels)
    weights = level_weights(scoring, known)
    total = sum(weights.get(level.price, 0.0) * level.size for level in known) / CONTRACT
    mine = sum(weights.get(price, 0.0) * size for price, size in own.items()) / CONTRACT
    return SideSnapshot(mine, total)


def no_bids(yes: BookView) -> Iterator[Level]:
    """The bids for NO of a market whose YES book this is, best first: an ask of YES at p is a bid for NO at 1 - p."""
    return (Level(complement(ask.price), ask.size) for ask in yes.asks())


def with_own(levels: Iterable[Level], own: Bids) -> tuple[Level, ...]:
    """The levels of a side, best first, with our orders among them that do not stand there yet."""
    sizes = {level.price: level.size for level in levels}
    for price, size in own.items():
        sizes[price] = Size(sizes.get(price, 0) + size)
    return tuple(Level(price, sizes[price]) for price in sorted(sizes, reverse=True))


def snapshot_share(
    scoring: SideScoring,
    yes: BookView,
    own_yes: Bids,
    own_no: Bids,
    *,
    in_book: bool = True,
) -> float:
    """Our part of what one snapshot gives to all, between 0 and 1. `own_no` is by the price bid for NO.

    On paper our orders are not `in_book`. Each side that anybody qualifies on counts one whole; their sum is shared.
    """
    pairs = ((yes.bids(), own_yes), (no_bids(yes), own_no))
    return _share(side_snapshot(scoring, levels if in_book else with_own(levels, own), own) for levels, own in pairs)


def planned_share(
    scoring: SideScoring,
    yes: BookView,
    planned: Sequence[Mapping[Price, Size]],
    resting: Sequence[Mapping[Price, Size]],
) -> float:
    """The share of a snapshot that planned bids (for YES, for NO) would get in place of our resting ones."""
    sides = (tuple(yes.bids()), tuple(no_bids(yes)))
    return _share(
        side_snapshot(scoring, with_own(_without(levels, own), wanted), wanted)
        for levels, wanted, own in zip(sides, planned, resting, strict=True)
    )


def _share(sides: Iterable[SideSnapshot]) -> float:
    scored = [side.own / side.total for side in sides if side.total > 0]
    return sum(scored) / len(scored) if scored else 0.0


def _without(levels: Iterable[Level], own: Bids) -> Iterator[Level]:
    for level in levels:
        if (left := level.size - own.get(level.price, 0)) > 0:
            yield Level(level.price, Size(left))
