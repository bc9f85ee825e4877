"""Orders as REST shows them: new ones hidden for a moment, changed ones stale for a moment (protocol section 5.6)."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import ONE, Nanos, Price, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.matching.messages import (
    Matched,
    NewOrder,
    OrderChanged,
    OrderState,
    Party,
    WorkingOrder,
)
from dutchbook.exchange.servers.kalshi.identifiers import member_of
from dutchbook.exchange.servers.kalshi.options import KalshiOptions

_OPEN = (OrderState.LIVE, OrderState.DELAYED)


class FillCosts(msgspec.Struct, frozen=True, gc=False):
    """What an order's fills cost by role: amounts in 1e-10 dollars, fees in micro-dollars.

    The cost of an ask is that of the NO that it gains, 1 - price: an assumption, captures only show bids.
    """

    taken: int = 0
    taker_fees: int = 0
    made: int = 0
    maker_fees: int = 0


class OrderView(msgspec.Struct, frozen=True, gc=False):
    """An order at one moment. `bid` and `price` are in terms of YES."""

    new: NewOrder
    bid: bool
    price: Price
    state: OrderState
    filled: Size
    remaining: Size
    placed: Nanos
    updated: Nanos
    costs: FillCosts

    @property
    def resting(self) -> bool:
        return self.state in _OPEN


class OrderViews:
    """What REST shows of the orders of members, those that have a key."""

    def __init__(self, exchange: Exchange, history: History, options: KalshiOptions) -> None:
        self._exchange = exchange
        self._history = history
        self._hidden = options.created_order_hidden
        self._stale = options.changed_order_stale
        self._members: set[str] = set()
        self._costs: dict[str, FillCosts] = {}
        self._versions: dict[str, list[tuple[Nanos, OrderView]]] = {}
        self._over: deque[tuple[Nanos, str]] = deque()
        """Orders that have ended, with the time from which on that is shown: then nothing of them is kept."""
        exchange.listen(self._order_changed, OrderChanged)
        exchange.listen(self._matched, Matched)

    def follow(self, member: str) -> None:
        """Watch a member's orders from now on, subaccounts included; earlier fills are read from the history."""
        if member in self._members:
            return
        self._members.add(member)
        for account in [each for each in self._exchange.accounts if member_of(each)[0] == member]:
            for trade in self._history.trades(account=account):
                for party in trade.parties():
                    if party.order.new.account == account:
                        self._add(party, trade.size, taker=party is trade.pair.taker)
            for order in self._exchange.open_orders(account):
                self._versions[order.new.id] = [(order.updated, self._snapshot(order))]

    def view(self, order: WorkingOrder, now: Nanos) -> OrderView | None:
        """The order as it is shown at `now`; None while it is hidden."""
        versions = self._versions.get(order.new.id)
        if versions is None:
            return self._snapshot(order)
        return next((version for at, version in reversed(versions) if at <= now), None)

    def views(self, orders: Iterable[WorkingOrder], now: Nanos) -> Iterator[OrderView]:
        """Those that are shown."""
        return (view for order in orders if (view := self.view(order, now)) is not None)

    def resting(self, account: str, now: Nanos) -> list[OrderView]:
        """Those that are shown as resting, some of which may be over already."""
        waiting = {order.new.id: order for order in self._exchange.open_orders(account)}
        for order_id, versions in self._versions.items():
            order = self._exchange.order(order_id)
            if order is not None and versions[0][1].new.account == account:
                waiting.setdefault(order_id, order)
        return [view for view in self.views(waiting.values(), now) if view.resting]

    def _order_changed(self, event: Any) -> None:
        if member_of(event.order.new.account)[0] in self._members:
            self._changed(event)

    def _changed(self, event: OrderChanged) -> None:
        while self._over and self._over[0][0] <= event.at:
            self._versions.pop(self._over.popleft()[1], None)
        order = event.order
        versions = self._versions.get(order.new.id)
        if versions is None:
            versions = self._versions[order.new.id] = []
        late = self._stale if versions else self._hidden
        at = Nanos(event.at + late)
        if versions:
            # What is shown never goes back, whatever the delays are.
            at = max(at, versions[-1][0])
            while len(versions) > 1 and versions[1][0] <= event.at:
                del versions[0]
        view = self._snapshot(order)
        versions.append((at, view))
        if not view.resting:
            self._over.append((at, order.new.id))

    def _matched(self, event: Any) -> None:
        for pair in event.pairs:
            for party in (pair.taker, pair.maker):
                if member_of(party.order.new.account)[0] in self._members:
                    self._add(party, pair.size, taker=party is pair.taker)

    def _add(self, party: Party, size: Size, *, taker: bool) -> None:
        # Selling an outcome gains the other one, at what is left of a dollar.
        amount = (party.price if party.side is Side.BUY else ONE - party.price) * size
        known = self._costs.get(party.order.new.id) or FillCosts()
        if taker:
            known = FillCosts(known.taken + amount, known.taker_fees + party.fee, known.made, known.maker_fees)
        else:
            known = FillCosts(known.taken, known.taker_fees, known.made + amount, known.maker_fees + party.fee)
        self._costs[party.order.new.id] = known

    def _snapshot(self, order: WorkingOrder) -> OrderView:
        new = order.new
        yes = self._exchange.listings[new.market].market.yes
        return OrderView(
            new,
            is_bid(new, yes),
            yes_price(new, yes),
            order.state,
            order.filled,
            order.remaining,
            order.placed,
            order.updated,
            self._costs.get(new.id) or FillCosts(),
        )


def is_bid(new: NewOrder, yes: OutcomeId) -> bool:
    """Whether an order is a bid on YES: buying YES or selling NO."""
    return (new.side is Side.BUY) == (new.outcome == yes)


def yes_price(new: NewOrder, yes: OutcomeId) -> Price:
    """Its limit in terms of YES."""
    return new.price if new.outcome == yes else Price(ONE - new.price)
