"""The levels of a book read from its bytes in compiled code. Importing this loads numba.

The compiled twin of what `PolymarketCodec` does with the rows of a side, which remains the definition: only sides
exactly as the venue writes them are read, sorted by price either way, each level with a size, none at 0 or 1 dollar.
"""

from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import numpy as np
from numba import njit, types

from dutchbook.domain.book import Level
from dutchbook.domain.units import ONE, PRICE_DECIMALS, SIZE_DECIMALS
from dutchbook.venues.polymarket import scanning
from dutchbook.venues.polymarket.scanning import LEAN, Ints, decimal, door, inner, literal

MAX_LEVELS = 1_024
"""Of one side: more than there are prices on all grids but the finest."""

_OPEN, _END, _COMMA, _BLANK = b"[], "
_MADE_OF = crc32(Path(scanning.__file__).read_bytes())
_FAIL = -1
_level: Callable[[int, int], Level] = Level  # type: ignore[assignment]  # what was scanned are prices and sizes

_price = decimal(PRICE_DECIMALS)
_size = decimal(SIZE_DECIMALS)
_after_price = literal(b'{"price":"')
_after_size = literal(b',"size":"')


@inner
def _level_at(data: bytes, at: int, length: int) -> tuple[int, int, int]:
    """A level, price and size, and where its numbers end; or a price of -1."""
    at = _after_price(data, at, length)
    if at < 0:
        return _FAIL, 0, at
    price, at = _price(data, at, length)
    if price <= 0 or price >= ONE:
        return _FAIL, 0, at
    at = _after_size(data, at, length)
    if at < 0:
        return _FAIL, 0, at
    size, at = _size(data, at, length)
    return (price, size, at) if size > 0 else (_FAIL, 0, at)


def _scan(data: bytes, levels: Ints) -> int:
    """Read a side into prices and, behind `MAX_LEVELS` places, sizes; how many there are, or -1."""
    length, at, count, slope = len(data), 1, 0, 0
    if length < 2 or np.int64(data[0]) != _OPEN:
        return _FAIL
    if length == 2 and np.int64(data[1]) == _END:
        return 0
    while count < MAX_LEVELS:
        price, size, at = _level_at(data, at, length)
        if price < 0 or at + 2 > length or np.int64(data[at]) != ord("}"):
            return _FAIL
        if count:
            step = 1 if price > levels[count - 1] else -1
            if price == levels[count - 1] or step * slope < 0:
                return _FAIL
            slope = step
        levels[count], levels[MAX_LEVELS + count] = price, size
        count += 1
        if np.int64(data[at + 1]) == _END:
            return count if at + 2 == length else _FAIL
        if np.int64(data[at + 1]) != _COMMA:
            return _FAIL
        at += 2
        if at < length and np.int64(data[at]) == _BLANK:
            at += 1
    return _FAIL


_jit: Any = njit
_compiled = _jit(types.int64(types.Bytes(types.uint8, 1, "C"), types.int64[::1]), cache=True, **LEAN)(_scan)


@_jit("int64()", cache=True, **LEAN)  # type: ignore[untyped-decorator]
def _made_for() -> int:
    """What the machine code was made for."""
    return _MADE_OF


class SnapshotScan:
    """Reads sides of books. Keeps room for one."""

    def __init__(self) -> None:
        if _made_for() != _MADE_OF:
            _compiled.recompile()
            _made_for.recompile()
        self._levels = array("q", bytes(8 * 2 * MAX_LEVELS))
        self._ints = np.frombuffer(self._levels, np.int64)
        self._scan = door(_compiled)

    def side(self, rows: msgspec.Raw) -> tuple[Level, ...] | None:
        """The levels of a side in the venue's order, or None if the plain path must read it."""
        count = self._scan(rows, self._ints)
        if count < 0:
            return None
        levels = self._levels
        return tuple(map(_level, levels[:count], levels[MAX_LEVELS : MAX_LEVELS + count]))
