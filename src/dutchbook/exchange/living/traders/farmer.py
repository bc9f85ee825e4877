"""A reward farmer: rests on both sides as far from the middle as the reward programme pays for, and moves with it."""

from dutchbook.domain.units import CONTRACT, Nanos, Size
from dutchbook.exchange.living.crowd_spec import FarmerSpec
from dutchbook.exchange.living.market import LiveMarket
from dutchbook.exchange.living.traders.floor import Surroundings
from dutchbook.exchange.living.wallet import Wallet
from dutchbook.exchange.matching.messages import OrderState, WorkingOrder

_SCORING = 3
"""It rests at two thirds of the largest distance that scores: nearer than that it would be filled too often."""


class Farmer:
    """One farm in one market with a reward programme. Watches the book, not the world."""

    def __init__(self, market: LiveMarket, wallet: Wallet, spec: FarmerSpec, surroundings: Surroundings) -> None:
        self._market = market
        self._wallet = wallet
        self._spec = spec
        self._with = surroundings
        self._orders: list[WorkingOrder] = []
        self._resting_at: list[tuple[int, bool]] = []

    def start(self, now: Nanos) -> None:
        self._with.later(now, self._spec.requote, self._wake)

    def _wake(self, now: Nanos) -> None:
        if self._market.is_over:
            return
        if self._market.is_open:
            self._look()
        self._with.later(now, self._spec.requote, self._wake)

    def _look(self) -> None:
        wanted = self._wanted()
        if wanted == self._resting_at and all(order.state is OrderState.LIVE for order in self._orders):
            return
        self._wallet.cancel_all(self._orders)
        self._resting_at = wanted
        rewards = self._market.listing.rewards
        size = Size(max(self._spec.size * CONTRACT, rewards.min_size if rewards else 0))
        self._orders = []
        for index, bid in wanted:
            order = self._wallet.order(
                self._market, bid=bid, price=self._market.prices()[index], size=size, post_only=True
            )
            if (sent := self._wallet.send(order)) is not None:
                self._orders.append(sent)

    def _wanted(self) -> list[tuple[int, bool]]:
        """Indices of its two prices; none where the book has no middle or no programme runs."""
        rewards = self._market.listing.rewards
        best_bid, best_ask = self._market.top()
        if rewards is None or best_bid is None or best_ask is None:
            return []
        middle = (best_bid.price + best_ask.price) // 2
        away = rewards.max_spread * (_SCORING - 1) // _SCORING
        bid, ask = self._market.at_least(middle - away), self._market.at_most(middle + away)
        return [(bid, True), (ask, False)] if 0 <= bid < ask < len(self._market.prices()) else []
