"""What wallets ask the relayer to send: the calls inside, and whether the wallet's owner signed exactly them.

Forms of the three kinds of wallets (protocol sections 1.4 and 8): a deposit wallet's typed batch, a Safe's transaction,
a call of the proxy factory.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from dutchbook.exchange.servers.polymarket.contracts import (
    CHAIN,
    DEPOSIT_WALLET_FACTORY,
    PROXY_FACTORY,
    RELAY_HUB,
    SAFE_MULTISEND,
)
from dutchbook.exchange.servers.polymarket.signing import (
    BadSignature,
    address_of,
    keccak,
    recover,
    typed_digest,
    uint256,
    word,
)
from dutchbook.exchange.servers.polymarket.wallets import SignatureType

RELAY = "0x" + "e1" * 20
"""The relay that proxies' calls are signed for."""

_SAFE_TYPE = keccak(
    b"SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,"
    b"address gasToken,address refundReceiver,uint256 nonce)"
)
_SAFE_DOMAIN = keccak(b"EIP712Domain(uint256 chainId,address verifyingContract)")
_CALL_TYPE = b"Call(address target,uint256 value,bytes data)"
_BATCH_TYPE = keccak(b"Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + _CALL_TYPE)
_WALLET_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_MULTISEND = keccak(b"multiSend(bytes)")[:4]
_PROXY = keccak(b"proxy((uint8,address,uint256,bytes)[])")[:4]


class BadRequest(Exception):
    """A submission that the relayer refuses; the message is what it answers."""


class RawCall(msgspec.Struct, frozen=True):
    """A call as a wallet will make it."""

    to: str
    data: bytes


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that its owner signed. Addresses are in lower case; `deadline` is in unix seconds, 0 for none."""

    owner: str
    wallet: str
    kind: SignatureType
    nonce: int
    calls: tuple[RawCall, ...]
    deadline: int = 0


def submission_of(body: Mapping[str, Any]) -> Submission:
    """Raises BadRequest unless it is whole and signed by the key that it names."""
    readers = {"WALLET": _wallet, "SAFE": _safe, "PROXY": _proxy}
    reader = readers.get(str(body.get("type")))
    if reader is None:
        raise BadRequest("invalid type")
    try:
        owner = address_of(body["from"])
        found, digest, signature = reader(body, owner)
        signed_by = recover(digest, signature)
    except BadSignature as error:
        raise BadRequest("invalid signature") from error
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise BadRequest(f"invalid payload: {type(error).__name__} {error}"[:200]) from error
    if signed_by != owner:
        raise BadRequest("invalid signature")
    return found


type _Read = tuple[Submission, bytes, bytes]


def _wallet(body: Mapping[str, Any], owner: str) -> _Read:
    _same(body["to"], DEPOSIT_WALLET_FACTORY)
    terms = body["depositWalletParams"]
    wallet, nonce, deadline = address_of(terms["depositWallet"]), uint256(body["nonce"]), uint256(terms["deadline"])
    calls = []
    for one in terms["calls"]:
        if one["value"] != "0":
            raise ValueError("value")
        calls.append(RawCall(address_of(one["target"]), _hex(one["data"])))
    each = [keccak(keccak(_CALL_TYPE) + _address(c.to) + word(0) + keccak(c.data)) for c in calls]
    name = keccak(b"DepositWallet") + keccak(b"1")
    domain = keccak(_WALLET_DOMAIN + name + word(CHAIN) + _address(wallet))
    batch = keccak(_BATCH_TYPE + _address(wallet) + word(nonce) + word(deadline) + keccak(b"".join(each)))
    kind = SignatureType.DEPOSIT_WALLET
    found = Submission(owner=owner, wallet=wallet, kind=kind, nonce=nonce, calls=tuple(calls), deadline=deadline)
    return found, typed_digest(domain, batch), _hex(body["signature"])


def _safe(body: Mapping[str, Any], owner: str) -> _Read:
    to, data, nonce = address_of(body["to"]), _hex(body["data"]), uint256(body["nonce"])
    wallet, terms = address_of(body["proxyWallet"]), body["signatureParams"]
    operation = uint256(terms["operation"])
    gas = [uint256(terms[name]) for name in ("safeTxnGas", "baseGas", "gasPrice")]
    ends = [address_of(terms[name]) for name in ("gasToken", "refundReceiver")]
    struct = keccak(
        _SAFE_TYPE
        + _address(to)
        + word(0)
        + keccak(data)
        + word(operation)
        + b"".join(map(word, gas))
        + b"".join(map(_address, ends))
        + word(nonce)
    )
    domain = keccak(_SAFE_DOMAIN + word(CHAIN) + _address(wallet))
    calls = _unpacked(to, data) if operation else (RawCall(to, data),)
    signature = _hex(body["signature"])
    if signature[64] not in (31, 32):
        raise BadSignature("a Safe takes the v of signed messages")
    plain = signature[:64] + bytes([signature[64] - 4])
    found = Submission(owner=owner, wallet=wallet, kind=SignatureType.SAFE, nonce=nonce, calls=calls)
    return found, _personal(typed_digest(domain, struct)), plain


def _proxy(body: Mapping[str, Any], owner: str) -> _Read:
    _same(body["to"], PROXY_FACTORY)
    terms, data, nonce = body["signatureParams"], _hex(body["data"]), uint256(body["nonce"])
    _same(terms["relay"], RELAY)
    _same(terms["relayHub"], RELAY_HUB)
    said = b"rlx:" + bytes.fromhex(owner[2:]) + bytes.fromhex(PROXY_FACTORY[2:]) + data
    said += b"".join(word(uint256(terms[name])) for name in ("relayerFee", "gasPrice", "gasLimit")) + word(nonce)
    said += bytes.fromhex(RELAY_HUB[2:]) + bytes.fromhex(RELAY[2:])
    wallet = address_of(body["proxyWallet"])
    found = Submission(owner=owner, wallet=wallet, kind=SignatureType.PROXY, nonce=nonce, calls=_proxied(data))
    return found, _personal(keccak(said)), _hex(body["signature"])


def _unpacked(to: str, data: bytes) -> tuple[RawCall, ...]:
    """The calls of a multisend: each its operation, address, value, length and data, packed. Raises ValueError."""
    _same(to, SAFE_MULTISEND)
    if data[:4] != _MULTISEND or _number(data, 4) != 32:
        raise ValueError("no multisend")
    packed = data[68 : 68 + _number(data, 36)]
    calls = []
    while packed:
        length = _number(packed, 53)
        if packed[0] or any(packed[21:53]) or len(packed) < 85 + length:
            raise ValueError("a part that is no plain call")
        calls.append(RawCall("0x" + packed[1:21].hex(), packed[85 : 85 + length]))
        packed = packed[85 + length :]
    return tuple(calls)


def _proxied(data: bytes) -> tuple[RawCall, ...]:
    """The calls of `proxy((uint8,address,uint256,bytes)[])`. Raises ValueError."""
    if data[:4] != _PROXY:
        raise ValueError("no call of the factory's proxy")
    body = data[4:]
    start = _number(body, 0)
    members = body[start + 32 :]
    calls = []
    for place in range(_number(body, start)):
        member = members[_number(members, 32 * place) :]
        kind, value, inner = _number(member, 0), _number(member, 64), _number(member, 96)
        length = _number(member, inner)
        if kind != 1 or value or len(member) < inner + 32 + length:
            raise ValueError("a member that is no plain call")
        calls.append(RawCall("0x" + member[44:64].hex(), member[inner + 32 : inner + 32 + length]))
    return tuple(calls)


def _number(data: bytes, start: int) -> int:
    found = data[start : start + 32]
    if len(found) != 32:
        raise ValueError("too short")
    return int.from_bytes(found, "big")


def _hex(text: str) -> bytes:
    if not text.startswith("0x"):
        raise ValueError("no hex")
    return bytes.fromhex(text[2:])


def _address(text: str) -> bytes:
    return word(int(text, 16))


def _same(said: str, wanted: str) -> None:
    if address_of(said) != wanted.lower():
        raise ValueError(f"{said[:50]} is not {wanted}")


def _personal(digest: bytes) -> bytes:
    return keccak(b"\x19Ethereum Signed Message:\n32" + digest)
