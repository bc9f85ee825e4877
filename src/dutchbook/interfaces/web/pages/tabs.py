"""Parts of a page that have addresses of their own."""

from collections.abc import Sequence

from dutchbook.interfaces.web.pages.elements import Box, Words


def tabs(label: str, places: Sequence[tuple[str, str]], here: str) -> None:
    """Links to the parts of a page: address and name of each."""
    with Box("nav", "tabs", aria_label=label):
        for path, name in places:
            with Box("a", href=path) as link:
                if path == here:
                    link.attribute("aria-current", "page")
                Words("span", name)
