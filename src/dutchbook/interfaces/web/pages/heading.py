"""The top of every page: its title, the mode, how old the data is, and the halt."""

from collections.abc import Callable, Sequence

from dutchbook.evaluation.desk_rows import VenueRow
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import Age, Anchor, Box, Button, Words
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.themes import ThemeButton
from dutchbook.interfaces.web.who import Principal
from dutchbook.interfaces.words import number_of

_MODES = {"paper", "sandbox", "live"}


class Heading:
    """The heading, and the banners below it that say what must not be overlooked.

    The mode stands there before the page hears of the desk: nobody may take one desk for another meanwhile.
    """

    def __init__(self, title: str, mode: str, who: Principal, on_halt: Callable[[], object], barred: str) -> None:
        Words("h1", title)
        with Box("div", "state"):
            self._source = Words("span", "", "source")
            self._age = Age()
            self._mode = Words("span", "", "mode")
            self._say_mode(mode)
            ThemeButton()
            if who.known:
                Anchor(who.name, "/sign-in", "soft optional").props["title"] = "Signed in; sign out here"
            else:
                Anchor("Sign in", "/sign-in", "btn small")
            self._halt = Button("HALT", "halt steer always", label="Halt the desk")
            self._halt.on("click", on_halt)
            self._halt.off(barred)

    def banners(self) -> None:
        """Make the banners, hidden until there is something to say."""
        self._gone = _Banner("bad", "No desk")
        self._halted = _Banner("bad", "Halted")
        self._paused = _Banner("warn", "Paused")
        self._venues = _Banner("warn", "Venues")
        self._unknown = _Banner("bad", "Unknown")
        self._notice = _Banner("info", "Note")

    def show(self, screens: Screens) -> None:
        """Say how it stands."""
        snapshot, age = screens.snapshot, screens.age
        self._say_mode(screens.mode)
        self._age.show(f"data {shown.age(age)}" if age is not None else shown.age(age), shown.age_tone(age))
        self._gone.say(_silence(screens))
        if snapshot is None:
            return
        self._source.show(snapshot.source)
        self._halted.say(
            f"{snapshot.halted} Only `dutchbook resume --i-checked` on the host lifts a halt."
            if snapshot.halted
            else ""
        )
        self._paused.say(snapshot.paused or "" if not snapshot.halted else "")
        self._notice.say(snapshot.notice)

    def _say_mode(self, mode: str) -> None:
        self._mode.show(mode.upper(), mode if mode in _MODES else "")

    def tell(self, venues: Sequence[VenueRow]) -> None:
        """Say what venues do not take now, and of which orders nobody knows whether they live."""
        self._venues.say("; ".join(f"{row.venue.capitalize()}: {row.denied}" for row in venues if row.denied))
        unknown = sum(row.orders_unknown for row in venues)
        self._unknown.say(
            f"{number_of(unknown, 'order')} without an answer: compared with the venue, never sent again."
            if unknown
            else ""
        )


class _Banner:
    def __init__(self, tone: str, title: str) -> None:
        role = "alert" if tone == "bad" else "status"
        with Box("div", f"banner {tone}", role=role) as self._box:
            Words("span", title, "title")
            self._words = Words("span", "", "wrap")
        self._box.set_visibility(False)

    def say(self, text: str) -> None:
        self._words.show(text)
        self._box.set_visibility(bool(text))


def _silence(screens: Screens) -> str:
    if screens.connected:
        return ""
    if screens.snapshot is None:
        return "None runs in this home, or it does not answer yet. History stays visible. Start one: dutchbook run"
    return f"The desk of run {screens.snapshot.run} does not answer. What is shown is how it stood when it last did."
