"""Traders who see the truth a little sharper and sooner than others, and take what is priced beside it."""

from collections.abc import Sequence

from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.pricing.fees import marginal_fee
from dutchbook.domain.units import Nanos, Price
from dutchbook.exchange.living.chance import CERTAIN, bell
from dutchbook.exchange.living.crowd_spec import InformedSpec
from dutchbook.exchange.living.market import PER_PRICE, LiveMarket, restlessness
from dutchbook.exchange.living.traders.floor import Surroundings
from dutchbook.exchange.living.wallet import Wallet

PICO_PER_PRICE = 10**8
"""Pico-dollars in a price unit."""


class Informed:
    """The informed of one market, one at a time."""

    def __init__(
        self, market: LiveMarket, people: Sequence[Wallet], spec: InformedSpec, surroundings: Surroundings
    ) -> None:
        self._market = market
        self._people = people
        self._spec = spec
        self._with = surroundings

    def start(self, now: Nanos) -> None:
        self._with.later(now, self._spec.every, self._wake)

    def hear(self, now: Nanos) -> None:
        """News: come soon, and not alone."""
        for _ in range(1 + self._with.rng.getrandbits(2)):
            self._with.agenda.put(self._with.reacting(now, self._spec.reaction), self._trade)

    def _wake(self, now: Nanos) -> None:
        if self._market.is_over:
            return
        self._trade(now)
        self._with.later(now, self._spec.every, self._wake)

    def _trade(self, now: Nanos) -> None:  # noqa: ARG002 - actions are told the time
        market, rng = self._market, self._with.rng
        if not market.is_open:
            return
        chance = market.chance
        belief = chance // PER_PRICE + bell(rng, self._spec.noise) * restlessness(chance) // CERTAIN
        best_bid, best_ask = market.top()
        if best_ask and belief - best_ask.price > self._costs(best_ask.price):
            self._take(belief - self._costs(best_ask.price), bid=True)
        elif best_bid and best_bid.price - belief > self._costs(best_bid.price):
            self._take(belief + self._costs(best_bid.price), bid=False)

    def _costs(self, price: Price) -> int:
        return marginal_fee(self._market.fees, price) // PICO_PER_PRICE + self._spec.margin

    def _take(self, limit: int, *, bid: bool) -> None:
        prices = self._market.prices()
        index = self._market.at_most(limit) if bid else self._market.at_least(limit)
        price = prices[max(0, min(len(prices) - 1, index))]
        person = self._people[self._with.rng.randrange(len(self._people))]
        size = self._with.size(self._spec.sizes)
        person.send(person.order(self._market, bid=bid, price=price, size=size, tif=TimeInForce.IOC))
