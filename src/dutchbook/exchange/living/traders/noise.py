"""People who trade for reasons of their own: at the market, or with a limit order that waits."""

from collections.abc import Sequence

from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, MINUTE, SECOND, Nanos, Price, Size
from dutchbook.exchange.living.chance import happens, wait
from dutchbook.exchange.living.crowd_spec import NoiseSpec
from dutchbook.exchange.living.market import PER_PRICE, LiveMarket
from dutchbook.exchange.living.traders.floor import Local, Surroundings
from dutchbook.exchange.living.wallet import Wallet
from dutchbook.exchange.matching.messages import WorkingOrder

_SMALLEST_RESTING = Size(5 * CONTRACT)
_OBVIOUS = 500
"""A book this far from the truth, in price units, is stale to anybody's eye: a goal has fallen."""


class Noise:
    """All the small traders of one market: who comes next is drawn from the venue's small accounts."""

    def __init__(
        self, market: LiveMarket, people: Sequence[Wallet], spec: NoiseSpec, surroundings: Surroundings, local: Local
    ) -> None:
        self._market = market
        self._people = people
        self._spec = spec
        self._with = surroundings
        self._every = spec.every * local.pace // 100

    def start(self, now: Nanos) -> None:
        self._with.later(now, self._every, self._wake)

    def _wake(self, now: Nanos) -> None:
        if self._market.is_over:
            return
        rng = self._with.rng
        if self._market.is_open:
            person = self._people[rng.randrange(len(self._people))]
            if happens(rng, self._spec.resting):
                self._rest(person, now)
            else:
                self._take(person)
        # Trades come in flurries: after one in four the next follows ten times sooner.
        pace = self._every // 10 if rng.getrandbits(2) == 0 else self._every * 13 // 10
        self._with.later(now, pace, self._wake)

    def _wants_yes(self, person: Wallet) -> bool:
        """Whoever holds something is as likely to get out of it as to do anything else."""
        net = person.net(self._market)
        if net and self._with.rng.getrandbits(1):
            return net < 0
        return bool(self._with.rng.getrandbits(1))

    def _take(self, person: Wallet) -> None:
        rng, market = self._with.rng, self._market
        bid = self._wants_yes(person)
        best = market.top()[1 if bid else 0]
        if best is None:
            return
        prices = market.prices()
        slip = (0, 0, 1, 3)[rng.getrandbits(2)]
        at = market.at_most(best.price) + (slip if bid else -slip)
        price = prices[max(0, min(len(prices) - 1, at))]
        tif = (TimeInForce.IOC, TimeInForce.IOC, TimeInForce.IOC, TimeInForce.FOK)[rng.getrandbits(2)]
        person.send(person.order(market, bid=bid, price=price, size=self._with.size(self._spec.sizes), tif=tif))

    def _rest(self, person: Wallet, now: Nanos) -> None:
        rng, market = self._with.rng, self._market
        bid = self._wants_yes(person)
        price = self._limit(bid=bid)
        if price is None:
            return
        size = Size(max(_SMALLEST_RESTING, self._with.size(self._spec.sizes)))
        stay = wait(rng, self._spec.patience)
        if rng.getrandbits(2) == 0:
            expires = Nanos((now + stay + 2 * MINUTE) // SECOND * SECOND)
            person.send(person.order(market, bid=bid, price=price, size=size, tif=TimeInForce.GTD, expires=expires))
            return
        order = person.send(person.order(market, bid=bid, price=price, size=size))
        if order is not None:
            self._with.agenda.put(now + stay, lambda _: _withdraw(person, order))

    def _limit(self, *, bid: bool) -> Price | None:
        """A tick better than the best, at it, or a few ticks behind; None where nobody quotes near what all can see."""
        best_bid, best_ask = self._market.top()
        if best_bid is None or best_ask is None:
            return None
        away = (-1, 0, 0, 0, 1, 2, 4, 9)[self._with.rng.getrandbits(3)]
        prices = self._market.prices()
        touch = (best_bid if bid else best_ask).price
        if abs(touch - self._market.chance // PER_PRICE) > _OBVIOUS:
            return None
        best = self._market.at_most(touch)
        index = best - away if bid else best + away
        if not 0 <= index < len(prices):
            return None
        crosses = prices[index] >= best_ask.price if bid else prices[index] <= best_bid.price
        return prices[best] if crosses else prices[index]


def _withdraw(person: Wallet, order: WorkingOrder) -> None:
    person.cancel_all([order])
