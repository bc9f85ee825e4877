"""Whether this machine and home can run a desk, and what to do where not."""

import os
import platform
import shutil
import sqlite3
import sys
from pathlib import Path

from dutchbook.app.runs import journal_folder
from dutchbook.domain.errors import UsageError
from dutchbook.domain.pricing.packed import kernel
from dutchbook.evaluation.snapshot import CheckResult
from dutchbook.risk.halt import halt_file, read_halt
from dutchbook.storage.journal_reader import verify

_LEAST_FREE = 1 << 30


def doctor(home: Path) -> list[CheckResult]:
    """All checks, in the order in which they are worth reading."""
    return [_python(), _fast_kernels(), _sqlite(), _home(home), _disk(home), _halt(home), _journal(home)]


def _python() -> CheckResult:
    version = platform.python_version()
    good = sys.version_info >= (3, 12)
    return _result("python", good, version, "install Python 3.12 or later, then `make setup`")


def _fast_kernels() -> CheckResult:
    good = kernel() is not None
    found = "compiled" if good else "plain Python: right, but slower"
    return _result("fast kernels", good, found, "install the extra `fast` (numba)", otherwise="warn")


def _sqlite() -> CheckResult:
    version = sqlite3.sqlite_version_info
    return _result(
        "sqlite",
        version >= (3, 51, 3),
        sqlite3.sqlite_version,
        "nothing to do: one connection writes. Let no other program write to desk.db: this library could damage it",
        otherwise="warn",
    )


def _home(home: Path) -> CheckResult:
    good = os.access(home if home.exists() else home.parent, os.W_OK) or not home.parent.exists()
    return _result("home folder", good, str(home), "make it writable, or set DUTCHBOOK_HOME to another folder")


def _disk(home: Path) -> CheckResult:
    place = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    return _result(
        "disk", free >= _LEAST_FREE, f"{free / 2**30:.1f} GiB free at {place}", "free some space", otherwise="warn"
    )


def _halt(home: Path) -> CheckResult:
    standing = read_halt(halt_file(home))
    found = "not halted" if standing is None else f"halted by {standing.by}: {standing.reason}"
    return _result("halt", standing is None, found, "check, then `dutchbook resume --i-checked`", otherwise="warn")


def _journal(home: Path) -> CheckResult:
    try:
        folder = journal_folder(home, None)
    except UsageError:
        return _result("journal", good=True, found="no run yet", fix="")
    check = verify(folder)
    found = f"{check.lines} lines proven in {folder.parent.name}" + ("" if check.ok else f"; {check.reason}")
    return _result("journal", check.ok, found, "`dutchbook journal verify` says where it breaks")


def _result(name: str, good: bool, found: str, fix: str, otherwise: str = "fail") -> CheckResult:
    return CheckResult(name=name, verdict="pass" if good else otherwise, found=found, fix="" if good else fix)
