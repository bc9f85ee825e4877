"""Damage for frames: flipped and lost bytes, repeated parts, and numbers that are none of ours."""

import random
import re
from collections.abc import Iterator

NASTY = (
    "NaN", "Infinity", "-Infinity", "-inf", "-1", "-0", "--1", "+1", "1e3", "1E-2", "0.00001", "0.123456789",
    "1.0000001", "-0.0000001", "99999999999999999999", "0x10", "1_000", " 1", "1 ", "", "-", ".", ".5", "5.", "1,5",
    "\u0665", "\uff15.\uff10", "\u00b2", "\u22121", "null", "true", "0", "1", "0.0", "0.99999",
)  # fmt: skip
BARE = (b"NaN", b"-Infinity", b"-5", b"1e400", b"1e2", b"null", b"{}", b"[]", b"0.5", b"123", b"true", b"", b"1e-7")
_TEXT = re.compile(rb'"-?[0-9.]+"')
_NUMBER = re.compile(rb'"-?[0-9.]+"|(?<=:)-?[0-9.]+')


def mutants(bodies: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged copies of `bodies`, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        body = chance.choice(bodies)
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            body = _damaged(body, chance)
        yield body


def _damaged(body: bytes, chance: random.Random) -> bytes:
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
        case 4:
            return _with(body, _NUMBER, chance.choice(BARE), chance)
    return _with(body, _TEXT, b'"' + chance.choice(NASTY).encode() + b'"', chance)


def _with(body: bytes, pattern: re.Pattern[bytes], text: bytes, chance: random.Random) -> bytes:
    found = [match.span() for match in pattern.finditer(body)]
    if not found:
        return body[::-1]
    begin, end = chance.choice(found)
    return body[:begin] + text + body[end:]
