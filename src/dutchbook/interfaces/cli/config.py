"""dutchbook config: the settings in force, their mistakes, their schema."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show, table, warn

if TYPE_CHECKING:
    from dutchbook.app.accounts.chain import KeyChain
    from dutchbook.app.accounts.names import KeyName

COMMANDS = group(help="Show, check and describe the settings.")


@COMMANDS.command("show", epilog="Example: dutchbook config show")
def show_settings(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Every setting in force, and where it was said; every key that is set, and where it was found: never its value."""
    call = invocation(ctx)
    loaded = call.load()
    chain = call.keys(loaded.settings.accounts)
    keys = [(name, *_place(chain, name)) for name in _key_names()]
    if json:
        rows = {
            value.key: {"value": value.value, "unit": value.unit, "source": value.source} for value in loaded.values
        }
        print_json(
            {
                "fingerprint": loaded.fingerprint,
                "files": [str(path) for path in loaded.files],
                "settings": rows,
                "keys": {name: {"set": state == "set", "source": place} for name, state, place in keys},
            }
        )
        return
    lines = ((value.key, value.value or "off", value.source) for value in loaded.values)
    show(table("Settings in force", ("key", "value", "source"), lines))
    marked = ((name, state, f"({place})" if place else "") for name, state, place in keys)
    show(table("Keys of accounts", ("name", "", "source"), marked, whole=True))
    show(f"files: {', '.join(str(path) for path in loaded.files) or 'none but those of the program'}")


def _key_names() -> "tuple[KeyName, ...]":
    from dutchbook.app.accounts.names import KeyName

    return tuple(KeyName)


def _place(chain: "KeyChain", name: "KeyName") -> tuple[str, str | None]:
    """Whether a key is set, and where it is; or what is wrong with the first place that has it."""
    from dutchbook.domain.errors import ConfigError

    try:
        place = chain.place(name)
    except ConfigError as error:
        return "refused", str(error)
    return ("not set", None) if place is None else ("set", place)


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


@COMMANDS.command("import", epilog="Example: dutchbook config import --from reward-maker config.yaml --out mine.yaml")
def import_settings(
    file: Annotated[Path, typer.Argument(help="The other program's settings file.")],
    program: Annotated[str, typer.Option("--from", help="Whose file it is: reward-maker.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where to write our settings; not over a file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Another program's settings in our terms: what each key is, and the file that says the same here."""
    from dutchbook.config.foreign.programs import program_named
    from dutchbook.config.foreign.translation import MistakenFile, as_yaml, translate

    foreign = program_named(program)
    try:
        translation = translate(foreign, file)
    except MistakenFile as error:
        for problem in error.problems:
            sys.stderr.write(f"error: {problem}\n")
        raise typer.Exit(5) from None
    written = f"# {foreign.name}: {file.name}, by `dutchbook config import`.\n{as_yaml(translation.settings)}"
    if out is not None:
        _write_new(out, written)
    if json:
        print_json({"rows": translation.rows, "besides": foreign.besides, "settings": translation.settings})
        return
    for row in translation.rows:
        ours = "no key of ours" if row.ours is None else f"{row.ours}: {row.value}"
        note = f" - {row.note}" if row.note else ""
        show(f"{row.place} {row.key}: {row.written}  ({row.unit}; {row.meaning})\n  -> {ours}{note}")
    for key, value in foreign.besides.items():
        show(f"as {foreign.name} behaves\n  -> {key}: {value}")
    show(f"written to {out}" if out is not None else f"\n{written}")


def _write_new(path: Path, text: str) -> None:
    """Raises UsageError for a file that is there already: somebody's settings are not written over."""
    from dutchbook.domain.errors import UsageError

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already - name another file, or remove it") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}) - name another file") from None


@COMMANDS.command("schema", epilog="Example: dutchbook config schema")
def print_schema(
    json: Annotated[bool, typer.Option("--json", help="It is JSON in any case.")] = False,  # noqa: ARG001
) -> None:
    """A JSON Schema of the settings file, for editors."""
    from dutchbook.config.schema import json_schema

    print_json(json_schema())
