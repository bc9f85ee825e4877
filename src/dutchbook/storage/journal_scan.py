"""Walking a journal's chain from its first line, and stopping at the first byte that is not as it was written."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from dutchbook.domain.errors import JournalError
from dutchbook.storage.anchor import Head, read_anchor
from dutchbook.storage.journal_format import GENESIS, HASH_FIELD, LINE_END, SEALED_TAIL, WireLine, segment_paths

_decoder = msgspec.json.Decoder(WireLine)


class JournalScan:
    """One pass over a journal. While `lines` runs and after it, the attributes say how far the chain was proven.

    `segment` and `offset` are where the proven part ends; `problem` is why it ends there, or None at the end of the
    journal. The anchor is read first, so that a desk which goes on writing meanwhile is no problem.
    """

    def __init__(self, folder: Path) -> None:
        reading = read_anchor(folder)
        self.folder = folder
        self.anchor: Head = reading.head
        self.anchor_damage: str | None = reading.damage
        self.paths, self.missing = segment_paths(folder)
        self.index = 0
        self.offset = 0
        self.seq = 0
        self.digest = GENESIS
        self.problem: str | None = None

    @property
    def segment(self) -> Path:
        """The file in which the proven part ends."""
        return self.paths[self.index]

    @property
    def head(self) -> Head:
        """The last proven line."""
        return Head(self.seq, self.digest.hex())

    @property
    def torn(self) -> int:
        """How many bytes follow the proven part, in all segments."""
        sizes = [path.stat().st_size for path in self.paths[self.index :]]
        return sum(sizes) - self.offset

    @property
    def breaks_promise(self) -> bool:
        """Whether lines are bad or missing that the anchor says were durable. What lies beyond it may be torn."""
        return self.seq < self.anchor.seq or self.missing is not None

    def lines(self) -> Iterator[WireLine]:
        """The proven lines in order."""
        for index, path in enumerate(self.paths):
            self.index, self.offset = index, 0
            with path.open("rb", buffering=1 << 18) as file:
                for text in file:
                    line = self.prove(text)
                    if isinstance(line, str):
                        self.problem = f"{path}, line {self.seq + 1} of the journal, byte {self.offset}: {line}"
                        return
                    self.offset += len(text)
                    yield line
        if self.missing is not None:
            self.problem = f"{self.missing} is missing"
        elif self.breaks_promise:
            self.problem = f"{self.folder}: cut off after line {self.seq}, but line {self.anchor.seq} was written"

    def finish(self) -> None:
        """Prove the rest without looking at it."""
        for _ in self.lines():
            pass

    def prove(self, text: bytes) -> WireLine | str:
        """The next line of the chain, which is then proven so far; or what is wrong with it."""
        sealed = text[:-SEALED_TAIL]
        digest = sha256(self.digest + sealed).digest()
        if text[-SEALED_TAIL:] != HASH_FIELD + digest.hex().encode() + LINE_END:
            return "torn or changed" if text.endswith(b"\n") else "torn: it has no end"
        try:
            line = _decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return f"no journal line: {error}"
        if line.seq != self.seq + 1:
            return f"numbered {line.seq}"
        if line.seq == self.anchor.seq and line.hash != self.anchor.hash:
            return "not the line that the head anchor names"
        self.seq, self.digest = line.seq, digest
        return line


def damaged(problem: str, *, promised: bool = True) -> JournalError:
    """What is raised for a journal that does not prove itself. Not `promised`, only what was being written is lost."""
    if promised:
        return JournalError(f"{problem} - see `dutchbook journal verify`; restore the journal before a desk uses it")
    return JournalError(
        f"{problem} - its desk died while it wrote; all lines before it are proven - nothing to do, use those"
    )
