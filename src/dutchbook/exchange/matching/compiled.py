"""The book of one market in machine code: `PlainBook` in every answer, at a fraction of its time."""

from array import array
from collections.abc import Callable

from dutchbook.domain.units import Size
from dutchbook.exchange.matching import layout as at
from dutchbook.exchange.matching.native import Doors

_FIRST_ROWS, _FIRST_LEVELS = 8, 4
_GUESSES = 2
"""Guesses for each level that there is room for."""
_MESSAGE = b"no such order or level in this book, or nothing that it could do - read the book again"
# The machine code raises with these: they stay where they are as long as the process lives.
_TEXT = array("b", _MESSAGE + b"\0")
_LEVEL_LISTS = (at.AT_BIDS, at.AT_ASKS)


class CompiledBook[T]:
    """See `PlainBook`. Methods that cannot need more room are the machine code itself.

    Not for threads, and not to be copied. Its functions hold the address of its arena: call them on the book, and keep
    none of them beyond an `add`, which may move it.
    """

    __slots__ = (
        "_add",
        "_arena",
        "_doors",
        "_tags",
        "ahead",
        "crosses",
        "depth",
        "fill",
        "left",
        "level",
        "queue",
        "reach",
        "remove",
        "top",
        "version",
    )

    crosses: Callable[[bool, int], bool]
    remove: Callable[[int], int]
    fill: Callable[[int, int], int]
    left: Callable[[], int]
    version: Callable[[], int]
    reach: Callable[[bool, int, int], tuple[tuple[T, ...], tuple[int, ...]]]
    ahead: Callable[[int], Size]
    depth: Callable[[bool], int]
    top: Callable[[bool], int]
    level: Callable[[bool, int], tuple[int, int]]
    queue: Callable[[bool, int], tuple[T, ...]]

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._tags: list[T | None] = []
        self._move(_blank(_FIRST_ROWS, _FIRST_LEVELS))

    def add(self, bid: bool, price: int, size: int, tag: T) -> int:
        """Let an order wait behind all others of its price; returns its row."""
        row: int = self._add(bid, price, size, tag)
        if row:
            return row
        self._grow()
        return self.add(bid, price, size, tag)

    def _grow(self) -> None:
        """Twice the room for orders, for levels, or for both: for whatever is used up."""
        old = self._arena
        rows, levels = old[at.ROWS], old[at.LEVELS]
        if old[at.USED_ROWS] == rows:
            rows *= 2
        if old[at.USED_LEVELS] == levels:
            levels *= 2
        self._move(_copied(old, _blank(rows, levels)))

    def _move(self, arena: array[int]) -> None:
        tags, bind = self._tags, self._doors.bind
        tags.extend([None] * (arena[at.ROWS] + 1 - len(tags)))
        arena[at.TAGS] = id(tags)
        self._arena = arena
        address = arena.buffer_info()[0]
        self._add = bind("add", address)
        self.ahead = bind("ahead", address)
        self.crosses = bind("crosses", address)
        self.depth = bind("depth", address)
        self.fill = bind("fill", address)
        self.left = bind("left", address)
        self.level = bind("level", address)
        self.queue = bind("queue", address)
        self.reach = bind("reach", address)
        self.remove = bind("remove", address)
        self.top = bind("top", address)
        self.version = bind("version", address)


def _blank(rows: int, levels: int) -> "array[int]":
    """An empty arena."""
    guesses = at.HEAD
    bids = guesses + _GUESSES * levels
    asks = bids + levels
    records = asks + levels
    orders = records + at.WIDTH * (levels + 1)
    arena = array("q", bytes(8 * (orders + at.WIDTH * (rows + 1))))
    arena[at.ROWS], arena[at.LEVELS] = rows, levels
    arena[at.TOP_BID], arena[at.TOP_ASK] = at.NO_BID, at.NO_ASK
    arena[at.AT_GUESSES], arena[at.AT_BIDS], arena[at.AT_ASKS] = guesses, bids, asks
    arena[at.AT_LEVELS], arena[at.AT_ROWS] = records, orders
    arena[at.GUESS_MASK] = _GUESSES * levels - 1
    arena[at.NOTHING], arena[at.ERROR] = id(None), id(KeyError)
    arena[at.MESSAGE] = _TEXT.buffer_info()[0]
    return arena


def _copied(old: "array[int]", new: "array[int]") -> "array[int]":
    """The book of one arena in another that has at least its room. Guesses are made anew."""
    new[at.FREE_ROW : at.AT_GUESSES] = old[at.FREE_ROW : at.AT_GUESSES]
    for part in _LEVEL_LISTS:
        new[new[part] : new[part] + old[at.LEVELS]] = old[old[part] : old[part] + old[at.LEVELS]]
    for part, room in ((at.AT_LEVELS, at.LEVELS), (at.AT_ROWS, at.ROWS)):
        size = at.WIDTH * (old[room] + 1)
        new[new[part] : new[part] + size] = old[old[part] : old[part] + size]
    return new
