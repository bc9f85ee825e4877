"""Raw transactions: EIP-1559 envelopes taken apart, and who signed them."""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.exchange.servers.polymarket.contracts import CHAIN
from dutchbook.exchange.servers.polymarket.signing import BadSignature, keccak, recover

_DYNAMIC_FEE = 2
_FIELDS = 12
_HALF_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 // 2
"""Half of the curve's order: greater s are refused since Homestead (EIP-2)."""

type Item = bytes | list["Item"]


class BadTransaction(DutchbookError):
    """Bytes that are no transaction of this chain; the message is what a node would say."""


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A signed transaction. `sender` and `to` are in lower case, gas prices in wei."""

    hash: str
    sender: str
    nonce: int
    to: str
    data: bytes
    gas: int
    max_fee: int
    tip: int


def transaction_of(raw: bytes) -> Transaction:
    """Raises BadTransaction for anything but a whole, rightly signed type-2 transaction without money."""
    if not raw or raw[0] != _DYNAMIC_FEE:
        raise BadTransaction("transaction type not supported")
    fields = _decoded(raw[1:])
    if not isinstance(fields, list) or len(fields) != _FIELDS or fields[8] != []:
        raise BadTransaction("rlp: wrong number of fields, or an access list")
    chain, nonce, tip, max_fee, gas, value, parity, r, s = (_number(fields[i]) for i in (0, 1, 2, 3, 4, 6, 9, 10, 11))
    to, data = fields[5], fields[7]
    if not isinstance(to, bytes) or len(to) != 20 or not isinstance(data, bytes):
        raise BadTransaction("rlp: no receiver")
    if chain != CHAIN:
        raise BadTransaction(f"invalid chain id for signer: have {chain} want {CHAIN}")
    if value:
        raise BadTransaction("insufficient funds for gas * price + value")
    if tip > max_fee:
        raise BadTransaction("max priority fee per gas higher than max fee per gas")
    unsigned = bytes([_DYNAMIC_FEE]) + _list([_encoded(item) for item in fields[:9]])
    return Transaction(
        hash="0x" + keccak(raw).hex(),
        sender=_signer(keccak(unsigned), parity, r, s),
        nonce=nonce,
        to="0x" + to.hex(),
        data=data,
        gas=gas,
        max_fee=max_fee,
        tip=tip,
    )


def _signer(digest: bytes, parity: int, r: int, s: int) -> str:
    if parity > 1 or s > _HALF_ORDER:
        raise BadTransaction("invalid transaction v, r, s values")
    try:
        return recover(digest, r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity]))
    except (BadSignature, OverflowError) as error:
        raise BadTransaction("invalid transaction v, r, s values") from error


def _number(item: Item) -> int:
    """A big-endian number. Raises BadTransaction for one with leading zeros, or more than 256 bits."""
    if not isinstance(item, bytes) or item[:1] == b"\0" or len(item) > 32:
        raise BadTransaction("rlp: non-canonical integer")
    return int.from_bytes(item, "big")


def _decoded(raw: bytes) -> Item:
    """The one item that these bytes are. Raises BadTransaction."""
    try:
        item, rest = _item(raw)
    except (IndexError, RecursionError) as error:
        raise BadTransaction("rlp: value size exceeds available input length") from error
    if rest:
        raise BadTransaction("rlp: trailing bytes")
    return item


def _item(raw: bytes) -> tuple[Item, bytes]:
    first = raw[0]
    if first < 0x80:
        return raw[:1], raw[1:]
    offset = 0x80 if first < 0xC0 else 0xC0
    length, start = first - offset, 1
    if length > 55:
        start += length - 55
        length = int.from_bytes(raw[1:start], "big")
        if raw[1] == 0 or length < 56:
            raise BadTransaction("rlp: non-canonical size information")
    content, rest = raw[start : start + length], raw[start + length :]
    if len(content) != length:
        raise IndexError(length)
    if offset == 0x80:
        if length == 1 and content[0] < 0x80:
            raise BadTransaction("rlp: non-canonical size information")
        return content, rest
    items: list[Item] = []
    while content:
        item, content = _item(content)
        items.append(item)
    return items, rest


def _encoded(item: Item) -> bytes:
    if isinstance(item, list):
        return _list([_encoded(one) for one in item])
    return item if len(item) == 1 and item[0] < 0x80 else _headed(item, 0x80)


def _list(items: Sequence[bytes]) -> bytes:
    return _headed(b"".join(items), 0xC0)


def _headed(content: bytes, offset: int) -> bytes:
    length = len(content)
    if length < 56:
        return bytes([offset + length]) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(digits)]) + digits + content
