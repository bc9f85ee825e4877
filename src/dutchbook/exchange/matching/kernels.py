"""What is done to the arena of one book, compiled into whoever calls it. Importing this loads numba.

An order is a link in a chain through all orders of its price, oldest first; levels stay where they are, and two ladders
name them from worst to best. See `layout`.
"""

from dutchbook.exchange.matching import layout as at
from dutchbook.exchange.matching.machine import (
    Arguments,
    Ints,
    Pointer,
    as_int,
    from_int,
    inner,
    set_tuple,
)


@inner
def level_at(book: Ints, level: int) -> int:
    return book[at.AT_LEVELS] + at.LEVEL_WIDTH * level  # type: ignore[no-any-return]


@inner
def order_at(book: Ints, place: int) -> int:
    return book[at.AT_ROWS] + at.ORDER_WIDTH * place  # type: ignore[no-any-return]


@inner
def ladder_at(book: Ints, bid: int) -> int:
    """Where the levels of a side are named, from worst to best."""
    return book[at.AT_BIDS] if bid else book[at.AT_ASKS]  # type: ignore[no-any-return]


@inner
def depth_of(book: Ints, bid: int) -> int:
    return book[at.BIDS] if bid else book[at.ASKS]  # type: ignore[no-any-return]


@inner
def rank_of(book: Ints, bid: int, key: int) -> int:
    """How many levels of a side are worse than a key."""
    ladder, low, high = ladder_at(book, bid), 0, depth_of(book, bid)
    while low < high:
        middle = (low + high) >> 1
        if book[level_at(book, book[ladder + middle]) + at.KEY] < key:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def guess_at(book: Ints, key: int) -> int:
    return book[at.AT_GUESSES] + (((key * at.MIX) >> at.FOLD) & book[at.GUESS_MASK])  # type: ignore[no-any-return]


@inner
def find_level(book: Ints, bid: int, key: int) -> int:
    """The level of a key, or 0. What was found last is tried first: to search costs more than the rest of a call."""
    guess = guess_at(book, key)
    level = book[guess]
    if level and book[level_at(book, level) + at.KEY] == key:
        return level  # type: ignore[no-any-return]
    rank = rank_of(book, bid, key)
    if rank == depth_of(book, bid):
        return 0
    level = book[ladder_at(book, bid) + rank]
    if book[level_at(book, level) + at.KEY] != key:
        return 0
    book[guess] = level
    return level  # type: ignore[no-any-return]


@inner
def recount(book: Ints, bid: int, change: int) -> None:
    """Count a level that came or went, and note the side's best price."""
    count = depth_of(book, bid) + change
    best = level_at(book, book[ladder_at(book, bid) + count - 1]) + at.KEY
    if bid:
        book[at.BIDS] = count
        book[at.TOP_BID] = book[best] if count else at.NO_BID
    else:
        book[at.ASKS] = count
        book[at.TOP_ASK] = -book[best] if count else at.NO_ASK


@inner
def open_level(book: Ints, bid: int, key: int) -> int:
    """A new level, or 0 if there is no room."""
    level = book[at.FREE_LEVEL]
    if level:
        book[at.FREE_LEVEL] = book[level_at(book, level) + at.FIRST]
    elif book[at.USED_LEVELS] == book[at.LEVELS]:
        return 0
    else:
        level = book[at.USED_LEVELS] = book[at.USED_LEVELS] + 1
    start = level_at(book, level)
    book[start + at.KEY], book[start + at.TOTAL] = key, 0
    book[start + at.FIRST] = book[start + at.LAST] = 0
    ladder, rank = ladder_at(book, bid), rank_of(book, bid, key)
    for step in range(ladder + depth_of(book, bid), ladder + rank, -1):
        book[step] = book[step - 1]
    book[ladder + rank] = level
    book[guess_at(book, key)] = level
    recount(book, bid, 1)
    return level  # type: ignore[no-any-return]


@inner
def close_level(book: Ints, level: int) -> None:
    """Drop an empty level."""
    start = level_at(book, level)
    key = book[start + at.KEY]
    bid = 1 if key > 0 else 0
    ladder = ladder_at(book, bid)
    for step in range(ladder + rank_of(book, bid, key), ladder + depth_of(book, bid) - 1):
        book[step] = book[step + 1]
    book[start + at.KEY] = 0
    book[start + at.FIRST], book[at.FREE_LEVEL] = book[at.FREE_LEVEL], level
    recount(book, bid, -1)


