"""Whether a kept journal line is still what the hash chain says."""

from hashlib import sha256

import msgspec

from dutchbook.storage.journal_format import UnsealedLine

_encode = msgspec.json.Encoder(order="deterministic").encode


class SealedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A journal line with the hash before it: all that its own hash is made of."""

    seq: int
    at: int
    kind: str
    cause: str | None
    body: str
    before: str
    hash: str


def proven(line: SealedRow) -> bool:
    """Whether the line gives its hash. That the hash before it is the right one, `journal verify` proves."""
    unsealed = UnsealedLine(line.seq, line.at, line.kind, line.cause, msgspec.Raw(line.body.encode()))
    try:
        digest = sha256(bytes.fromhex(line.before) + _encode(unsealed)[:-1])
    except ValueError:
        return False
    return digest.hexdigest() == line.hash
