"""The help of a group of commands on one screen: commands under the titles they were registered with."""

from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import HelpFormatter


_MARGINS = 4
"""Columns before a name, and between it and what it means."""
BRIEF = "Operate"
"""The panel whose commands are named only: what is seldom needed must not push daily work off the screen."""


class GroupedHelp(TyperGroup):
    """Lists commands by their panel, in the order of registration."""

    def format_commands(self, ctx: typer.Context, formatter: "HelpFormatter") -> None:  # type: ignore[override]
        """Write each panel as a section."""
        panels: dict[str, list[tuple[str, str]]] = {}
        widest = max((len(name) for name in self.list_commands(ctx)), default=0)
        room = formatter.width - widest - _MARGINS
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is None or command.hidden:
                continue
            title = getattr(command, "rich_help_panel", None) or "Commands"
            panels.setdefault(title, []).append((name, command.get_short_help_str(room)))
        for title, rows in panels.items():
            with formatter.section(title):
                if title == BRIEF:
                    formatter.write_text(f"{', '.join(sorted(name for name, _ in rows))}.")
                    continue
                # Padded, so that the sections line up below each other.
                formatter.write_dl([(name.ljust(widest), text) for name, text in rows])


def group(cls: type[GroupedHelp] = GroupedHelp, **options: object) -> typer.Typer:
    """A group of commands with this kind of help, without rich markup: it costs more time than all the rest."""
    return typer.Typer(
        cls=cls,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        **options,  # type: ignore[arg-type]
    )
