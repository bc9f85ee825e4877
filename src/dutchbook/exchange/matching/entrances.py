"""A market's book as machine code: all that it can be asked. Importing this loads numba.

The compiled twin of `PlainBook`, which remains the definition; each docstring begins with the arguments.
"""

from typing import Any

from dutchbook.exchange.matching import layout as at
from dutchbook.exchange.matching.kernels import (
    depth_of,
    find_level,
    free_place,
    level_at,
    open_level,
    order_at,
    place_of,
    ranked,
    reduce_order,
    take_first,
    there_is,
    walk,
)
from dutchbook.exchange.matching.machine import (
    POINTER,
    Arguments,
    Pointer,
    arena_of,
    as_int,
    door,
    from_bool,
    from_int,
    new_tuple,
    refuse,
    set_tuple,
)


@door
def add(self: Pointer, args: Arguments, given: int) -> Pointer:
    """bid, price, size, owner: the order's row, behind all others of its price; 0 if there is no room."""
    book = arena_of(self)
    if given != 4:
        return refuse(book)
    bid, price, size, owner = as_int(args[0]), as_int(args[1]), as_int(args[2]), as_int(args[3])
    if not (0 < price < at.NO_ASK and 0 < size < at.MAX_SIZE and owner >= 0):
        return refuse(book)
    if not book[at.FREE_ROW] and book[at.USED_ROWS] == book[at.ROWS]:
        return from_int(0)  # type: ignore[no-any-return]
    key = price if bid else -price
    level = find_level(book, bid, key)
    if not level:
        level = open_level(book, bid, key)
        if not level:
            return from_int(0)  # type: ignore[no-any-return]
    start = level_at(book, level)
    total = book[start + at.TOTAL] + size
    if total >= at.MAX_TOTAL:
        return refuse(book)
    place = free_place(book)
    order, last = order_at(book, place), book[start + at.LAST]
    book[order + at.LEVEL], book[order + at.SIZE], book[order + at.OWNER] = level, size, owner
    book[order + at.BEFORE], book[order + at.AFTER] = last, 0
    if last:
        book[order_at(book, last) + at.AFTER] = place
    else:
        book[start + at.FIRST] = place
    book[start + at.LAST] = place
    book[start + at.TOTAL] = book[at.LEFT] = total
    book[at.VERSION] += 1
    return from_int(book[order + at.ROW])  # type: ignore[no-any-return]


@door
def remove(self: Pointer, args: Arguments, given: int) -> Pointer:
    """row: take an order out; what its level has left, or -1 if it does not rest (any more)."""
    book = arena_of(self)
    if given != 1:
        return refuse(book)
    row = as_int(args[0])
    if row < 0:
        return refuse(book)
    place = place_of(book, row)
    if not place:
        return from_int(-1)  # type: ignore[no-any-return]
    reduce_order(book, place, book[order_at(book, place) + at.SIZE])
    return from_int(book[at.LEFT])  # type: ignore[no-any-return]


@door
def fill(self: Pointer, args: Arguments, given: int) -> Pointer:
    """row, size: take a part off an order, which leaves if nothing remains; what remains of it."""
    book = arena_of(self)
    if given != 2:
        return refuse(book)
    place, part = place_of(book, as_int(args[0])), as_int(args[1])
    if not place or part <= 0 or part > book[order_at(book, place) + at.SIZE]:
        return refuse(book)
    return from_int(reduce_order(book, place, part))  # type: ignore[no-any-return]


@door
def take(self: Pointer, args: Arguments, given: int) -> Pointer:
    """bid, price, size: take so much off whoever comes first on the other side; what the last level has left."""
    book = arena_of(self)
    if given != 3:
        return refuse(book)
    bid, price, wanted = as_int(args[0]), as_int(args[1]), as_int(args[2])
    worst, other = (-price, 0) if bid else (price, 1)
    if wanted <= 0 or not there_is(book, other, worst, wanted):
        return refuse(book)
    while wanted > 0:
        wanted -= take_first(book, other, wanted)
    return from_int(book[at.LEFT])  # type: ignore[no-any-return]


@door
def left(self: Pointer, args: Arguments, given: int) -> Pointer:  # noqa: ARG001 - the convention
    """What the level that was touched last has now."""
    return from_int(arena_of(self)[at.LEFT])  # type: ignore[no-any-return]


