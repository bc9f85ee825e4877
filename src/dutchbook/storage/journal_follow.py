"""Reading a journal on while its desk writes it: from a proven place to its end, as often as one likes."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from dutchbook.domain.errors import JournalError
from dutchbook.storage.journal_format import (
    GENESIS,
    HASH_FIELD,
    LINE_END,
    SEALED_TAIL,
    WireLine,
    segment_name,
    segment_paths,
)

_decoder = msgspec.json.Decoder(WireLine)


class Place(msgspec.Struct, frozen=True):
    """How far a journal was read: the segment (from 1) and the byte behind the last line, its number and its hash."""

    segment: int = 1
    offset: int = 0
    seq: int = 0
    digest: str = GENESIS.hex()


class Followed(msgspec.Struct, frozen=True):
    """A proven line, the hash before it, and the place behind it."""

    line: WireLine
    before: str
    place: Place


def follow(folder: Path, place: Place) -> Iterator[Followed]:
    """The lines behind a place, up to the last whole one. A line that is still being written is left for later.

    Raises JournalError for a line that does not continue the hash chain.
    """
    segment = place.segment
    while True:
        # Looked for before the end of this one is read: what is written meanwhile comes in this one, or next time.
        following = (folder / segment_name(segment + 1)).exists()
        for followed in _rest_of(folder / segment_name(segment), place):
            place = followed.place
            yield followed
        if not following:
            return
        segment += 1
        place = Place(segment, 0, place.seq, place.digest)


def shrunk(folder: Path, place: Place) -> bool:
    """Whether a journal is shorter than it was when it was read up to `place`: a power cut took its end."""
    try:
        return (folder / segment_name(place.segment)).stat().st_size < place.offset
    except FileNotFoundError:
        return bool(place.offset)


def journal_size(folder: Path) -> int:
    """Bytes of all segments; more than before means that lines were written. 0 where no journal is."""
    try:
        paths, _ = segment_paths(folder)
        return sum(path.stat().st_size for path in paths)
    except FileNotFoundError:
        return 0


def _rest_of(path: Path, place: Place) -> Iterator[Followed]:
    try:
        with path.open("rb", buffering=1 << 18) as file:
            file.seek(place.offset)
            for text in file:
                if not text.endswith(b"\n"):
                    return
                followed = _proven(path, text, place)
                place = followed.place
                yield followed
    except FileNotFoundError:
        return


def _proven(path: Path, text: bytes, place: Place) -> Followed:
    digest = sha256(bytes.fromhex(place.digest) + text[:-SEALED_TAIL]).hexdigest()
    where = f"{path}, line {place.seq + 1} of the journal, byte {place.offset}"
    if text[-SEALED_TAIL:] != HASH_FIELD + digest.encode() + LINE_END:
        raise JournalError(f"{where}: torn or changed - see `dutchbook journal verify`")
    try:
        line = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise JournalError(f"{where}: no journal line: {error} - see `dutchbook journal verify`") from error
    if line.seq != place.seq + 1:
        raise JournalError(f"{where}: numbered {line.seq} - see `dutchbook journal verify`")
    return Followed(line, place.digest, Place(place.segment, place.offset + len(text), line.seq, digest))
