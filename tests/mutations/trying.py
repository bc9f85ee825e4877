"""Tries a mutation in a copy of the tree: the tree itself is never touched."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import DATA, ROOT
from tests.mutations.mutations import Mutation

_COPIED = ("src", "tests", "pyproject.toml", "tools", "docs", "README.md")
_PATIENCE_S = 300


def copy_tree(into: Path) -> Path:
    """What tests need of the tree."""
    for name in _COPIED:
        found = ROOT / name
        if found.is_dir():
            shutil.copytree(found, into / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(found, into / name)
    return into


def killed(mutation: Mutation, tree: Path) -> bool:
    """Whether its tests notice the bug. Raises ValueError if the place of it is not found, or not only once."""
    path = tree / mutation.file
    source = path.read_text()
    if source.count(mutation.old) != 1:
        raise ValueError(f"{mutation.name}: {mutation.file} has its place {source.count(mutation.old)} times, not once")
    path.write_text(source.replace(mutation.old, mutation.new))
    try:
        return any(_fails(tests, tree) for tests in mutation.tests)
    finally:
        path.write_text(source)


def _fails(tests: str, tree: Path) -> bool:
    """Whether tests fail. Those that find nothing to run, or cannot even be read, do not count as a failure."""
    environment = {**os.environ, "PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree}", "DUTCHBOOK_DATA": str(DATA)}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", tests]
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
    )
    if done.returncode not in (0, 1):
        raise ValueError(f"{tests}: {done.stdout[-800:]}{done.stderr[-800:]}")
    return done.returncode == 1
