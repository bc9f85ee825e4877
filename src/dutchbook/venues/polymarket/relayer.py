"""Token operations of proxies, Safes and deposit wallets through Polymarket's gasless relayer (protocol section 8).

The protocol reference names `/submit`, its states and limits; bodies, nonces and the way to ask come from the official
client (polymarket-client 0.14), and are compared with it byte for byte. Not verified on the venue [?]: the meaning of a
second `/submit` with the same nonce, and which of the relayer's refusals may be tried again: nothing is, here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp
import msgspec

from dutchbook.domain.errors import ConfigError, VenueError, VenueRefused, WireError
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.budget import Budget, Limit
from dutchbook.venues.http import HttpReader, Patience, Question, failed
from dutchbook.venues.polymarket.contracts import DEPOSIT_WALLET_FACTORY, PROXY_FACTORY, RELAY_HUB
from dutchbook.venues.polymarket.credentials import Credentials, RequestSigner
from dutchbook.venues.polymarket.json_rpc import PolygonNode
from dutchbook.venues.polymarket.operation_signing import (
    OperationDenied,
    OperationSigner,
    proxy_call,
    safe_operation,
)
from dutchbook.venues.polymarket.operations import OperationState, Outcome, Sent, Unanswered
from dutchbook.venues.polymarket.token_operations import Call
from dutchbook.venues.polymarket.wallets import SignatureType, checksummed
from dutchbook.venues.surroundings import Surroundings

SUBMIT, READS = "relayer/submit", "relayer"
_SUBMISSION = 60
"""Tokens of one submission, so that a minute's limit can be counted in whole tokens a second."""
LIMITS: Mapping[str, Limit] = {
    SUBMIT: Limit(refill=20, capacity=4 * _SUBMISSION),
    READS: Limit(refill=10, capacity=10),
}
"""Submitting is limited to 25 a minute: four at once and twenty a minute keep it. Of reads nothing is published."""

_DEADLINE_S = 600
_PROXY_GAS = 200_000
"""The gas that the official client takes for a proxy's call where no node estimates it."""
_LONGEST_NOTE = 500
_ZERO = "0x" + "00" * 20

_STATES: Mapping[str, OperationState] = {
    "STATE_NEW": OperationState.SENT,
    "STATE_EXECUTED": OperationState.SENT,
    "STATE_MINED": OperationState.MINED,
    "STATE_CONFIRMED": OperationState.DONE,
    "STATE_INVALID": OperationState.FAILED,
    "STATE_FAILED": OperationState.FAILED,
}

type Payload = dict[str, Any]
type Authorise = Callable[[str, str, bytes, Nanos], Mapping[str, str]]
"""The headers of a request: method, path, body, time."""


class RelayerKey(msgspec.Struct, frozen=True):
    """A key made for the relayer alone. Never shows."""

    key: str
    address: str

    def __repr__(self) -> str:
        return f"RelayerKey of {self.address}"

    def headers(self, _method: str, _path: str, _body: bytes, _now: Nanos) -> Mapping[str, str]:
        """The same for every request."""
        return {"RELAYER_API_KEY": self.key, "RELAYER_API_KEY_ADDRESS": self.address}


class BuilderKey:
    """A builder's API key: its requests are signed like private ones of the CLOB, under headers of its own."""

    def __init__(self, credentials: Credentials) -> None:
        """Raises ConfigError if the secret is none."""
        self._signer = RequestSigner("", credentials)

    def headers(self, method: str, path: str, body: bytes, now: Nanos) -> Mapping[str, str]:
        """The headers of a request."""
        said = self._signer.headers(method, path, body, now)
        return {name.replace("POLY_", "POLY_BUILDER_"): value for name, value in said.items() if name != "POLY_ADDRESS"}


class _Nonce(msgspec.Struct, frozen=True):
    address: str
    nonce: str


