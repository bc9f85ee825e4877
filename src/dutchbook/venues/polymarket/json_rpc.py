"""A node of Polygon, asked over JSON-RPC: the few questions that sending a transaction needs."""

from itertools import count
from typing import Any

import msgspec

from dutchbook.domain.errors import VenueError, WireError
from dutchbook.domain.identity import Venue
from dutchbook.venues.http import HttpReader, Question
from dutchbook.venues.polymarket.keccak import keccak
from dutchbook.venues.polymarket.limits import EVERYTHING


class NodeRefused(VenueError):
    """The node says no: a call that would revert, a nonce that is used, too little gas. The message says what."""


class Receipt(msgspec.Struct, frozen=True):
    """What became of a transaction that is in a block. `gas_used` is in units, `gas_price` in wei."""

    succeeded: bool
    block: int
    gas_used: int
    gas_price: int


class _Error(msgspec.Struct, frozen=True):
    message: str = ""
    code: int = 0


class _Answer(msgspec.Struct, frozen=True):
    result: Any = None
    error: _Error | None = None


class _Receipt(msgspec.Struct, frozen=True, rename="camel"):
    status: str
    block_number: str
    gas_used: str
    effective_gas_price: str


_KNOWN = "already known"
"""How nodes call a transaction that they have."""
_decode = msgspec.json.Decoder(_Answer).decode
_encode = msgspec.json.Encoder().encode


class PolygonNode:
    """Reads, and sends what is signed already. Raises as `HttpReader.read` does, and NodeRefused."""

    def __init__(self, reader: HttpReader, path: str = "") -> None:
        """`reader` asks the endpoint's host, `path` is the rest of its address."""
        self._reader = reader
        self._path = path
        self._ids = count(1)

    async def chain(self) -> int:
        """The chain's id."""
        return _number(await self._ask("eth_chainId"))

    async def nonce(self, address: str) -> int:
        """The number of an address' next transaction, those on their way counted."""
        return _number(await self._ask("eth_getTransactionCount", address, "pending"))

    async def tip(self) -> int:
        """The tip that gets a transaction into one of the next blocks, in wei."""
        return _number(await self._ask("eth_maxPriorityFeePerGas"))

    async def base_fee(self) -> int:
        """What the newest block burns of each unit of gas, in wei."""
        block = await self._ask("eth_getBlockByNumber", "latest", False)
        return _number(block.get("baseFeePerGas") if isinstance(block, dict) else None)

    async def estimate(self, sender: str, to: str, data: bytes) -> int:
        """The gas that a call takes. Raises NodeRefused if it would fail."""
        call = {"from": sender, "to": to, "data": "0x" + data.hex()}
        return _number(await self._ask("eth_estimateGas", call))

    async def send(self, raw: bytes) -> str:
        """Send a signed transaction; its hash, which is known before. The same bytes may be sent again.

        Raises NodeRefused, and WireError if the node names another transaction.
        """
        transaction = transaction_hash(raw)
        try:
            sent = await self._ask("eth_sendRawTransaction", "0x" + raw.hex())
        except NodeRefused as refused:
            if _KNOWN not in str(refused).lower():
                raise
            return transaction  # an earlier try arrived, its answer did not
        if sent != transaction:
            raise WireError(Venue.POLYMARKET, f"the node does not name {transaction}", _encode(sent))
        return transaction

    async def receipt(self, transaction: str) -> Receipt | None:
        """What became of a transaction; None while it is in no block."""
        found = await self._ask("eth_getTransactionReceipt", transaction)
        if found is None:
            return None
        try:
            said = msgspec.convert(found, _Receipt)
        except msgspec.ValidationError as error:
            raise WireError(Venue.POLYMARKET, f"no receipt: {error}", _encode(found)) from error
        return Receipt(
            succeeded=_number(said.status) == 1,
            block=_number(said.block_number),
            gas_used=_number(said.gas_used),
            gas_price=_number(said.effective_gas_price),
        )

    async def _ask(self, method: str, *parameters: object) -> Any:
        body = _encode({"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": parameters})
        question = Question(path=self._path, groups=(EVERYTHING,), body=body)
        answer = await self._reader.read(question, _read)
        if answer.error is not None:
            raise NodeRefused(f"{method}: {' '.join(answer.error.message.split())[:200]} ({answer.error.code})")
        return answer.result


def transaction_hash(raw: bytes) -> str:
    """What a signed transaction is called, before anybody has it."""
    return "0x" + keccak(raw).hex()


def _read(body: bytes) -> _Answer:
    try:
        return _decode(body)
    except msgspec.MsgspecError as error:
        raise WireError(Venue.POLYMARKET, f"no JSON-RPC answer: {error}", body) from error


def _number(text: object) -> int:
    """A quantity. Raises WireError for anything but 0x and hex digits."""
    try:
        if isinstance(text, str) and text.startswith("0x"):
            return int(text, 16)
    except ValueError:
        pass
    raise WireError(Venue.POLYMARKET, "the node's number is none", _encode(text))
