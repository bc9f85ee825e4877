"""Set-up finds what works rather than what is merely on PATH, and is over at once when nothing has changed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

DEAD_SHIM = "echo 'version manager: command not found' >&2; exit 127"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """An empty home with our tools, where PATH offers `bin` before the system's own commands."""
    (tmp_path / "bin").mkdir()
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    return tmp_path


def command(machine: Path, name: str, script: str) -> Path:
    path = machine / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def ask(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(machine), "PATH": f"{machine / 'bin'}:/usr/bin:/bin"}
    return subprocess.run(arguments, cwd=machine, env=environment, capture_output=True, text=True, check=False)


def test_a_dead_shim_is_no_python(machine: Path) -> None:
    command(machine, "python3.13", DEAD_SHIM)
    command(machine, "python3.12", f'exec "{sys.executable}" "$@"')
    found = ask(machine, "tools/find-python")
    assert found.returncode == 0, found.stderr
    assert Path(found.stdout.strip()).samefile(sys.executable)


def test_a_version_managers_python_is_found_though_path_lacks_it(machine: Path) -> None:
    for name in ("python3.13", "python3.12", "python3", "python"):
        command(machine, name, DEAD_SHIM)
    real = machine / ".pyenv/versions/3.13.0/bin/python"
    real.parent.mkdir(parents=True)
    command(machine, "real", f'exec "{sys.executable}" "$@"').rename(real)
    found = ask(machine, "tools/find-python")
    assert Path(found.stdout.strip()).samefile(sys.executable), found.stderr


@pytest.mark.parametrize("version", ["uv 0.13.8 (x86_64)", "uv 1.0.0"])
def test_a_working_uv_is_used(machine: Path, version: str) -> None:
    command(machine, "uv", f"echo '{version}'")
    assert ask(machine, "tools/find-uv").stdout == "uv\n"


@pytest.mark.parametrize("script", [DEAD_SHIM, "echo 'uv 0.4.30'", "echo 'a program of another kind 9.9'"])
def test_a_dead_or_old_uv_is_refused_and_its_absence_reported(machine: Path, script: str) -> None:
    command(machine, "uv", script)
    for name in ("python3", "python"):
        command(machine, name, DEAD_SHIM)
    found = ask(machine, "tools/find-uv")
    assert (found.returncode, found.stdout) == (1, "")


def test_a_wrong_level_is_refused_in_one_line(machine: Path) -> None:
    refused = ask(machine, "tools/setup", "prod")
    assert refused.returncode == 1
    assert refused.stderr == "error: unknown environment prod - usage: tools/setup run|dev\n"


@pytest.mark.long
def test_a_fresh_copy_sets_itself_up_from_anywhere_and_the_second_time_at_once(tmp_path: Path) -> None:
    copy = tmp_path / "a copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "data", "benchmarks"))
    shutil.copy(ROOT / ".python-version", copy)
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}

    def setup(level: str) -> float:
        started = time.perf_counter()
        subprocess.run([str(copy / "tools/setup"), level], cwd="/", env=environment, check=True)
        return time.perf_counter() - started

    setup("run")
    assert (copy / ".venv/bin/dutchbook").exists()
    assert not (copy / ".venv/bin/pytest").exists()
    setup("dev")
    assert (copy / ".venv/bin/pytest").exists()
    assert min(setup("dev") for _ in range(3)) < 1
    setup("run")
    assert (copy / ".venv/bin/pytest").exists(), "the environment for running took a developer's tools away"
