"""The documentation within the dashboard: the files of the docs folder, drawn by elements, never as HTML."""

import re
from collections.abc import Iterator
from pathlib import Path

from dutchbook.interfaces.web.pages.elements import Anchor, Box, empty
from dutchbook.interfaces.web.pages.frame import frame
from dutchbook.interfaces.web.pages.markdown import draw
from dutchbook.interfaces.web.pages.screens import Screens

_NAME = re.compile(r"[a-z0-9-]+")
_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)
_FIRST = ("concepts", "dashboard", "sandbox", "orders", "configuration", "cli")
"""What a newcomer reads first; the rest follows by name."""


def folder() -> Path | None:
    """Where the documentation is: within an installed package, or beside the sources of a checkout."""
    package = Path(__file__).parents[3]
    places = (package / "handbook", package.parents[1] / "docs")
    return next((place for place in places if (place / "concepts.md").is_file()), None)


def show(screens: Screens, name: str = "") -> None:
    """Draw the list of pages, or one of them."""
    with frame(screens, "/handbook", "Documentation"):
        place = folder()
        if place is None:
            empty("The documentation is not part of this installation.", "It is in the folder docs of the sources.")
            return
        pages = dict(_pages(place))
        wanted = name or "concepts"
        with Box("div", "handbook"):
            with Box("nav", "contents", aria_label="Pages of the documentation"):
                for each, title in pages.items():
                    link = Anchor(title, f"/handbook/{each}")
                    if each == wanted:
                        link.props["aria-current"] = "page"
            with Box("article", "text"):
                if wanted not in pages:
                    empty("There is no such page.", "Choose one from the list.")
                    return
                draw((place / f"{wanted}.md").read_text(encoding="utf-8"))


def _pages(place: Path) -> Iterator[tuple[str, str]]:
    found = {path.stem: path for path in place.glob("*.md") if _NAME.fullmatch(path.stem)}
    order = [*(name for name in _FIRST if name in found), *(name for name in sorted(found) if name not in _FIRST)]
    for name in order:
        title = _TITLE.search(found[name].read_text(encoding="utf-8"))
        yield name, title.group(1) if title else name
