"""The desk's memory of what it decided: append-only files of JSON lines in a hash chain, with one writer.

A line is written before `append` returns, or with the others of its event (`gather`, `write_out`), so that it survives
the death of the process; a flush of the disk follows in a group behind it, so that it survives a power cut. Lines that
were worked out before stand beside the journal first (`write_ahead`), which is as good.

What a line holds depends on the decision alone.
"""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import NoReturn, Self

import msgspec

from dutchbook.domain.drafts import AT, Draft
from dutchbook.domain.errors import JournalError
from dutchbook.domain.events import Cause, JournalRef
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.storage.anchor import Anchor, Head, create_anchor
from dutchbook.storage.durable import DRAFT, sync_folder, write_all
from dutchbook.storage.held_write import write_held
from dutchbook.storage.journal_format import (
    ANCHOR_FILE,
    HASH_FIELD,
    LINE_END,
    UnsealedLine,
    checked_kind,
    segment_name,
)
from dutchbook.storage.journal_repair import Look, TornTail, recover
from dutchbook.storage.lock import take
from dutchbook.storage.settings import FlushPolicy, StorageSettings
from dutchbook.storage.write_ahead import WriteAhead

type Body = msgspec.Struct | Mapping[str, object]

_NEWLINE = ord("\n")
_SEQ, _CAUSE = msgspec.Raw(b"\0seq\0"), msgspec.Raw(b"\0cause\0")
_HOLE = re.compile(rb"\0([a-z]+)\0")
"""What is to come in a line: such bytes stand in no JSON."""
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


