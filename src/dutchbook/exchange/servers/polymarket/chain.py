"""A node of the chain over JSON-RPC: as much of one as it takes to send a token operation and to see what became of it.

Blocks come every two seconds. A transaction is in one a moment after it was sent, unless a fault holds the node back.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import application
from dutchbook.exchange.servers.polymarket.chain_calls import Reverted, TokenContracts
from dutchbook.exchange.servers.polymarket.chain_transactions import BadTransaction, Transaction, transaction_of
from dutchbook.exchange.servers.polymarket.contracts import CHAIN
from dutchbook.exchange.servers.polymarket.signing import address_of
from dutchbook.exchange.servers.timers import Timers

_GWEI = 10**9
_BASE_FEE, _TIP = 25 * _GWEI, 30 * _GWEI
_GAS = 180_000
"""What every call takes: about what a split does."""
_BLOCK = Nanos(2 * SECOND)


class RpcError(Exception):
    """An error of JSON-RPC."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Asked(msgspec.Struct, frozen=True):
    method: str
    params: list[Any] = []
    id: Any = None


class _Receipt(msgspec.Struct, frozen=True):
    transaction: Transaction
    block: int
    succeeded: bool


_decode = msgspec.json.Decoder(_Asked)


class PolygonChain:
    """Transactions of plain addresses. `mining` is how long one waits for its block."""

    def __init__(self, exchange: Exchange, context: ServerContext, mining: Nanos = _BLOCK) -> None:
        self.contracts = TokenContracts(exchange)
        self._context = context
        self._mining = mining
        self._timers = Timers(context)
        self._next: dict[str, int] = {}
        """The nonce of an address' next transaction, those that wait for a block counted."""
        self._mined: dict[str, int] = {}
        self._waiting: dict[str, Transaction] = {}
        self._receipts: dict[str, _Receipt] = {}
        self._methods: Mapping[str, Callable[[list[Any]], object]] = {
            "eth_chainId": lambda _: hex(CHAIN),
            "eth_blockNumber": lambda _: hex(self._block()),
            "eth_gasPrice": lambda _: hex(_BASE_FEE + _TIP),
            "eth_maxPriorityFeePerGas": lambda _: hex(_TIP),
            "eth_getBlockByNumber": self._block_of,
            "eth_getTransactionCount": self._count,
            "eth_estimateGas": self._estimate,
            "eth_sendRawTransaction": self._send,
            "eth_getTransactionReceipt": self._receipt,
        }

    def application(self) -> web.Application:
        """The endpoint: every path of it is the node."""
        app = application(self._context, "chain")
        app.router.add_post("/{path:.*}", self._answer)
        app.on_shutdown.append(self._close)
        return app

    def advance(self) -> None:
        """Put into blocks what is due by the clock."""
        self._timers.release()

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            asked = _decode.decode(await request.read())
        except (msgspec.MsgspecError, RecursionError):
            return _said(None, error=RpcError(-32700, "parse error"))
        method = self._methods.get(asked.method)
        if method is None:
            return _said(asked.id, error=RpcError(-32601, f"the method {asked.method} does not exist/is not available"))
        try:
            return _said(asked.id, result=method(asked.params))
        except RpcError as error:
            return _said(asked.id, error=error)
        except Reverted as reverted:
            return _said(asked.id, error=RpcError(3, str(reverted)))
        except (BadTransaction, ValueError, IndexError, TypeError, AttributeError) as bad:
            return _said(asked.id, error=RpcError(-32000, str(bad)[:200]))

    def _block_of(self, _params: list[Any]) -> dict[str, str]:
        return {"number": hex(self._block()), "baseFeePerGas": hex(_BASE_FEE), "timestamp": hex(self._now() // SECOND)}

    def _count(self, params: list[Any]) -> str:
        address = address_of(params[0])
        counted = self._next if params[1] == "pending" else self._mined
        return hex(counted.get(address, 0))

    def _estimate(self, params: list[Any]) -> str:
        call = params[0]
        sender, to, data = address_of(call["from"]), address_of(call["to"]), bytes.fromhex(call["data"][2:])
        self.contracts.check(sender, (self.contracts.read(to, data),))
        return hex(_GAS)

    def _send(self, params: list[Any]) -> str:
        sent = transaction_of(bytes.fromhex(params[0][2:]))
        if sent.hash in self._waiting or sent.hash in self._receipts:
            raise RpcError(-32000, "already known")
        expected = self._next.get(sent.sender, 0)
        if sent.nonce != expected:
            low = sent.nonce < expected
            raise RpcError(-32000, f"nonce too {'low' if low else 'high'}: tx {sent.nonce} state {expected}")
        if sent.max_fee < _BASE_FEE + sent.tip:
            raise RpcError(-32000, "transaction underpriced")
        if sent.gas < 21_000:
            raise RpcError(-32000, "intrinsic gas too low")
        self._next[sent.sender] = expected + 1
        self._waiting[sent.hash] = sent
        self._timers.at(Nanos(self._now() + self._mining), lambda: self._mine(sent))
        return sent.hash

    def _mine(self, sent: Transaction) -> None:
        """Put a transaction into a block: it is there whether it does something or not."""
        del self._waiting[sent.hash]
        self._mined[sent.sender] = sent.nonce + 1
        succeeded = sent.gas >= _GAS
        try:
            if succeeded:
                self.contracts.do(sent.sender, (self.contracts.read(sent.to, sent.data),))
        except Reverted:
            succeeded = False
        self._receipts[sent.hash] = _Receipt(sent, self._block(), succeeded)

    def _receipt(self, params: list[Any]) -> dict[str, str] | None:
        found = self._receipts.get(str(params[0]).lower())
        if found is None:
            return None
        sent = found.transaction
        return {
            "transactionHash": sent.hash,
            "from": sent.sender,
            "to": sent.to,
            "status": hex(found.succeeded),
            "blockNumber": hex(found.block),
            "gasUsed": hex(min(_GAS, sent.gas)),
            "effectiveGasPrice": hex(_BASE_FEE + sent.tip),
        }

    def _block(self) -> int:
        return self._now() // _BLOCK

    def _now(self) -> Nanos:
        return self._context.clock.now()

    async def _close(self, _app: web.Application) -> None:
        self._timers.close()


def _said(id_: Any, *, result: object = None, error: RpcError | None = None) -> web.Response:
    answer: dict[str, object] = {"jsonrpc": "2.0", "id": id_}
    if error is None:
        answer["result"] = result
    else:
        answer["error"] = {"code": error.code, "message": str(error)}
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")
