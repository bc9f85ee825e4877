"""Names that other programs use lead to the same commands, and shells complete ours."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import typer

from dutchbook.domain.errors import UsageError
from dutchbook.interfaces.cli.aliases import ALIASES, ALONE, MEANT, translated
from dutchbook.interfaces.cli.completion import COMPLETE_VARIABLE
from dutchbook.interfaces.cli.program import PROGRAM
from tests.interfaces.cli import Terminal

DOCUMENTED = (
    "scan --limit 20",
    "paper-trade --days 2",
    "trade --live",
    "engine start",
    "engine status",
    "portfolio",
    "drawdown",
    "arbitrage",
    "arbitrage --limit 5",
    "alerts",
    "alerts --limit 5",
    "dashboard --port 2345",
    "demo",
)
"""What a user of the program that had these names types."""


@pytest.mark.parametrize("line", DOCUMENTED)
def test_a_documented_name_is_understood(line: str) -> None:
    root: Any = typer.main.get_command(PROGRAM)
    words = translated(line.split())
    assert words[0] in root.commands
    found = root.commands[words.pop(0)]
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    found.make_context(line, words)


@pytest.mark.parametrize("alias", ALIASES, ids=" ".join)
def test_an_alias_names_a_command_and_is_none_itself(alias: tuple[str, ...]) -> None:
    root: Any = typer.main.get_command(PROGRAM)
    assert ALIASES[alias][0] in root.commands
    assert alias[0] not in root.commands
    assert translated([*alias, "--json"]) == [*ALIASES[alias], "--json"]


def test_days_of_paper_trading_are_a_duration() -> None:
    assert translated(["paper-trade", "--days", "3", "--plain"]) == ["run", "--duration", "72h", "--plain"]
    assert translated(["paper-trade", "--days=1"]) == ["run", "--duration", "24h"]


def test_a_family_that_is_named_with_its_command_stays_as_it_is() -> None:
    for words in (["alerts", "ack", "a1"], ["alerts", "--help"]):
        assert translated(words) == words


@pytest.mark.parametrize("word", [words[0] for words in MEANT])
def test_half_of_a_command_says_what_the_whole_is(word: str, terminal: Terminal) -> None:
    shown = terminal(word)
    assert shown.code == 2
    [line] = shown.err.splitlines()
    assert line.startswith(f"error: {word}: half of a command - `dutchbook ")
    with pytest.raises(UsageError):
        translated([word, "nonsense"])


def test_an_alias_does_what_the_command_does(terminal: Terminal) -> None:
    assert terminal("engine", "status", "--json").out == terminal("status", "--json").out
    assert terminal("portfolio").err == terminal("risk").err


def test_the_settings_file_may_be_named_before_an_alias(terminal: Terminal) -> None:
    shown = terminal("--config", "/no/such/file.yaml", "engine", "status")
    assert shown.code == 5
    assert "file.yaml: cannot be read" in shown.err


def test_all_aliases_are_listed(terminal: Terminal) -> None:
    rows = json.loads(terminal("aliases", "--json").out)["aliases"]
    assert {row["alias"] for row in rows} == {" ".join(alias) for alias in ALIASES} | set(ALONE)
    assert all(row["alias"] in terminal("aliases").out for row in rows)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_asks_this_program(shell: str, terminal: Terminal) -> None:
    shown = terminal("completion", shell)
    assert shown.code == 0
    assert f"{COMPLETE_VARIABLE}=complete_{shell}" in shown.out


def test_another_shell_is_refused(terminal: Terminal) -> None:
    assert terminal("completion", "tcsh").code == 2


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("re", {"report", "replay", "resume"}), ("journal v", {"verify"}), ("report --h", {"--html", "--help"})],
)
def test_what_is_begun_is_completed(typed: str, offered: set[str]) -> None:
    words = f"dutchbook {typed}"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), COMPLETE_VARIABLE: "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-m", "dutchbook.interfaces.cli.main"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert offered <= set(done.stdout.split())
    assert "Traceback" not in done.stderr
