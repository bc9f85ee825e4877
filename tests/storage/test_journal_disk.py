"""The journal on a disk that refuses and in a process that dies: nothing acknowledged is lost, nothing half is kept."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dutchbook.domain.errors import JournalError
from dutchbook.domain.units import Nanos
from dutchbook.storage.held_write import write_held
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_reader import verify
from dutchbook.storage.settings import FlushPolicy, StorageSettings

EACH = StorageSettings(journal_flush=FlushPolicy.EACH, journal_segment_bytes=4_096)
HELD = "dutchbook.storage.journal.write_held"
"""What writes the lines; other threads wait for it."""

FILL_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from dutchbook.domain.errors import JournalError
from dutchbook.storage.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal.create(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, resource.RLIM_INFINITY))
refused = 0
for number in range(2_000):
    try:
        journal.append("k", number, {"text": "x" * 100})
    except JournalError as error:
        refused += 1
print(journal.seq, refused, journal.failure)
"""

WRITE_UNTIL_KILLED = """
import sys
from pathlib import Path
from dutchbook.storage.journal import Journal
journal = Journal.create(Path(sys.argv[1]))
number = 0
while True:
    journal.append("k", number, {"text": "x" * (number % 200)})
    number += 1
    if number % 100 == 0:
        print(number, flush=True)
"""


def test_a_full_disk_stops_the_journal_at_a_whole_line(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, str(tmp_path / "j")], check=True, capture_output=True, text=True
    )
    written, refused, failure = run.stdout.split(maxsplit=2)
    assert int(written) + int(refused) == 2_000
    assert "File too large" in failure
    assert "no order may leave" in failure
    with Journal.open(tmp_path / "j") as journal:
        assert journal.seq == int(written)
        assert journal.repaired is None
        journal.append("k", Nanos(0), {"after": "space came back"})
    assert verify(tmp_path / "j").ok


@pytest.mark.parametrize("lines", [100, 700, 2_500])
def test_a_killed_process_loses_no_line_that_it_had_written(tmp_path: Path, lines: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, str(tmp_path / "j")], stdout=subprocess.PIPE, text=True
    ) as desk:
        assert desk.stdout
        acknowledged = 0
        while acknowledged < lines:
            acknowledged = int(desk.stdout.readline())
        desk.send_signal(signal.SIGKILL)
    with Journal.open(tmp_path / "j") as journal:
        assert journal.seq >= acknowledged
    assert verify(tmp_path / "j").ok


def test_a_half_line_that_cannot_be_taken_back_is_put_aside_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.create(tmp_path / "j", EACH)
    journal.append("k", Nanos(0), {"number": 0})
    write = os.write

    def half(descriptor: int, content: bytes) -> int:
        if len(content) < 60:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, content[:50])

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", half)
        broken.setattr(HELD, half)
        broken.setattr(os, "ftruncate", refuse)
        with pytest.raises(JournalError, match=r"No space left.*half line is left"):
            journal.append("k", Nanos(1), {"number": 1})
    with pytest.raises(JournalError, match="No space left"):
        journal.append("k", Nanos(2), {"number": 2})
    with pytest.raises(JournalError, match="No space left"):
        journal.close()
    assert verify(tmp_path / "j").torn > 0
    with Journal.open(tmp_path / "j", EACH) as journal:
        assert journal.repaired
        assert journal.seq == 1


LINES = 10
CALLS = ("write", "pwrite", "fdatasync", "fsync", "open", "ftruncate")


class Disk:
    """Lets a number of calls through, then fails one of them, or all that follow."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, allowed: int, *, forever: bool) -> None:
        self.left = allowed
        self.failed = False
        self._forever = forever
        for name in CALLS:
            monkeypatch.setattr(os, name, self._guarded(getattr(os, name)))
        monkeypatch.setattr(HELD, self._guarded(write_held))

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == -1 or (self.left < 0 and self._forever):
                self.failed = True
                raise OSError(errno.EIO, "Input/output error")
            return call(*arguments, **options)

        return guarded


def write_until_refused(folder: Path) -> int:
    """How many lines were acknowledged as durable, appending until the first refusal."""
    acknowledged = 0
    try:
        journal = Journal.create(folder, EACH)
    except JournalError:
        return 0
    try:
        for number in range(LINES):
            journal.append("k", Nanos(number), {"text": "x" * 900})
            acknowledged += 1
    except JournalError:
        with pytest.raises(JournalError):
            journal.append("k", Nanos(0), {"must": "never be written"})
        assert journal.failure
    try:
        journal.close()
    except JournalError:
        assert journal.failure
    return acknowledged


@pytest.mark.parametrize("forever", [False, True])
def test_whichever_call_fails_nothing_acknowledged_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forever: bool
) -> None:
    survived = 0
    for allowed in range(2_000):
        folder = tmp_path / str(allowed)
        with monkeypatch.context() as broken:
            disk = Disk(broken, allowed, forever=forever)
            acknowledged = write_until_refused(folder)
        if not disk.failed:
            break
        if not (folder / "head.json").exists():
            assert acknowledged == 0
            Journal.create(folder, EACH).close()
        with Journal.open(folder, EACH) as journal:
            assert acknowledged <= journal.seq <= acknowledged + 1
            journal.append("k", Nanos(0), {"after": "repair"})
        check = verify(folder)
        assert check.ok, check.reason
        survived += 1
    assert survived > 4 * LINES
    assert acknowledged == LINES


def test_lines_that_were_gathered_before_a_flush_failed_are_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.create(tmp_path / "j", StorageSettings(journal_flush=FlushPolicy.MANUAL))
    journal.append("k", Nanos(1), {"n": 1})
    head = journal.head
    assert journal.gather()
    journal.append("k", Nanos(2), {"n": 2})

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, "fdatasync", refuse)
    with pytest.raises(JournalError, match="flushed"):
        journal.flush()
    with pytest.raises(JournalError, match="no order may leave"):
        journal.write_out(end=True)
    assert (journal.seq, journal.head) == (1, head)
    assert (tmp_path / "j" / "journal-000001.jsonl").read_text().count("\n") == 1
    with pytest.raises(JournalError):
        journal.close()