@door
def version(self: Pointer, args: Arguments, given: int) -> Pointer:  # noqa: ARG001 - the convention
    """How often the book was changed."""
    return from_int(arena_of(self)[at.VERSION])  # type: ignore[no-any-return]


@door
def crosses(self: Pointer, args: Arguments, given: int) -> Pointer:
    """bid, price: whether an order would meet anything."""
    book = arena_of(self)
    if given != 2:
        return refuse(book)
    price = as_int(args[1])
    if as_int(args[0]):
        return from_bool(price >= book[at.TOP_ASK])  # type: ignore[no-any-return]
    return from_bool(price <= book[at.TOP_BID])  # type: ignore[no-any-return]


@door
def reach(self: Pointer, args: Arguments, given: int) -> Pointer:
    """bid, price, size, owner to avoid or 0, stops: rows and sizes of whom it meets, rows of the avoided, as tuples."""
    book = arena_of(self)
    if given != 5:
        return refuse(book)
    bid, price, size, avoid, stops = (
        as_int(args[0]),
        as_int(args[1]),
        as_int(args[2]),
        as_int(args[3]),
        as_int(args[4]),
    )
    if avoid < 0:
        return refuse(book)
    worst, other = (-price, 0) if bid else (price, 1)
    none = POINTER(0)
    met, found = walk(book, other, worst, size, avoid, stops, none, none, none)
    rows, sizes, own, all_three = new_tuple(met), new_tuple(met), new_tuple(found), new_tuple(3)
    walk(book, other, worst, size, avoid, stops, rows, sizes, own)
    set_tuple(all_three, 0, rows)
    set_tuple(all_three, 1, sizes)
    set_tuple(all_three, 2, own)
    return all_three  # type: ignore[no-any-return]


@door
def ahead(self: Pointer, args: Arguments, given: int) -> Pointer:
    """row: the size that comes before an order in its queue."""
    book = arena_of(self)
    if given != 1:
        return refuse(book)
    place = place_of(book, as_int(args[0]))
    if not place:
        return refuse(book)
    size, other = 0, book[order_at(book, place) + at.BEFORE]
    while other:
        size += book[order_at(book, other) + at.SIZE]
        other = book[order_at(book, other) + at.BEFORE]
    return from_int(size)  # type: ignore[no-any-return]


@door
def top(self: Pointer, args: Arguments, given: int) -> Pointer:
    """bid: a side's best price, or 0."""
    book = arena_of(self)
    if given != 1:
        return refuse(book)
    if as_int(args[0]):
        return from_int(book[at.TOP_BID])  # type: ignore[no-any-return]
    return from_int(book[at.TOP_ASK] if book[at.ASKS] else 0)  # type: ignore[no-any-return]


@door
def depth(self: Pointer, args: Arguments, given: int) -> Pointer:
    """bid: how many levels a side has."""
    book = arena_of(self)
    if given != 1:
        return refuse(book)
    return from_int(depth_of(book, as_int(args[0])))  # type: ignore[no-any-return]


@door
def level(self: Pointer, args: Arguments, given: int) -> Pointer:
    """bid, rank from the best: price and total of a level."""
    book = arena_of(self)
    found = ranked(book, args, given)
    if not found:
        return refuse(book)
    start, both = level_at(book, found), new_tuple(2)
    set_tuple(both, 0, from_int(abs(book[start + at.KEY])))
    set_tuple(both, 1, from_int(book[start + at.TOTAL]))
    return both  # type: ignore[no-any-return]


@door
def queue(self: Pointer, args: Arguments, given: int) -> Pointer:
    """bid, rank from the best: the rows of a level's orders, oldest first."""
    book = arena_of(self)
    found = ranked(book, args, given)
    if not found:
        return refuse(book)
    first, count = book[level_at(book, found) + at.FIRST], 0
    place = first
    while place:
        count, place = count + 1, book[order_at(book, place) + at.AFTER]
    rows, place = new_tuple(count), first
    for number in range(count):
        set_tuple(rows, number, from_int(book[order_at(book, place) + at.ROW]))
        place = book[order_at(book, place) + at.AFTER]
    return rows  # type: ignore[no-any-return]


ENTRANCES: dict[str, Any] = {
    "add": add,
    "remove": remove,
    "fill": fill,
    "take": take,
    "left": left,
    "version": version,
    "crosses": crosses,
    "reach": reach,
    "ahead": ahead,
    "top": top,
    "depth": depth,
    "level": level,
    "queue": queue,
}
"""By the name that the book has for it."""
