"""Another program's keys beside ours, as tables for the documents: made from the translation and from the settings."""

from collections.abc import Iterator

from dutchbook.config.foreign.translation import ForeignKey, ForeignProgram
from dutchbook.config.keys import Key, all_keys, value_at, written
from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings

BEGIN, END = "<!-- generated from the settings: begin -->", "<!-- generated from the settings: end -->"


def with_tables(page: str, program: ForeignProgram, section: str) -> str:
    """A page with the tables between its marks as they are now. Raises ValueError for one without marks."""
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"a page without {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{''.join(_tables(program, section))}\n{END}{after}"


def _tables(program: ForeignProgram, section: str) -> Iterator[str]:
    settings = shipped_settings()
    ours = {key.path: key for key in all_keys() if key.path.startswith(f"{section}.")}
    yield f"Keys of its `config.yaml`, and what they are here, below `{section}`:\n\n"
    yield "| its key | unit there | here | default here | meaning |\n|---|---|---|---|---|\n"
    for foreign in program.keys:
        yield _of_theirs(foreign, ours, section, settings)
    taken = {foreign.ours for foreign in program.keys}
    yield "\nWhat it has no key for:\n\n| here | default | meaning |\n|---|---|---|\n"
    for path, key in ours.items():
        if path not in taken:
            yield f"| `{_short(path, section)}` | {_default(key, settings)} | {_cell(key.description)} |\n"


def _of_theirs(foreign: ForeignKey, ours: dict[str, Key], section: str, settings: Settings) -> str:
    key = None if foreign.ours is None else ours[foreign.ours]
    if key is None:
        return f"| `{foreign.path}` | {foreign.unit} | - | | {_cell(foreign.note)} |\n"
    meaning = f"{foreign.meaning}; {foreign.note}" if foreign.note else foreign.meaning
    row = (f"`{foreign.path}`", foreign.unit, f"`{_short(key.path, section)}`", _default(key, settings), _cell(meaning))
    return f"| {' | '.join(row)} |\n"


def _short(path: str, section: str) -> str:
    return path.removeprefix(f"{section}.")


def _default(key: Key, settings: Settings) -> str:
    value = written(key.unit, value_at(settings, key.path))
    return "" if value is None else f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "&#124;")
