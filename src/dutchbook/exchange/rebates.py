"""Polymarket's maker rebates: a share of each market's taker fees of a UTC day goes to its makers (section 7.3)."""

from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import PolymarketFees
from dutchbook.domain.pricing.polymarket_fees import maker_rebate
from dutchbook.domain.units import DAY
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.matching.messages import Matched

_MILLION = 1_000_000


class _Pool:
    """One market's day: what is shared out (in millionths of a micro-dollar), and each maker's fee equivalent."""

    __slots__ = ("amount", "makers")

    def __init__(self) -> None:
        self.amount = 0
        self.makers: dict[str, int] = {}


class Rebates:
    """Collects final fills and pays at midnight, from the fees collected."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._pools: dict[MarketId, _Pool] = {}

    def count(self, match: Matched) -> None:
        """A match became final: its fees go into its market's pool."""
        fees = self._floor.markets[match.market].fees
        if not isinstance(fees, PolymarketFees) or not fees.rebate_ppm:
            return
        if not self._pools:
            self._floor.at((self._floor.now // DAY + 1) * DAY, self._pay)
        pool = self._pools.setdefault(match.market, _Pool())
        for pair in match.pairs:
            maker = pair.maker.order.new.account
            pool.amount += pair.taker.fee * fees.rebate_ppm
            share = maker_rebate(fees, pair.maker.price, pair.size)
            pool.makers[maker] = pool.makers.get(maker, 0) + share

    def _pay(self) -> None:
        floor = self._floor
        pools, self._pools = self._pools, {}
        for market, pool in pools.items():
            total = sum(pool.makers.values())
            for maker, share in pool.makers.items():
                amount = pool.amount * share // (total * _MILLION) if total else 0
                if amount and amount >= floor.rules.smallest_payment:
                    account = floor.accounts[maker]
                    account.move_cash(floor.markets[market].shard, amount)
                    floor.pot -= amount
                    floor.tell_funds(account, "rebate", market, amount, 0)
