"""What the documents hold besides prose: fenced blocks, the commands in them, links, and the anchors of headings."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

GENERATED = frozenset({"cli.md", "configuration.md"})
"""Pages that another test compares with the program."""
_FENCE = re.compile(
    r"(?:<!-- not run: (?P<why>[^\n]*?) -->\n+)?(?P<in> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=in)```",
    re.DOTALL | re.MULTILINE,
)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_OURS = re.compile(r"(\.venv/bin/)?dutchbook ")
SHELL = frozenset({"sh", "console", "bash"})
_COMMENT = re.compile(r"(?:^|\s)#\s.*$")


class Block(NamedTuple):
    """A fenced block: where it begins, what its author calls it, and why it is not run, if that is said."""

    page: Path
    line: int
    language: str
    text: str
    marked: str

    @property
    def name(self) -> str:
        return f"{self.page.name}:{self.line}"


class Command(NamedTuple):
    """A command of ours in a block, as words behind `dutchbook`."""

    block: Block
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.block.page.name}: dutchbook {' '.join(self.words)}"


def pages() -> list[Path]:
    """README and all documents."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks() -> list[Block]:
    """All fenced blocks of pages that are written by hand."""
    return [block for page in pages() if page.name not in GENERATED for block in blocks_of(page)]


def blocks_of(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page. A comment `<!-- not run: why -->` right above one marks it."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        indent = len(found["in"])
        inner = "".join(line[indent:] if line.strip() else line for line in found["text"].splitlines(keepends=True))
        line = text.count("\n", 0, found.start("in")) + 1
        yield Block(page, line, found["language"], inner, found["why"] or "")


def commands() -> list[Command]:
    """Every line in a block that calls the program."""
    return [Command(block, words) for block in blocks() if block.language != "python" for words in _calls(block.text)]


def other_commands() -> list[tuple[Block, str]]:
    """Every line of a shell block that calls something else, as it is written."""
    found = []
    for block in blocks():
        lines = re.sub(r"\\\n\s*", " ", block.text).splitlines() if block.language in SHELL else []
        for line in (_COMMENT.sub("", each.strip().removeprefix("$ ")).strip() for each in lines):
            if line and not _OURS.match(line):
                found.append((block, line))
    return found


def links(page: Path) -> list[str]:
    """The targets of a page's links and pictures, outside of code."""
    text = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page.read_text(encoding="utf-8")))
    return [first or second for first, second in _LINK.findall(text)]


def anchors(page: Path) -> set[str]:
    """What a link may name behind `#`: headings as GitHub names them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {_slug(heading) for heading in _HEADING.findall(text)}


def _calls(text: str) -> Iterator[tuple[str, ...]]:
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        bare = _COMMENT.sub("", line.strip().removeprefix("$ ")).rstrip("& ")
        if _OURS.match(bare):
            yield tuple(shlex.split(bare.partition(" > ")[0])[1:])


def _slug(heading: str) -> str:
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", lambda found: found[1] or "", heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
