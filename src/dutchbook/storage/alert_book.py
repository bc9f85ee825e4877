"""The book of alerts of a home: what was raised, delivered and acknowledged, a JSON line each, by whichever process.

Lines are appended under a lock of the file system and never changed, so that an acknowledgement on any surface counts
on all. The book holds no secret: what is written was made harmless before.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import msgspec

from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.domain.units import DAY, Nanos
from dutchbook.storage.alert_words import Loudness, Occasion, Tier
from dutchbook.storage.durable import replace_file, write_all

type AlertId = str
"""Short enough to be typed: a letter and a number, `a17`."""

KEEP = Nanos(90 * DAY)
"""How long alerts stay in the book once it has grown large."""
LARGE, MOST = 8 << 20, 20_000
"""Bytes from which on the book is looked through for what may go, and alerts that stay at most."""


class Raised(msgspec.Struct, frozen=True, kw_only=True, tag="raised", omit_defaults=True):
    """Something happened that a person should hear of. `routes` says on which channels, and how loudly.

    `subject` is an order, a market, a venue or a rule: alerts of one occasion and subject are the same trouble.
    `ref` is where its reason is on record: a run and a journal line.
    """

    id: AlertId
    at: Nanos
    occasion: Occasion
    tier: Tier
    mode: str
    title: str
    text: str = ""
    subject: str = ""
    ref: str = ""
    routes: Mapping[str, Loudness] = {}


class Delivered(msgspec.Struct, frozen=True, kw_only=True, tag="delivered", omit_defaults=True):
    """A try to send an alert over a channel; `detail` says why it failed, if it did."""

    id: AlertId
    at: Nanos
    channel: str
    ok: bool = True
    detail: str = ""


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True, tag="acknowledged"):
    """A person has seen it: `by` says who, and on which surface."""

    id: AlertId
    at: Nanos
    by: str


type Entry = Raised | Delivered | Acknowledged


class AlertState(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and all that became of it, in order."""

    raised: Raised
    deliveries: tuple[Delivered, ...] = ()
    acknowledged: Acknowledged | None = None

    @property
    def response(self) -> Nanos | None:
        """How long it took until somebody acknowledged it."""
        return None if self.acknowledged is None else Nanos(self.acknowledged.at - self.raised.at)

    @property
    def waits(self) -> bool:
        """Whether somebody should still acknowledge it."""
        return self.acknowledged is None and self.raised.tier.rank >= Tier.CRITICAL.rank

    @property
    def delivered(self) -> frozenset[str]:
        """The channels that took it."""
        return frozenset(each.channel for each in self.deliveries if each.ok)

    @property
    def pending(self) -> frozenset[str]:
        """The channels that should have it and do not."""
        wanted = {name for name, how in self.raised.routes.items() if how in (Loudness.ON, Loudness.SILENT)}
        return frozenset(wanted) - self.delivered


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


