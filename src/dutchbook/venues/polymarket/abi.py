"""The little of Ethereum's ABI that the desk's calls need: static words, dynamic tails, selectors."""

from collections.abc import Sequence

import msgspec

from dutchbook.venues.polymarket.keccak import keccak
from dutchbook.venues.polymarket.typed_data import word

WORD = 32


class Dynamic(msgspec.Struct, frozen=True):
    """An argument whose length is its own: it stands behind the others, and its place is told in its stead."""

    encoded: bytes


type Argument = bytes | Dynamic
"""A static argument is its 32 bytes."""


def selector(signature: str) -> bytes:
    """The four bytes that name a function, `name(type,type)`."""
    return keccak(signature.encode())[:4]


def arguments(*given: Argument) -> bytes:
    """A tuple of arguments."""
    place = WORD * len(given)
    heads: list[bytes] = []
    tails: list[bytes] = []
    for argument in given:
        if isinstance(argument, Dynamic):
            heads.append(word(place))
            tails.append(argument.encoded)
            place += len(argument.encoded)
        else:
            heads.append(argument)
    return b"".join(heads + tails)


def byte_string(data: bytes) -> Dynamic:
    """`bytes`: length, content, filled up with zeros to whole words."""
    return Dynamic(word(len(data)) + data + bytes(-len(data) % WORD))


def numbers(values: Sequence[int]) -> Dynamic:
    """`uint256[]`."""
    return Dynamic(word(len(values)) + b"".join(word(value) for value in values))


def tuples(members: Sequence[Sequence[Argument]]) -> Dynamic:
    """An array of tuples that have dynamic members."""
    return Dynamic(word(len(members)) + arguments(*(Dynamic(arguments(*member)) for member in members)))


def fixed(text: str, length: int) -> bytes:
    """`bytes<length>` from 0x and its hex digits, filled up on the right. Raises ValueError for anything else."""
    raw = bytes.fromhex(text[2:]) if text.startswith("0x") else b""
    if len(raw) != length:
        raise ValueError(f"{text[:80]!r} has not {length} bytes of hex digits")
    return raw.ljust(WORD, b"\0")
