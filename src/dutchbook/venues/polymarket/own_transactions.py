"""Token operations as transactions of the key's own address, which pays for gas in POL."""

from collections.abc import Sequence

from dutchbook.domain.errors import VenueError, WireError
from dutchbook.domain.units import Nanos
from dutchbook.venues.polymarket.contracts import CHAIN
from dutchbook.venues.polymarket.json_rpc import NodeRefused, PolygonNode, transaction_hash
from dutchbook.venues.polymarket.operation_signing import Gas, OperationDenied, OperationSigner
from dutchbook.venues.polymarket.operations import OperationState, Outcome, Sent
from dutchbook.venues.polymarket.token_operations import Call
from dutchbook.venues.polymarket.wallets import SignatureType

_SPARE_GAS = 5
"""A fifth more gas than estimated: state may change before the transaction is in a block."""


class OwnTransactions:
    """An `Operator` for accounts of signature type 0.

    A call is estimated before it is signed: one that would fail is refused by the node and costs nothing.
    """

    def __init__(self, node: PolygonNode, signer: OperationSigner) -> None:
        """Raises OperationDenied if the account's money is in a wallet: its calls go through the relayer."""
        if signer.account.signature_type is not SignatureType.EOA:
            raise OperationDenied(f"{signer.account.funder} is a wallet: its operations go through the relayer")
        self._node = node
        self._signer = signer

    async def send(self, calls: Sequence[Call], note: str, now: Nanos) -> Sent:  # noqa: ARG002 - chains keep no notes
        """Send one call. Raises OperationDenied for several: a plain address does one thing at a time."""
        if len(calls) != 1:
            raise OperationDenied(f"an address of its own sends one call at a time, not {len(calls)}")
        [call] = calls
        if not call.allowed:
            raise OperationDenied(f"the call of {call.to} is no token operation: not sent")
        address = self._signer.account.address
        if (chain := await self._node.chain()) != CHAIN:
            raise OperationDenied(f"the node serves chain {chain}, not Polygon ({CHAIN}) - give another endpoint")
        gas = await self._gas(call, address)
        raw = self._signer.transaction(call, await self._node.nonce(address), gas)
        transaction = transaction_hash(raw)
        try:
            await self._node.send(raw)
        except NodeRefused:
            # A second try may be refused because the first one is in a block already.
            if await self._node.receipt(transaction) is None:
                raise
        except (VenueError, WireError):
            # Whether it arrived nobody knows, but its name: it is followed like any other.
            return Sent(transaction, transaction)
        return Sent(transaction, transaction)

    async def outcome(self, sent: Sent) -> Outcome:
        """What became of a transaction: done once it is in a block, as far as a node can tell."""
        receipt = await self._node.receipt(sent.id)
        if receipt is None:
            return Outcome(OperationState.SENT, sent.id)
        if not receipt.succeeded:
            return Outcome(OperationState.FAILED, sent.id, "the contract refused it")
        return Outcome(OperationState.DONE, sent.id)

    async def _gas(self, call: Call, address: str) -> Gas:
        """The gas of a call: twice the base fee of now, so that six full blocks may pass, and the usual tip."""
        try:
            units = await self._node.estimate(address, call.to, call.data)
        except NodeRefused as refused:
            raise OperationDenied(f"the call would fail, so it was not sent: {refused}") from refused
        tip = await self._node.tip()
        return Gas(limit=units + units // _SPARE_GAS, max_fee=2 * await self._node.base_fee() + tip, tip=tip)
