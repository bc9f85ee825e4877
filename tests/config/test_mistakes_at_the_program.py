"""The whole corpus of mistakes, through the program: one line each, no traceback, no secret, nothing started."""

from pathlib import Path

import pytest

from dutchbook.interfaces.cli.main import EXIT_CONFIG, EXIT_USAGE
from tests.config.test_mistakes import CORPUS, SECRET, Mistake, home_with
from tests.interfaces.cli import Outcome, Terminal

LIVE = "mode: live\nlive:\n  region: CH\n"
ENABLE = "DUTCHBOOK_ENABLE_LIVE_TRADING"


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path, capsys, monkeypatch)


def refused(shown: Outcome, code: int = EXIT_CONFIG) -> str:
    """The one line of a refusal."""
    assert shown.code == code, shown
    assert shown.out == ""
    assert SECRET not in shown.err
    [line] = shown.err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("command", [("config", "check"), ("run", "--walk", "--once")], ids=" ".join)
@pytest.mark.parametrize("mistake", CORPUS, ids=[repr(mistake.text[:40]) for mistake in CORPUS])
def test_every_mistake_is_one_line_at_every_command(
    mistake: Mistake, command: tuple[str, ...], terminal: Terminal, tmp_path: Path
) -> None:
    home_with(tmp_path, mistake.text)
    line = refused(terminal(*command))
    assert line.startswith(f"error: {mistake.start}")
    assert mistake.says in line
    assert " - " in line
    assert not (tmp_path / "runs").exists()


def test_live_without_keys_names_the_key_and_what_to_do(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_with(tmp_path, LIVE)
    monkeypatch.setenv(ENABLE, "true")
    for name in ("POLYMARKET_PRIVATE_KEY", "KALSHI_PRIVATE_KEY", "KALSHI_API_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    line = refused(terminal("run", "--live", "--once", "--venue", "polymarket"))
    assert "POLYMARKET_PRIVATE_KEY is not set" in line
    assert "dutchbook init" in line
    assert "KALSHI" in refused(terminal("run", "--live", "--once", "--venue", "kalshi"))


@pytest.mark.parametrize("value", ["", "yes", "1", "on", "false"])
def test_live_without_its_variable_names_the_variable(
    value: str, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_with(tmp_path, LIVE)
    monkeypatch.setenv(ENABLE, value)
    assert ENABLE in refused(terminal("run", "--live", "--once"))


def test_the_variable_of_other_programs_arms_nothing(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_with(tmp_path, LIVE)
    monkeypatch.setenv("ENABLE_LIVE_TRADING", "true")
    assert ENABLE in refused(terminal("run", "--live", "--once"))


def test_live_in_the_command_alone_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    home_with(tmp_path, "mode: paper\n")
    assert "mode" in refused(terminal("run", "--live", "--once"))
    assert "exclude each other" in refused(terminal("run", "--live", "--sandbox", "--once"), EXIT_USAGE)


def test_a_key_that_is_no_key_is_not_shown(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home_with(tmp_path, LIVE)
    monkeypatch.setenv(ENABLE, "true")
    monkeypatch.setenv("POLYMARKET_PRIVATE_KEY", f"{SECRET}zz")
    line = refused(terminal("run", "--live", "--once", "--venue", "polymarket"))
    assert "POLYMARKET_PRIVATE_KEY" in line
