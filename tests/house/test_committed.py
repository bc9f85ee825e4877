"""What may not be committed is found, and nothing of it is in the repository."""

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.committed import findings


def test_the_repository_names_no_registry_host_and_no_machine_path() -> None:
    assert findings(ROOT) == []


@pytest.mark.parametrize(
    "offence",
    [
        "--index-url https://py" + "pi.org/simple",
        "url = https://FILES.python" + "hosted.org/packages/x.whl",
        "open('/ho" + "me/somebody/dutchbook/rec')",
        "find-links = /op" + "t/wheels",
    ],
)
def test_hosts_and_machine_paths_are_found_with_file_and_line(tmp_path: Path, offence: str) -> None:
    (tmp_path / "settings.toml").write_text(f"# fine\n{offence}\n")
    assert findings(tmp_path) == [f"settings.toml:2:{offence}"]


def test_what_git_ignores_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "setup.log").write_text("fetched from py" + "pi.org\n")
    assert findings(tmp_path) == []


def test_a_host_needs_its_dot(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("py" + "piXorg is no host\n")
    assert findings(tmp_path) == []
