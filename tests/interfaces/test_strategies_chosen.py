"""A user names the strategies of a run, and finds them in its journal, its figures and its status."""

import json

import msgspec
import pytest

from dutchbook.app.journals import journal_lines
from dutchbook.config.load import shipped_settings
from dutchbook.engine.records import RunStarted
from dutchbook.strategies.names import BY_DEFAULT, STRATEGIES
from tests.interfaces.cli import Terminal


def ran(terminal: Terminal, *words: str) -> dict[str, object]:
    shown = terminal("run", "--walk", "--json", "--duration", "200ms", *words)
    assert shown.code == 0, shown.err
    figures: dict[str, object] = json.loads(shown.out)
    return figures


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), BY_DEFAULT),
        (("--strategy", "bundle"), ("bundle",)),
        (("--strategy", "reward-maker", "--strategy", "bundle"), ("reward-maker", "bundle")),
        (("--strategy", "reward-maker, bundle,reward-maker"), ("reward-maker", "bundle")),
    ],
)
def test_what_was_named_runs_and_is_on_record(
    terminal: Terminal, words: tuple[str, ...], named: tuple[str, ...]
) -> None:
    figures = ran(terminal, *words)
    assert figures["strategies"] == list(named)
    first = next(iter(journal_lines(terminal.home, str(figures["run"]))))
    assert msgspec.json.decode(first.body, type=RunStarted).strategies == named


def test_the_settings_say_what_runs_where_the_command_does_not(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUTCHBOOK_STRATEGIES", "bundle")
    assert ran(terminal)["strategies"] == ["bundle"]
    assert json.loads(terminal("status", "--json").out)["strategies"] == ["bundle"]
    assert ran(terminal, "--strategy", "atomic-arb")["strategies"] == ["atomic-arb"]


@pytest.mark.parametrize("command", ["run", "replay"])
def test_the_help_lists_them_and_a_wrong_name_is_refused_with_the_nearest(terminal: Terminal, command: str) -> None:
    words = ["here"] if command == "replay" else ["--walk"]
    told = "".join(terminal(command, "--help").out.split())
    assert all(name in told for name in STRATEGIES)
    shown = terminal(command, *words, "--strategy", "bundel")
    assert shown.code == 2
    assert "'bundel', did you mean bundle? - there are: " in shown.err
    assert shipped_settings().strategies == BY_DEFAULT
