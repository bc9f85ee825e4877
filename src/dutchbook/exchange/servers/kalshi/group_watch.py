"""Order groups on the socket: what became of them since the last look (protocol section 8.8)."""

from dutchbook.domain.units import MILLISECOND, SECOND, Nanos, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.kalshi.private_frames import group_body
from dutchbook.exchange.servers.kalshi.subscriptions import SubscriptionIndex
from dutchbook.exchange.servers.timers import Timers

_EVERY = Nanos(20 * MILLISECOND)
_EVERY_SIMULATED = Nanos(2 * SECOND)
"""In a simulation a look costs as much as the rest of what happens meanwhile."""
type _State = tuple[Size, bool]


class GroupWatch:
    """Looks at the groups of those who subscribed while anybody does: the exchange publishes no events of them."""

    def __init__(self, exchange: Exchange, index: SubscriptionIndex, context: ServerContext) -> None:
        self._exchange = exchange
        self._index = index
        self._context = context
        self._every = _EVERY_SIMULATED if context.own_network else _EVERY
        self._timers = Timers(context)
        self._known: dict[str, dict[str, _State]] = {}
        self._looking = False

    def begin(self) -> None:
        """Look from now on, if anybody wants to know."""
        if self._looking or not self._index.watched("order_group_updates"):
            return
        self._looking = True
        self.look()
        self._timers.at(Nanos(self._context.clock.now() + self._every), self._again)

    def look(self) -> None:
        """Tell what changed. The first look at an account tells nothing."""
        subscriptions = tuple(self._index.of_all("order_group_updates"))
        for account in dict.fromkeys(subscription.account for subscription in subscriptions):
            for kind, group, limit in self._changes(account):
                body = group_body(kind, group, limit, self._context.told())
                for subscription in subscriptions:
                    if subscription.account == account:
                        subscription.send(b"order_group_updates", body)

    def close(self) -> None:
        """Look no more."""
        self._timers.close()

    def _again(self) -> None:
        self._looking = False
        self.begin()
        if not self._looking:
            self._known.clear()

    def _changes(self, account: str) -> list[tuple[str, str, Size]]:
        now = {group.id: (group.limit, group.triggered) for group in self._exchange.groups_of(account)}
        before, self._known[account] = self._known.get(account), now
        if before is None:
            return []
        told = [("deleted", group, before[group][0]) for group in before if group not in now]
        for group, (limit, triggered) in now.items():
            told += [(kind, group, limit) for kind in _steps(before.get(group), (limit, triggered))]
        return told


def _steps(before: _State | None, now: _State) -> list[str]:
    steps: list[str] = []
    if before is None:
        steps.append("created")
        before = (now[0], False)
    if before[0] != now[0]:
        steps.append("limit_updated")
    if before[1] != now[1]:
        steps.append("triggered" if now[1] else "reset")
    return steps
