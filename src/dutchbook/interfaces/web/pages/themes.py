"""Light or dark: what the system says, until a person chooses. The choice is a cookie of this browser."""

from nicegui import ui

from dutchbook.interfaces.web.pages.elements import Box, icon

COOKIE = "dutchbook_theme"
_YEAR_S = 31_536_000


def chosen() -> bool | None:
    """Dark, light, or (None) as the system says."""
    request = ui.context.client.request
    return {"dark": True, "light": False}.get(request.cookies.get(COOKIE, ""))


def theme_button() -> None:
    """A button that turns light into dark and back."""
    dark = ui.dark_mode(value=chosen())
    with Box("button", "btn plain optional", type="button", aria_label="Light or dark") as button:
        icon("theme")

    async def turn() -> None:
        is_dark = await ui.run_javascript("document.body.classList.contains('body--dark')")
        dark.set_value(not is_dark)
        word = "light" if is_dark else "dark"
        ui.run_javascript(f"document.cookie = '{COOKIE}={word}; path=/; max-age={_YEAR_S}; samesite=strict'")

    button.on("click", turn)