class _Submitted(msgspec.Struct, frozen=True):
    transaction_id: str = msgspec.field(name="transactionID")
    state: str = ""
    transaction_hash: str | None = msgspec.field(name="transactionHash", default=None)


class _Followed(msgspec.Struct, frozen=True):
    state: str
    transaction_hash: str | None = None
    error_msg: str | None = None


_nonce = msgspec.json.Decoder(_Nonce).decode
_submitted = msgspec.json.Decoder(_Submitted).decode
_followed = msgspec.json.Decoder(_Followed).decode
_encode = msgspec.json.Encoder().encode


class RelayerLine:
    """The relayer's host: reads that may be repeated, and submissions that are not."""

    def __init__(
        self, session: aiohttp.ClientSession, surroundings: Surroundings, authorise: Authorise, host: str
    ) -> None:
        self._session = session
        self._around = surroundings
        self._authorise = authorise
        self._host = host
        self._budget = Budget(LIMITS, surroundings.clock, surroundings.sleep)

    async def get[T](self, path: str, parameters: Sequence[tuple[str, str]], decode: Callable[[bytes], T]) -> T:
        """A read. Raises as `HttpReader.read` does."""
        question = Question(path=path, groups=(READS,), parameters=parameters)
        return await self._reader(b"", Patience()).read(question, lambda body: _read(decode, body))

    async def submit(self, payload: Payload) -> _Submitted:
        """Submit once. Raises VenueRefused for what the relayer refuses; else nobody knows whether it was taken."""
        body = _encode(payload)
        question = Question(path="/submit", groups=(SUBMIT,), body=body, tokens=_SUBMISSION)
        return await self._reader(body, Patience(tries=1)).read(question, lambda answer: _read(_submitted, answer))

    def _reader(self, body: bytes, patience: Patience) -> HttpReader:
        def headers(method: str, path: str) -> Mapping[str, str]:
            return self._authorise(method, path, body, self._around.clock.now())

        return HttpReader(self._host, self._session, self._budget, self._around, patience=patience, headers=headers)


