"""Damage for frames: flipped and lost bytes, repeated parts, and numbers that are none of ours."""

import random
import re
from collections.abc import Iterator

NASTY = (
    "NaN", "Infinity", "-inf", "-1", "-0", "+1", "1e3", "1E-2", "0.00001", "0.123456789", "1.0000001", "9" * 20, "0x10",
    "1_000", " 1", "1 ", "", ".", ".5", "5.", "1,5", "\u0665", "\uff15.\uff10", "\u00b2", "null", "0", "1", "0.0",
)  # fmt: skip
_NUMBER = re.compile(rb'"[0-9.]+"')
_BARE = (b"NaN", b"-5", b"1e400", b"null", b"{}", b"[]", b"0.5", b"123", b"true", b"")


def mutants(bodies: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged copies of `bodies`, the same for the same seed."""
    chance = random.Random(seed)
    numbers = [[match.span() for match in _NUMBER.finditer(body)] for body in bodies]
    for _ in range(count):
        index = chance.randrange(len(bodies))
        body = bodies[index]
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            body = _damaged(body, numbers[index], chance)
        yield body


def _damaged(body: bytes, numbers: list[tuple[int, int]], chance: random.Random) -> bytes:
    at, length = chance.randrange(len(body) + 1), chance.randrange(1, 9)
    match chance.randrange(7):
        case 0:
            return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
        case 1:
            return body[:at] + body[at + length :]
        case 2:
            return body[: at + length] + body[at:]
        case 3:
            return body[:at]
        case 4 if numbers:
            begin, end = chance.choice(numbers)
            return body[:begin] + chance.choice(_BARE) + body[end:]
        case _ if numbers:
            begin, end = chance.choice(numbers)
            return body[:begin] + b'"' + chance.choice(NASTY).encode() + b'"' + body[end:]
    return body[:at] + body[at:][::-1]
