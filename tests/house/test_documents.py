"""Documents do what they say: commands run, settings are valid, code compiles, links lead somewhere."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from dutchbook.app.backtest.contenders import plan_of
from dutchbook.app.sandbox.serving import scenario_of
from dutchbook.config.load import load_settings
from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.cli.aliases import translated
from dutchbook.interfaces.cli.program import PROGRAM
from tests.conftest import ROOT
from tests.house.documents import Block, Command, anchors, blocks, commands, links, other_commands, pages
from tests.interfaces.cli import Terminal

BLOCKS = blocks()
COMMANDS = commands()
MARKED = {
    "sandbox": "serves until Ctrl-C; tests of the sandbox start it",
    "dashboard": "serves until Ctrl-C; tests of the dashboard start it",
    "messenger": "works until Ctrl-C; tests of the messenger start it",
    "top": "looks until Ctrl-C; its own tests run it",
    "torture": "takes minutes; its own tests run it",
    "backtest": "takes minutes; its own tests run it",
    "init": "asks a person; its own tests answer it",
    "data": "reads recorded data, which is kept apart; its own tests read it",
    "record": "looks at venues for minutes; its own tests run it",
    "doctor": "judges this machine; its own tests run it",
    "halt": "halts until a person has looked; its own tests do both",
    "users": "asks for passwords; its own tests answer it",
    "service": "changes the machine's services; its own tests verify what it writes",
    "telegram": "talks to Telegram; its own tests have a server of their own",
    "pairs": "wants pairs that venues list; its own tests make them",
}
"""Commands that are parsed here and run elsewhere, by their first word."""
ELSEWHERE = frozenset({"curl"})
"""Programs of others, called with what the tests of the sandbox call it with."""
_PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9_]+|.*\.\.\.|\[.*|.*\]|.*[|,].*")
"""A word that stands for another one: such a line shows a pattern, and its first word must exist."""


def first_words(command: Any) -> set[str]:
    return set(command.commands)


def is_pattern(words: tuple[str, ...]) -> bool:
    return any(_PLACEHOLDER.fullmatch(word) for word in words)


def runs_here(command: Command) -> bool:
    words = command.words
    elsewhere = words[0] in MARKED or "--venue" in words or "--sandbox" in words or "--live" in words
    works = words[0] == "run" and not {"--stop", "--once"} & set(words)
    return not (command.block.marked or is_pattern(words) or elsewhere or works)


RUN = list({command.words: command for command in COMMANDS if runs_here(command)}.values())


def test_the_documents_hold_commands_and_some_of_them_are_run_here() -> None:
    assert len(COMMANDS) >= 20
    assert len(RUN) >= 8


@pytest.mark.parametrize("command", COMMANDS, ids=[command.name for command in COMMANDS])
def test_every_command_is_one_that_the_program_has(command: Command) -> None:
    words = translated(command.words)
    root: Any = typer.main.get_command(PROGRAM)
    if is_pattern(command.words):
        assert words[0].rstrip(",") in first_words(root)
        return
    assert words[0] in first_words(root)
    found, context, rest = root, None, words
    while rest and rest[0] in getattr(found, "commands", {}):
        context = found.context_class(found, parent=context)
        found, rest = found.commands[rest[0]], rest[1:]
    assert not hasattr(found, "commands") or found.invoke_without_command, f"{command.name} is half of a command"
    found.make_context(words[-1], list(rest), parent=context)


@pytest.mark.parametrize(("block", "line"), other_commands(), ids=lambda part: getattr(part, "name", str(part)[:40]))
def test_every_other_command_is_known_to_be_run_somewhere(block: Block, line: str) -> None:
    """Targets of the Makefile exist; what is asked over HTTP is asked by the tests of the sandbox."""
    word = line.split(maxsplit=1)[0]
    if word == "make":
        assert f"\n{line.split()[1]}:" in (ROOT / "Makefile").read_text(), f"{block.name}: {line}"
    else:
        assert block.marked or word in ELSEWHERE or re.fullmatch(r"[A-Z]+=\S+", word), f"{block.name}: {line}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which a desk has run on a random walk, and one runs again."""
    folder = tmp_path_factory.mktemp("documents") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUTCHBOOK_HOME", str(folder))
        from dutchbook.interfaces.cli.main import main

        assert main(["run", "--walk", "--once", "--duration", "2s"]) == 0
        yield folder
        main(["run", "--stop"])


@pytest.mark.parametrize("command", RUN, ids=[command.name for command in RUN])
def test_a_command_of_the_documents_does_what_it_says(
    command: Command,
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a desk at work, from another folder than the repository, beside a recording called `rec`."""
    terminal = Terminal(home, capsys, monkeypatch)
    [recording] = sorted((home / "runs").glob("*/recording"))[:1]
    shutil.copytree(recording, tmp_path / "rec")
    monkeypatch.chdir(tmp_path)
    if "running" not in terminal("status").out.replace("not running", ""):
        assert terminal("run", "--walk", "--daemon").code == 0
    shown = terminal(*command.words)
    assert shown.code == 0, shown.err
    assert shown.out
    if "--json" in command.words:
        msgspec.json.decode(shown.out)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "yaml"], ids=lambda block: block.name)
def test_settings_plans_and_scenarios_are_valid(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "shown.yaml"
    file.write_text(block.text, encoding="utf-8")
    refusals = []
    for read in (lambda: load_settings(tmp_path, file, {}), lambda: plan_of(str(file)), lambda: scenario_of(str(file))):
        try:
            read()
        except DutchbookError as error:
            refusals.append(str(error))
    assert len(refusals) <= 2, "\n".join(refusals)


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language == "python"], ids=lambda block: block.name
)
def test_code_compiles(block: Block) -> None:
    ast.parse(block.text)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        if target.startswith("https://"):
            continue
        assert "://" not in target, f"{page.name}: {target} is no https"
        file, _, anchor = target.partition("#")
        meant = (page.parent / file).resolve() if file else page
        assert meant.exists(), f"{page.name} links to {target}"
        if anchor and meant.suffix == ".md":
            assert anchor in anchors(meant), f"{page.name} links to {target}: there is no such heading"
