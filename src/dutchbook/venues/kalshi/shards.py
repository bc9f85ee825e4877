"""The shards of Kalshi: each has cash of its own, and an order is paid from the shard of its market (protocol 12)."""

from collections.abc import Mapping, Sequence

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order
from dutchbook.domain.units import Money, dollars
from dutchbook.venues.trading import OrderDenied

_LEAST = Money(100)
"""A hundredth of a contract at one cent: with less, no order can be paid for."""


class Shards:
    """What an account has free on each shard, as it was last stated. Knows nothing until then, and denies nothing.

    It goes by recorded answers alone, so that a replay denies the same orders. What happened since the last answer it
    does not know: so it denies only what an empty shard cannot pay, and leaves the rest to the venue.
    """

    def __init__(self) -> None:
        self._free: dict[int, Money] = {}
        self._held: frozenset[MarketId] = frozenset()

    @property
    def free(self) -> Mapping[int, Money]:
        """Cash by shard that no order reserves; empty before the first statement."""
        return self._free

    def state(self, free: Mapping[int, Money], held: Sequence[MarketId]) -> None:
        """The account's free cash by shard, and the markets of which it holds anything."""
        self._free = dict(free)
        self._held = frozenset(held)

    def check(self, order: Order, market: Market) -> None:
        """Raises OrderDenied if the shard of a purchase has no money at all.

        Sales need none; nor may a purchase in a market of which something is held, because it may close that.
        """
        shard = market.shard
        if not self._free or shard is None or order.leg.side is Side.SELL or market.id in self._held:
            return
        if self._free.get(shard, Money(0)) < _LEAST:
            raise OrderDenied(
                f"order {order.id}: {market.id} trades on shard {shard}, which has no money ({self.told()})"
                f" - move some to shard {shard} at Kalshi"
            )

    def told(self) -> str:
        """Where the money is, in words."""
        return "free: " + ", ".join(f"${dollars(cash)} on shard {shard}" for shard, cash in sorted(self._free.items()))
