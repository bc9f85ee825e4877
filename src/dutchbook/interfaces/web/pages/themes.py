"""Light or dark: what the system says, until a person chooses. The choice is a cookie of this browser."""

from nicegui import ui
from nicegui.element import Element

from dutchbook.interfaces.web.pages.elements import icon

COOKIE = "dutchbook_theme"
_THEMES = {"light", "dark"}


class ThemeButton(Element, component="../static/desk_theme.js"):
    """A button that turns light into dark and back."""

    def __init__(self) -> None:
        super().__init__()
        chosen = ui.context.client.request.cookies.get(COOKIE, "")
        self._props["cookie"] = COOKIE
        self._props["chosen"] = chosen if chosen in _THEMES else ""
        with self:
            icon("theme")
