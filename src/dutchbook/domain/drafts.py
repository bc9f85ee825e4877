"""Lines of a record that are worked out before they are written, all but a few numbers that are known only then."""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

HOLE: Final = msgspec.Raw(b"\0")
"""Stands in a body for a whole number that is known once its line is written."""


class Draft(NamedTuple):
    """A line to come. `body` has a HOLE for each number to come; `template` is the record's own."""

    kind: str
    body: msgspec.Struct
    template: bytes


class Filled(NamedTuple):
    """A draft with the numbers of its holes, in the order in which they stand in its line."""

    draft: Draft
    numbers: tuple[int, ...]


type MakeDraft = Callable[[str, msgspec.Struct], Draft]
"""Works out the line of a kind and a body with holes."""
