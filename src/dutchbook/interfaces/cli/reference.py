"""The reference of the command line, made from the program: docs/cli.md. Run as a program, writes both references."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from dutchbook.interfaces.cli.program import PROGRAM

_HEAD = """\
# Commands

This page is generated from the program: `python -m dutchbook.interfaces.cli.reference`.

Results go to stdout, progress, warnings and errors to stderr. An error is one line:
`error: what - why - what to do`.

| exit code | |
|---|---|
| 0 | done |
| 1 | something was found to be wrong: a recording, a journal, a check |
| 2 | the command was called in a way it cannot serve |
| 3 | an order is in an unknown state |
| 4 | a venue is down |
| 5 | a setting is unknown, of a wrong unit or impossible |
| 6 | another desk holds the lock of this home folder |
| 130 | interrupted |

With `--json`, money is a decimal string in dollars and times
are ISO 8601 in UTC. [configuration.md](configuration.md) tells where settings and state are kept.

```text
"""
_WIDTH = 80


def cli_page() -> str:
    """The whole page."""
    (_, program), *commands = _helps(typer.main.get_command(PROGRAM), None, "dutchbook")
    return f"{_HEAD}{program}\n```\n" + "".join(f"\n## {path}\n\n```text\n{text}\n```\n" for path, text in commands)


def reward_maker_page(page: str) -> str:
    """The page on the reward maker with its tables of settings as they are now."""
    from dutchbook.config.foreign.reward_maker import REWARD_MAKER_FILE
    from dutchbook.config.foreign.tables import with_tables

    return with_tables(page, REWARD_MAKER_FILE, "reward_maker")


def write_references(docs: Path) -> None:
    """Write cli.md and configuration.md into the folder of the documents, and the tables of reward-maker.md."""
    from dutchbook.config.reference import configuration_page

    (docs / "cli.md").write_text(cli_page(), encoding="utf-8")
    (docs / "configuration.md").write_text(configuration_page(), encoding="utf-8")
    maker = docs / "reward-maker.md"
    maker.write_text(reward_maker_page(maker.read_text(encoding="utf-8")), encoding="utf-8")


def _helps(command: Any, parent: Any, path: str) -> Iterator[tuple[str, str]]:
    """The help of a command and of all below it, each with the words that lead to it.

    Typer's own command classes are private to it, hence no types here.
    """
    context = command.context_class(command, parent=parent, info_name=path.rpartition(" ")[2], terminal_width=_WIDTH)
    yield path, command.get_help(context)
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _helps(inner, context, f"{path} {name}")


if __name__ == "__main__":
    write_references(Path(__file__).resolve().parents[4] / "docs")
