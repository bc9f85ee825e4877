"""How orders end without being filled: cancels, expiry, sweeps of a market, and what balances no longer cover."""

from collections import deque
from collections.abc import Container, Iterable

from dutchbook.domain.book import Side
from dutchbook.domain.units import Nanos
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.ledger import Ledger
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.messages import BookMoved, Change, LevelMove, OrderChanged, OrderState
from dutchbook.exchange.orders import Entry, leave, resting

_CHANGES = {
    OrderState.CANCELLED: Change.CANCELLED,
    OrderState.EXPIRED: Change.EXPIRED,
    OrderState.FILLED: Change.FILLED,
}


class Closing:
    """Ends orders."""

    def __init__(self, floor: Floor, ledger: Ledger) -> None:
        self._floor = floor
        self._ledger = ledger
        self._ended: deque[Entry] = deque()
        self._spared: deque[Entry] = deque()
        """Ended orders that outlived a clearing of other accounts, oldest first."""

    def end(self, order: Entry, reason: str, state: OrderState = OrderState.CANCELLED) -> None:
        """Take a live or delayed order out, free what it binds, and tell."""
        floor, market = self._floor, order.market
        if not order.row:
            market.delayed.pop(order.new.id, None)
            self.finish(order, reason, state)
            return
        total = leave(order)
        self._mark(order, reason, state)
        side = Side.BUY if order.bid else Side.SELL
        move = LevelMove(side, order.price, total, -order.remaining)
        floor.publish(BookMoved(market.id, floor.now, (move,), False, floor.batch))
        floor.publish(OrderChanged(order, _CHANGES[state], floor.now))

    def finish(self, order: Entry, reason: str, state: OrderState) -> None:
        """Mark an order that is in no book as ended, free what it binds, and tell."""
        self._mark(order, reason, state)
        self._floor.publish(OrderChanged(order, _CHANGES[state], self._floor.now))

    def _mark(self, order: Entry, reason: str, state: OrderState) -> None:
        order.state = state
        order.reason = reason
        order.updated = self._floor.now
        self._ended.append(order)
        if order.cash or order.tokens:
            self._ledger.bind(order, 0, 0)
        of_owner, market = order.owner.open, order.market.id
        of_market = of_owner.get(market)
        if of_market is not None:
            of_market.pop(order.new.id, None)
            if not of_market:
                del of_owner[market]

    def forget(self, before: Nanos, accounts: Container[str] | None) -> int:
        """Drop orders that ended before an instant, of some accounts or of all; returns how many."""
        spared = self._drop(self._spared, before, None) if accounts is None else 0
        return spared + self._drop(self._ended, before, accounts)

    def _drop(self, ended: deque[Entry], before: Nanos, accounts: Container[str] | None) -> int:
        dropped = 0
        while ended and ended[0].updated < before:
            order = ended.popleft()
            if accounts is not None and order.new.account not in accounts:
                self._spared.append(order)
                continue
            del self._floor.orders[order.new.id]
            del order.owner.orders[order.new.id]
            dropped += 1
        return dropped

    def end_all(self, orders: Iterable[Entry], reason: str) -> None:
        """End many in one batch."""
        wanted = [order for order in orders if order.state in (OrderState.LIVE, OrderState.DELAYED)]
        if not wanted:
            return
        with self._floor.in_batch:
            for order in wanted:
                self.end(order, reason)

    def sweep(self, market: MarketState, reason: str) -> None:
        """End everything that waits in a market."""
        self.end_all([*market.delayed.values(), *resting(market)], reason)

    def watch(self, owner: Account, shard: int) -> None:
        """End the newest orders that the account's balances or allowances no longer cover (protocol section 3.2)."""
        short = owner.bound.get(shard, 0) > owner.balances.get(shard, 0)
        if owner.allowance is None and not short:
            return
        if not self._floor.rules.reserves_by_market:
            self._end_until_covered([o for of_market in owner.open.values() for o in of_market.values()], owner, shard)
            return
        limit = owner.balances.get(shard, 0)
        if owner.allowance is not None:
            limit = min(limit, owner.allowance)
        for market, of_market in tuple(owner.open.items()):
            if owner.bound_in.get(market, 0) <= limit:
                continue
            for order in reversed(tuple(of_market.values())):
                if order.cash:
                    self.end(order, "balance")
                if owner.bound_in.get(market, 0) <= limit:
                    break

    def _end_until_covered(self, orders: list[Entry], owner: Account, shard: int) -> None:
        newest_first = sorted(enumerate(orders), key=lambda each: (each[1].placed, each[0]), reverse=True)
        for _, order in newest_first:
            if owner.bound.get(shard, 0) <= owner.balances.get(shard, 0):
                return
            if order.cash and order.market.shard == shard:
                self.end(order, "balance")

    def watch_tokens(self, owner: Account, market: MarketState) -> None:
        """End the newest sales of contracts that are gone, or that the exchange may no longer take."""
        for order in reversed(tuple(owner.open.get(market.id, {}).values())):
            if order.tokens and (not owner.token_allowance or owner.sellable(market.cover(bid=order.bid)) < 0):
                self.end(order, "balance")
