"""Names that users of other programs know, and what they are called here: one table, and no second handler."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

import typer

from dutchbook.interfaces.cli.output import print_json, show, table

ALIASES: Mapping[tuple[str, ...], tuple[str, ...]] = MappingProxyType(
    {
        ("demo",): ("run", "--sandbox", "--dashboard"),
        ("paper-trade",): ("run",),
        ("trade", "--live"): ("run", "--live"),
        ("engine", "start"): ("run", "--daemon"),
        ("engine", "status"): ("status",),
        ("engine", "stop"): ("stop",),
        ("portfolio",): ("risk",),
        ("drawdown",): ("risk",),
    }
)
"""Words as they are typed elsewhere, and the words of ours that are put in their place; what follows them stays."""
ALONE: Mapping[str, tuple[str, ...]] = MappingProxyType({"alerts": ("alerts", "list")})
"""Families of ours that are a command elsewhere, and which of them is meant where none is named."""
MEANT: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        ("trade",): "`dutchbook trade --live` trades with real money, `dutchbook run` on paper",
        ("engine",): "`dutchbook engine start`, `engine status` and `engine stop` are run --daemon, status and stop",
    }
)
"""First words that mean nothing alone, and what to type."""
_DAYS = "--days"
"""An option of `paper-trade`: what it asks for is a duration here."""


def translated(words: Sequence[str]) -> list[str]:
    """The command line with an alias replaced by our words. Raises UsageError for half of one."""
    for alias, ours in ALIASES.items():
        if tuple(words[: len(alias)]) == alias:
            return [*ours, *_options(alias, words[len(alias) :])]
    alone = ALONE.get(words[0]) if words else None
    if alone is not None and (len(words) == 1 or (words[1].startswith("-") and words[1] != "--help")):
        return [*alone, *words[1:]]
    meant = MEANT.get(tuple(words[:1]))
    if meant is not None:
        from dutchbook.domain.errors import UsageError

        raise UsageError(f"{' '.join(words[:2])}: half of a command - {meant}")
    return list(words)


def aliases(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Names of commands that other programs use and this one understands."""
    table_of: dict[tuple[str, ...], tuple[str, ...]] = {**ALIASES, **{(alone,): ours for alone, ours in ALONE.items()}}
    rows = [(" ".join(alias), "dutchbook " + " ".join(ours)) for alias, ours in table_of.items()]
    if json:
        print_json({"aliases": [{"alias": alias, "command": command} for alias, command in rows]})
    else:
        show(table("Aliases", ("typed", "means"), rows))


def _options(alias: tuple[str, ...], rest: Sequence[str]) -> list[str]:
    """The options behind an alias; days are said as a duration."""
    if alias != ("paper-trade",):
        return list(rest)
    found: list[str] = []
    words = iter(rest)
    for word in words:
        name, equals, value = word.partition("=")
        if name != _DAYS:
            found.append(word)
            continue
        days = value if equals else next(words, "")
        found += ["--duration", f"{int(days) * 24}h" if days.isdigit() else days]
    return found
