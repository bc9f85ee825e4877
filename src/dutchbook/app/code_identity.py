"""Which program this is: its version, and a hash of its source, so that a report can name what ran."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from dutchbook import __version__


@cache
def code_identity() -> str:
    """`dutchbook 0.1.0+<12 hex digits>`: SHA-256 over the paths and contents of all modules, in their order."""
    package = Path(__file__).resolve().parents[1]
    seen = sha256()
    for path in sorted(package.rglob("*.py")):
        seen.update(str(path.relative_to(package)).encode())
        seen.update(path.read_bytes())
    return f"dutchbook {__version__}+{seen.hexdigest()[:12]}"
