"""Texts from venues, made fit for messages: no control characters, no mentions, no markup, no endless titles."""

import re
import unicodedata

LONGEST_TITLE = 200
LONGEST_TEXT = 3_500
"""Characters; a Telegram message holds 4,096."""

_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn"}
"""Categories of characters that nobody sees: controls, bidirectional overrides, private use, surrogates."""
_MENTION = re.compile(r"@(?=\w)|<(?=[!@#a-zA-Z/])")
"""What Discord, Slack and HTML would act upon: `@everyone`, `<!channel>`, `<@id>`, a tag."""
_INSTEAD = {"@": "＠", "<": "‹"}  # noqa: RUF001 - characters that look the same and mean nothing


def harmless(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text with nothing in it that a channel or a reader's eye would be fooled by. Line ends stay."""
    seen = "".join(
        char if char == "\n" or unicodedata.category(char) not in _HIDDEN else " " for char in text[: 4 * longest]
    )
    safe = _MENTION.sub(lambda found: _INSTEAD[found[0]], seen)
    return safe if len(safe) <= longest else safe[: longest - 1] + "…"


def one_line(text: str, longest: int = LONGEST_TITLE) -> str:
    """The same in one line, for titles and subjects: a line end in one could begin a header of its own.

    What is too long loses its middle: markets of one question differ at the end of their titles.
    """
    line = harmless(" ".join(text.split()), 4 * longest)
    if len(line) <= longest:
        return line
    end = longest // 3
    return f"{line[: longest - end - 1]}…{line[-end:]}"
