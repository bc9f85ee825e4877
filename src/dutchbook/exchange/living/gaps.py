"""Gaps: moments in which a set of outcomes costs less than it pays for certain, after fees. Nobody plants them."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.pricing.fees import marginal_fee
from dutchbook.domain.units import CONTRACT, ONE, Nanos, Price, Size
from dutchbook.exchange.living.market import LiveMarket

_PICO_PER_PRICE = 10**8
_KEPT = 100_000
_SMALLEST = Size(5 * CONTRACT)
"""Less than this is dust: no order so small would be taken."""


class GapKind(StrEnum):
    """What makes the payoff certain."""

    ALL_YES = "all_yes"
    ALL_NO = "all_no"
    LADDER = "ladder"
    CROSS_VENUE = "cross_venue"


class Claims(msgspec.Struct, frozen=True, eq=False):
    """Outcomes that pay at least `payoff` price units together: `legs` are markets, and whether YES is meant.

    `caution` is what a set must earn on top, in price units, because rules may differ.
    """

    kind: GapKind
    legs: tuple[tuple[LiveMarket, bool], ...]
    payoff: int
    caution: int = 0


class Gap(msgspec.Struct):
    """A gap as it was: `edge` is the best it earned a set after fees and caution, in price units, and `size` how many
    sets there were at that moment."""

    claims: Claims
    opened: Nanos
    closed: Nanos | None
    edge: int
    size: Size


def quote(claims: Claims) -> tuple[int, Size, list[Price]] | None:
    """What a set earns at the tops of the books after fees, how many sets there are, and the YES prices to trade at.

    None where a leg has no seller, or only dust, or a market is not open. The edge is rounded down.
    """
    cost, size, prices = 0, None, []
    for market, yes in claims.legs:
        if not market.is_open:
            return None
        best = market.top()[1 if yes else 0]
        if best is None:
            return None
        cost += best.price if yes else ONE - best.price
        size = best.size if size is None else min(size, best.size)
        prices.append(best.price)
        if cost >= claims.payoff:
            return None
    fees = sum(marginal_fee(market.fees, price) for (market, _), price in zip(claims.legs, prices, strict=True))
    if size is None or size < _SMALLEST or not _accepted(claims, prices, size):
        return None
    return claims.payoff - claims.caution - cost - -(-fees // _PICO_PER_PRICE), size, prices


def _accepted(claims: Claims, prices: list[Price], size: Size) -> bool:
    """Whether every leg is worth as much as its venue wants a marketable order to be."""
    return all(
        (price if yes else ONE - price) * size // ONE >= market.min_notional
        for (market, yes), price in zip(claims.legs, prices, strict=True)
    )


class GapWatch:
    """Looks at the sets of every market whose book moved, and says when a gap opens."""

    def __init__(self) -> None:
        self._of_market: dict[MarketId, list[Claims]] = {}
        self._open: dict[Claims, Gap] = {}
        self._hunters: dict[Claims, Callable[[Claims, Nanos], None]] = {}
        self._touched: dict[MarketId, None] = {}
        self._seen: dict[MarketId, tuple[object, ...]] = {}
        """Of what markets looked like when their sets were judged last, all that a judgement depends on."""
        self.past: deque[Gap] = deque(maxlen=_KEPT)

    @property
    def present(self) -> Sequence[Gap]:
        """Gaps that are open now."""
        return tuple(self._open.values())

    def add(self, claims: Claims, hunter: Callable[[Claims, Nanos], None] | None) -> None:
        """Watch a set; `hunter` is told when a gap opens in it or grows."""
        for market, _ in claims.legs:
            self._of_market.setdefault(market.id, []).append(claims)
            self._seen.pop(market.id, None)
        if hunter is not None:
            self._hunters[claims] = hunter

    def forget(self, markets: Iterable[MarketId]) -> None:
        """Stop watching every set with a leg in one of these markets."""
        for market in markets:
            self._seen.pop(market, None)
            for claims in self._of_market.pop(market, []):
                self._hunters.pop(claims, None)
                self._open.pop(claims, None)
                for leg, _ in claims.legs:
                    if claims in (others := self._of_market.get(leg.id, [])):
                        others.remove(claims)

    def touch(self, market: MarketId) -> None:
        """The book of a market moved: it is looked at when all that happens at this moment has happened."""
        if market in self._of_market:
            self._touched[market] = None

    def look(self, now: Nanos) -> None:
        """Find what opened and what closed in the books that moved."""
        if not self._touched:
            return
        affected: dict[Claims, None] = {}
        for name in self._touched:
            if (sets := self._of_market.get(name)) and self._looks_new(name, sets[0]):
                affected.update(dict.fromkeys(sets))
        self._touched.clear()
        for claims in affected:
            self._judge(claims, now)

    def _looks_new(self, name: MarketId, claims: Claims) -> bool:
        """Whether a market, a leg of `claims`, looks otherwise than before: most moves are behind the best prices."""
        market = next(leg for leg, _ in claims.legs if leg.id == name)
        looks = (market.is_open, *market.top())
        if self._seen.get(name) == looks:
            return False
        self._seen[name] = looks
        return True

    def _judge(self, claims: Claims, now: Nanos) -> None:
        found = quote(claims)
        gap = self._open.get(claims)
        if found is None or found[0] <= 0:
            if gap is not None:
                gap.closed = now
                self.past.append(self._open.pop(claims))
        elif gap is None:
            self._open[claims] = Gap(claims, now, None, found[0], found[1])
            self._tell(claims, now)
        elif found[0] > gap.edge:
            gap.edge, gap.size = found[0], found[1]
            self._tell(claims, now)

    def _tell(self, claims: Claims, now: Nanos) -> None:
        if claims in self._hunters:
            self._hunters[claims](claims, now)