@inner
def free_place(book: Ints) -> int:
    """A place for an order, taken off the free ones; 0 if there is no room."""
    place = book[at.FREE_ROW]
    if place:
        book[at.FREE_ROW] = book[order_at(book, place) + at.AFTER]
    elif book[at.USED_ROWS] < book[at.ROWS]:
        place = book[at.USED_ROWS] = book[at.USED_ROWS] + 1
        book[order_at(book, place) + at.ROW] = place
    return place  # type: ignore[no-any-return]


@inner
def unlink(book: Ints, place: int, start: int) -> None:
    """Take an order out of its level's queue; its place is free again, and the row that it had is nobody's."""
    order = order_at(book, place)
    before, after = book[order + at.BEFORE], book[order + at.AFTER]
    if before:
        book[order_at(book, before) + at.AFTER] = after
    else:
        book[start + at.FIRST] = after
    if after:
        book[order_at(book, after) + at.BEFORE] = before
    else:
        book[start + at.LAST] = before
    book[order + at.AFTER], book[at.FREE_ROW] = book[at.FREE_ROW], place
    book[order + at.ROW] = (book[order + at.ROW] + at.USED_ONCE) & at.LAST_ROW


@inner
def reduce_order(book: Ints, place: int, part: int) -> int:
    """Take a part off an order, which leaves if nothing remains; returns what remains of it."""
    order = order_at(book, place)
    level = book[order + at.LEVEL]
    start = level_at(book, level)
    left, rest = book[start + at.TOTAL] - part, book[order + at.SIZE] - part
    book[start + at.TOTAL] = book[at.LEFT] = left
    book[order + at.SIZE] = rest
    book[at.VERSION] += 1
    if not rest:
        unlink(book, place, start)
        if not left:
            close_level(book, level)
    return rest  # type: ignore[no-any-return]


@inner
def place_of(book: Ints, row: int) -> int:
    """Where the order of a row rests; 0 if it does not."""
    place = row & at.PLACE
    if not 0 < place <= book[at.USED_ROWS]:
        return 0
    order = order_at(book, place)
    if book[order + at.ROW] != row or not book[order + at.SIZE]:
        return 0
    return place


@inner
def take_first(book: Ints, bid: int, most: int) -> int:
    """Take up to so much off the first order of a side, which is not empty; returns how much."""
    level = book[ladder_at(book, bid) + depth_of(book, bid) - 1]
    place = book[level_at(book, level) + at.FIRST]
    part = min(book[order_at(book, place) + at.SIZE], most)
    reduce_order(book, place, part)
    return part  # type: ignore[no-any-return]


@inner
def there_is(book: Ints, bid: int, worst: int, size: int) -> bool:
    """Whether a side has so much at keys not below `worst`."""
    ladder, left = ladder_at(book, bid), size
    for step in range(ladder + depth_of(book, bid) - 1, ladder - 1, -1):
        start = level_at(book, book[step])
        if book[start + at.KEY] < worst:
            return False
        left -= book[start + at.TOTAL]
        if left <= 0:
            return True
    return False


@inner
def walk(  # noqa: PLR0913, PLR0917 - compiled into its caller
    book: Ints, bid: int, worst: int, size: int, avoid: int, stops: int, rows: Pointer, sizes: Pointer, own: Pointer
) -> tuple[int, int]:
    """Count whom an order meets and how many of the avoided owner's it finds; where tuples are given, fill them."""
    ladder, met, found, wanted = ladder_at(book, bid), 0, 0, size
    for step in range(ladder + depth_of(book, bid) - 1, ladder - 1, -1):
        start = level_at(book, book[step])
        if book[start + at.KEY] < worst:
            break
        place = book[start + at.FIRST]
        while place and wanted > 0:
            order = order_at(book, place)
            place = book[order + at.AFTER]
            if avoid and book[order + at.OWNER] == avoid:
                if own:
                    set_tuple(own, found, from_int(book[order + at.ROW]))
                found += 1
                if stops:
                    return met, found
                continue
            part = min(book[order + at.SIZE], wanted)
            if rows:
                set_tuple(rows, met, from_int(book[order + at.ROW]))
                set_tuple(sizes, met, from_int(part))
            met, wanted = met + 1, wanted - part
    return met, found


@inner
def ranked(book: Ints, args: Arguments, given: int) -> int:
    """The level of a side that stands so far from its best one; 0 if there is none."""
    if given != 2:
        return 0
    bid, rank = as_int(args[0]), as_int(args[1])
    count = depth_of(book, bid)
    if rank < 0 or rank >= count:
        return 0
    return book[ladder_at(book, bid) + count - 1 - rank]  # type: ignore[no-any-return]
