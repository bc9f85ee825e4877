"""Placing, cancelling and changing orders: the V2 endpoints, one order at a time (protocol sections 6.1 to 6.4)."""

from collections.abc import Callable, Mapping
from random import Random
from types import EllipsisType

from dutchbook.domain.book import Side
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import Nanos, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import NewOrder, OrderState, Refused, WorkingOrder
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import Fault, invalid, missing, not_found
from dutchbook.exchange.servers.kalshi.formats import count_text, millis, price_text
from dutchbook.exchange.servers.kalshi.identifiers import fresh_id
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.order_requests import (
    AMEND,
    CREATE,
    DECREASE,
    SIDES,
    check_create,
    count,
    expiry,
    integer,
    new_order,
    price,
    text,
)
from dutchbook.exchange.servers.kalshi.order_views import is_bid
from dutchbook.exchange.servers.kalshi.refusals import in_words_of_kalshi, market_inactive
from dutchbook.exchange.servers.kalshi.shards import Shards

_OPEN = (OrderState.LIVE, OrderState.DELAYED)
_OVER = (MarketStatus.CLOSED, MarketStatus.RESOLVED)


class OrderEntry:
    """POST and DELETE endpoints of single orders, and what batches share with them."""

    def __init__(self, exchange: Exchange, shards: Shards, rng: Random, options: KalshiOptions) -> None:
        self._exchange = exchange
        self._shards = shards
        self._rng = rng
        self._options = options

    def endpoints(self) -> list[Endpoint]:
        orders = "/portfolio/events/orders"
        return [
            _write("POST", orders, "CreateOrderV2", self.create),
            _write("DELETE", orders, "CancelAllOrders", self.cancel_all),
            _write("DELETE", orders + "/{order_id}", "CancelOrderV2", self.cancel),
            _write("POST", orders + "/{order_id}/amend", "AmendOrderV2", self.amend),
            _write("POST", orders + "/{order_id}/decrease", "DecreaseOrderV2", self.decrease),
        ]

    def create(self, call: Call) -> Answer:
        """`POST /portfolio/events/orders`: 201 and a flat object."""
        new = self.read(call, call.json("CreateOrderV2Request", CREATE))
        try:
            order = self._exchange.submit(new)
        except Refused as refused:
            raise self.worded(refused) from refused
        return Answer(created_body(order, call.now), 201)

    def read(self, call: Call, body: Mapping[str, object]) -> NewOrder:
        """The order that a body asks for. Raises ApiError."""
        check_create(body)
        listing = self._exchange.listings[self._shards.market(text(body, "ticker"), body.get("exchange_index"))]
        account = call.account(integer(body, "subaccount"))
        new = new_order(body, fresh_id(self._rng), account, listing.market)
        if new.group:
            self._check_group(account, new.group, listing.shard)
        return new

    def worded(self, refused: Refused) -> Fault:
        """A refusal of the engine as an error of the venue."""
        return in_words_of_kalshi(refused, self._options)

    def cancel(self, call: Call) -> Answer:
        """`DELETE /portfolio/events/orders/{order_id}`. Orders off shard 0 are only found by ticker or number."""
        query = call.query
        order = self.open_order(
            call.account(), call.path["order_id"], query.text("market_ticker"), query.integer("exchange_index")
        )
        return Answer(self.cancelled(call, order))

    def cancelled(self, call: Call, order: WorkingOrder) -> dict[str, object]:
        """Cancel an open order; what the answer says of it. Raises ApiError."""
        remaining = order.remaining
        try:
            self._exchange.cancel(order.new.account, order.new.id)
        except Refused as refused:
            raise self.worded(refused) from refused
        return _named(order) | {"reduced_by": count_text(remaining), "ts_ms": millis(call.now)}

    def cancel_all(self, call: Call) -> Answer:
        """Everything open, on every shard: 204. Orders placed afterwards stay; the venue warns that they may not."""
        account = call.account()
        ids = [order.new.id for order in self._exchange.open_orders(account)]
        try:
            answers = self._exchange.cancel_many(account, ids)
        except Refused as refused:
            raise self.worded(refused) from refused
        paused = [each for each in answers.values() if isinstance(each, Refused)]
        if paused and len(paused) == len(answers):
            raise self.worded(paused[0])
        return Answer(status=204)

    def amend(self, call: Call) -> Answer:
        """A new price, total, expiry or client id. Ticker and side must be the order's own."""
        body = call.json("AmendOrderV2Request", AMEND)
        absent = [name for name in ("ticker", "side", "price", "count") if text(body, name) == ""]
        if absent:
            raise missing(*absent)
        if text(body, "side") not in SIDES:
            raise invalid("side")
        order = self.open_order(
            call.account(), call.path["order_id"], text(body, "ticker"), integer(body, "exchange_index"), mismatch=True
        )
        self._check_same(order, body)
        changed = self._amended(order, body)
        return Answer(_named(changed) | _amounts(changed) | {"ts_ms": millis(call.now)})

    def decrease(self, call: Call) -> Answer:
        """Fewer contracts: `reduce_by` or `reduce_to`. To zero cancels, which is an assumption."""
        body = call.json("DecreaseOrderV2Request", DECREASE)
        given = [name for name in ("reduce_by", "reduce_to") if text(body, name)]
        if len(given) != 1:
            raise missing("reduce_by", "reduce_to")
        order = self.open_order(
            call.account(), call.path["order_id"], text(body, "market_ticker"), integer(body, "exchange_index")
        )
        size = count(body, given[0], least=0)
        if given[0] == "reduce_to":
            size = Size(order.remaining - size)
        if not 0 < size <= order.remaining:
            raise Fault(400, "invalid_order_size")
        if size == order.remaining:
            self.cancelled(call, order)
            left = Size(0)
        else:
            left = self._decreased(order, size)
        return Answer(_named(order) | {"remaining_count": count_text(left), "ts_ms": millis(call.now)})

    def open_order(
        self, account: str, order_id: str, ticker: str, shard: int | None, *, mismatch: bool = False
    ) -> WorkingOrder:
        """An order of the account that waits. Raises ApiError: 404, or after the market's close `MARKET_INACTIVE`.

        With `mismatch` another ticker than the order's is an error of its own, and not of routing.
        """
        order = self._exchange.order(order_id)
        if order is None or order.new.account != account:
            raise not_found()
        market = order.new.market
        if self._exchange.listings[market].market.status in _OVER:
            raise market_inactive(self._options)
        if mismatch and ticker != market:
            raise Fault(400, "order_ticker_mismatch")
        if order.state not in _OPEN or not self._shards.reaches(market, ticker, shard):
            raise not_found()
        return order

    def _check_group(self, account: str, group: str, shard: int) -> None:
        """A group lives on one shard: on another it is not found, as is one that does not exist (an assumption)."""
        try:
            found = self._exchange.group(account, group)
        except Refused as refused:
            raise self.worded(refused) from refused
        if found.shard != shard:
            raise not_found()

    def _check_same(self, order: WorkingOrder, body: Mapping[str, object]) -> None:
        bid = is_bid(order.new, self._exchange.listings[order.new.market].market.yes)
        if (SIDES[text(body, "side")] is Side.BUY) is not bid:
            raise Fault(400, "order_side_mismatch")
        client_id = text(body, "client_order_id")
        if client_id and client_id != order.new.client_id:
            raise Fault(400, "order_id_and_client_order_id_mismatch")

    def _amended(self, order: WorkingOrder, body: Mapping[str, object]) -> WorkingOrder:
        """Zero removes an expiry, absence keeps it. `count` is the total: what filled already and what remains."""
        expires: Nanos | EllipsisType | None = expiry(body) or None if "expiration_time" in body else ...
        limit, total = price(body), count(body, "count")
        try:
            return self._exchange.amend(
                order.new.account,
                order.new.id,
                price=limit,
                total=total,
                expires=expires,
                client_id=text(body, "updated_client_order_id") or None,
            )
        except Refused as refused:
            raise self.worded(refused) from refused

    def _decreased(self, order: WorkingOrder, size: Size) -> Size:
        try:
            return self._exchange.decrease(order.new.account, order.new.id, by=size).remaining
        except Refused as refused:
            raise self.worded(refused) from refused


def created_body(order: WorkingOrder, now: Nanos) -> dict[str, object]:
    """The answer to a create."""
    return _named(order) | _amounts(order) | {"ts_ms": millis(now)}


def _named(order: WorkingOrder) -> dict[str, object]:
    """The ids; that no client id is answered where none was given is an assumption."""
    named: dict[str, object] = {"order_id": order.new.id}
    if order.new.client_id:
        named["client_order_id"] = order.new.client_id
    return named


def _amounts(order: WorkingOrder) -> dict[str, object]:
    """What filled and what rests now; averages only where something filled.

    The price is that of YES (orders here are always on that leg), the fee is per contract, both cut to four decimals.
    """
    body: dict[str, object] = {
        "fill_count": count_text(order.filled),
        "remaining_count": count_text(order.remaining if order.state in _OPEN else 0),
    }
    if order.filled:
        body["average_fill_price"] = price_text(order.paid * 10_000 // order.filled)
        body["average_fee_paid"] = price_text(order.fees * 10_000 // order.filled)
    return body


def _write(method: str, path: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    return Endpoint(method=method, path=path, operation=operation, handler=handler, scope="write::trade")
