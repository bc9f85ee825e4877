"""The description of the API against the API: what is generated from it never breaks the screens."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interfaces.web.processes import DeskWithScreens

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
LEFT_OUT = (
    "/api/v1/stop",  # ends the desk
    "/api/v1/stream",  # never ends
    "/api/v1/session",  # is throttled after five wrong passwords, as it should be
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskWithScreens]:
    with DeskWithScreens(tmp_path / "home") as made:
        yield made


def test_thirty_seconds_of_generated_requests_find_no_fault(desk: DeskWithScreens, tmp_path: Path) -> None:
    assert _attacked(desk, tmp_path, 30) == ""


@pytest.mark.long
def test_five_minutes_of_generated_requests_find_no_fault(desk: DeskWithScreens, tmp_path: Path) -> None:
    assert _attacked(desk, tmp_path, 300) == ""


def _attacked(desk: DeskWithScreens, folder: Path, seconds: int) -> str:
    """What schemathesis found; empty if nothing."""
    address, key = desk.address(), desk.key("admin")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"),
            *("--max-time", str(seconds), "--checks", ",".join(CHECKS), "--seed", "1", "--no-color"),
            *("--header", f"X-API-Key: {key}", "--output-sanitize", "true"),
            *(word for path in LEFT_OUT for word in ("--exclude-path", path)),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )
    return "" if done.returncode == 0 else f"{done.stdout}\n{done.stderr}"
