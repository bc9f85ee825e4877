"""Changes of resting orders and who keeps the place in the queue (Kalshi protocol section 6.4)."""

from types import EllipsisType

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.exchange.closing import Closing
from dutchbook.exchange.execution import Execution
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.intake import Intake
from dutchbook.exchange.ledger import Ledger
from dutchbook.exchange.matching.messages import (
    BookMoved,
    Change,
    LevelMove,
    NewOrder,
    OrderChanged,
    OrderState,
    Refusal,
    Refused,
)
from dutchbook.exchange.orders import Entry, shrink


class Amending:
    """Finds and changes resting orders."""

    def __init__(self, floor: Floor, ledger: Ledger, closing: Closing, intake: Intake, execution: Execution) -> None:
        self._floor = floor
        self._ledger = ledger
        self._closing = closing
        self._intake = intake
        self._execution = execution

    def find(self, account: str, order_id: str) -> Entry:
        """A resting order of the account. Raises Refused."""
        order = self._floor.orders.get(order_id)
        if order is None or order.new.account != account:
            raise Refused(Refusal.UNKNOWN_ORDER, f"{order_id}: no such order of {account} - read its open orders")
        if order.state is OrderState.DELAYED:
            raise Refused(Refusal.DELAYED, f"{order_id}: is delayed and cannot be changed - wait until it was matched")
        if order.state is not OrderState.LIVE:
            raise Refused(Refusal.ALREADY_DONE, f"{order_id}: is {order.state} already")
        return order

    def decrease(self, account: str, order_id: str, by: Size | None, to: Size | None) -> Entry:
        """Shrink the remaining size."""
        self._intake.check_cancel()
        order = self.find(account, order_id)
        if (by is None) == (to is None):
            raise Refused(Refusal.TOO_SMALL, f"{order_id}: say either by how much or to what it is decreased")
        left = to if to is not None else Size(max(0, order.remaining - (by or 0)))
        if not 0 <= left < order.remaining:
            raise Refused(Refusal.TOO_SMALL, f"{order_id}: {left} is no smaller size than {order.remaining}")
        if not left:
            self._closing.end(order, "user")
        else:
            new = msgspec.structs.replace(order.new, size=Size(order.filled + left))
            self._shrink(order, new)
        return order

    def amend(
        self,
        account: str,
        order_id: str,
        price: Price | None,
        total: Size | None,
        expires: Nanos | EllipsisType | None,
        client_id: str | None,
    ) -> Entry:
        """Change price, size, expiry or client id. Raises Refused, having changed nothing."""
        self._intake.check_mode(post_only=True)
        order = self.find(account, order_id)
        new = self._changed(order, price, total, expires, client_id)
        self._check(order, new)
        if new.price == order.new.price and new.size <= order.filled + order.remaining:
            self._shrink(order, new)
        else:
            self._execution.replace(order, new)
        if new.client_id:
            order.owner.client_ids.add(new.client_id)
        if new.expires is not None and order.resting:
            self._execution.watch_expiry(order)
        return order

    def _changed(
        self,
        order: Entry,
        price: Price | None,
        total: Size | None,
        expires: Nanos | EllipsisType | None,
        client_id: str | None,
    ) -> NewOrder:
        old = order.new
        until = old.expires if isinstance(expires, EllipsisType) else expires
        return msgspec.structs.replace(
            old,
            price=old.price if price is None else price,
            size=Size(order.filled + order.remaining) if total is None else total,
            expires=until,
            tif=old.tif if old.tif not in (TimeInForce.GTC, TimeInForce.GTD) else _tif(until),
            client_id=old.client_id if client_id is None else client_id,
        )

    def _check(self, order: Entry, new: NewOrder) -> None:
        self._intake.check_market(order.market)
        if new.price != order.new.price:
            self._intake.check_price(order.market, new)
        self._intake.check_size(order.market, new.size - order.filled, rests=True)
        if new.client_id != order.new.client_id:
            self._intake.check_client_id(order.owner, new.client_id)
        if new.expires != order.new.expires:
            self._intake.check_expires(new.id, new.expires)

    def _shrink(self, order: Entry, new: NewOrder) -> None:
        """In place: the size on the book falls by what the order loses."""
        floor, market = self._floor, order.market
        left = Size(new.size - order.filled)
        lost = order.remaining - left
        order.new = new
        order.updated = floor.now
        if lost:
            total = shrink(order, lost)
            self._ledger.trim(order)
            side = Side.BUY if order.bid else Side.SELL
            move = LevelMove(side, order.price, total, -lost)
            floor.publish(BookMoved(market.id, floor.now, (move,), False, floor.batch))
        floor.publish(OrderChanged(order, Change.UPDATED, floor.now))


def _tif(expires: Nanos | None) -> TimeInForce:
    return TimeInForce.GTC if expires is None else TimeInForce.GTD
