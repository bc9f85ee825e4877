"""Writes on their way to Kalshi: requests signed ahead, paced by the write budget, over warm connections, sent once.

Nothing here is sent a second time by itself. Each request ends in one `Answered`, whatever came of it.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos
from dutchbook.venues.budget import Sleep
from dutchbook.venues.kalshi.limits import WRITE
from dutchbook.venues.kalshi.order_answers import BATCHED, ORDERS, TOO_MANY
from dutchbook.venues.kalshi.sign_ahead import SignedAhead
from dutchbook.venues.kalshi.write_queue import CANCELLED, CancelWish, WriteBudget, WriteQueue, WriteTerms
from dutchbook.venues.order_line import OrderLine
from dutchbook.venues.trading import Answered, Asked, Exchange, Prepared

type OnAnswer = Callable[[Exchange], None]
type GroupOf = Callable[[Prepared], str]
"""The order group that an order shall carry; empty for none."""

_TRIES = 4
_AGAIN_S = 0.1
"""A bucket of the lowest tier gains what a switch costs meanwhile."""

_encode = msgspec.json.Encoder().encode


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A write about something else than single orders, on one shard."""

    method: str
    path: str
    body: bytes
    cost: int
    shard: int


class _Batch(msgspec.Struct, frozen=True):
    """Orders that leave together."""

    orders: tuple[Prepared, ...]
    ids: tuple[str, ...]


class Sender:
    """Sends orders, cancels and switches. `tell` is called for each request that was sent or given up."""

    def __init__(
        self,
        line: OrderLine,
        signed: SignedAhead,
        clock: Clock,
        terms: WriteTerms,
        *,
        subaccount: int,
        group_of: GroupOf,
        tell: Callable[[Answered], None],
    ) -> None:
        self._line = line
        self._signed = signed
        self._now = clock.now
        self._answer_s = terms.answer_s
        self._subaccount = subaccount
        self._group_of = group_of
        self._tell = tell
        self.budget = WriteBudget(WRITE, clock)
        self._queue = WriteQueue(
            self.budget,
            clock,
            terms,
            send_orders=self._send_orders,
            send_cancels=self._send_cancels,
            give_up=self._give_up,
            soon=lambda call: asyncio.get_running_loop().call_soon(call),
        )
        for method, path in (("POST", ORDERS), ("POST", BATCHED), ("DELETE", BATCHED)):
            signed.keep(method, path)

    def place(self, prepared: Sequence[Prepared]) -> None:
        """Send orders now, or as soon as the budget allows; give up those that it does not allow in time."""
        self._queue.place(prepared)

    def cancel(self, wishes: Sequence[CancelWish]) -> None:
        """Send cancels, ahead of all orders."""
        self._queue.cancel(wishes)

    def withdraw(self, client_id: str) -> bool:
        """Give up an order that has not left: it waits for the budget, or for a connection. False if it has."""
        return self._queue.withdraw(client_id) or self._take_back(client_id)

    def withdraw_all(self, reason: str) -> None:
        """Give up all orders that have not left."""
        self._queue.withdraw_all(reason)
        for batch in self._waiting():
            self._give_up(batch.orders, reason)

    def _take_back(self, client_id: str) -> bool:
        """An order that waits for a connection; those that wait with it go on without it."""
        found = self._waiting(client_id)
        for batch in found:
            self._give_up([one for one in batch.orders if one.venue_id == client_id], CANCELLED)
            if rest := [one for one in batch.orders if one.venue_id != client_id]:
                self._send_orders(rest)
        return bool(found)

    def _waiting(self, client_id: str = "") -> list[_Batch]:
        """Take back batches that wait for a connection: those with that order, or all."""

        def among(cargo: object) -> bool:
            return isinstance(cargo, _Batch) and (not client_id or client_id in cargo.ids)

        return [batch for batch in self._line.withdraw(among) if isinstance(batch, _Batch)]

    def switch(self, asked: Asked, request: Switch, then: OnAnswer, tries: int = _TRIES) -> None:
        """Send what must not wait for any budget: it is told of, then `then` is called.

        Where the venue's bucket has too little for it after all, it is sent again as soon as it may have enough.
        """
        self.budget.force(request.cost, request.shard)
        sent = self._now()

        def answered(exchange: Exchange) -> None:
            self._tell(Answered(asked=asked, sent=sent, exchanges=(exchange,)))
            if exchange.status == TOO_MANY and tries > 1:
                again = partial(self.switch, asked, request, then, tries - 1)
                asyncio.get_running_loop().call_later(_AGAIN_S, again)
            else:
                then(exchange)

        whole = self._signed.request(request.method, request.path, request.body)
        self._line.send(whole, answered, urgent=True, answer_s=self._answer_s)

    async def run(self, sleep: Sleep) -> None:
        """Keep connections and signatures, and send what waited, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._signed.run(sleep))
            group.create_task(self._line.run())
            group.create_task(self._queue.run(sleep))

    def _send_orders(self, batch: Sequence[Prepared]) -> None:
        bodies = [self._body(one) for one in batch]
        if len(bodies) == 1:
            request = self._signed.request("POST", ORDERS, bodies[0])
        else:
            request = self._signed.request("POST", BATCHED, b'{"orders":[' + b",".join(bodies) + b"]}")
        ids = tuple(one.venue_id for one in batch)
        tell = partial(self._answered, Asked.PLACE, ids, self._now())
        self._line.send(request, tell, answer_s=self._answer_s, cargo=_Batch(tuple(batch), ids))

    def _body(self, prepared: Prepared) -> bytes:
        group = self._group_of(prepared)
        if not group:
            return prepared.content
        return prepared.content[:-1] + b',"order_group_id":"' + group.encode() + b'"}'

    def _send_cancels(self, batch: Sequence[CancelWish]) -> None:
        body = _encode({"orders": [self._row(wish) for wish in batch]})
        request = self._signed.request("DELETE", BATCHED, body)
        ids = tuple(wish.client_id for wish in batch)
        tell = partial(self._answered, Asked.CANCEL, ids, self._now())
        self._line.send(request, tell, urgent=True, answer_s=self._answer_s)

    def _row(self, wish: CancelWish) -> dict[str, str | int]:
        """Without its shard the venue finds an order by its market; without both only on shard 0 (protocol 12)."""
        row: dict[str, str | int] = {"order_id": wish.order_id, "market_ticker": wish.market}
        if wish.shard is not None:
            row["exchange_index"] = wish.shard
        if self._subaccount:
            row["subaccount"] = self._subaccount
        return row

    def _answered(self, asked: Asked, ids: tuple[str, ...], sent: Nanos, exchange: Exchange) -> None:
        if exchange.status == TOO_MANY:
            self.budget.refused(exchange.retry_after_s)
        elif exchange.status is not None:
            self.budget.served()
        self._tell(Answered(asked=asked, sent=sent, exchanges=(exchange,), ids=ids))

    def _give_up(self, prepared: Sequence[Prepared], reason: str) -> None:
        """It must look like an answer that comes later, as all others do."""
        ids = tuple(one.venue_id for one in prepared)
        exchange = Exchange(path=ORDERS, failure=reason, left=False)
        asyncio.get_running_loop().call_soon(self._answered, Asked.PLACE, ids, self._now(), exchange)
