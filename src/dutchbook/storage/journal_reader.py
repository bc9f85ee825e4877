"""Reading and checking a journal: every line is proven by the hash chain before anybody sees it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from dutchbook.domain.errors import JournalError
from dutchbook.domain.events import Cause
from dutchbook.domain.units import Nanos
from dutchbook.storage.journal_format import WireLine, cause_of
from dutchbook.storage.journal_scan import JournalScan, damaged


class JournalLine(msgspec.Struct, frozen=True):
    """One proven line. `body` is its JSON, undecoded: `msgspec.json.decode(line.body, type=...)`."""

    seq: int
    at: Nanos
    kind: str
    cause: Cause | None
    body: msgspec.Raw
    hash: str


class JournalCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. The first `lines` lines are proven; `head` is the hash of the last of them.

    `first_bad` is the number of the first line that is missing or cannot be proven. `torn` counts the bytes behind the
    proven part: after a crash, those beyond the head anchor are put aside when the journal is next opened.
    """

    ok: bool
    lines: int
    head: str
    first_bad: int | None = None
    torn: int = 0
    reason: str | None = None


def read(folder: Path) -> Iterator[JournalLine]:
    """The lines of a journal, in order. Raises JournalError behind the last proven one, if that is not the end."""
    scan = JournalScan(folder)
    for line in scan.lines():
        yield _journal_line(line)
    if scan.problem is not None:
        raise damaged(scan.problem, promised=scan.breaks_promise)


def verify(folder: Path) -> JournalCheck:
    """Prove the whole journal and say where it breaks. Changes nothing; a folder that holds no journal is not ok."""
    try:
        scan = JournalScan(folder)
        scan.finish()
    except (JournalError, OSError) as error:
        return JournalCheck(ok=False, lines=0, head="", first_bad=1, reason=str(error))
    bad = scan.problem is not None
    return JournalCheck(
        ok=not bad and scan.anchor_damage is None,
        lines=scan.seq,
        head=scan.head.hash,
        first_bad=scan.seq + 1 if bad else None,
        torn=scan.torn if bad else 0,
        reason=scan.problem or scan.anchor_damage,
    )


def _journal_line(line: WireLine) -> JournalLine:
    cause = None if line.cause is None else cause_of(line.cause)
    return JournalLine(line.seq, Nanos(line.at), line.kind, cause, line.body, line.hash)
