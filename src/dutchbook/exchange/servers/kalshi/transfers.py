"""Money between shards, and how it should be spread over them (protocol section 12)."""

from collections.abc import Callable, Mapping
from random import Random
from uuid import UUID

import msgspec

from dutchbook.domain.units import Money, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import Fault, invalid, missing, not_found
from dutchbook.exchange.servers.kalshi.formats import money_text, seconds
from dutchbook.exchange.servers.kalshi.identifiers import fresh_id
from dutchbook.exchange.servers.kalshi.order_requests import integer, text
from dutchbook.exchange.servers.kalshi.paging import page
from dutchbook.exchange.servers.kalshi.shards import Shards
from dutchbook.exchange.servers.kalshi.strict_json import Fields, checked

_TRANSFER: Fields = {
    "client_transfer_id": "string",
    "source": "string",
    "destination": "string",
    "amount": "int64",
    "source_exchange_shard": "int64",
    "destination_exchange_shard": "int64",
    "source_subaccount": "int64",
    "destination_subaccount": "int64",
}
_ALLOCATION: Fields = {"exchange_index": "int64", "percent": "int64"}
_MICROS_PER_CENTICENT = 100
_LARGEST_AMOUNT = 10**13
_LARGEST_PAGE = 500
_INSTANCE = "event_contract"


class ShardTransfer(msgspec.Struct, frozen=True):
    """A transfer that was made."""

    id: str
    from_shard: int
    to_shard: int
    amount: Money
    at: Nanos


