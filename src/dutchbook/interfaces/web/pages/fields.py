"""Plain form fields with a label: text, a choice, several lines."""

from collections.abc import Mapping

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from dutchbook.interfaces.web.pages.elements import Box, Words

_VALUE = "(e) => emit(e.target.value)"


class Field:
    """A line of text, or several with `lines`."""

    def __init__(self, label: str, value: str = "", *, most: int = 500, lines: int = 0, kind: str = "text") -> None:
        self.value = value
        with Box("label", "field") as self.box:
            Words("span", label, "label")
            tag = "textarea" if lines else "input"
            self.input = Box(tag, "text", maxlength=most, autocomplete="off")
            # Set where it changes and only there: `value` would be set at each push, over what somebody is typing.
            self.input.props[".value"] = value
            self.input.props["rows" if lines else "type"] = lines or kind
        self.input.on("input", self._keep, js_handler=_VALUE)

    def _keep(self, event: GenericEventArguments) -> None:
        self.value = str(event.args)

    def empty(self) -> None:
        """Take away what was typed."""
        self.value = ""
        self.input.client.run_javascript(f"getHtmlElement({self.input.id}).value = ''")


class Choice:
    """One of several values, each with its words."""

    def __init__(self, label: str, choices: Mapping[str, str], value: str = "") -> None:
        self._choices = choices
        self.value = value or next(iter(choices), "")
        with Box("label", "field") as self.box:
            Words("span", label, "label")
            with Box("select", "text", aria_label=label) as self.input:
                for each, words in choices.items():
                    option = Words("option", words)
                    option.props["value"] = each
                    option.props.set_bool("selected", each == self.value)
        self.input.on("change", self._keep, js_handler=_VALUE)

    def on_change(self, do: "object") -> Element:
        """Call this once another is chosen."""
        return self.input.on("change", do)  # type: ignore[arg-type]

    def _keep(self, event: GenericEventArguments) -> None:
        value = str(event.args)
        if value in self._choices:
            self.value = value
