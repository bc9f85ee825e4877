"""The import contract refuses an import upwards and one across a floor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def check(folder: Path, modules: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Judges a package `dutchbook` made of these modules by the contract of the repository."""
    for name, text in modules.items():
        path = folder / "dutchbook" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for parent in (path.parent, folder / "dutchbook"):
            (parent / "__init__.py").touch()
        path.write_text(text)
    linter = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    command = [*linter, "--config", str(ROOT / "pyproject.toml")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_imports_down_are_welcome(tmp_path: Path) -> None:
    judged = check(tmp_path, {"domain/units.py": "", "venues/wire.py": "import dutchbook.domain.units"})
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize(
    ("modules", "chain"),
    [
        (
            {"domain/units.py": "import dutchbook.engine.turn", "engine/turn.py": ""},
            "dutchbook.domain.units -> dutchbook.engine.turn",
        ),
        (
            {"domain/units.py": "", "exchange/wire.py": "import dutchbook.venues.wire", "venues/wire.py": ""},
            "dutchbook.exchange.wire -> dutchbook.venues.wire",
        ),
    ],
)
def test_imports_up_and_across_are_refused(tmp_path: Path, modules: dict[str, str], chain: str) -> None:
    judged = check(tmp_path, modules)
    assert judged.returncode == 1
    assert chain in " ".join(judged.stdout.split())


def test_a_room_that_the_design_does_not_know_is_refused(tmp_path: Path) -> None:
    judged = check(tmp_path, {"domain/units.py": "", "attic/boxes.py": ""})
    assert judged.returncode == 1
    assert "attic" in judged.stdout
