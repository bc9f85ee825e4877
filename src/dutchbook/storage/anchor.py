"""The head anchor: how far the journal was known to reach, kept apart from it so that a cut-off end is noticed.

`head.json` is a list of two slots of fixed width, written in turn and in place: a write that a power cut tears costs
the newer slot only, and no new space is needed on a full disk. Each slot checks itself.
"""

import os
from hashlib import sha256
from pathlib import Path

import msgspec

from dutchbook.domain.errors import JournalError
from dutchbook.storage.durable import replace_file
from dutchbook.storage.journal_format import ANCHOR_FILE, GENESIS

_WIDTH = 160
_STARTS = (1, 1 + _WIDTH + 2)
_LENGTH = _STARTS[1] + _WIDTH + 2


class Head(msgspec.Struct, frozen=True):
    """A sequence number and the hash of its line, in hex; 0 and the genesis before the first line."""

    seq: int
    hash: str


EMPTY = Head(0, GENESIS.hex())


class _Slot(msgspec.Struct, frozen=True):
    seq: int
    hash: str
    check: str


class AnchorReading(msgspec.Struct, frozen=True):
    """What the anchor file says. `damage` tells of a slot that cannot be trusted; the head is then the other slot's."""

    head: Head
    damage: str | None


def create_anchor(folder: Path) -> None:
    """Write the anchor of an empty journal. Raises OSError."""
    slot = _render(EMPTY)
    replace_file(folder / ANCHOR_FILE, b"[%b,\n%b]\n" % (slot, slot))


def read_anchor(folder: Path) -> AnchorReading:
    """The newest trustworthy anchor. Raises JournalError if there is none."""
    path = folder / ANCHOR_FILE
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise JournalError(f"{path} is missing - this is no journal, or its head anchor was lost") from None
    except OSError as error:
        raise JournalError(
            f"{path} cannot be read ({error.strerror}) - restore it before the journal is used"
        ) from error
    slots = [_parse(content[start : start + _WIDTH]) for start in _STARTS]
    valid = [slot for slot in slots if slot is not None]
    if not valid:
        raise JournalError(f"{path} is damaged in both slots - restore it from a backup before the journal is used")
    head = max(valid, key=lambda slot: slot.seq)
    whole = content == b"[%b,\n%b]\n" % tuple(_render(slot) for slot in slots if slot) if len(valid) == 2 else False
    return AnchorReading(head, None if whole else f"{path} is damaged in part - opening the journal renews it")


class Anchor:
    """The open anchor of the one journal writer."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._turn = 0
        self._last: tuple[int, bytes] | None = None

    def renew(self, head: Head) -> None:
        """Write the whole file anew around `head`, mending a damaged slot. Raises OSError."""
        slot = _render(head)
        os.pwrite(self._descriptor, b"[%b,\n%b]\n" % (slot, slot), 0)
        os.ftruncate(self._descriptor, _LENGTH)
        os.fdatasync(self._descriptor)
        self._last = (_STARTS[0], slot)

    def move(self, head: Head) -> None:
        """Let the anchor name `head`, whose line must be durable already. Raises OSError.

        Raises JournalError if the slot written last is not there any more: another process writes to this journal,
        which a lock on a shared file system may have failed to prevent.
        """
        if self._last is not None and os.pread(self._descriptor, _WIDTH, self._last[0]) != self._last[1]:
            raise JournalError("the head anchor was changed by another process - stop all desks of this journal")
        self._turn = 1 - self._turn
        slot = _render(head)
        os.pwrite(self._descriptor, slot, _STARTS[self._turn])
        os.fdatasync(self._descriptor)
        self._last = (_STARTS[self._turn], slot)


def _render(head: Head) -> bytes:
    check = sha256(f"{head.seq}:{head.hash}".encode()).hexdigest()[:16]
    return msgspec.json.encode(_Slot(head.seq, head.hash, check)).ljust(_WIDTH)


def _parse(text: bytes) -> Head | None:
    """The head in a slot; None unless every byte of it is as it was written."""
    try:
        slot = msgspec.json.decode(text, type=_Slot)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    head = Head(slot.seq, slot.hash)
    return head if _render(head) == text else None
