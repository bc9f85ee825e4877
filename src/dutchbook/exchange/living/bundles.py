"""Which sets of outcomes of a living question pay something for certain."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import ONE
from dutchbook.exchange.living.draft import Draft
from dutchbook.exchange.living.gaps import Claims, GapKind
from dutchbook.exchange.living.market import PER_PRICE, LiveMarket


def within(draft: Draft, markets: Sequence[LiveMarket], named: Sequence[bool]) -> Iterator[Claims]:
    """Sets of one venue: all YES, all NO of what has a name, and the neighbours on a ladder."""
    if draft.partition:
        yield Claims(GapKind.ALL_YES, tuple((market, True) for market in markets), ONE)
        meant = [market for market, is_named in zip(markets, named, strict=True) if is_named]
        yield Claims(GapKind.ALL_NO, tuple((market, False) for market in meant), ONE * (len(meant) - 1))
    if draft.ladder:
        for narrow, wide in pairwise(markets):
            yield Claims(GapKind.LADDER, ((wide, True), (narrow, False)), ONE)


def across(markets: Mapping[Venue, Sequence[LiveMarket]], stricter: int) -> Iterator[Claims]:
    """YES at one venue and NO at the other. `stricter` is the chance, in millionths, that both lose where Kalshi's YES
    is held; an arbitrageur asks to be paid for it."""
    if len(markets) < 2:
        return
    caution = stricter // PER_PRICE
    for here, there in zip(markets[Venue.POLYMARKET], markets[Venue.KALSHI], strict=True):
        yield Claims(GapKind.CROSS_VENUE, ((here, True), (there, False)), ONE)
        yield Claims(GapKind.CROSS_VENUE, ((there, True), (here, False)), ONE, caution)
