"""How journal lines, their hash chain and their files look. The one place that knows the bytes.

A line is `{"seq":1,"at":0,"kind":"verdict","cause":"frame:0:12","body":{...},"hash":"<64 hex digits>"}` and a newline.
Its hash is SHA-256 over the 32 bytes of the hash before it and the line up to, without, `,"hash":`; the first line
follows `GENESIS`. Nothing in a line depends on the machine, the process or the hour it ran.
"""

import re
from hashlib import sha256
from pathlib import Path

import msgspec

from dutchbook.domain.events import Cause, FrameRef, JournalRef

GENESIS = sha256(b"dutchbook journal 1").digest()
"""What the first line is chained to; it names the format's version."""

ANCHOR_FILE = "head.json"

HASH_FIELD = b',"hash":"'
LINE_END = b'"}\n'
SEALED_TAIL = len(HASH_FIELD) + 64 + len(LINE_END)
"""How many bytes of a line follow what its hash covers."""

_SEGMENT = re.compile(r"journal-([0-9]{6})\.jsonl", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9_.]*", re.ASCII)
_CAUSE = re.compile(r"frame:([0-9]{1,18}):([0-9]{1,18})|journal:([0-9]{1,18})", re.ASCII)


class UnsealedLine(msgspec.Struct, frozen=True, gc=False):
    """A line before its hash is known. Its JSON without the closing brace is what the hash covers."""

    seq: int | msgspec.Raw
    at: int | msgspec.Raw
    kind: str
    cause: str | msgspec.Raw | None
    body: object


class WireLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A line as it is written."""

    seq: int
    at: int
    kind: str
    cause: str | None
    body: msgspec.Raw
    hash: str


def segment_name(number: int) -> str:
    """The name of the journal's `number`-th file, from 1."""
    return f"journal-{number:06}.jsonl"


def segment_paths(folder: Path) -> tuple[list[Path], Path | None]:
    """The segments of a journal in order, up to the first missing one; and that one, unless nothing follows it."""
    found = {int(m[1]): path for path in folder.iterdir() if (m := _SEGMENT.fullmatch(path.name))}
    paths: list[Path] = []
    while (number := len(paths) + 1) in found:
        paths.append(found[number])
    missing = folder / segment_name(number) if len(paths) < len(found) else None
    return paths, missing


def checked_kind(kind: str) -> str:
    """The same kind. Raises ValueError for what is none."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} is no kind of journal line: lower case letters, digits, _ and . only")
    return kind


def cause_of(text: str) -> Cause:
    """The cause that a line names. Raises ValueError for anything else."""
    match = _CAUSE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no cause")
    segment, offset, seq = match.groups()
    return JournalRef(int(seq)) if seq is not None else FrameRef(int(segment), int(offset))
