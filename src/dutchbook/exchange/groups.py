"""Order groups: a switch that ends all orders of a group once it has traded too much in fifteen seconds."""

from collections import deque
from collections.abc import Sequence

from dutchbook.domain.units import Size
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.closing import Closing
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.matching.messages import Matched, OrderState, Refusal, Refused
from dutchbook.exchange.orders import Entry


class OrderGroup:
    """One group. `triggered` groups take no orders until they are reset. Read only, outside of this module."""

    __slots__ = ("account", "id", "limit", "orders", "recent", "shard", "traded", "triggered")

    def __init__(self, group: str, account: Account, limit: Size, shard: int) -> None:
        self.id = group
        self.account = account
        self.limit = limit
        self.shard = shard
        self.triggered = False
        self.orders: dict[str, Entry] = {}
        self.recent: deque[tuple[int, int]] = deque()
        """Time and size of trades in the window."""
        self.traded = 0
        """Their sum."""

    def open_orders(self) -> Sequence[Entry]:
        """What still waits, oldest first."""
        return [order for order in self.orders.values() if order.state in (OrderState.LIVE, OrderState.DELAYED)]


class Groups:
    """All groups of an exchange (Kalshi protocol section 6.6)."""

    def __init__(self, floor: Floor, closing: Closing) -> None:
        self._floor = floor
        self._closing = closing
        self._groups: dict[str, OrderGroup] = {}

    def create(self, account: Account, limit: Size, group: str, shard: int) -> OrderGroup:
        """A new group, armed. Raises Refused for a name that is taken or a limit of nothing."""
        if group in self._groups:
            raise Refused(Refusal.DUPLICATE, f"{group}: there is such an order group already - take another id")
        _check_limit(group, limit)
        made = self._groups[group] = OrderGroup(group, account, limit, shard)
        return made

    def get(self, account: str, group: str) -> OrderGroup:
        """A group of the account. Raises Refused if it has none of this name."""
        found = self._groups.get(group)
        if found is None or found.account.id != account:
            raise Refused(Refusal.UNKNOWN_ORDER, f"{group}: no such order group of {account} - create it first")
        return found

    def of(self, account: str) -> Sequence[OrderGroup]:
        """All groups of an account, oldest first."""
        return [group for group in self._groups.values() if group.account.id == account]

    def trigger(self, group: OrderGroup) -> None:
        """End all orders of the group and take no more."""
        group.triggered = True
        self._closing.end_all(group.open_orders(), "group")
        group.orders.clear()

    def reset(self, group: OrderGroup) -> None:
        """Arm it again with an empty window."""
        group.triggered = False
        group.recent.clear()
        group.traded = 0

    def delete(self, group: OrderGroup) -> None:
        """End all its orders and forget it."""
        self.trigger(group)
        del self._groups[group.id]

    def limit(self, group: OrderGroup, limit: Size) -> None:
        """Change how much it may trade; may trigger it at once."""
        _check_limit(group.id, limit)
        group.limit = limit
        self._check(group)

    def join(self, order: Entry) -> None:
        """Take an order into its group. Raises Refused if the group is triggered or does not exist."""
        group = self.get(order.owner.id, order.new.group)
        if group.triggered:
            raise Refused(Refusal.GROUP_TRIGGERED, f"{group.id}: this order group was triggered - reset it first")
        if len(group.orders) > 2 * len(group.open_orders()) + 16:
            group.orders = {order.new.id: order for order in group.open_orders()}
        group.orders[order.new.id] = order

    def traded(self, match: Matched) -> None:
        """Count what a match traded, for the groups of both sides."""
        if not self._groups:
            return
        touched: dict[str, OrderGroup] = {}
        for pair in match.pairs:
            for party in (pair.taker, pair.maker):
                group = self._groups.get(party.order.new.group)
                if group is not None:
                    group.recent.append((match.at, pair.size))
                    group.traded += pair.size
                    touched[group.id] = group
        for group in touched.values():
            self._check(group)

    def _check(self, group: OrderGroup) -> None:
        since = self._floor.now - self._floor.rules.group_window
        while group.recent and group.recent[0][0] <= since:
            group.traded -= group.recent.popleft()[1]
        if group.traded >= group.limit and not group.triggered:
            self.trigger(group)


def _check_limit(group: str, limit: Size) -> None:
    if limit <= 0:
        raise Refused(Refusal.TOO_SMALL, f"{group}: an order group needs a limit of contracts above nothing")
