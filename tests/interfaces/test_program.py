"""The program's help, suggestions, exit codes and one-line errors."""

import os
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from dutchbook.domain.errors import ConfigError, DeskLocked, DutchbookError, RecordingError, UsageError
from dutchbook.interfaces.cli import replay, steer
from dutchbook.interfaces.cli.main import main
from dutchbook.interfaces.cli.program import PROGRAM
from tests.interfaces.cli import Terminal

HEAVY = {"pydantic", "yaml", "rich", "msgspec", "duckdb", "numpy", "numba", "zstandard", "orjson"}


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, inner in command.commands.items():
        if hasattr(inner, "commands"):
            yield from leaves(inner, (*path, name))
        else:
            yield (*path, name), inner


COMMANDS = dict(leaves(typer.main.get_command(PROGRAM)))


def test_the_help_fits_one_screen_and_is_grouped(terminal: Terminal) -> None:
    shown = terminal("--help")
    lines = shown.out.splitlines()
    assert shown.code == 0
    assert len(lines) <= 50
    assert max(len(line) for line in lines) <= 80
    assert [line for line in lines if line in ("Trade:", "Test:", "Look:", "Operate:")] == [
        "Trade:",
        "Test:",
        "Look:",
        "Operate:",
    ]
    assert terminal().out == shown.out


def test_the_help_is_quick() -> None:
    """Counted in the processor's time of the best of three, so that a busy machine does not fail it."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "dutchbook.interfaces.cli.main", "--help"], check=True, capture_output=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) <= 0.3


def test_the_status_is_quick(tmp_path: Path) -> None:
    """In the processor's time too. How long a journal is does not matter: only its last line is read."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "dutchbook.interfaces.cli.main", "status"],
            check=True,
            capture_output=True,
            env={**os.environ, "DUTCHBOOK_HOME": str(tmp_path)},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) <= 1.0


def test_the_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom dutchbook.interfaces.cli.main import main\nmain(['--help'])\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert HEAVY.isdisjoint(done.stderr.split())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example_that_it_accepts(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    words = shlex.split(command.epilog.removeprefix("Example: "))
    assert words[: len(path) + 1] == ["dutchbook", *path]
    command.make_context(path[-1], words[len(path) + 1 :])


def test_every_command_prints_json_when_asked() -> None:
    ask_a_person = {("init",), ("users", "add"), ("users", "second"), ("users", "remove")}
    serve_until_interrupted = {("dashboard",), ("messenger",)}
    write_for_another_program = {("journal", "export"), ("completion",), ("service", "logs")}
    change_the_machine = {("service", "install"), ("service", "uninstall")}
    others = ask_a_person | serve_until_interrupted | write_for_another_program | change_the_machine
    for path, command in COMMANDS.items():
        flags = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in flags or path in others, path


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["repla"], "'replay'"),
        (["statsu"], "'status'"),
        (["journal", "verfy"], "'verify'"),
        (["run", "--sed"], "--seed"),
    ],
)
def test_a_near_miss_suggests(terminal: Terminal, words: list[str], meant: str) -> None:
    shown = terminal(*words)
    assert shown.code == 2
    [line] = shown.err.splitlines()
    assert line.startswith("error: no such ")
    assert meant in line
    assert "--help" in line


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError, 2), (ConfigError, 5), (DeskLocked, 6), (RecordingError, 1), (DutchbookError, 1)],
)
def test_each_error_has_its_exit_code(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, error: type[DutchbookError], code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error("what went wrong -\n  why - what to do")

    monkeypatch.setattr("dutchbook.app.steering.status", fail)
    shown = terminal("status")
    assert (shown.code, shown.out) == (code, "")
    assert shown.err == "error: what went wrong - why - what to do\n"


def test_the_systems_refusals_are_one_line(terminal: Terminal) -> None:
    shown = terminal("journal", "export", "--out", terminal.home / "no" / "such" / "file")
    assert shown.code == 1
    assert "No such file or directory" in shown.err
    (terminal.home / "runs").mkdir(parents=True)
    (terminal.home / "runs" / "latest").mkdir()
    shown = terminal("journal", "verify")
    assert shown.code == 1
    assert shown.err.startswith("error: ")
    assert len(shown.err.splitlines()) == 1


def test_an_interrupt_is_not_a_traceback(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dutchbook.app.steering.status", interrupt)
    shown = terminal("status")
    assert shown.code == 130
    assert shown.err.startswith("error: interrupted")


def test_a_reader_that_stops_reading_is_no_error(tmp_path: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m dutchbook.interfaces.cli.main config schema | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        env={"DUTCHBOOK_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.stderr == ""


def test_a_bug_keeps_its_traceback(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dutchbook.app.steering.status", fail)
    with pytest.raises(ZeroDivisionError):
        main(["status"])


def test_the_version_is_told(terminal: Terminal) -> None:
    assert terminal("--version").out.startswith("dutchbook ")
    assert terminal("version").out == terminal("--version").out


@pytest.mark.parametrize("text", ["ten", "-5", "0", "1e4", ""])
def test_a_wrong_amount_of_cash_is_a_usage_error(terminal: Terminal, text: str) -> None:
    shown = terminal("replay", "rec", "--cash", text)
    assert shown.code == 2
    assert "--cash" in shown.err


@pytest.mark.parametrize("mode", ["backtest", "replay", "sandbox", "live"])
def test_run_refuses_a_mode_that_it_cannot_serve(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("DUTCHBOOK_MODE", mode)
    shown = terminal("run", "--walk", "--once")
    assert shown.code == 2
    assert f"mode {mode}" in shown.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--venue", "polymarket"), "--venue"),
        (("--scenario", "town"), "--scenario"),
        (("--sandbox", "--faults", "plan.yaml"), "--sandbox, --faults"),
    ],
)
def test_a_random_walk_excludes_what_is_said_of_other_markets(
    terminal: Terminal, words: tuple[str, ...], named: str
) -> None:
    shown = terminal("run", "--walk", *words, "--once")
    assert shown.code == 2
    assert f"--walk and {named} exclude each other" in shown.err


def test_live_is_refused(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUTCHBOOK_MODE", "live")
    shown = terminal("run", "--once")
    assert shown.code == 5
    assert "live trading is not armed" in shown.err
    assert "DUTCHBOOK_ENABLE_LIVE_TRADING is not true" in shown.err


def test_explain_wants_one_thing(terminal: Terminal) -> None:
    assert terminal("explain").code == 2
    assert terminal("explain", "o1", "--why-not", "m1").code == 2


def test_commands_are_plain_functions() -> None:
    """So that their docstrings are the help."""
    for function in (replay.replay, steer.status):
        assert function.__doc__
