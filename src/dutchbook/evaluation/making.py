"""Where a market maker's result comes from: rewards, rebates, spread, adverse selection, hedging and fees.

Every fill is split at the middle of the book that it met (formulas M7): what it traded better or worse than the middle
is spread, if it rested, or the cost of hedging, if it took; what the middle did to what was held from then on is
adverse selection. So the parts add up to the change of cash plus what is held, valued at the middle, whatever was
traded when.

All amounts inside are in twice-price units times micro-contracts, so that nothing is rounded before the end.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import DAY, ONE, SECOND, Money, Nanos, Price, Size

HORIZONS = (Nanos(SECOND), Nanos(10 * SECOND), Nanos(60 * SECOND))
"""After which the middle is looked at again, to judge a fill."""
_UNIT = 2 * ONE


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A result in micro-dollars. Costs are negative; `other` is what no part explains: conversions, rounding."""

    rewards: Money = Money(0)
    rebates: Money = Money(0)
    spread: Money = Money(0)
    adverse_selection: Money = Money(0)
    hedging: Money = Money(0)
    fees: Money = Money(0)
    other: Money = Money(0)

    @property
    def net(self) -> Money:
        """All of it."""
        parts = (self.rewards, self.rebates, self.spread, self.adverse_selection, self.hedging, self.fees, self.other)
        return Money(sum(parts))


