"""Subaccounts 0 to 63 of a member: opening, balances, transfers, netting flags (protocol section 12)."""

from collections.abc import Callable
from random import Random

import msgspec

from dutchbook.domain.units import Money, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.servers.kalshi.calls import SUBACCOUNTS, Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import Fault, invalid, missing, not_found
from dutchbook.exchange.servers.kalshi.formats import MICROS_PER_CENT, balance_text, seconds
from dutchbook.exchange.servers.kalshi.identifiers import fresh_id, subaccount_of
from dutchbook.exchange.servers.kalshi.order_requests import integer, text
from dutchbook.exchange.servers.kalshi.paging import page
from dutchbook.exchange.servers.kalshi.shards import Shards
from dutchbook.exchange.servers.kalshi.strict_json import Fields
from dutchbook.exchange.servers.kalshi.transfers import check_transfer_id

_TRANSFER: Fields = {
    "client_transfer_id": "string",
    "from_subaccount": "int64",
    "to_subaccount": "int64",
    "amount_cents": "int64",
    "exchange_index": "int64",
}
_NETTING: Fields = {"subaccount_number": "int64", "enabled": "bool"}
_LARGEST_AMOUNT = 10**12
_LARGEST_PAGE = 500
_ROOT = "/portfolio/subaccounts"


class SubaccountTransfer(msgspec.Struct, frozen=True):
    """A transfer that was made."""

    id: str
    giver: int
    taker: int
    cents: int
    shard: int
    at: Nanos


class Subaccounts:
    """Endpoints under `/portfolio/subaccounts`."""

    def __init__(self, exchange: Exchange, shards: Shards, rng: Random) -> None:
        self._exchange = exchange
        self._shards = shards
        self._rng = rng
        self._made: dict[str, list[SubaccountTransfer]] = {}
        self._applied: set[tuple[str, str]] = set()
        self._netting: dict[tuple[str, int], bool] = {}

    def endpoints(self) -> list[Endpoint]:
        return [
            _endpoint("POST", _ROOT, "CreateSubaccount", self.create),
            _endpoint("GET", _ROOT + "/balances", "GetSubaccountBalances", self.balances),
            _endpoint("POST", _ROOT + "/transfer", "ApplySubaccountTransfer", self.transfer),
            _endpoint("GET", _ROOT + "/transfers", "GetSubaccountTransfers", self.transfers),
            _endpoint("GET", _ROOT + "/netting", "GetSubaccountNetting", self.netting),
            _endpoint("PUT", _ROOT + "/netting", "UpdateSubaccountNetting", self.set_netting),
        ]

    def create(self, call: Call) -> Answer:
        """The next free number. Raises ApiError when all 63 are open."""
        call.optional_json("CreateSubaccountRequest", {"exchange_index": "int64"}, empty=True)
        number = len(self._open(call.member))
        if number >= SUBACCOUNTS:
            raise Fault(400, "invalid_parameters", details="too many subaccounts")
        self._exchange.open_account(subaccount_of(call.member, number))
        return Answer({"subaccount_number": number}, 201)

    def balances(self, call: Call) -> Answer:
        """Free cash by subaccount and shard."""
        rows = [
            {
                "subaccount_number": number,
                "exchange_index": shard,
                "balance": balance_text(self._exchange.accounts[subaccount_of(call.member, number)].free(shard)),
                "updated_ts": seconds(call.now),
            }
            for number in self._open(call.member)
            for shard in self._shards.all
        ]
        return Answer({"subaccount_balances": rows})

    def transfer(self, call: Call) -> Answer:
        """Move cents between two subaccounts, once for each client id."""
        body = call.json("ApplySubaccountTransferRequest", _TRANSFER)
        needed = ("client_transfer_id", "from_subaccount", "to_subaccount", "amount_cents")
        absent = [name for name in needed if body.get(name) in (None, "")]
        if absent:
            raise missing(*absent)
        client_id, cents = text(body, "client_transfer_id"), integer(body, "amount_cents") or 0
        giver, taker = integer(body, "from_subaccount") or 0, integer(body, "to_subaccount") or 0
        shard = integer(body, "exchange_index") or 0
        check_transfer_id(client_id)
        if not 0 < cents <= _LARGEST_AMOUNT:
            raise invalid("amount_cents")
        if giver == taker:
            raise invalid("to_subaccount")
        if (call.member, client_id) in self._applied:
            raise Fault(409, "transfer_already_applied")
        self._hand_over(call.account(giver), call.account(taker), Money(cents * MICROS_PER_CENT), shard)
        self._applied.add((call.member, client_id))
        made = SubaccountTransfer(fresh_id(self._rng), giver, taker, cents, shard, call.now)
        self._made.setdefault(call.member, []).append(made)
        return Answer({})

    def transfers(self, call: Call) -> Answer:
        """Newest first."""
        limit = call.query.limit(_LARGEST_PAGE)
        rows = self._made.get(call.member, [])[::-1]
        found, cursor = page(rows, lambda row: row.id, call.query.text("cursor"), limit)
        return Answer({"transfers": [_body(row) for row in found], "cursor": cursor})

    def netting(self, call: Call) -> Answer:
        """Whether collateral of exclusive events is netted. The flag is kept; the engine nets within markets alone."""
        rows = [
            {
                "subaccount_number": number,
                "enabled": self._netting.get((call.member, number), False),
                "exchange_index": shard,
            }
            for number in self._open(call.member)
            for shard in self._shards.all
        ]
        return Answer({"netting_configs": rows})

    def set_netting(self, call: Call) -> Answer:
        """Set the flag of one subaccount."""
        body = call.json("UpdateSubaccountNettingRequest", _NETTING)
        number, enabled = integer(body, "subaccount_number"), body.get("enabled")
        if number is None or not isinstance(enabled, bool):
            raise missing("subaccount_number", "enabled")
        if number not in self._open(call.member):
            raise invalid("subaccount_number")
        self._netting[call.member, number] = enabled
        return Answer()

    def _hand_over(self, giver: str, taker: str, cash: Money, shard: int) -> None:
        accounts = self._exchange.accounts
        if giver not in accounts or taker not in accounts:
            raise not_found()
        if accounts[giver].free(shard) < cash:
            raise Fault(400, "insufficient_balance")
        self._exchange.hand_over(giver, taker, cash, shard)

    def _open(self, member: str) -> list[int]:
        """Numbers of the member's accounts; they are opened in order."""
        return [number for number in range(SUBACCOUNTS) if subaccount_of(member, number) in self._exchange.accounts]


def _body(row: SubaccountTransfer) -> dict[str, object]:
    return {
        "transfer_id": row.id,
        "from_subaccount": row.giver,
        "to_subaccount": row.taker,
        "amount_cents": row.cents,
        "created_ts": seconds(row.at),
        "exchange_index": row.shard,
    }


def _endpoint(method: str, path: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    scope = "read" if method == "GET" else "write::transfer"
    return Endpoint(method=method, path=path, operation=operation, handler=handler, scope=scope)
