"""Long lists, written a few rows at a time: whoever posts an order meanwhile does not wait for the whole list."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import batched

import msgspec


class Rows[T](msgspec.Struct, frozen=True):
    """Rows of an answer that are still to be written, by `write`, so many of them without a pause.

    Every row is of the moment when it is written, so those of one list may be some milliseconds apart.
    """

    of: Iterable[T]
    write: Callable[[T], object]
    at_once: int


async def written[T](rows: Rows[T], encoder: msgspec.json.Encoder) -> list[msgspec.Raw]:
    """Each row as JSON. The event loop gets its turn between every few."""
    found: list[msgspec.Raw] = []
    for few in batched(rows.of, rows.at_once):
        found += [msgspec.Raw(encoder.encode(rows.write(row))) for row in few]
        await asyncio.sleep(0)
    return found