class Transfers:
    """The intra-exchange endpoints. Every transfer is complete at once."""

    def __init__(self, exchange: Exchange, shards: Shards, rng: Random) -> None:
        self._exchange = exchange
        self._shards = shards
        self._rng = rng
        self._made: dict[str, list[ShardTransfer]] = {}
        self._applied: set[tuple[str, str]] = set()
        self._allocations: dict[str, list[dict[str, object]]] = {}

    def endpoints(self) -> list[Endpoint]:
        one = "/portfolio/intra_exchange_instance_transfer"
        allocation = "/portfolio/target_balance_allocation"
        return [
            _endpoint("POST", one, "IntraExchangeInstanceTransfer", self.transfer),
            _endpoint("GET", one + "s", "GetIntraExchangeInstanceTransfers", self.transfers),
            _endpoint("GET", one + "s/{transfer_id}", "GetIntraExchangeInstanceTransfer", self.one),
            _endpoint("GET", allocation, "GetTargetBalanceAllocation", self.allocation),
            _endpoint("POST", allocation, "SetTargetBalanceAllocation", self.set_allocation),
        ]

    def transfer(self, call: Call) -> Answer:
        """Move centi-cents from one shard to another, within or between subaccounts."""
        body = call.json("IntraExchangeInstanceTransferRequest", _TRANSFER)
        amount, source, target = self._read(body)
        giver = call.account(integer(body, "source_subaccount") or 0)
        taker = call.account(integer(body, "destination_subaccount") or 0)
        accounts = self._exchange.accounts
        if giver not in accounts or taker not in accounts:
            raise not_found()
        client_id = text(body, "client_transfer_id")
        self._check_new(call.member, client_id)
        if accounts[giver].free(source) < amount:
            raise Fault(400, "insufficient_balance")
        if source != target:
            self._exchange.transfer(giver, source, target, amount)
        if giver != taker:
            self._exchange.hand_over(giver, taker, amount, target)
        self._applied.add((call.member, client_id))
        made = ShardTransfer(fresh_id(self._rng), source, target, amount, call.now)
        self._made.setdefault(call.member, []).append(made)
        return Answer({"transfer_id": made.id})

    def transfers(self, call: Call) -> Answer:
        """Newest first."""
        limit = call.query.limit(_LARGEST_PAGE)
        rows = self._made.get(call.member, [])[::-1]
        found, cursor = page(rows, lambda row: row.id, call.query.text("cursor"), limit)
        return Answer({"transfers": [_body(row) for row in found], "cursor": cursor})

    def one(self, call: Call) -> Answer:
        """One transfer."""
        for row in self._made.get(call.member, ()):
            if row.id == call.path["transfer_id"]:
                return Answer({"transfer": _body(row)})
        raise not_found()

    def allocation(self, call: Call) -> Answer:
        """The wish as it was set; all on shard 0 before."""
        wish = self._allocations.get(call.member, [{"exchange_index": 0, "percent": 100}])
        return Answer({"allocations": wish, "resting_margin_reservation": "sum"})

    def set_allocation(self, call: Call) -> Answer:
        """Remember a wish and spread the free cash by it at once (the venue does so every ten seconds)."""
        body = call.json("SetTargetBalanceAllocationRequest", {"allocations": "[]TargetBalanceAllocationInput"})
        items = body.get("allocations")
        if not isinstance(items, list) or not items:
            raise missing("allocations")
        wish = [checked(item, "TargetBalanceAllocationInput", _ALLOCATION) for item in items]
        shards = [integer(each, "exchange_index") for each in wish]
        percents = [integer(each, "percent") or 0 for each in wish]
        if not set(shards) <= set(self._shards.all) or len(set(shards)) < len(shards):
            raise invalid("exchange_index")
        if any(percent < 0 for percent in percents) or sum(percents) != 100:
            raise invalid("percent")
        self._allocations[call.member] = wish
        self._spread(call.account(), {shard or 0: percent for shard, percent in zip(shards, percents, strict=True)})
        return Answer({})

    def _spread(self, name: str, percents: Mapping[int, int]) -> None:
        """Shards with too much give to those with too little."""
        account = self._exchange.accounts.get(name)
        if account is None:
            return
        total = sum(account.free(shard) for shard in self._shards.all)
        excess = {shard: account.free(shard) - total * percents.get(shard, 0) // 100 for shard in self._shards.all}
        for giver in self._shards.all:
            for taker in self._shards.all:
                cash = min(excess[giver], -excess[taker])
                if cash > 0:
                    self._exchange.transfer(name, giver, taker, Money(cash))
                    excess[giver] -= cash
                    excess[taker] += cash

    def _read(self, body: Mapping[str, object]) -> tuple[Money, int, int]:
        absent = [name for name in ("source", "destination", "amount") if body.get(name) in (None, "")]
        if absent:
            raise missing(*absent)
        for name in ("source", "destination"):
            if body[name] != _INSTANCE:
                raise invalid(name)  # there is no margined instance here
        amount = integer(body, "amount") or 0
        if not 0 < amount <= _LARGEST_AMOUNT:
            raise invalid("amount")
        source = integer(body, "source_exchange_shard") or 0
        target = integer(body, "destination_exchange_shard") or 0
        for name, shard in (("source_exchange_shard", source), ("destination_exchange_shard", target)):
            if shard not in self._shards.all:
                raise invalid(name)
        return Money(amount * _MICROS_PER_CENTICENT), source, target

    def _check_new(self, member: str, client_id: str) -> None:
        if not client_id:
            return
        check_transfer_id(client_id)
        if (member, client_id) in self._applied:
            raise Fault(409, "transfer_already_applied")


def check_transfer_id(client_id: str) -> None:
    """A client's transfer id is a UUID. Raises ApiError."""
    try:
        UUID(client_id)
    except ValueError:
        raise invalid("client_transfer_id") from None


def _body(row: ShardTransfer) -> dict[str, object]:
    return {
        "transfer_id": row.id,
        "source": _INSTANCE,
        "destination": _INSTANCE,
        "source_exchange_shard": row.from_shard,
        "destination_exchange_shard": row.to_shard,
        "amount": money_text(row.amount),
        "status": "complete",
        "created_ts": seconds(row.at),
    }


def _endpoint(method: str, path: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    scope = "read" if method == "GET" else "write::transfer"
    return Endpoint(method=method, path=path, operation=operation, handler=handler, scope=scope)
