"""Order groups: a kill switch on matched contracts (protocol section 6.6)."""

from collections.abc import Callable, Mapping
from random import Random

from dutchbook.domain.units import CONTRACT, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.groups import OrderGroup
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import Fault, invalid, missing
from dutchbook.exchange.servers.kalshi.formats import count_text
from dutchbook.exchange.servers.kalshi.identifiers import fresh_id, member_of
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.order_requests import count, integer, text
from dutchbook.exchange.servers.kalshi.shards import BY_TICKER, Shards
from dutchbook.exchange.servers.kalshi.strict_json import Fields

_CREATE: Fields = {
    "subaccount": "int64",
    "contracts_limit": "int64",
    "contracts_limit_fp": "string",
    "exchange_index": "int64",
}
_LIMIT: Fields = {"contracts_limit": "int64", "contracts_limit_fp": "string"}
_LARGEST_LIMIT = 1_000_000_000_000
_MOST_GROUPS = 100_000
_ROOT = "/portfolio/order_groups"
_ONE = _ROOT + "/{order_group_id}"


class OrderGroups:
    """Endpoints under `/portfolio/order_groups`. Unknown groups are 404 `not_found` (the engine says so)."""

    def __init__(self, exchange: Exchange, shards: Shards, rng: Random, options: KalshiOptions) -> None:
        self._exchange = exchange
        self._options = options
        self._shards = shards
        self._rng = rng

    def endpoints(self) -> list[Endpoint]:
        return [
            _endpoint("POST", _ROOT + "/create", "CreateOrderGroup", self.create),
            _endpoint("GET", _ROOT, "GetOrderGroups", self.groups),
            _endpoint("GET", _ONE, "GetOrderGroup", self.group),
            _endpoint("PUT", _ONE + "/limit", "UpdateOrderGroupLimit", self.limit),
            _endpoint("PUT", _ONE + "/trigger", "TriggerOrderGroup", self.trigger),
            _endpoint("PUT", _ONE + "/reset", "ResetOrderGroup", self.reset),
            _endpoint("DELETE", _ONE, "DeleteOrderGroup", self.delete),
        ]

    def create(self, call: Call) -> Answer:
        """A new group on one shard (0 unless named)."""
        body = call.json("CreateOrderGroupRequest", _CREATE)
        limit, shard = _limit(body), integer(body, "exchange_index") or 0
        if shard == BY_TICKER:
            shard = 0
        if shard not in self._shards.all:
            raise invalid("exchange_index")
        account = call.account(integer(body, "subaccount"))
        if len(self._exchange.groups_of(account)) >= _MOST_GROUPS:
            raise Fault(400, "invalid_parameters", details="too many order groups")
        made = self._exchange.create_group(account, limit, fresh_id(self._rng), shard)
        number = member_of(account)[1]
        return Answer({"order_group_id": made.id, "subaccount": number, "exchange_index": made.shard}, 201)

    def groups(self, call: Call) -> Answer:
        """All groups; without their orders."""
        rows = [{"id": each.id} | _state(each) for each in self._exchange.groups_of(call.account())]
        return Answer({"order_groups": rows})

    def group(self, call: Call) -> Answer:
        """One group with the ids of its open orders."""
        found = self._exchange.group(call.account(), call.path["order_group_id"])
        return Answer({"orders": [order.new.id for order in found.open_orders()]} | _state(found))

    def limit(self, call: Call) -> Answer:
        """A new limit; may trigger the group at once."""
        limit = _limit(call.json("UpdateOrderGroupLimitRequest", _LIMIT))
        self._exchange.limit_group(call.account(), call.path["order_group_id"], limit)
        return Answer({})

    def trigger(self, call: Call) -> Answer:
        """Cancel its orders and refuse new ones."""
        call.optional_json("EmptyRequest", {}, empty=self._options.empty_json_bodies)
        self._exchange.trigger_group(call.account(), call.path["order_group_id"])
        return Answer({})

    def reset(self, call: Call) -> Answer:
        """Arm it again."""
        call.optional_json("EmptyRequest", {}, empty=self._options.empty_json_bodies)
        self._exchange.reset_group(call.account(), call.path["order_group_id"])
        return Answer({})

    def delete(self, call: Call) -> Answer:
        """Cancel its orders and forget it."""
        self._exchange.delete_group(call.account(), call.path["order_group_id"])
        return Answer({})


def _state(group: OrderGroup) -> dict[str, object]:
    """`is_auto_cancel_enabled`: whether it is armed (an assumption: a triggered group is not)."""
    return {
        "is_auto_cancel_enabled": not group.triggered,
        "contracts_limit_fp": count_text(group.limit),
        "exchange_index": group.shard,
    }


def _limit(body: Mapping[str, object]) -> Size:
    """`contracts_limit` (whole, at least 1) or `contracts_limit_fp`. Raises ApiError."""
    if text(body, "contracts_limit_fp"):
        return count(body, "contracts_limit_fp")
    whole = integer(body, "contracts_limit")
    if whole is None:
        raise missing("contracts_limit")
    if not 1 <= whole <= _LARGEST_LIMIT:
        raise invalid("contracts_limit")
    return Size(whole * CONTRACT)


def _endpoint(method: str, path: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    scope = "read" if method == "GET" else "write::trade"
    return Endpoint(method=method, path=path, operation=operation, handler=handler, scope=scope)
