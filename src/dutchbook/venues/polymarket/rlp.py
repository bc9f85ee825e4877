"""RLP, the form in which Ethereum's transactions are written and signed."""

from collections.abc import Sequence

type Item = int | bytes | Sequence["Item"]


def rlp(item: Item) -> bytes:
    """An item as bytes: numbers big-endian without leading zeros. Raises OverflowError for a negative number."""
    if isinstance(item, int):
        return rlp(item.to_bytes((item.bit_length() + 7) // 8, "big"))
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _length(len(item), 0x80) + item
    content = b"".join(rlp(one) for one in item)
    return _length(len(content), 0xC0) + content


def _length(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(digits)]) + digits
