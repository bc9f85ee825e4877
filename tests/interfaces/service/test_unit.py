"""The unit file: what systemd itself says of it, and what it may not contain."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.service.unit import EXIT_CODES_THAT_STAY, Unit, unit_text
from tests.interfaces.cli import Terminal

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")


def unit(home: Path, **chosen: object) -> Unit:
    facts: dict[str, object] = {"name": "dutchbook", "program": Path(sys.executable), "home": home}
    return Unit(**{"arguments": ("run", "--sandbox"), **facts, **chosen})  # type: ignore[arg-type]


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_it_is_restarted_watched_and_locked_in(tmp_path: Path) -> None:
    text = lines(unit_text(unit(tmp_path)))
    for line in (
        "Restart=always",
        "RestartSec=5",
        "Type=notify",
        "WatchdogSec=30",
        "NoNewPrivileges=yes",
        "LimitCORE=0",
    ):
        assert line in text
    assert f"RestartPreventExitStatus={' '.join(map(str, EXIT_CODES_THAT_STAY))}" in text
    assert f"ReadWritePaths={tmp_path}" in text
    assert f"StandardOutput=append:{tmp_path}/logs/service.log" in text


@needs_systemd
@pytest.mark.parametrize("user", [None, "root"])
def test_systemd_finds_nothing_to_complain_about(tmp_path: Path, user: str | None) -> None:
    path = tmp_path / "dutchbook.service"
    path.write_text(unit_text(unit(tmp_path, user=user)))
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_a_unit_of_the_system_is_rated_as_locked_in(tmp_path: Path) -> None:
    path = tmp_path / "dutchbook.service"
    path.write_text(unit_text(unit(tmp_path, user="dutchbook")))
    asked: list[str | Path] = ["systemd-analyze", "security", "--offline=true", "--threshold=30", path]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-200:]


@pytest.mark.parametrize(
    "chosen",
    [
        {"name": "a\nExecStartPre=/bin/sh"},
        {"name": ""},
        {"name": "../etc"},
        {"user": "root\nX=1"},
        {"arguments": ("run", "--x\nExecStartPre=/bin/sh")},
        {"home": Path("/srv/with space")},
        {"home": Path("/srv/with\nline")},
    ],
)
def test_what_would_become_another_line_is_refused(tmp_path: Path, chosen: dict[str, object]) -> None:
    facts = {"home": tmp_path, **chosen}
    with pytest.raises(ConfigError):
        unit_text(unit(**facts))  # type: ignore[arg-type]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=30))
def test_an_argument_stays_one_word_without_expansion(word: str) -> None:
    text = unit_text(unit(Path("/srv/desk"), arguments=("run", word)))
    [command] = [line for line in lines(text) if line.startswith("ExecStart=")]
    assert command.count("ExecStart=") == 1 + word.count("ExecStart=")
    assert "%" not in command.replace("%%", "")
    assert "$" not in command.replace("$$", "")


def test_the_command_prints_the_unit_without_installing_it(terminal: Terminal) -> None:
    printed = terminal("service", "install", "--print", "--", "--sandbox", "--dashboard")
    assert printed.code == 0
    assert "run --sandbox --dashboard --in-background" in printed.out
    assert f"Environment=DUTCHBOOK_HOME={terminal.home}" in printed.out
    assert not terminal.home.exists()


def test_the_messenger_may_have_a_unit_of_its_own(terminal: Terminal) -> None:
    printed = terminal("service", "install", "--print", "--messenger")
    assert "dutchbook.interfaces.cli.main messenger" in printed.out
    assert terminal("service", "install", "--print", "--messenger", "--", "--sandbox").code == 2


def test_a_background_desk_is_no_service(terminal: Terminal) -> None:
    printed = terminal("service", "install", "--print", "--", "--daemon")
    assert printed.code == 2
    assert "leave it out" in printed.err
