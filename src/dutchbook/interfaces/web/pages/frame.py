"""What every page has: navigation, mode, data age, the halt, and a veil over everything once the page hears nothing.

The veil needs no script: each beat restarts a style sheet's animation that would otherwise show it and hide every
control that acts on the desk.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

from nicegui import Client, background_tasks, ui

from dutchbook.app.control.wire import Answer, Show, ShowVenues
from dutchbook.domain.errors import DutchbookError
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.interfaces.web.actions import permit
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import Age, Anchor, Box, Panel, Words, icon
from dutchbook.interfaces.web.pages.halting import halt_dialog
from dutchbook.interfaces.web.pages.heading import Heading
from dutchbook.interfaces.web.pages.navigation import PLACES, Place
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.who import Principal
from dutchbook.storage.roles import Role

LOOK_S = 1.0
"""How often a page asks for what the picture of the desk does not hold."""

type Fast = Callable[[DeskSnapshot], None]
type Told = Callable[[Answer], None]
type Slow = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


class Page:
    """One open page: what it does at each beat, who looks at it, and the desk behind it."""

    def __init__(self, screens: Screens) -> None:
        self.screens = screens
        self._request = ui.context.client.request
        self._who = screens.who(self._request)
        self._fast: list[Fast] = []
        self._slow: list[Slow] = []
        self._told: dict[Show, list[Told]] = {}
        self._heard: dict[Show, Answer] = {}
        self._aged: list[Age] = []
        self._beats = 0
        self._shown: DeskSnapshot | None = None
        self._complained = ""

    def each_beat(self, show: Fast) -> None:
        """Call this with each new picture of the desk."""
        self._fast.append(show)
        if self.screens.snapshot is not None:
            show(self.screens.snapshot)

    def each_answer(self, request: Show, show: Told) -> None:
        """Call this with each answer of the desk, which is asked anew for every picture while the page is open."""
        self._told.setdefault(request, []).append(show)

    def each_second(self, look: Slow) -> None:
        """Await this about once a second, and at once."""
        self._slow.append(look)

    def aged(self, panel: Panel) -> Panel:
        """Show at the panel's end how old the desk's data is."""
        with panel.aside:
            self._aged.append(Age())
        return panel

    @property
    def who(self) -> Principal:
        """Who looks, as it is now: they may have signed out meanwhile."""
        return self.screens.who(self._request, self._who)

    @property
    def address(self) -> str:
        """Where they look from."""
        return self._request.client.host if self._request.client else "unknown"

    def barred(self, role: Role = Role.OPERATOR) -> str:
        """Why this person may not do what needs the role; empty if they may."""
        if self._who.may(role):
            return ""
        return f"This takes the role {role}." if self._who.known else "Sign in to act."

    def permit(self, role: Role = Role.OPERATOR) -> None:
        """Raises Forbidden unless whoever looks may still do what needs the role."""
        permit(self.who, role)

    async def live(self, client: Client, root: Box, heading: Heading) -> None:
        """Show what changed, at every beat, until cancelled."""
        await client.connected()
        with client, self.screens.context.link.following(self._told):
            while True:
                self._show(root, heading)
                await self.screens.beat()

    def _show(self, root: Box, heading: Heading) -> None:
        """It waits for nobody: a desk that hangs must not take the halt off the page."""
        self._beats += 1
        root.attribute("data-beat", "ab"[self._beats % 2])
        root.attribute("data-silent", None if self.screens.connected else "")
        heading.show(self.screens)
        age = self.screens.age
        for words in self._aged:
            words.show(shown.age(age), shown.age_tone(age))
        snapshot = self.screens.snapshot
        if snapshot is not None and snapshot is not self._shown:
            self._shown = snapshot
            for show in self._fast:
                show(snapshot)
        for request, answer in self.screens.context.link.answers.items():
            if request in self._told and answer is not self._heard.get(request):
                self._heard[request] = answer
                self._tell(request, answer)

    def _tell(self, request: Show, answer: Answer) -> None:
        if answer.error:
            self._complain(answer.error)
            return
        for show in self._told[request]:
            show(answer)

    async def look(self, heading: Heading) -> None:
        """Ask for what parts of the page want. One that fails does not keep the others from it."""
        looks: tuple[Slow, ...] = (partial(self._venues, heading), *self._slow)
        for look in looks:
            try:
                await look()
            except DutchbookError as error:
                self._complain(str(error))

    async def _venues(self, heading: Heading) -> None:
        if self.screens.connected:
            heading.tell((await self.screens.ask(ShowVenues())).venues or ())

    def _complain(self, text: str) -> None:
        """Once in the log, until something else is wrong: the page itself says that no desk answers."""
        if text != self._complained:
            self._complained = text
            log.warning("page: %s", text)


@contextmanager
def frame(screens: Screens, path: str, title: str) -> Iterator[Page]:
    """A page with everything that all pages have; what is made within goes into its middle."""
    page = Page(screens)
    ui.page_title(f"{title} · {screens.mode.upper()} · dutchbook")
    ui.add_head_html(screens.head())
    ui.context.client.content.classes("gap-0")
    Anchor("Skip to the page", "#main", "skip")
    with Box("div", "desk", data_beat="a") as root:
        _side(screens, path)
        with Box("header", "top"):
            heading = Heading(title, screens.mode, page.who, partial(halt_dialog, page), page.barred())
        with Box("div", "main", id="main", tabindex="-1"):
            heading.banners()
            yield page
    _veil(screens)
    client = ui.context.client
    living = background_tasks.create(page.live(client, root, heading), name=f"what {path} shows")
    client.on_delete(living.cancel)
    ui.timer(LOOK_S, partial(page.look, heading))


def _side(screens: Screens, path: str) -> None:
    with Box("aside", "side"):
        with Box("a", "brand", href="/"):
            icon("brand")
            Words("span", "dutchbook")
        with Box("nav", "nav", aria_label="Pages"):
            for place in PLACES:
                _link(place, path, "" if place.first else "rest")
            with Box("details", "more"):
                with Box("summary"):
                    icon("more")
                    Words("span", "More")
                with Box("div", "menu"):
                    for place in PLACES:
                        if not place.first:
                            _link(place, path)
        with Box("div", "side-foot"):
            Words("span", f"dutchbook {screens.context.version}")
            Words("span", "Times are UTC.")


def _link(place: Place, path: str, classes: str = "") -> None:
    here = path == place.path or (place.path != "/" and path.startswith(place.path))
    with Box("a", classes, href=place.path) as link:
        if here:
            link.attribute("aria-current", "page")
        icon(place.icon)
        Words("span", place.name)


def _veil(screens: Screens) -> None:
    """Over everything, once no beat came for a second and a half."""
    with Box("div", "veil", role="alertdialog", aria_label="Connection lost"), Box("div", "sheet"):
        Words("h2", "Connection lost")
        Words(
            "p",
            "This page hears nothing from the dashboard, so what it shows is old and nothing on it can be pressed. "
            "The desk trades on without it. The page comes back by itself.",
        )
        Words("p", "To stop the desk meanwhile, on its host:", "soft")
        Words("pre", f"DUTCHBOOK_HOME={screens.context.home} dutchbook halt", "raw")
