"""Markdown of our own documentation as elements: headings, paragraphs, lists, tables, code, links. Never HTML.

Only what our pages use. Whatever else stands there is shown as the text it is.
"""

import re
from collections.abc import Sequence

from dutchbook.interfaces.web.pages.elements import Anchor, Box, Words

_INLINE = re.compile(r"(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|!?\[[^\]]*\]\([^)\s]+\))")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_HEADING = re.compile(r"(#{1,4}) +(.+)")
_ITEM = re.compile(r"(\s*)(?:[-*]|\d+\.) +(.*)")
_RULE = re.compile(r"\|?[\s:|-]+\|[\s:|-]*")


def draw(text: str) -> None:
    """Draw a page."""
    lines = text.splitlines()
    place = 0
    while place < len(lines):
        place = _block(lines, place)


def _block(lines: Sequence[str], place: int) -> int:
    """Draw the block that begins here; where the next one does."""
    line = lines[place]
    if not line.strip():
        return place + 1
    if line.startswith("```"):
        return _code(lines, place)
    if heading := _HEADING.fullmatch(line):
        with Box(f"h{len(heading.group(1)) + 1}"):  # the page itself has the first heading
            _inline(heading.group(2))
        return place + 1
    if line.lstrip().startswith("|"):
        return _table(lines, place)
    if _ITEM.fullmatch(line):
        return _list(lines, place)
    return _paragraph(lines, place)


def _code(lines: Sequence[str], place: int) -> int:
    end = next((n for n in range(place + 1, len(lines)) if lines[n].startswith("```")), len(lines))
    Words("pre", "\n".join(lines[place + 1 : end]), "raw").props("tabindex=0")
    return end + 1


def _table(lines: Sequence[str], place: int) -> int:
    end = next((n for n in range(place, len(lines)) if not lines[n].lstrip().startswith("|")), len(lines))
    rows = [_cells(line) for line in lines[place:end] if not _RULE.fullmatch(line.strip())]
    with Box("div", "table-scroll", tabindex="0"), Box("table", "rows doc"):
        for number, row in enumerate(rows):
            with Box("tr"):
                for cell in row:
                    with Box("td" if number else "th"):
                        _inline(cell)
    return end


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").replace("\\|", "\x00").split("|")]


def _list(lines: Sequence[str], place: int) -> int:
    with Box("ul", "points"):
        while place < len(lines) and (item := _ITEM.fullmatch(lines[place])):
            text = item.group(2)
            place += 1
            while place < len(lines) and lines[place].startswith("  ") and not _ITEM.fullmatch(lines[place]):
                text += " " + lines[place].strip()
                place += 1
            with Box("li", "deeper" if item.group(1) else ""):
                _inline(text)
    return place


def _paragraph(lines: Sequence[str], place: int) -> int:
    end = place + 1
    while end < len(lines) and lines[end].strip() and not lines[end].startswith(("```", "#", "|", "- ")):
        end += 1
    with Box("p"):
        _inline(" ".join(line.strip() for line in lines[place:end]))
    return end


def _inline(text: str) -> None:
    for part in _INLINE.split(text.replace("\x00", "|")):
        if not part:
            continue
        if part.startswith("`"):
            Words("code", part.strip("`"))
        elif part.startswith("**"):
            Words("strong", part.strip("*"))
        elif link := _LINK.fullmatch(part):
            _link(link.group(2), link.group(3), picture=bool(link.group(1)))
        elif part.startswith("*") and part.endswith("*"):
            Words("em", part.strip("*"))
        else:
            Words("span", part)


def _link(text: str, to: str, *, picture: bool) -> None:
    """Links between our pages lead to them; what leads elsewhere is shown with its address."""
    page = to.partition("#")[0]
    if picture:
        Words("em", text)
    elif page.endswith(".md") and "/" not in page:
        Anchor(text, f"/handbook/{page.removesuffix('.md')}")
    elif to.startswith("https://"):
        Words("span", f"{text} ({to})")
    else:
        Words("span", text)
