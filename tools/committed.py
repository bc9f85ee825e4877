"""What no committed file may contain: the name of a package registry's host, or a path of somebody's machine.

`python -m tools.committed` prints what it finds and fails on it. The patterns are put together from pieces, because
this file is committed too.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_REGISTRIES = (
    ("py", "pi.org"),
    ("python", "hosted.org"),
    ("pytorch", ".org/whl"),
    ("ana", "conda.org"),
    ("anaconda", ".com"),
    ("registry.", "npmjs"),
    ("registry.", "yarnpkg"),
    ("crates", ".io"),
    ("proxy.", "golang.org"),
    ("ghcr", ".io"),
    ("j", "frog.io"),
)
_PATHS = (
    ("/ho", "me/[a-z]"),
    ("/Us", "ers/[a-z]"),
    ("/ro", "ot/"),
    ("/wo", "rk/(main|shared|[.])"),
    ("/op", "t/(wheels|pypi)"),
)


def findings(root: Path) -> list[str]:
    """Each offending line below `root` that git would commit, as `file:line:text`."""
    patterns = ["".join(pieces).replace(".", "[.]") for pieces in _REGISTRIES]
    patterns += ["".join(pieces) for pieces in _PATHS]
    # --no-index judges files that are not added yet as well, and a tree that is no repository.
    command = ["git", "grep", "--no-index", "--exclude-standard", "-nIiE", "|".join(patterns), "--", "."]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if found.returncode > 1 or found.stderr:
        raise SystemExit(f"error: git grep failed in {root}: {found.stderr.strip()}")
    return found.stdout.splitlines()


def main() -> int:
    lines = findings(ROOT)
    for line in lines:
        print(f"{line[:200]}: registry hosts and machine paths are not committed", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
