"""What each strategy that runs asks of a trade, and the most that it may bind: its own limits in the settings."""

from collections.abc import Iterator

from dutchbook.config.load import Loaded
from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.web.pages.elements import panel
from dutchbook.interfaces.web.pages.frame import Page
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.strategies.names import ATOMIC_ARB, BUNDLE, LEG_AND_HEDGE, REWARD_MAKER

_COLUMNS = (
    Column("of", "Strategy", "title"), Column("key", "Limit"), Column("value", "Value", "num"),
    Column("source", "Said by"),
)  # fmt: skip
_ROOMS = {BUNDLE: "bundle.", ATOMIC_ARB: "cross_venue.", LEG_AND_HEDGE: "cross_venue.", REWARD_MAKER: "reward_maker."}
_LIMITS = frozenset({"budget", "edge", "least", "limit", "loss", "max", "min", "mismatch", "stop"})
"""Words in the names of limits; how a strategy works otherwise is told by the settings page."""


def terms_panel(page: Page) -> None:
    """Draw what the settings say. A desk that runs goes on with what they said as it started."""
    with panel("Limits of each", flush=True) as made:
        table = DeskTable(
            "Limits of each strategy",
            _COLUMNS,
            empty="No limits are known.",
            next_step="Limits of the whole desk are on Risk, all settings on System.",
        )
    try:
        loaded = page.screens.context.load()
    except ConfigError as error:
        made.note.show(str(error), "bad")
        return
    made.note.show("as the settings have them, for the next start; those of the whole desk are on Risk")
    table.show(limits(loaded))


def limits(loaded: Loaded) -> Iterator[Row]:
    """Each limit of each strategy that the settings have at work, with who said it."""
    for name in loaded.settings.strategies:
        room = _ROOMS[name]
        for each in loaded.values:
            key = each.key.removeprefix(room)
            if each.key.startswith(room) and not _LIMITS.isdisjoint(key.replace(".", "_").split("_")):
                value = Cell(each.value or "off")
                yield {"id": f"{name} {key}", "of": Cell(name), "key": key, "value": value, "source": each.source}
