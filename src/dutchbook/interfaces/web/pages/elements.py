"""The small pieces that pages are made of: plain HTML elements whose text and tone change in place.

Text is always bound as text; nothing here ever takes HTML.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from dutchbook.interfaces.words import NOBODY

_ICONS = {
    "overview": ("M3 12l9-8 9 8", "M5 10v10h14V10"),
    "markets": ("M3 17l6-6 4 4 8-8", "M15 7h6v6"),
    "orders": ("M4 6h16", "M4 12h16", "M4 18h10"),
    "decisions": ("M6 3v6a3 3 0 0 0 3 3h6a3 3 0 0 1 3 3v6", "M15 18l3 3 3-3", "M3 6l3-3 3 3"),
    "strategies": ("M4 20V10", "M10 20V4", "M16 20v-7", "M22 20H2"),
    "risk": ("M12 3l8 3v6c0 5-3.5 8-8 9-4.500-1-8-4-8-9V6z", "M9 12l2 2 4-4"),
    "evaluation": ("M3 3v18h18", "M7 15l4-5 3 3 5-7"),
    "system": ("M4 5h16v6H4z", "M4 13h16v6H4z", "M8 8h.01", "M8 16h.01"),
    "handbook": ("M4 5a2 2 0 0 1 2-2h14v16H6a2 2 0 0 0-2 2z", "M8 7h8", "M8 11h6"),
    "more": ("M5 12h.01", "M12 12h.01", "M19 12h.01"),
    "theme": ("M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z",),
    "brand": ("M4 5h10a6 7 0 0 1 0 14H4z", "M4 12h16"),
}


class Words(TextElement):
    """An element with nothing but text, which costs a message only when it changes."""

    def __init__(self, tag: str, text: str = "", classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        self._fixed = classes
        self._shown_tone = ""
        if classes:
            self.classes(classes)

    def show(self, text: str, tone: str | None = None) -> None:
        """Set the text, and with `tone` how it looks: good, bad, warn, soft, or empty."""
        if text != self.text:
            self.set_text(text)
        if tone is not None and tone != self._shown_tone:
            self._shown_tone = tone
            self.classes(replace=f"{self._fixed} {tone}".strip())


class Age(Words):
    """How old data is. Grey until the page has heard of it: a green dot beside nothing would call it live."""

    def __init__(self) -> None:
        super().__init__("span", classes="age")
        self.show("connecting", "quiet")


class Box(Element):
    """An element that holds others."""

    def __init__(self, tag: str = "div", classes: str = "", **props: object) -> None:
        super().__init__(tag)
        if classes:
            self.classes(classes)
        for name, value in props.items():
            self._props[name.rstrip("_").replace("_", "-")] = value

    def attribute(self, name: str, value: object) -> None:
        """Set an attribute; costs a message only when it changes. None takes it away."""
        if self._props.get(name) != value:
            self._props.set_optional(name, value)


def icon(name: str) -> Box:
    """One of our drawings. It is decoration: what it means stands beside it as text."""
    with Box("svg", "icon", viewBox="0 0 24 24", aria_hidden="true", focusable="false") as drawing:
        for path in _ICONS[name]:
            Box("path", d=path)
    return drawing


class Anchor(TextElement):
    """A link within the desk. Its address is made by our code; its text may come from anywhere."""

    def __init__(self, text: str, to: str, classes: str = "") -> None:
        super().__init__(tag="a", text=text)
        self._props["href"] = to
        if classes:
            self.classes(classes)


class Button(TextElement):
    """A real button. `steer` ones act on the desk, and vanish as soon as the page no longer hears of it."""

    def __init__(self, text: str, classes: str = "", *, label: str = "") -> None:
        super().__init__(tag="button", text=text)
        self._props["type"] = "button"
        self.classes(f"btn {classes}".strip())
        if label:
            self._props["aria-label"] = label

    def off(self, why: str) -> "Button":
        """Nobody may press it, for this reason; an empty one lets it be pressed again."""
        if self._props.get("title", "") != why:
            self._props.set_bool("disabled", bool(why))
            self._props.set_optional("title", why or None)
        return self


class Panel(Box):
    """A titled part of a page. `note` stands beside the title, `aside` at its right end."""

    def __init__(self, title: str, *, span: int = 12, classes: str = "", flush: bool = False) -> None:
        super().__init__("section", f"panel span-{span} {classes}".strip(), aria_label=title)
        with self, Box("header"):
            Words("h2", title)
            self.note = Words("span", "", "note")
            self.aside = Box("div", "aside")
        with self:
            self.body = Box("div", "body flush" if flush else "body")


@contextmanager
def panel(title: str, *, span: int = 12, classes: str = "", flush: bool = False) -> Iterator[Panel]:
    """A panel whose body is filled by what is made within."""
    made = Panel(title, span=span, classes=classes, flush=flush)
    with made.body:
        yield made


class Figure:
    """A number with its name, and a line below it."""

    def __init__(self, name: str) -> None:
        with Box("div", "figure"):
            Words("dt", name)
            with Box("dd"):
                self._value = Words("span", NOBODY)
                self._sub = Words("div", "", "sub")

    def show(self, value: str, sub: str = "", tone: str = "") -> None:
        """What it is now."""
        self._value.show(value, tone)
        self._sub.show(sub)


class Facts:
    """Names and values, one below the other; the names are fixed."""

    def __init__(self, *names: str) -> None:
        self._values: dict[str, Words] = {}
        with Box("dl", "facts"):
            for name in names:
                Words("dt", name)
                self._values[name] = Words("dd", NOBODY)

    def show(self, name: str, value: str, tone: str = "") -> None:
        """What one of them is now."""
        self._values[name].show(value, tone)


def empty(title: str, what_to_do: str) -> Box:
    """An empty state says what to do next."""
    with Box("div", "empty") as made:
        Words("strong", title)
        Words("span", what_to_do)
    return made
