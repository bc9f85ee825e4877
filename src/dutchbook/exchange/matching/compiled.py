"""The book of one market in machine code: `PlainBook` in every answer, at a fraction of its time."""

from array import array
from collections.abc import Callable

from dutchbook.domain.units import Price, Size
from dutchbook.exchange.matching import layout as at
from dutchbook.exchange.matching.native import Doors
from dutchbook.exchange.matching.plain import Reached

_FIRST_ROWS, _FIRST_LEVELS = 8, 4
_GUESSES = 2
"""Guesses for each level that there is room for."""
_MESSAGE = b"no such order or level in this book, or nothing that it could do - read the book again"
# The machine code raises with these: they stay where they are as long as the process lives.
_TEXT = array("b", _MESSAGE + b"\0")
_LEVEL_LISTS = (at.AT_BIDS, at.AT_ASKS)


class CompiledBook:
    """See `PlainBook`. Methods that cannot need more room are the machine code itself.

    Not for threads, and not to be copied. Its functions hold the address of its arena: call them on the book, and keep
    none of them beyond an `add`, which may move it.
    """

    __slots__ = (
        "_add",
        "_arena",
        "_doors",
        "ahead",
        "crosses",
        "depth",
        "fill",
        "left",
        "level",
        "queue",
        "reach",
        "remove",
        "take",
        "top",
        "version",
    )

    crosses: Callable[[bool, int], bool]
    remove: Callable[[int], Size]
    fill: Callable[[int, int], Size]
    take: Callable[[bool, int, int], Size]
    left: Callable[[], Size]
    version: Callable[[], int]
    reach: Callable[[bool, int, int, int, bool], Reached]
    ahead: Callable[[int], Size]
    depth: Callable[[bool], int]
    top: Callable[[bool], int]
    level: Callable[[bool, int], tuple[Price, Size]]
    queue: Callable[[bool, int], tuple[int, ...]]

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._move(_blank(_FIRST_ROWS, _FIRST_LEVELS))

    def add(self, bid: bool, price: int, size: int, owner: int) -> int:
        """Let an order wait behind all others of its price; returns its row."""
        row: int = self._add(bid, price, size, owner)
        if row:
            return row
        self._grow()
        return self.add(bid, price, size, owner)

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
        bind = self._doors.bind
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
        self.take = bind("take", address)
        self.top = bind("top", address)
        self.version = bind("version", address)


def _blank(rows: int, levels: int) -> "array[int]":
    """An empty arena."""
    guesses = at.HEAD
    bids = guesses + _GUESSES * levels
    asks = bids + levels
    records = asks + levels
    orders = records + at.LEVEL_WIDTH * (levels + 1)
    arena = array("q", bytes(8 * (orders + at.ORDER_WIDTH * (rows + 1))))
    arena[at.ROWS], arena[at.LEVELS] = rows, levels
    arena[at.TOP_BID], arena[at.TOP_ASK] = at.NO_BID, at.NO_ASK
    arena[at.AT_GUESSES], arena[at.AT_BIDS], arena[at.AT_ASKS] = guesses, bids, asks
    arena[at.AT_LEVELS], arena[at.AT_ROWS] = records, orders
    arena[at.GUESS_MASK] = _GUESSES * levels - 1
    arena[at.ERROR], arena[at.MESSAGE] = id(KeyError), _TEXT.buffer_info()[0]
    return arena


def _copied(old: "array[int]", new: "array[int]") -> "array[int]":
    """The book of one arena in another that has at least its room. Guesses are made anew."""
    new[at.FREE_ROW : at.AT_GUESSES] = old[at.FREE_ROW : at.AT_GUESSES]
    for part in _LEVEL_LISTS:
        new[new[part] : new[part] + old[at.LEVELS]] = old[old[part] : old[part] + old[at.LEVELS]]
    for part, room, width in ((at.AT_LEVELS, at.LEVELS, at.LEVEL_WIDTH), (at.AT_ROWS, at.ROWS, at.ORDER_WIDTH)):
        size = width * (old[room] + 1)
        new[new[part] : new[part] + size] = old[old[part] : old[part] + size]
    return new
