"""Order groups as a switch at the venue: they cancel their orders when too much trades at once, or when told to.

A group caps what trades in any 15 seconds, on one shard (protocol section 6.6). Orders that rest carry the one of their
shard. It does not notice that the desk is gone: that is for expiries. Its trigger cancels what carries it and refuses
more, without the minute of grace that cancelling everything of an account would cost.
"""

from collections.abc import Callable, Container, Mapping
from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from dutchbook.venues.kalshi import order_wire as wire
from dutchbook.venues.kalshi.order_facts import venue_name
from dutchbook.venues.kalshi.sender import OnAnswer, Switch
from dutchbook.venues.trading import Asked, Exchange

GROUPS = "/portfolio/order_groups"
CREATE = GROUPS + "/create"
_COST = 10
_TRIES = 3
_EMPTY = b"{}"
"""An empty body that calls itself JSON is refused."""

type Send = Callable[[Asked, Switch, OnAnswer], None]
"""Sends a write ahead of orders; its answer is recorded, then handed back."""

_decode_created = msgspec.json.Decoder(wire.GroupCreated).decode


class _State(StrEnum):
    MAKING = "making"
    ARMED = "armed"
    TRIGGERING = "triggering"
    TRIGGERED = "triggered"
    """By us: to be armed again."""
    ARMING = "arming"
    TRIPPED = "tripped"
    """By the venue: armed again when somebody turns the guard off and on."""
    LEAVING = "leaving"
    """To be deleted."""


class _Group:
    __slots__ = ("id", "said", "state", "tries")

    def __init__(self) -> None:
        self.id = ""
        self.state = _State.MAKING
        self.tries = 0
        self.said = 0
        """How often it was triggered or reset: an answer to anything but the last of these says nothing any more."""


