"""Lines of a record that are worked out before they are written, all but a few numbers that are known only then."""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

AT: Final = msgspec.Raw(b"\0at\0")
"""Stands in a body where the time of its line will stand."""
OLDEST: Final = msgspec.Raw(b"\0oldest\0")
"""Stands in a body where the time of the oldest book will stand that was looked at."""


class Draft(NamedTuple):
    """A line to come. `body` has AT and OLDEST where such a time is to come; `template` is the record's own."""

    kind: str
    body: msgspec.Struct
    template: bytes


type MakeDraft = Callable[[str, msgspec.Struct], Draft]
"""Works out the line of a kind and a body."""