def worth_of_quoting(result: Result, pot: Money) -> Money | None:
    """`kQ` of formulas M5 as it was measured, to be held against R = `pot`, what was paid to all who quoted meanwhile.

    With x our score and Q that of the others, our share s of the pot is x / (x + Q), and what a unit of score cost is
    k = cost / x: so kQ = cost (1 - s) / s. At or above R no stake is worth it. None where nothing was earned; below 0
    where quoting earned even without its reward.
    """
    earned = result.rewards
    if not 0 < earned <= pot:
        return None
    cost = result.rewards - result.net
    return Money(cost * (pot - earned) // earned)


class Traded(msgspec.Struct, frozen=True, kw_only=True):
    """One trade of ours. `yes`: in the outcome YES; `price` is in the terms of its own outcome; `fee` as charged."""

    id: str
    market: MarketId
    yes: bool
    buy: bool
    price: Price
    size: Size
    fee: Money
    maker: bool
    at: Nanos


class Markout(msgspec.Struct, frozen=True, kw_only=True):
    """How the middle stood to resting fills so long after them, size-weighted, in price units a contract.

    `realised` is what was left of the spread then (formulas M7); below 0 the fills cost more than they earned.
    """

    after: Nanos
    fills: int
    realised: float


class _Parts:
    """One market's day, unrounded."""

    __slots__ = ("adverse", "fees", "hedging", "rebates", "rewards", "spread")

    def __init__(self) -> None:
        self.spread = self.adverse = self.hedging = 0
        self.fees = self.rewards = self.rebates = 0


class MakingBook:
    """Follows the middles, the trades and the payments of one account. Times must not fall."""

    def __init__(self) -> None:
        self._parts: defaultdict[tuple[MarketId, int], _Parts] = defaultdict(_Parts)
        self._middles: dict[MarketId, int] = {}
        self._net: defaultdict[MarketId, int] = defaultdict(int)
        self._open: dict[str, tuple[Traded, int]] = {}
        self._due: list[tuple[Nanos, int, int, Traded]] = []
        self._judged = 0
        self._sums: dict[Nanos, list[int]] = {after: [0, 0, 0] for after in HORIZONS}
        self.maker_fills = 0
        self.taker_fills = 0

    def middle(self, market: MarketId) -> int | None:
        """Twice the last middle of YES; None before the first."""
        return self._middles.get(market)

    def moved(self, market: MarketId, twice: int, at: Nanos) -> None:
        """The middle of a market is `twice` / 2 from now on; of a decided market its payout."""
        self.judge(at)
        before = self._middles.get(market)
        if before == twice:
            return
        self._middles[market] = twice
        if before is not None and (net := self._net.get(market)):
            self._of(market, at).adverse += net * (twice - before)

    def traded(self, trade: Traded, *, final: bool) -> None:
        """A trade of ours, before its effect on the middle is told. Not `final`, it may still be taken back."""
        self.judge(trade.at)
        twice = self._middles.setdefault(trade.market, 2 * trade.price if trade.yes else 2 * (ONE - trade.price))
        parts = self._of(trade.market, trade.at)
        edge = _edge(trade, twice)
        if trade.maker:
            parts.spread += edge
            self.maker_fills += 1
            for after in HORIZONS:
                self._judged += 1
                heappush(self._due, (Nanos(trade.at + after), self._judged, after, trade))
        else:
            parts.hedging += edge
            self.taker_fills += 1
        parts.fees += trade.fee
        self._net[trade.market] += _rise(trade)
        if not final:
            self._open[trade.id] = (trade, twice)

    def confirmed(self, trade: str) -> None:
        """A trade cannot be taken back any more."""
        self._open.pop(trade, None)

    def taken_back(self, trade: str, at: Nanos) -> None:
        """A trade never happened: its parts and what it has cost since are undone."""
        found = self._open.pop(trade, None)
        if found is None:
            return
        made, twice = found
        parts = self._of(made.market, at)
        if made.maker:
            parts.spread -= _edge(made, twice)
        else:
            parts.hedging -= _edge(made, twice)
        parts.adverse -= _rise(made) * (self._middles[made.market] - twice)
        parts.fees -= made.fee
        self._net[made.market] -= _rise(made)

    def rewarded(self, market: MarketId, amount: Money, at: Nanos) -> None:
        """The venue paid for quotes, or owes it for sure. `at` lies in the day that it is for."""
        self._of(market, at).rewards += amount

    def rebated(self, market: MarketId, amount: Money, at: Nanos) -> None:
        """The venue gave back a share of the takers' fees."""
        self._of(market, at).rebates += amount

    def judge(self, now: Nanos) -> None:
        """Look at the fills whose horizons ended by now: nothing has moved the middle since they did."""
        while self._due and self._due[0][0] <= now:
            _, _, after, trade = heappop(self._due)
            sums = self._sums[Nanos(after)]
            sums[0] += 1
            sums[1] += trade.size
            sums[2] += _edge(trade, self._middles[trade.market])

    def markouts(self) -> tuple[Markout, ...]:
        """How resting fills fared; horizons that did not end are left out."""
        return tuple(
            Markout(after=after, fills=count, realised=worth / (2 * size) if size else 0.0)
            for after, (count, size, worth) in self._sums.items()
        )

    def by_market_and_day(self) -> Mapping[tuple[MarketId, int], Result]:
        """The result of each market on each UTC day (days since 1970)."""
        return {key: _rounded([parts]) for key, parts in sorted(self._parts.items())}

    def total(self) -> Result:
        """The result of all markets and days."""
        return _rounded(self._parts.values())

    def _of(self, market: MarketId, at: Nanos) -> _Parts:
        return self._parts[market, at // DAY]


def _rounded(parts: Iterable[_Parts]) -> Result:
    """The sum, down to whole micro-dollars."""
    parts = list(parts)
    return Result(
        rewards=Money(sum(each.rewards for each in parts)),
        rebates=Money(sum(each.rebates for each in parts)),
        spread=Money(sum(each.spread for each in parts) // _UNIT),
        adverse_selection=Money(sum(each.adverse for each in parts) // _UNIT),
        hedging=Money(sum(each.hedging for each in parts) // _UNIT),
        fees=Money(-sum(each.fees for each in parts)),
    )


def _edge(trade: Traded, twice: int) -> int:
    """How much better than the middle a trade is, in twice-price units times size."""
    middle = twice if trade.yes else _UNIT - twice
    better = middle - 2 * trade.price
    return trade.size * (better if trade.buy else -better)


def _rise(trade: Traded) -> int:
    """By how many YES a trade gains when the middle rises."""
    return trade.size if trade.yes is trade.buy else -trade.size
