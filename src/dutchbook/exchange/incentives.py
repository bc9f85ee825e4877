"""Kalshi's liquidity programmes: one snapshot of the book at a random instant of each second, paid at the end."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import ONE, SECOND, Money
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.listing import IncentiveProgramme
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.book import ASK, BID
from dutchbook.exchange.orders import queues

_CENT = ONE // 100
_TOO_DEAR = ONE - _CENT
"""A side whose best bid is at least this is skipped."""
_WHOLE = 10**12
"""The score of all makers on one side in one snapshot."""


class IncentivePaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a maker got of a programme."""

    account: str
    market: MarketId
    programme: str
    amount: Money


class _Programme:
    """A programme that runs. Snapshots of an unchanged book are only counted, and added up when it changes."""

    __slots__ = ("last", "market", "programme", "repeats", "totals", "version")

    def __init__(self, programme: IncentiveProgramme, market: MarketState) -> None:
        self.programme = programme
        self.market = market
        self.version = -1
        self.last: dict[str, int] = {}
        self.repeats = 0
        self.totals: dict[str, int] = {}

    def sample(self) -> None:
        """Take one snapshot."""
        version = self.market.book.version()
        if version != self.version:
            self.add_up()
            self.version = version
            self.last = snapshot_scores(self.market, self.programme)
        self.repeats += 1

    def add_up(self) -> Mapping[str, int]:
        """All scores so far."""
        for name, score in self.last.items():
            self.totals[name] = self.totals.get(name, 0) + score * self.repeats
        self.repeats = 0
        return self.totals


class Incentives:
    """Runs programmes (protocol section 10)."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._known: dict[str, _Programme] = {}
        self._active: dict[str, _Programme] = {}
        self._ticking = False
        self.paid: list[IncentivePaid] = []

    def note(self, market: MarketState) -> None:
        """Heed the programmes of a market that was listed, those known already excepted."""
        for programme in market.listing.incentives:
            if programme.id not in self._known and programme.ends > self._floor.now:
                running = self._known[programme.id] = _Programme(programme, market)
                self._at_start(running)

    def shares(self, programme: str) -> Mapping[str, float]:
        """Each maker's share of a programme so far; empty for one that is unknown."""
        running = self._known.get(programme)
        totals = {} if running is None else running.add_up()
        whole = sum(totals.values())
        return {name: score / whole for name, score in totals.items()} if whole else {}

    def _at_start(self, running: _Programme) -> None:
        self._floor.at(max(running.programme.starts, self._floor.now), lambda: self._start(running))
        self._floor.at(running.programme.ends, lambda: self._end(running))

    def _start(self, running: _Programme) -> None:
        self._active[running.programme.id] = running
        if not self._ticking:
            self._ticking = True
            self._await_tick(self._floor.now // SECOND * SECOND)

    def _await_tick(self, second: int) -> None:
        """One snapshot within this second, if its instant is still to come; else within the next."""
        at = second + self._floor.rng.randrange(SECOND)
        if at <= self._floor.now:
            second += SECOND
            at = second + self._floor.rng.randrange(SECOND)
        self._floor.at(at, lambda: self._tick(second + SECOND))

    def _tick(self, following: int) -> None:
        if not self._active:
            self._ticking = False
            return
        for running in self._active.values():
            running.sample()
        self._await_tick(following)

    def _end(self, running: _Programme) -> None:
        self._active.pop(running.programme.id, None)
        totals = running.add_up()
        whole = sum(totals.values())
        market = running.market.id
        for name, score in totals.items():
            amount = Money(running.programme.reward * score // whole)
            if amount:
                self._floor.grant(self._floor.accounts[name], amount, "incentive", market)
                self.paid.append(
                    IncentivePaid(account=name, market=market, programme=running.programme.id, amount=amount)
                )


def snapshot_scores(market: MarketState, programme: IncentiveProgramme) -> dict[str, int]:
    """Each account's score of one snapshot: its shares of the bids for YES and for NO, in millionths of millionths."""
    scores: dict[str, int] = {}
    for bid in (BID, ASK):
        weights = _side_weights(market, programme, bid=bid)
        total = sum(weights.values())
        for name, weight in weights.items():
            scores[name] = scores.get(name, 0) + int(weight / total * _WHOLE)
    return scores


def _side_weights(market: MarketState, programme: IncentiveProgramme, *, bid: bool) -> dict[str, float]:
    """Discounted sizes by account down to the level that completes the target; empty if the side never does.

    Distances are in cents, fractions included: what holds in markets of finer ticks is not known.
    """
    top = market.book.top(bid)
    best = _bid_price(top, bid=bid)
    if not top or best >= _TOO_DEAR:
        return {}
    keep, seen = programme.discount_ppm / 1_000_000, 0
    weights: dict[str, float] = {}
    for level, orders in queues(market, bid=bid):
        factor = keep ** ((best - _bid_price(level.price, bid=bid)) / _CENT)
        for order in orders:
            weights[order.owner.id] = weights.get(order.owner.id, 0.0) + factor * order.remaining
        seen += level.size
        if seen >= programme.target_size:
            return weights
    return {}


def _bid_price(price: int, *, bid: bool) -> int:
    """A level as a bid: an ask of YES at p is a bid for NO at 1 - p."""
    return price if bid else ONE - price
