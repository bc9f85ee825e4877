"""What happened last: fills, alerts, opportunities and what people did, newest first."""

import msgspec

from dutchbook.domain.units import Nanos
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import Anchor, Box, Words, panel
from dutchbook.interfaces.web.pages.frame import Page
from dutchbook.interfaces.words import money, price, size, time_of_day
from dutchbook.storage.database.filters import Page as Rows
from dutchbook.storage.database.filters import Scope
from dutchbook.storage.database.queries.scanning import opportunities

_LINES = 16


class Happening(msgspec.Struct, frozen=True):
    """One line of the feed. `to` is where it leads."""

    at: Nanos
    what: str
    text: str
    tone: str
    to: str = ""


def activity_panel(page: Page, span: int = 12) -> None:
    """The feed."""
    with panel("Activity", span=span, flush=True, classes="fill") as made:
        page.aged(made)
        feed = Box("ul", "feed")
        hint = Words("div", "Nothing happened yet. Opportunities, fills and alerts appear here.", "empty")
    drawn: list[tuple[Happening, ...]] = [()]

    async def slow() -> None:
        now = page.screens.snapshot
        if now is None:
            return
        found = await page.screens.read(lambda c: opportunities(c, Scope(run=now.run), Rows(limit=_LINES)))
        lines = [
            Happening(
                row.at,
                "Opportunity",
                f"{row.kind.replace('_', ' ')}: {size(row.size)} sets, edge {money(row.edge)} after fees"
                f"{f', {row.verdict}' if row.verdict else ''}",
                "info",
                shown.bundle_path(row.bundle),
            )
            for row in found
        ]
        latest = tuple(sorted([*lines, *_of(now)], key=lambda each: -each.at)[:_LINES])
        hint.set_visibility(not latest)
        if latest != drawn[0]:
            drawn[0] = latest
            _draw(feed, latest)

    page.each_second(slow)


def _of(now: DeskSnapshot) -> list[Happening]:
    fills = [
        Happening(
            row.at,
            "Fill",
            f"{str(row.side).lower()} {size(row.size)} {row.label} at {price(row.price)}: {row.title}",
            "good",
            shown.order_path(row.order),
        )
        for row in now.fills
    ]
    return [*fills, *(Happening(row.at, "Alert", row.text, "bad") for row in now.alerts)]


def _draw(feed: Box, lines: tuple[Happening, ...]) -> None:
    feed.clear()
    with feed:
        for line in lines:
            with Box("li"):
                Words("time", time_of_day(line.at))
                with Box("span", "wrap"):
                    Words("span", line.what, f"badge {line.tone}")
                    if line.to:
                        Anchor(f" {line.text}", line.to)
                    else:
                        Words("span", f" {line.text}")
