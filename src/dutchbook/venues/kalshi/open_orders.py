"""What the broker must know of orders: their names at the venue, which of them rest, and whose fills were not heard of.

Learned from the same answers and messages that the codec reads, a moment earlier; nothing of it is told to anybody.
"""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from dutchbook.domain.markets import Market
from dutchbook.domain.units import Size
from dutchbook.venues.kalshi import order_wire as wire
from dutchbook.venues.kalshi.account_facts import read_account, read_query
from dutchbook.venues.kalshi.order_facts import FillFact, OrderFact, fill_fact, order_fact
from dutchbook.venues.kalshi.order_names import OrderNames
from dutchbook.venues.kalshi.write_queue import CancelWish
from dutchbook.venues.trading import Answered, Asked

_decode_message = msgspec.json.Decoder(wire.UserMessage).decode


class Learned(msgspec.Struct, frozen=True):
    """What a message taught: orders whose names are new (by the client's), orders of fills that nobody knows and orders
    that filled more than was heard of (by the venue's name), and groups that went off."""

    named: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    owing: tuple[str, ...] = ()
    triggered: tuple[str, ...] = ()


_NOTHING = Learned()


class OpenOrders:
    """Names, orders that may rest, and fills that are owed."""

    def __init__(self, subaccount: int) -> None:
        self._subaccount = subaccount
        self._names = OrderNames()
        self._shards: dict[str, int] = {}
        self._open: dict[str, tuple[CancelWish, str]] = {}
        self._over: set[str] = set()
        self._claimed: dict[str, Size] = {}
        self._heard: dict[str, dict[str, Size]] = {}
        self.strange: dict[str, None] = {}
        """Orders that a fill named and nobody knows."""

    def order_id(self, client_id: str) -> str | None:
        """The venue's name of an order."""
        return self._names.order_id(client_id)

    def client_id(self, order_id: str) -> str | None:
        """The client's name of an order."""
        return self._names.client_id(order_id)

    def wish(self, client_id: str, market: str) -> CancelWish | None:
        """What a cancel of this order says; None while the venue's name is not known."""
        order_id = self._names.order_id(client_id)
        return None if order_id is None else CancelWish(client_id, order_id, market, self._shards.get(market))

    def over(self, client_id: str) -> bool:
        """Whether the venue said that an order ended."""
        return client_id in self._over

    def owes(self, order_id: str) -> bool:
        """Whether an order filled more than its fills that were heard of."""
        return sum(self._heard.get(order_id, {}).values()) < self._claimed.get(order_id, 0)

    def outside(self, groups: Collection[str]) -> list[CancelWish]:
        """Open orders that carry none of these groups."""
        return [wish for wish, group in self._open.values() if group not in groups]

    def groups(self) -> frozenset[str]:
        """The groups that open orders carry."""
        return frozenset(group for _, group in self._open.values())

    def place(self, market: Market) -> None:
        """Where a market is, for the cancels of its orders."""
        if market.shard is not None:
            self._shards[market.id] = market.shard

    def taken(self, client_id: str, order_id: str, market: str, group: str, *, filled: Size, rests: bool) -> Learned:
        """The venue took an order."""
        new = self._names.learn(order_id, client_id)
        self._rests(client_id, market, group, rests=rests)
        return Learned(named=(client_id,) if new else (), owing=tuple(self._claims(order_id, filled)))

    def heard(self, payload: bytes) -> Learned:
        """A message of the private socket. Nothing of one that cannot be read: the codec says what is wrong with it."""
        try:
            message: wire.UserMessage = _decode_message(payload)
            match message:
                case wire.UserOrder(msg=said):
                    return self._orders((order_fact(said, self._subaccount),))
                case wire.UserFill(msg=told):
                    return self._fill(fill_fact(told, self._subaccount))
                case wire.GroupUpdate(msg=step):
                    return Learned(triggered=(step.order_group_id,)) if step.event_type == "triggered" else _NOTHING
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return _NOTHING

    def read(self, answered: Answered) -> Learned:
        """The answers to a query or a sweep."""
        try:
            if answered.asked is Asked.SWEEP:
                account = read_account(answered.exchanges, self._subaccount)
                orders, fills = (*account.looked_up, *account.orders), account.fills
            else:
                found = read_query(answered.exchanges, self._subaccount)
                orders, fills = found.orders, found.fills
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return _NOTHING
        for fill in fills:
            self._heard.setdefault(fill.order_id, {})[fill.id] = fill.size
        return self._orders(orders)

    def _orders(self, facts: Iterable[OrderFact]) -> Learned:
        named: list[str] = []
        owing: list[str] = []
        for fact in facts:
            self.strange.pop(fact.order_id, None)
            if self._names.learn(fact.order_id, fact.client_id):
                named.append(fact.name)
            self._rests(fact.name, fact.market, fact.group, rests=not fact.ended)
            owing += self._claims(fact.order_id, fact.filled)
        return Learned(named=tuple(named), owing=tuple(owing))

    def _fill(self, fact: FillFact) -> Learned:
        self._heard.setdefault(fact.order_id, {})[fact.id] = fact.size
        if fact.client_id:
            return Learned(named=(fact.client_id,)) if self._names.learn(fact.order_id, fact.client_id) else _NOTHING
        if self._names.client_id(fact.order_id) is not None or fact.order_id in self.strange:
            return _NOTHING
        self.strange[fact.order_id] = None
        return Learned(strange=(fact.order_id,))

    def _rests(self, client_id: str, market: str, group: str, *, rests: bool) -> None:
        wish = self.wish(client_id, market)
        if not rests:
            self._over.add(client_id)
            self._open.pop(client_id, None)
        elif wish is not None and client_id not in self._over:
            self._open[client_id] = (wish, group)

    def _claims(self, order_id: str, filled: Size) -> Sequence[str]:
        self._claimed[order_id] = max(filled, self._claimed.get(order_id, Size(0)))
        return (order_id,) if self.owes(order_id) else ()
