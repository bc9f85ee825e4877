"""A market maker: quotes around its noisy belief, leans against its inventory, and flees from news."""

from dutchbook.domain.units import ONE, Nanos, Price, Size
from dutchbook.exchange.living.chance import CERTAIN, bell
from dutchbook.exchange.living.crowd_spec import MakerSpec
from dutchbook.exchange.living.market import PER_PRICE, LiveMarket, restlessness
from dutchbook.exchange.living.traders.floor import Local, Surroundings
from dutchbook.exchange.living.wallet import Wallet
from dutchbook.exchange.matching.messages import OrderState, WorkingOrder

_MEMORY = 16
"""How many looks an error of belief lasts, about."""
_FRESH = 3_480
"""sqrt(1 - (15/16)^2) in ten-thousandths: keeps the error's variance the same from look to look."""
_HOARD = Size(2_000_000_000)

type Quote = int
"""A price for a bid, minus a price for an offer."""


class Maker:
    """One firm in one market."""

    __slots__ = (
        "_deaf_until",
        "_error",
        "_known",
        "_last",
        "_local",
        "_market",
        "_orders",
        "_shy_until",
        "_spec",
        "_wallet",
        "_with",
    )

    def __init__(
        self, market: LiveMarket, wallet: Wallet, spec: MakerSpec, surroundings: Surroundings, local: Local
    ) -> None:
        self._market = market
        self._wallet = wallet
        self._spec = spec
        self._with = surroundings
        self._local = local
        self._orders: dict[Quote, WorkingOrder] = {}
        self._error = bell(surroundings.rng, spec.noise * PER_PRICE)
        self._known = market.chance
        self._last = Nanos(0)
        self._deaf_until = Nanos(0)
        self._shy_until = Nanos(0)

    def start(self, now: Nanos) -> None:
        self._with.agenda.put(now + self._with.rng.getrandbits(30), self._wake)

    def hear(self, now: Nanos, before: int) -> None:
        """News broke just now; `before` was the chance until then. The firm notices only after its reaction time."""
        if now >= self._deaf_until:
            self._known = before
        self._deaf_until = self._with.reacting(now, self._spec.reaction)
        self._with.agenda.put(self._deaf_until, self._flee)

    def follow(self, now: Nanos) -> None:
        """The price feed ticked: look again as soon as the firm can."""
        self._with.agenda.put(self._with.reacting(now, self._spec.reaction), self._look)

    def _wake(self, now: Nanos) -> None:
        if self._market.is_over:
            self._orders.clear()
            return
        self._look(now)
        self._with.later(now, self._spec.requote * self._local.pace // 100, self._wake)

    def _flee(self, now: Nanos) -> None:
        self._wallet.cancel_all(self._orders.values())
        self._orders.clear()
        self._shy_until = Nanos(now + self._spec.shy // 2 + self._spec.shy * self._with.rng.getrandbits(10) // 1_024)

    def _look(self, now: Nanos) -> None:
        if now < self._shy_until or not self._market.is_open:
            return
        wanted = self._quotes(now)
        stale = [key for key, order in self._orders.items() if key not in wanted or order.state is not OrderState.LIVE]
        stale += self._renewed(wanted)
        if stale:
            self._wallet.cancel_all(self._orders.pop(key) for key in stale)
        missing = [key for key in wanted if key not in self._orders]
        if missing:
            self._place(missing)
        if self._with.rng.getrandbits(6) == 0:
            self._merge()

    def _renewed(self, wanted: dict[Quote, int]) -> list[Quote]:
        """Levels that stay, but whose size is drawn anew."""
        kept = [key for key, order in self._orders.items() if key in wanted and order.state is OrderState.LIVE]
        times = min(self._spec.moves, len(kept))
        if times == 1:
            return [self._with.rng.choice(kept)]  # the same draw as a sample of one, in half the time
        return self._with.rng.sample(kept, times) if times else []

    def _belief(self, now: Nanos) -> int:
        """What it takes for the chance, in millionths."""
        rng, spec = self._with.rng, self._spec
        if now >= self._deaf_until:
            self._known = self._market.chance
        if now > self._last:
            fresh = bell(rng, spec.noise * PER_PRICE * _FRESH // 10_000)
            self._error = self._error * (_MEMORY - 1) // _MEMORY + fresh
            self._last = now
        return self._market.priced(self._known, self._error)

    def _quotes(self, now: Nanos) -> dict[Quote, int]:
        """The levels it wants, each with its distance from the best one."""
        spec, market = self._spec, self._market
        belief = self._belief(now)
        share = max(-2 * CERTAIN, min(2 * CERTAIN, self._wallet.net(market) // spec.inventory))
        fair = belief // PER_PRICE - spec.skew * share // CERTAIN
        half = max(1, spec.half_spread * self._local.spread // 100 * restlessness(belief) // CERTAIN)
        prices = market.prices()
        last = len(prices) - 1
        bid, ask = market.at_most(fair - half), market.at_least(fair + half)
        wanted: dict[Quote, int] = {}
        for level, index in enumerate(_below(min(bid, last), spec.stride, spec.levels)):
            wanted[prices[index]] = level
        for level, index in enumerate(_below(last - max(ask, 0), spec.stride, spec.levels)):
            wanted[-prices[last - index]] = level
        return wanted

    def _place(self, missing: list[Quote]) -> None:
        """Post what is missing, as far as it does not cross what others quote."""
        bid, ask = self._market.top()
        low, high = bid.price if bid else 0, ask.price if ask else ONE
        fitting = [key for key in missing if (key < high if key > 0 else -key > low)]
        orders = [
            self._wallet.order(
                self._market,
                bid=key > 0,
                price=Price(abs(key)),
                size=self._with.size(self._spec.sizes, self._local.size),
                post_only=True,
            )
            for key in fitting
        ]
        if not orders:
            return
        for key, order in zip(fitting, self._wallet.send_all(orders), strict=True):
            if order is not None:
                self._orders[key] = order

    def _merge(self) -> None:
        """Turn hoarded pairs of YES and NO back into cash, where a venue keeps both."""
        account, market = self._wallet.account, self._market
        pairs = Size(min(account.sellable(market.yes), account.sellable(market.no)))
        if pairs > _HOARD:
            market.exchange.merge(self._wallet.id, market.id, pairs)


def _below(best: int, stride: int, levels: int) -> list[int]:
    """`best` and the multiples of `stride` below it: deeper levels stay where they are while the best one moves."""
    return [best, *range((best - 1) // stride * stride, -1, -stride)[: levels - 1]] if best >= 0 else []
