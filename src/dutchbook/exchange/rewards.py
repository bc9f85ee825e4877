"""Polymarket's liquidity rewards: the books are sampled at a random instant of each minute, paid after each UTC day."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import DAY, MINUTE, ONE, Money, Nanos
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.listing import RewardProgramme
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.book import ASK, BID
from dutchbook.exchange.matching.order_book import OrderBook
from dutchbook.exchange.orders import Entry, queues

_WHOLE = 10**12
"""The score of all makers in one sample."""
_ONE_SIDED = 3
"""What a one-sided maker's score is divided by, while the midpoint is between 0.10 and 0.90."""


class Earning(msgspec.Struct, frozen=True, kw_only=True):
    """What a maker earned in one market on one UTC day (`day` is its first nanosecond); `paid` if it was enough."""

    account: str
    market: MarketId
    day: Nanos
    amount: Money
    paid: bool


class _Sides(NamedTuple):
    """Scores of one maker: of bids for YES (or asks of NO), and the other way round."""

    one: int
    two: int


class Rewards:
    """Samples and pays. All prices are doubled inside, so that midpoints are whole."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._rewarded: dict[MarketId, MarketState] = {}
        self._scores: dict[MarketId, dict[str, int]] = {}
        self._running = False
        self.earnings: list[Earning] = []
        """Of all days that are over, oldest first."""

    def note(self, market: MarketState) -> None:
        """Heed a market's programme, new or changed; starts sampling with the first."""
        if market.listing.rewards is None:
            self._rewarded.pop(market.id, None)
            return
        self._rewarded[market.id] = market
        if not self._running:
            self._running = True
            self._await_sample(self._floor.now // MINUTE * MINUTE)
            self._floor.at((self._floor.now // DAY + 1) * DAY, self._pay)

    def shares(self, market: MarketId) -> Mapping[str, float]:
        """Each maker's share of today's reward so far."""
        scores = self._scores.get(market, {})
        total = sum(scores.values())
        return {account: score / total for account, score in scores.items()} if total else {}

    def scoring(self, order: Entry) -> bool:
        """Whether an order would score if the sample were taken now."""
        programme = order.market.listing.rewards
        if programme is None or not order.resting:
            return False
        middle = _middle(order.market, programme)
        return middle is not None and self._score(order, programme, middle) > 0

    def _await_sample(self, minute: int) -> None:
        """One sample within this minute, if its instant is still to come; else within the next."""
        at = minute + self._floor.rng.randrange(MINUTE)
        if at <= self._floor.now:
            minute += MINUTE
            at = minute + self._floor.rng.randrange(MINUTE)
        self._floor.at(at, lambda: self._sample(minute + MINUTE))

    def _sample(self, following: int) -> None:
        for market in self._rewarded.values():
            programme = market.listing.rewards
            if programme is not None:
                self._sample_market(market, programme)
        self._await_sample(following)

    def _sample_market(self, market: MarketState, programme: RewardProgramme) -> None:
        middle = _middle(market, programme)
        if middle is None:
            return
        ones = self._side(market, programme, middle, bid=BID)
        twos = self._side(market, programme, middle, bid=ASK)
        makers = {name: _least(_Sides(ones.get(name, 0), twos.get(name, 0)), middle) for name in {**ones, **twos}}
        total = sum(makers.values())
        if not total:
            return
        scores = self._scores.setdefault(market.id, {})
        for name, score in makers.items():
            if score:
                scores[name] = scores.get(name, 0) + score * _WHOLE // total

    def _side(self, market: MarketState, programme: RewardProgramme, middle: int, *, bid: bool) -> dict[str, int]:
        """Scores by account; levels beyond the largest distance are not looked at."""
        scores: dict[str, int] = {}
        for level, orders in queues(market, bid=bid):
            if abs(2 * level.price - middle) > 2 * programme.max_spread:
                break
            for order in orders:
                if score := self._score(order, programme, middle):
                    scores[order.owner.id] = scores.get(order.owner.id, 0) + score
        return scores

    def _score(self, order: Entry, programme: RewardProgramme, middle: int) -> int:
        if order.remaining < programme.min_size or self._floor.now - order.placed < programme.min_age:
            return 0
        return liquidity_score(2 * programme.max_spread, abs(2 * order.price - middle), order.remaining)

    def _pay(self) -> None:
        """Share out the day that has just ended, and begin the next."""
        day = Nanos(self._floor.now // DAY * DAY - DAY)
        scores, self._scores = self._scores, {}
        for market, of_makers in scores.items():
            programme = self._floor.markets[market].listing.rewards
            total = sum(of_makers.values())
            for name, score in of_makers.items():
                rate = 0 if programme is None else programme.daily_rate
                self._pay_one(name, market, day, Money(rate * score // total))
        self._floor.at(day + 2 * DAY, self._pay)

    def _pay_one(self, name: str, market: MarketId, day: Nanos, amount: Money) -> None:
        paid = 0 < amount >= self._floor.rules.smallest_payment
        self.earnings.append(Earning(account=name, market=market, day=day, amount=amount, paid=paid))
        if paid:
            self._floor.grant(self._floor.accounts[name], amount, "reward", market)


def liquidity_score(max_spread: int, distance: int, size: int) -> int:
    """((v - s) / v)^2 x size in units of size / v^2, 0 beyond v (formulas M4)."""
    return (max_spread - distance) ** 2 * size if distance < max_spread else 0


def _least(sides: _Sides, middle: int) -> int:
    """Three times Q_min: both sides, or within [0.10, 0.90] a third of the better one if that is more."""
    both, better = min(sides), max(sides)
    if ONE // 5 <= middle <= 2 * ONE - ONE // 5:
        return max(_ONE_SIDED * both, better)
    return _ONE_SIDED * both


def _middle(market: MarketState, programme: RewardProgramme) -> int | None:
    """Twice the midpoint of the best levels that are not smaller than the programme's least size."""
    bid = _best_of_size(market.book, programme.min_size, bid=BID)
    ask = _best_of_size(market.book, programme.min_size, bid=ASK)
    return None if bid is None or ask is None else bid + ask


def _best_of_size(book: OrderBook, least: int, *, bid: bool) -> int | None:
    for rank in range(book.depth(bid)):
        price, total = book.level(bid, rank)
        if total >= least:
            return price
    return None