class Relayer:
    """An `Operator` for accounts of signature types 1, 2 and 3."""

    def __init__(self, line: RelayerLine, signer: OperationSigner, node: PolygonNode | None = None) -> None:
        """`node` estimates the gas of proxies' calls; without one, they get the official client's usual amount.

        Raises OperationDenied for an account of signature type 0: it sends transactions of its own.
        """
        if signer.account.signature_type is SignatureType.EOA:
            raise OperationDenied(f"{signer.account.address} has no wallet: it sends transactions of its own")
        self._line = line
        self._signer = signer
        self._node = node

    async def send(self, calls: Sequence[Call], note: str, now: Nanos) -> Sent:
        """Sign calls with the wallet's next nonce, and submit them."""
        if len(note) > _LONGEST_NOTE:
            raise OperationDenied(f"the note has {len(note)} letters, the relayer takes {_LONGEST_NOTE}")
        payload = await self._payload(calls, note, now)
        try:
            submitted = await self._line.submit(payload)
        except VenueRefused:
            raise
        except (VenueError, WireError) as error:
            raise Unanswered(f"the relayer may have it: {failed(error)}") from error
        return Sent(submitted.transaction_id, submitted.transaction_hash or "")

    async def outcome(self, sent: Sent) -> Outcome:
        """What the relayer says of it."""
        said = await self._line.get(f"/v1/account/transactions/{sent.id}", (), _followed)
        state = _STATES.get(said.state)
        if state is None:
            raise WireError(Venue.POLYMARKET, f"the relayer's state {said.state!r} is unknown", said.state.encode())
        transaction = said.transaction_hash or sent.transaction
        why = (said.error_msg or said.state) if state is OperationState.FAILED else ""
        return Outcome(state, transaction, why)

    async def _payload(self, calls: Sequence[Call], note: str, now: Nanos) -> Payload:
        match self._signer.account.signature_type:
            case SignatureType.PROXY:
                return await self._proxy(calls, note)
            case SignatureType.SAFE:
                nonce = await self._next("/v1/account/transactions/params", "SAFE")
                return safe_payload(self._signer, calls, nonce.nonce, note)
            case _:
                nonce = await self._next("/v1/account/transactions/params", "WALLET")
                return wallet_payload(self._signer, calls, nonce.nonce, now // SECOND + _DEADLINE_S, note)

    async def _proxy(self, calls: Sequence[Call], note: str) -> Payload:
        found = await self._next("/relay-payload", "PROXY")
        gas = _PROXY_GAS
        if self._node is not None:
            gas = await self._node.estimate(self._signer.account.address, PROXY_FACTORY, proxy_call(calls))
        return proxy_payload(self._signer, calls, found.nonce, note, gas=gas, relay=found.address)

    async def _next(self, path: str, kind: str) -> _Nonce:
        asked = (("address", self._signer.account.address), ("type", kind))
        found = await self._line.get(path, asked, _nonce)
        if not (found.nonce.isascii() and found.nonce.isdigit()):
            raise WireError(Venue.POLYMARKET, "the relayer's nonce is no number", found.nonce.encode())
        return found


def wallet_payload(signer: OperationSigner, calls: Sequence[Call], nonce: str, deadline: int, note: str) -> Payload:
    """What is submitted for a deposit wallet. Raises OperationDenied."""
    signature = signer.wallet(calls, int(nonce), deadline)
    return {
        "type": "WALLET",
        "from": signer.account.address,
        "to": DEPOSIT_WALLET_FACTORY,
        "nonce": nonce,
        "signature": "0x" + signature.hex(),
        "metadata": note,
        "depositWalletParams": {
            "depositWallet": signer.account.funder,
            "deadline": str(deadline),
            "calls": [{"target": one.to, "value": "0", "data": "0x" + one.data.hex()} for one in calls],
        },
    }


def safe_payload(signer: OperationSigner, calls: Sequence[Call], nonce: str, note: str) -> Payload:
    """What is submitted for a Safe. Raises OperationDenied."""
    signature = signer.safe(calls, int(nonce))
    done = safe_operation(calls)
    return {
        "type": "SAFE",
        "from": signer.account.address,
        "to": done.to,
        "proxyWallet": signer.account.funder,
        "data": "0x" + done.data.hex(),
        "nonce": nonce,
        "signature": "0x" + signature.hex(),
        "metadata": note,
        "signatureParams": {
            "baseGas": "0",
            "gasPrice": "0",
            "gasToken": _ZERO,
            "operation": str(done.operation),
            "refundReceiver": _ZERO,
            "safeTxnGas": "0",
        },
    }


def proxy_payload(
    signer: OperationSigner, calls: Sequence[Call], nonce: str, note: str, *, gas: int, relay: str
) -> Payload:
    """What is submitted for a proxy. Raises OperationDenied."""
    data = proxy_call(calls)
    relay = _address(relay)
    signature = signer.proxy(data, calls, int(nonce), gas, relay)
    return {
        "type": "PROXY",
        "from": signer.account.address,
        "to": PROXY_FACTORY,
        "proxyWallet": signer.account.funder,
        "data": "0x" + data.hex(),
        "nonce": nonce,
        "signature": "0x" + signature.hex(),
        "metadata": note,
        "signatureParams": {
            "gasLimit": str(gas),
            "gasPrice": "0",
            "relay": relay,
            "relayHub": RELAY_HUB,
            "relayerFee": "0",
        },
    }


def _address(text: str) -> str:
    try:
        return checksummed(text)
    except ConfigError:
        raise WireError(Venue.POLYMARKET, "the relay's address is none", text.encode()) from None


def _read[T](decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except msgspec.MsgspecError as error:
        raise WireError(Venue.POLYMARKET, f"no answer of the relayer: {error}", body) from error
