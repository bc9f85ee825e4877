"""A whale: buys a lot of one thing, in slices, from a wallet that everybody can watch. It may be wrong."""

from collections.abc import Callable, Sequence

from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, Nanos, Size
from dutchbook.exchange.living.chance import bell
from dutchbook.exchange.living.market import PER_PRICE, LiveMarket
from dutchbook.exchange.living.spec import WhaleSpec
from dutchbook.exchange.living.traders.floor import Surroundings
from dutchbook.exchange.living.wallet import Wallet

_OPINION = 600
"""Standard deviation of its judgement around the truth, in price units."""
_REACH = 200
"""How far from its first price it follows, in price units."""


class Whale:
    """One rich account, and the purchase it is at."""

    def __init__(
        self, wallet: Wallet, markets: Callable[[], Sequence[LiveMarket]], spec: WhaleSpec, surroundings: Surroundings
    ) -> None:
        """`markets` gives what it may trade at the moment."""
        self._wallet = wallet
        self._markets = markets
        self._spec = spec
        self._with = surroundings

    def start(self, now: Nanos) -> None:
        self._with.later(now, self._spec.every, self._decide)

    def _decide(self, now: Nanos) -> None:
        markets = self._markets()
        if markets:
            self._plan(markets[self._with.rng.randrange(len(markets))], now)
        self._with.later(now, self._spec.every, self._decide)

    def _plan(self, market: LiveMarket, now: Nanos) -> None:
        best_bid, best_ask = market.top()
        if best_bid is None or best_ask is None:
            return
        opinion = market.chance // PER_PRICE + bell(self._with.rng, _OPINION)
        bid = opinion > (best_bid.price + best_ask.price) // 2
        limit = best_ask.price + _REACH if bid else best_bid.price - _REACH
        share = max(
            1, self._with.size((self._spec.size // 4, self._spec.size, self._spec.size * 4)) // self._spec.slices
        )
        for number in range(self._spec.slices):
            at = now + self._spec.over * number // self._spec.slices + self._with.rng.getrandbits(32)
            self._with.agenda.put(at, lambda _: self._slice(market, limit, share, bid=bid))

    def _slice(self, market: LiveMarket, limit: int, size: int, *, bid: bool) -> None:
        if not market.is_open:
            return
        prices = market.prices()
        index = market.at_most(limit) if bid else market.at_least(limit)
        price = prices[max(0, min(len(prices) - 1, index))]
        rounded = Size(max(CONTRACT, size // CONTRACT * CONTRACT))
        self._wallet.send(self._wallet.order(market, bid=bid, price=price, size=rounded, tif=TimeInForce.IOC))
