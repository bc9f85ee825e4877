"""A market's book as machine code: all that it can be asked. Importing this loads numba.

The compiled twin of `PlainBook`, which remains the definition; each docstring begins with the arguments.
"""

from typing import Any

from dutchbook.exchange.matching import layout as at
from dutchbook.exchange.matching.kernels import (
    depth_of,
    find_level,
    keep_tag,
    level_at,
    open_level,
    order_at,
    ranked,
    reduce_order,
    rests,
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
    get_item,
    keep,
    new_tuple,
    refuse,
    set_tuple,
)


@door
def add(self: Pointer, args: Arguments, given: int) -> Pointer:
    """bid, price, size, tag: the order's row, behind all others of its price; 0 if there is no room, nothing done."""
    book = arena_of(self)
    if given != 4:
        return refuse(book)
    bid, price, size = as_int(args[0]), as_int(args[1]), as_int(args[2])
    if not (0 < price < at.NO_ASK and 0 < size < at.MAX_SIZE):
        return refuse(book)
    row = book[at.FREE_ROW]
    if not row and book[at.USED_ROWS] == book[at.ROWS]:
        return from_int(0)  # type: ignore[no-any-return]
    key = price if bid else -price
    level = find_level(book, bid, key)
    if not level:
        level = open_level(book, bid, key)
        if not level:
            return from_int(0)  # type: ignore[no-any-return]
    elif book[level_at(book, level) + at.TOTAL] + size >= at.MAX_TOTAL:
        return refuse(book)
    if row:
        book[at.FREE_ROW] = book[order_at(book, row) + at.AFTER]
    else:
        row = book[at.USED_ROWS] = book[at.USED_ROWS] + 1
    start, order = level_at(book, level), order_at(book, row)
    last = book[start + at.LAST]
    book[order + at.LEVEL], book[order + at.SIZE] = level, size
    book[order + at.BEFORE], book[order + at.AFTER] = last, 0
    if last:
        book[order_at(book, last) + at.AFTER] = row
    else:
        book[start + at.FIRST] = row
    book[start + at.LAST] = row
    book[start + at.TOTAL] += size
    book[at.LEFT] = book[start + at.TOTAL]
    book[at.VERSION] += 1
    keep_tag(book, row, args[3])
    return from_int(row)  # type: ignore[no-any-return]


@door
def remove(self: Pointer, args: Arguments, given: int) -> Pointer:
    """row: take an order out; what its level has left."""
    book = arena_of(self)
    if given != 1:
        return refuse(book)
    row = as_int(args[0])
    if not rests(book, row):
        return refuse(book)
    reduce_order(book, row, book[order_at(book, row) + at.SIZE])
    return from_int(book[at.LEFT])  # type: ignore[no-any-return]


@door
def fill(self: Pointer, args: Arguments, given: int) -> Pointer:
    """row, size: take a part off an order, which leaves if nothing remains; what remains of it."""
    book = arena_of(self)
    if given != 2:
        return refuse(book)
    row, part = as_int(args[0]), as_int(args[1])
    if not rests(book, row) or part <= 0 or part > book[order_at(book, row) + at.SIZE]:
        return refuse(book)
    return from_int(reduce_order(book, row, part))  # type: ignore[no-any-return]


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
    """bid, price, size: what an order would meet, as two tuples: tags and sizes, best first and oldest first."""
    book = arena_of(self)
    if given != 3:
        return refuse(book)
    bid, price, size = as_int(args[0]), as_int(args[1]), as_int(args[2])
    worst, other = (-price, 0) if bid else (price, 1)
    none = POINTER(0)
    count = walk(book, other, worst, size, none, none)
    tags, sizes, both = new_tuple(count), new_tuple(count), new_tuple(2)
    if count:
        walk(book, other, worst, size, tags, sizes)
    set_tuple(both, 0, tags)
    set_tuple(both, 1, sizes)
    return both  # type: ignore[no-any-return]


@door
def ahead(self: Pointer, args: Arguments, given: int) -> Pointer:
    """row: the size that comes before an order in its queue."""
    book = arena_of(self)
    if given != 1:
        return refuse(book)
    row = as_int(args[0])
    if not rests(book, row):
        return refuse(book)
    size, other = 0, book[order_at(book, row) + at.BEFORE]
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
    """bid, rank from the best: the tags of a level's orders, oldest first."""
    book = arena_of(self)
    found = ranked(book, args, given)
    if not found:
        return refuse(book)
    first, count = book[level_at(book, found) + at.FIRST], 0
    row = first
    while row:
        count, row = count + 1, book[order_at(book, row) + at.AFTER]
    tags, row = new_tuple(count), first
    for number in range(count):
        tag = get_item(POINTER(book[at.TAGS]), row)
        keep(tag)
        set_tuple(tags, number, tag)
        row = book[order_at(book, row) + at.AFTER]
    return tags  # type: ignore[no-any-return]


ENTRANCES: dict[str, Any] = {
    "add": add,
    "remove": remove,
    "fill": fill,
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
