"""The reference of all settings as Markdown, made from the settings themselves: docs/configuration.md."""

from collections.abc import Iterator

from dutchbook.config.environment import variable_of
from dutchbook.config.keys import ADVICE, Key, all_keys, sections, value_at, written
from dutchbook.config.load import shipped_settings

_HEAD = """\
# Configuration

This page is generated from the settings: `python -m dutchbook.interfaces.cli.reference`.

The desk runs without any configuration. What you want otherwise goes into layers; each overrides those above it, key by
key:

1. the defaults below, and the files that come with the program (`base.yaml`, `venues/polymarket.yaml`,
   `venues/kalshi.yaml`);
2. `venues/polymarket.yaml` and `venues/kalshi.yaml` in the folder `config` of the home folder; their keys are those of
   `venues.polymarket` and `venues.kalshi`;
3. `config/dutchbook.yaml` in the home folder, or instead of it the file given by `dutchbook --config FILE`;
4. environment variables: `DUTCHBOOK_`, the key in capitals, a double underscore for each dot.

The home folder is the one that `DUTCHBOOK_HOME` names (an absolute path), else the platform's user data folder.

`dutchbook config show` prints every setting in force with its source, `dutchbook config check` every problem,
`dutchbook config schema` a JSON Schema for your editor. A mistake is one line, and the exit code is 5:

```text
error: dutchbook.yaml:3 risk.max_ordr_usd: unknown key, did you mean ... - rename or remove it
```

Secrets never belong in these files: [accounts.md](accounts.md) tells where they go. A key that looks like one is
refused, and its value is not printed. Anchors, aliases and tags of YAML are not read.

## How values are written

| unit | |
|---|---|
"""


def configuration_page() -> str:
    """The whole page."""
    return "".join(_page())


def _page() -> Iterator[str]:
    settings = shipped_settings()
    yield _HEAD
    yield from (f"| {unit} | {advice} |\n" for unit, advice in ADVICE.items())
    yield "| choice | write one of the words named |\n\n"
    yield "A setting that is empty by default is off.\n"
    section = None
    for key in all_keys():
        if (above := key.path.rpartition(".")[0]) != section:
            section = above
            yield from _heading(section)
        yield _row(key, written(key.unit, value_at(settings, key.path)))


def _heading(section: str) -> Iterator[str]:
    model = sections()[section]
    yield f"\n## {section or 'Top level'}\n\n{' '.join((model.__doc__ or '').split())}\n\n"
    if section:
        yield f"In the environment: `{variable_of(section)}__...`\n\n"
    yield "| key | unit | default | meaning |\n|---|---|---|---|\n"


def _row(key: Key, default: str | None) -> str:
    name = key.path.rpartition(".")[2]
    unit = ", ".join(f"`{choice}`" for choice in key.choices) or key.unit
    value = "" if default is None else f"`{default}`"
    return f"| `{name}` | {unit} | {value} | {key.description.replace('|', '&#124;')} |\n"