class AlertBook:
    """The book in the file at `path`. Every call sees what other processes wrote meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._alerts: dict[AlertId, AlertState] = {}
        self._place = (0, 0)  # of the file that was read: its inode, and how much of it
        self._number = 0
        self.damaged = 0
        """How many lines of the file are none of this version: torn by a crash, or written by a newer program."""

    def alerts(self) -> Mapping[AlertId, AlertState]:
        """Every alert in the book, the oldest first. Raises DutchbookError if the file cannot be read."""
        try:
            self._refresh()
        except OSError as error:
            raise DutchbookError(f"{self.path}: {error.strerror} - check its permissions and the disk") from error
        return MappingProxyType(self._alerts)

    def find(self, alert: AlertId) -> AlertState:
        """One alert. Raises UsageError if there is none of that name."""
        found = self.alerts().get(alert.lower())
        if found is None:
            raise UsageError(f"no alert {alert!r} is in {self.path} - `dutchbook alerts list` shows them")
        return found

    def raise_alert(self, draft: Raised) -> Raised:
        """Put an alert into the book, under the next free name. Raises DutchbookError if the disk refuses."""
        with self._locked() as descriptor:
            self._refresh()
            raised = msgspec.structs.replace(draft, id=f"a{self._number + 1}")
            self._append(descriptor, raised)
        return raised

    def delivered(self, entry: Delivered) -> None:
        """Put a delivery, or a failed one, into the book."""
        with self._locked() as descriptor:
            self._append(descriptor, entry)

    def acknowledge(self, alert: AlertId, by: str, now: Nanos) -> AlertState:
        """Say that somebody has seen an alert; the first one counts, and is returned. Raises UsageError if unknown."""
        self.find(alert)
        with self._locked() as descriptor:
            self._refresh()
            if self._alerts[alert.lower()].acknowledged is None:
                self._append(descriptor, Acknowledged(id=alert.lower(), at=now, by=by))
        return self.find(alert)

    def shorten(self, now: Nanos, keep: Nanos = KEEP, large: int = LARGE, most: int = MOST) -> int:
        """Once the file is large, drop what is older than `keep`, and the oldest beyond `most`; how many went.

        The newest stays whatever its age: names go on behind it.
        """
        if not self.path.exists() or self.path.stat().st_size <= large:
            return 0
        with self._locked():
            self._refresh()
            newest = list(self._alerts.values())[-most:]
            kept = [one for place, one in enumerate(newest, 1) if one.raised.at >= now - keep or place == len(newest)]
            dropped = len(self._alerts) - len(kept)
            if dropped:
                replace_file(self.path, b"".join(_encode(entry) + b"\n" for one in kept for entry in _entries(one)))
        return dropped

    def _refresh(self) -> None:
        """Read what was appended since the last look; all of it, if the file was replaced."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            inode, read = os.fstat(file.fileno()).st_ino, self._place[1]
            if inode != self._place[0]:
                self._alerts, self.damaged, read = {}, 0, 0
            file.seek(read)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        for line in whole.splitlines():
            self._learn(line)
        self._place = (inode, read + len(whole))

    def _learn(self, line: bytes) -> None:
        try:
            entry = _decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.damaged += bool(line.strip())
            return
        if isinstance(entry, Raised):
            self._number = max(self._number, _number_of(entry.id))
            self._alerts[entry.id] = AlertState(raised=entry)
        elif (there := self._alerts.get(entry.id)) is None:
            return  # of an alert that was dropped since
        elif isinstance(entry, Delivered):
            self._alerts[entry.id] = msgspec.structs.replace(there, deliveries=(*there.deliveries, entry))
        elif there.acknowledged is None:
            self._alerts[entry.id] = msgspec.structs.replace(there, acknowledged=entry)

    def _append(self, descriptor: int, entry: Entry) -> None:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        write_all(descriptor, (b"\n" if torn else b"") + _encode(entry) + b"\n")
        if _matters(entry):
            os.fdatasync(descriptor)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, for this process alone. Raises DutchbookError if the disk refuses."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
                descriptor = os.open(self.path, flags, 0o600)
                try:
                    yield descriptor
                finally:
                    os.close(descriptor)
            finally:
                os.close(lock)
        except OSError as error:
            raise DutchbookError(f"{self.path}: {error.strerror} - check its permissions and the disk") from error


def _matters(entry: Entry) -> bool:
    """Whether an entry must survive a power cut at once. Others are safe from the death of a process alone."""
    match entry:
        case Raised(tier=tier):
            return tier.rank >= Tier.CRITICAL.rank
        case Delivered():
            return False
        case Acknowledged():
            return True


def _entries(one: AlertState) -> Iterator[Entry]:
    yield one.raised
    yield from one.deliveries
    if one.acknowledged is not None:
        yield one.acknowledged


def _number_of(alert: AlertId) -> int:
    digits = alert[1:]
    return int(digits) if digits.isdigit() and digits.isascii() else 0