class Journal:
    """The open journal of one desk, made by `create` or `open`. Owned by one thread; one of its own flushes.

    After any failed write or flush it takes nothing more: every call raises JournalError, and no order may leave.
    What was written before stays proven; open the journal again once the disk is well.
    """

    def __init__(self, folder: Path, anchor: int, settings: StorageSettings, look: Look | None = None) -> None:
        """Continue the journal in `folder`, whose anchor file is open and locked. Called by `open` and `create`."""
        scan, repaired = recover(folder, look)
        self.repaired: TornTail | None = repaired
        self.folder = folder
        self._limit = settings.journal_segment_bytes
        self._interval_s = settings.journal_flush_interval / SECOND
        self._number = len(scan.paths)
        self._digest = scan.digest
        self._seq = scan.seq
        self._size = scan.offset
        self._anchor_file = anchor
        self._anchor = Anchor(anchor)
        self._anchor.renew(scan.head)
        self._file = os.open(scan.segment, _APPEND)
        self._encode = msgspec.json.Encoder(order="deterministic").encode
        self._kinds: set[str] = set()
        self._failure: str | None = None
        self._durable = scan.seq
        self._written = (scan.seq, scan.digest)
        self._sync_lock = Lock()
        self._each = settings.journal_flush is FlushPolicy.EACH
        self._held = False
        self._ahead: WriteAhead | None = None
        self._behind = b""
        """Lines that stand ahead of the journal, and not in it yet."""
        self._gathered: list[bytes] | None = None
        self._asked = settings.journal_flush is not FlushPolicy.GROUP
        self._wake = Event()
        self._stop = Event()
        self._thread: Thread | None = None
        if settings.journal_flush is FlushPolicy.GROUP:
            self._thread = Thread(target=self._flush_behind, name="journal-flush", daemon=True)
            self._thread.start()

    @classmethod
    def create(cls, folder: Path, settings: StorageSettings | None = None) -> Self:
        """Begin a journal in a new or empty folder. Raises JournalError if it holds anything, or cannot be written."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(path.name != ANCHOR_FILE + DRAFT for path in folder.iterdir()):
                raise JournalError(f"{folder} is not empty - open the journal in it, or name another folder")
            create_anchor(folder)
        except OSError as error:
            raise JournalError(f"{folder}: no journal can be begun here - {error}") from error
        return cls.open(folder, settings)

    @classmethod
    def open(cls, folder: Path, settings: StorageSettings | None = None, look: Look | None = None) -> Self:
        """Prove a journal and continue it; `repaired` then tells of a torn end that was put aside.

        `look` reads each line on the way, so that nobody need prove the chain again to know what it says; what it read
        is true once this returns. Raises DeskLocked if another process has the journal open, JournalError if anything
        is damaged that was durable, and what `look` raises.
        """
        try:
            anchor = os.open(folder / ANCHOR_FILE, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise JournalError(f"{folder}: no journal can be opened here - {error}") from error
        try:
            take(anchor, folder / ANCHOR_FILE)
            return cls(folder, anchor, settings or StorageSettings(), look)
        except OSError as error:
            os.close(anchor)
            raise JournalError(f"{folder}: the journal cannot be opened - {error}") from error
        except BaseException:
            os.close(anchor)
            raise

    @property
    def head(self) -> str:
        """The hash of the last line, in hex: it stands for the whole journal up to there."""
        return self._digest.hex()

    @property
    def seq(self) -> int:
        """The number of the last line, 0 before the first."""
        return self._seq

    @property
    def durable(self) -> int:
        """The number of the last line that survives a power cut."""
        return self._durable

    @property
    def failure(self) -> str | None:
        """Why the journal takes nothing more; None while it is well. For whoever must stop the desk."""
        return self._failure

    def append(self, kind: str, at: Nanos, body: Body, cause: Cause | None = None) -> JournalRef:
        """Write one line. It survives the death of the process when this returns, or with the next `write_out` where
        lines are gathered.

        Raises JournalError if it could not be written whole, or an earlier write or flush failed; TypeError and
        ValueError, changing nothing, for a body or kind that cannot be a line. A `msgspec.Raw` within a body is
        written as it is: it must have come out of a JSON decoder.
        """
        seq = self._seq + 1
        line, digest = self._sealed(seq, self._digest, kind, at, body, cause)
        self._take(line, seq, digest)
        return JournalRef(seq)

    def draft(self, kind: str, body: msgspec.Struct) -> Draft:
        """Work out a line that `append_drafts` will write; nothing is on record by it. Raises TypeError and ValueError
        as `append` does.
        """
        if self._ahead is None and not self._each and self._file >= 0:
            with suppress(OSError):  # a disk that has no room for it: then lines are written as others are
                self._ahead = WriteAhead.beside(self.folder)
        content = self._encode(UnsealedLine(_SEQ, AT, checked_kind(kind), _CAUSE, body))[:-1]
        if _NEWLINE in content:
            raise ValueError(f"the body of a {kind!r} line embeds JSON of several lines")
        return Draft(kind, body, _HOLE.sub(rb"%(\1)b", content.replace(b"%", b"%%")))

    def append_drafts(
        self, at: Nanos, oldest: Nanos, first: Draft, rest: Sequence[Draft], cause: Cause | None
    ) -> JournalRef:
        """Write a line and those that it causes, all worked out before: the lines that `append` would write.

        With what was gathered they survive the death of the process when this returns, which is the place of the
        first; the others follow it one by one. In the files of the journal they are with the next line that is written,
        at the latest when it is let go. Raises JournalError as `append` does, and then none of them is written.
        """
        if self._failure is not None:
            raise JournalError(self._failure)
        place, last = JournalRef(self._seq + 1), self._seq + 1 + len(rest)
        lines, digest = self._filled(at, oldest, first, rest, cause)
        if self._held and not self._gathered and self._ahead is not None and self._ahead.put(self._behind + lines):
            self._seq, self._digest = last, digest
            self._behind += lines
        else:
            self._take(lines, last, digest)
            if self._gathered:
                self.write_out()
        return place

    def rehearse(self, at: Nanos, first: Draft, rest: Sequence[Draft]) -> None:
        """Do all of `append_drafts` that leaves no trace: what was just done is done again in half the time."""
        lines, _ = self._filled(at, at, first, rest, JournalRef(self._seq))
        if self._ahead is not None:
            self._ahead.touch(len(lines))

    def _filled(
        self, at: Nanos, oldest: Nanos, first: Draft, rest: Sequence[Draft], cause: Cause | None
    ) -> tuple[bytes, bytes]:
        """The lines of drafts as they would be written next, and the hash of the last."""
        digest = self._digest
        named = b"null" if cause is None else b'"%b"' % str(cause).encode()
        facts = {b"at": b"%d" % at, b"oldest": b"%d" % oldest, b"cause": named}
        parts: list[bytes] = []
        origin = self._seq + 1
        for seq, draft in enumerate((first, *rest), origin):
            facts[b"seq"] = b"%d" % seq
            content = draft.template % facts
            digest = sha256(digest + content).digest()
            parts += (content, HASH_FIELD, digest.hex().encode(), LINE_END)
            if seq == origin:
                facts[b"cause"] = b'"journal:%d"' % seq
        return b"".join(parts), digest

    def gather(self) -> bool:
        """Keep lines together from now on, until `write_out`. False if somebody does already, who will end it."""
        if self._gathered is not None:
            return False
        self._gathered = []
        return True

    def write_out(self, *, end: bool = False) -> None:
        """Write what was gathered, if anybody gathers, in one go: all of it is on record then, or nothing.

        The lines that follow are gathered again, unless this is the `end`. Raises as `append` does.
        """
        if self._gathered is None:
            return
        gathered, self._gathered = self._gathered, None if end else []
        if gathered:
            self._write(b"".join(gathered))

    def _catch_up(self) -> None:
        """Have in the journal what stands ahead of it."""
        if self._behind:
            self._write(b"")

    def _take(self, lines: bytes, seq: int, digest: bytes) -> None:
        self._seq, self._digest = seq, digest
        if self._gathered is None:
            self._write(lines)
        else:
            self._gathered.append(lines)

    def _sealed(
        self, seq: int, before: bytes, kind: str, at: Nanos, body: Body, cause: Cause | None
    ) -> tuple[bytes, bytes]:
        """A line as it is written, and its hash, which follows the one `before`."""
        if self._failure is not None:
            raise JournalError(self._failure)
        if kind not in self._kinds:
            self._kinds.add(checked_kind(kind))
        content = self._encode(UnsealedLine(seq, at, kind, None if cause is None else str(cause), body))[:-1]
        if _NEWLINE in content:
            raise ValueError(f"the body of a {kind!r} line embeds JSON of several lines")
        digest = sha256(before + content).digest()
        return b"".join((content, HASH_FIELD, digest.hex().encode(), LINE_END)), digest

    def _write(self, lines: bytes) -> None:
        """Write what ends with the last line: all of it, or nothing; then the last line is what it was before.

        What stands ahead comes first.
        """
        lines, self._behind = self._behind + lines, b""
        try:
            self._put(lines)
        except JournalError:
            self._seq, self._digest = self._written
            raise
        self._size += len(lines)
        self._written = (self._seq, self._digest)
        if self._each:
            self._flush()
        elif not self._asked:
            self._asked = True
            if not self._held:
                self._wake.set()

    def _put(self, lines: bytes) -> None:
        if self._failure is not None:  # a flush may have failed since these lines were made
            raise JournalError(self._failure)
        if self._size + len(lines) > self._limit:
            self._begin_segment()
        try:
            written = write_held(self._file, lines)
            if written != len(lines):
                # How a filling disk begins to say no: writing the rest names the error.
                write_all(self._file, lines[written:])
        except OSError as error:
            self._cut_back()
            self._fail("written", error)

    def hold(self) -> None:
        """Lines that follow are written as ever, and flushed in a group behind the next `let_go`, not in between.

        A flush on its way makes every write of a line wait for the disk, and the order behind it too.
        """
        self._held = True

    def let_go(self) -> None:
        """What was written since `hold` may be flushed."""
        self._catch_up()
        self._held = False
        if self._asked and self._thread is not None:
            self._wake.set()

    def flush(self) -> None:
        """Wait until every line written so far survives a power cut. Raises JournalError if that cannot be had."""
        self._catch_up()
        self._flush()

    def _flush(self) -> None:
        if self._failure is not None:
            raise JournalError(self._failure)
        try:
            self._sync()
        except (OSError, JournalError) as error:
            self._fail("flushed", error)

    def close(self) -> None:
        """Flush and let go. Raises JournalError if the flush fails, or had failed; the files are closed in any case."""
        try:
            self._catch_up()
        finally:
            self.vanish()

    def vanish(self) -> None:
        """Let go as the death of the process does: what stands ahead of the journal stays there. Raises as `close`."""
        if self._file < 0:
            return
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        try:
            self._flush()
        finally:
            os.close(self._file)
            os.close(self._anchor_file)
            if self._ahead is not None:
                self._ahead.close()
            self._file = -1
            self._behind = b""
            self._failure = self._failure or f"{self.folder}: the journal is closed"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _cut_back(self) -> None:
        """Take a half line out again. Where that fails too, opening the journal does it."""
        try:
            os.ftruncate(self._file, self._size)
        except OSError as error:
            self._failure = f"a half line is left at byte {self._size}: {error}"

    def _begin_segment(self) -> None:
        """Go on in a new file. The full one is durable before the new one exists: no hole can appear between them."""
        if not self._size:
            return
        path = self.folder / segment_name(self._number + 1)
        try:
            with self._sync_lock:
                os.fdatasync(self._file)
                following = os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, 0o600)
                os.close(self._file)
                self._file, self._number, self._size = following, self._number + 1, 0
                sync_folder(self.folder)
        except OSError as error:
            self._fail("continued", error)

    def _sync(self) -> None:
        """Make durable what was written, then let the anchor name it: never the other way round. Raises OSError."""
        with self._sync_lock:
            seq, digest = self._written
            if seq > self._durable:
                os.fdatasync(self._file)
                self._anchor.move(Head(seq, digest.hex()))
                self._durable = seq

    def _flush_behind(self) -> None:
        """The flushing thread: as soon as something was written, but not more often than the interval allows."""
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            self._asked = False
            try:
                self._flush()
            except JournalError:
                # Kept in `failure`: the owner meets it at its next append, and whoever watches over the desk sees it.
                return
            self._stop.wait(self._interval_s)

    def _fail(self, what: str, error: OSError | JournalError) -> NoReturn:
        half = f"; {self._failure}" if self._failure else ""
        self._failure = f"{self.folder}: the journal cannot be {what} - {error}{half} - no order may leave"
        raise JournalError(self._failure) from error
