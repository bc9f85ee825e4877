"""Batches of creates and cancels: billed per item, answered in request order, not atomic (protocol section 6.5)."""

from collections.abc import Callable, Sequence

from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import NewOrder, Refused
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import ApiError, Fault, missing
from dutchbook.exchange.servers.kalshi.formats import count_text, millis
from dutchbook.exchange.servers.kalshi.order_entry import OrderEntry, created_body
from dutchbook.exchange.servers.kalshi.order_requests import CANCEL, CREATE, integer, text
from dutchbook.exchange.servers.kalshi.rate_limits import COSTS, DEFAULT_COST, RateLimits
from dutchbook.exchange.servers.kalshi.shards import Shards
from dutchbook.exchange.servers.kalshi.strict_json import checked

_PATH = "/portfolio/events/orders/batched"


class Batches:
    """The two batch endpoints."""

    def __init__(self, exchange: Exchange, entry: OrderEntry, shards: Shards, limits: RateLimits) -> None:
        self._exchange = exchange
        self._entry = entry
        self._shards = shards
        self._limits = limits

    def endpoints(self) -> list[Endpoint]:
        return [
            _batch("POST", "BatchCreateOrdersV2", self.create),
            _batch("DELETE", "BatchCancelOrdersV2", self.cancel),
        ]

    def create(self, call: Call) -> Answer:
        """Each item succeeds or carries an `error`; wrong JSON types anywhere fail the whole call."""
        items = self._items(call, "BatchCreateOrdersV2Request")
        bodies = [checked(item, "CreateOrderV2Request", CREATE) for item in items]
        self._bill(call, len(bodies), DEFAULT_COST)
        read = [self._read(call, body) for body in bodies]
        answers = iter(self._exchange.submit_batch([each for each in read if isinstance(each, NewOrder)]))
        rows: list[dict[str, object]] = []
        for body, each in zip(bodies, read, strict=True):
            placed = next(answers) if isinstance(each, NewOrder) else each
            if isinstance(placed, Refused):
                placed = self._entry.worded(placed)
            if isinstance(placed, ApiError):
                rows.append(_failed(placed) | _client_id(text(body, "client_order_id")))
            else:
                rows.append(created_body(placed, call.now))
        return Answer({"orders": rows}, 201)

    def cancel(self, call: Call) -> Answer:
        """Each item is cancelled or carries an `error` and `reduced_by` 0."""
        items = self._items(call, "BatchCancelOrdersV2Request")
        bodies = [checked(item, "BatchCancelOrdersV2RequestOrder", CANCEL) for item in items]
        self._bill(call, len(bodies), COSTS["DELETE", _PATH])
        rows = []
        for body in bodies:
            order_id = text(body, "order_id")
            try:
                account = call.account(integer(body, "subaccount"))
                ticker, shard = text(body, "market_ticker"), integer(body, "exchange_index")
                rows.append(self._entry.cancelled(call, self._entry.open_order(account, order_id, ticker, shard)))
            except ApiError as error:
                reduced = {"order_id": order_id, "reduced_by": count_text(0), "ts_ms": millis(call.now)}
                rows.append(reduced | _failed(error))
        return Answer({"orders": rows})

    def _items(self, call: Call, struct: str) -> Sequence[object]:
        items = call.json(struct, {"orders": "[]" + struct.removesuffix("Request")}).get("orders")
        if not isinstance(items, list) or not items:
            raise missing("orders")
        return items

    def _bill(self, call: Call, items: int, cost: int) -> None:
        # Items may name different shards; that a batch is billed to all of them, as routed calls are, is an assumption.
        self._limits.write(call.member, items * cost, call.now, self._shards.all)

    def _read(self, call: Call, body: dict[str, object]) -> NewOrder | ApiError:
        try:
            return self._entry.read(call, body)
        except ApiError as error:
            return error


def _failed(error: ApiError) -> dict[str, object]:
    """The `error` member of an item is flat."""
    return {"error": error.inner if isinstance(error, Fault) else error.body}


def _client_id(client_id: str) -> dict[str, object]:
    return {"client_order_id": client_id} if client_id else {}


def _batch(method: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    return Endpoint(method=method, path=_PATH, operation=operation, handler=handler, scope="write::trade", billed=False)