class OrderGroups:
    """The groups of one desk, one for each shard on which orders rest. `failed` is told if a trigger did not work."""

    def __init__(self, send: Send, contracts: int, subaccount: int, failed: Callable[[], None]) -> None:
        self._send = send
        self._contracts = contracts
        self._subaccount = subaccount
        self._failed = failed
        self._groups: dict[int, _Group] = {}
        self._on = self._reachable = False

    @property
    def ids(self) -> Mapping[str, int]:
        """The groups that there are, with their shards."""
        return {group.id: shard for shard, group in self._groups.items() if group.id}

    def guard(self, *, on: bool) -> None:
        """Have groups from now on; or let new orders go without. To be said as often as one likes: a group that the
        venue set off is armed again only after the guard was off."""
        again, self._on = on and not self._on, on
        if not on:
            return
        self.want(0)
        for shard, group in self._groups.items():
            if group.state is _State.TRIGGERED or (again and group.state is _State.TRIPPED):
                self._reset(shard, group)

    def reachable(self) -> None:
        """The venue can be asked from now on: have what was wanted before."""
        self._reachable = True
        self.guard(on=self._on)

    def want(self, shard: int) -> None:
        """An order may rest on this shard soon."""
        if self._on and self._reachable and shard not in self._groups:
            self._groups[shard] = _Group()
            self._make(shard)

    def of(self, shard: int) -> str:
        """The group that an order of this shard carries; empty while none is armed.

        One that the venue set off is carried on: what carries it is refused, as it is meant to be.
        """
        group = self._groups.get(shard)
        if group is None or not self._on or group.state not in (_State.ARMED, _State.TRIPPED):
            return ""
        return group.id

    def armed(self, shard: int) -> bool:
        """Whether a group of this shard takes orders."""
        group = self._groups.get(shard)
        return group is not None and group.state is _State.ARMED

    def trigger_all(self) -> None:
        """Cancel whatever carries a group."""
        for shard, group in self._groups.items():
            if group.id:
                group.state, group.tries = _State.TRIGGERING, 0
                self._trigger(shard, group)

    def triggered(self, group_id: str) -> None:
        """The venue says that a group went off."""
        for group in self._groups.values():
            if group.id == group_id and group.state is _State.ARMED:
                group.state = _State.TRIPPED

    def leave(self, carried: Container[str]) -> None:
        """Delete the groups that no order carries, and make none any more: the desk ends.

        To delete a group cancels its orders, so that what is to rest on keeps its own.
        """
        self._on = False
        for shard, group in self._groups.items():
            if group.id and group.id not in carried and group.state is not _State.LEAVING:
                group.state = _State.LEAVING
                self._delete(shard, group)

    @property
    def leaving(self) -> bool:
        """Whether the venue has not answered yet to all that were deleted."""
        return any(group.state is _State.LEAVING for group in self._groups.values())

    def _delete(self, shard: int, group: _Group) -> None:
        deletion = self._switch("DELETE", f"{GROUPS}/{group.id}", shard)
        self._send(Asked.GROUP, deletion, lambda said: self._was_deleted(shard, group, said))

    def _was_deleted(self, shard: int, group: _Group, said: Exchange) -> None:
        """Whatever came of it: a group that is left behind carries no order, and costs nothing."""
        if said.status is not None and said.status < 300:
            del self._groups[shard]
        else:
            group.state = _State.TRIPPED

    def _make(self, shard: int) -> None:
        wanted: dict[str, int] = {"contracts_limit": self._contracts, "exchange_index": shard}
        if self._subaccount:
            wanted["subaccount"] = self._subaccount
        made = Switch(method="POST", path=CREATE, body=msgspec.json.encode(wanted), cost=_COST, shard=shard)
        self._send(Asked.GROUP, made, lambda said: self._made(shard, said))

    def _made(self, shard: int, said: Exchange) -> None:
        group = self._groups[shard]
        try:
            created = _decode_created(said.body) if said.status in (200, 201) else None
            group.id = venue_name(created.order_group_id) if created else ""
        except (msgspec.MsgspecError, ValueError, RecursionError):
            group.id = ""
        if group.id:
            group.state = _State.ARMED
        else:
            del self._groups[shard]  # the next order of this shard asks again

    def _trigger(self, shard: int, group: _Group) -> None:
        trigger = self._switch("PUT", f"{GROUPS}/{group.id}/trigger", shard)
        heard = self._if_last(group, lambda said: self._was_triggered(shard, group, said))
        self._send(Asked.CANCEL_ALL, trigger, heard)

    def _if_last(self, group: _Group, then: OnAnswer) -> OnAnswer:
        """An answer that counts only while nothing else is said to its group."""
        group.said += 1
        number = group.said

        def heard(said: Exchange) -> None:
            if group.said == number:
                then(said)

        return heard

    def _was_triggered(self, shard: int, group: _Group, said: Exchange) -> None:
        if said.status == 200:
            group.state = _State.TRIGGERED
            if self._on:
                self._reset(shard, group)
            return
        group.tries += 1
        if group.tries < _TRIES and (said.status is None or said.status >= 500):
            self._trigger(shard, group)  # to trigger twice does what triggering once does
            return
        group.state = _State.ARMED
        self._failed()

    def _reset(self, shard: int, group: _Group) -> None:
        group.state = _State.ARMING
        reset = self._switch("PUT", f"{GROUPS}/{group.id}/reset", shard)
        self._send(Asked.GROUP, reset, self._if_last(group, lambda said: self._was_reset(group, said)))

    def _was_reset(self, group: _Group, said: Exchange) -> None:
        group.state = _State.ARMED if said.status == 200 else _State.TRIGGERED

    def _switch(self, method: str, path: str, shard: int) -> Switch:
        """Something done to a group that there is. It is found in its own subaccount only.

        That shards other than the first must be named, as for orders, is what other clients do (`exchange_index`).
        """
        named = {"subaccount": self._subaccount, "exchange_index": shard}
        query = urlencode({name: number for name, number in named.items() if number})
        whole = f"{path}?{query}" if query else path
        return Switch(method=method, path=whole, body=_EMPTY, cost=_COST, shard=shard)
