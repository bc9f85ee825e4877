"""dutchbook config: the settings in force, their mistakes, their schema."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show, table, warn

COMMANDS = group(help="Show, check and describe the settings.")


@COMMANDS.command("show", epilog="Example: dutchbook config show")
def show_settings(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Every setting in force, and where it was said."""
    loaded = invocation(ctx).load()
    if json:
        rows = {
            value.key: {"value": value.value, "unit": value.unit, "source": value.source} for value in loaded.values
        }
        print_json({"fingerprint": loaded.fingerprint, "files": [str(path) for path in loaded.files], "settings": rows})
        return
    lines = ((value.key, value.value or "off", value.source) for value in loaded.values)
    show(table("Settings in force", ("key", "value", "source"), lines))
    show(f"files: {', '.join(str(path) for path in loaded.files) or 'none but those of the program'}")


@COMMANDS.command("check", epilog="Example: dutchbook config check")
def check_settings(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A settings file, by default that of the home folder.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Every mistake in the settings, one line each.

    The exit code is 5 if there are any.
    """
    from dutchbook.config.load import find_problems, load_settings

    call = invocation(ctx)
    chosen = file or call.config_file
    problems = find_problems(call.home, chosen, call.environ)
    if json:
        loaded_remarks = () if problems else load_settings(call.home, chosen, call.environ).remarks
        print_json({"ok": not problems, "mistakes": [str(each) for each in problems], "remarks": list(loaded_remarks)})
        raise typer.Exit(5 if problems else 0)
    for problem in problems:
        sys.stderr.write(f"error: {problem}\n")
    if problems:
        raise typer.Exit(5)
    loaded = load_settings(call.home, chosen, call.environ)
    for remark in loaded.remarks:
        warn(remark)
    sys.stdout.write(f"{len(loaded.values)} settings, no mistake\n")


@COMMANDS.command("schema", epilog="Example: dutchbook config schema")
def print_schema(
    json: Annotated[bool, typer.Option("--json", help="It is JSON in any case.")] = False,  # noqa: ARG001
) -> None:
    """A JSON Schema of the settings file, for editors."""
    from dutchbook.config.schema import json_schema

    print_json(json_schema())
