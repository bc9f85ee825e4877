"""The environments that peers live in, under `.envs/`: built once from their locks, each with dutchbook in it.

The engines and the clients pin packages that exclude each other, and neither belongs into the desk's own environment.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "benchmarks" / "environments"
HOME = ROOT / ".envs"
DESK = "desk"
"""The desk's own environment, the one that runs this."""


def python_of(name: str) -> Path:
    """The interpreter of an environment, which is built if it is not there or its lock changed.

    Raises SystemExit with what to do when it cannot be built.
    """
    if name == DESK:
        return Path(sys.executable)
    folder = HOME / name
    python, stamp = folder / "bin" / "python", folder / "dutchbook-lock"
    lock = LOCKS / f"{name}.lock"
    wanted = hashlib.sha256(lock.read_bytes() + str(ROOT).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and python.exists():
        return python
    print(f"benchmarks: building the environment {name} (minutes, once)", flush=True)
    _build(folder, python, lock)
    stamp.write_text(wanted)
    return python


def _build(folder: Path, python: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    # The interpreter below our own environment: one made from an environment would lean on that one.
    base = getattr(sys, "_base_executable", sys.executable)
    project = ["--no-deps", "--no-build-isolation", "--editable", "."]
    uv = _uv()
    if uv is not None:
        into = ["--quiet", "--python", str(python)]
        steps = [
            [uv, "venv", "--quiet", "--python", base, str(folder)],
            [uv, "pip", "sync", *into, str(lock)],
            [uv, "pip", "install", *into, *project],
        ]
        if all(_ran(step) for step in steps):
            return
        shutil.rmtree(folder, ignore_errors=True)
    # pip reads settings that uv does not, a mirror for instance.
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps = [
        [base, "-m", "venv", str(folder)],
        [*pip, "--require-hashes", "-r", str(lock)],
        [*pip, *project],
    ]
    for step in steps:
        if not _ran(step):
            raise SystemExit(
                f"error: environment {folder.name} not built - `{' '.join(step[:4])} ...` failed, see above - "
                "check the network or your pip settings, then run this again"
            )


def _uv() -> str | None:
    found = subprocess.run([ROOT / "tools" / "find-uv", sys.executable], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def _ran(command: list[str]) -> bool:
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0
