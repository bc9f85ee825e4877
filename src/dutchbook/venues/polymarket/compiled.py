"""A frame of price changes from its bytes to the books of the arena in one call. Importing this loads numba.

The compiled twin of three pieces, which remain the definition: `PolymarketCodec` for reading, `Groups` for what is
pending, `BookTable` for levels and for who may be looked at. Only frames exactly as the venue writes them today are
read; keys in another order, an escape, an unknown token, a price at the end of the scale, and the frame is not ours.

`on_frame` returns a code below 0, with nothing changed, or else how many outcomes are to be told of before the frame is
applied (their numbers at `TOLD`): then `go_on` continues, again and again until it returns 0. In between
every book stands as the plain path would show it at that moment. `close_due` does the same without a frame.

Numba renews what it keeps on disk when this file changes, and not for other ones: for what is imported here, `doors`
sees to it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numba import njit, types

from dutchbook.domain import arena_books as in_book
from dutchbook.domain.compact_books import MAX_SIZE, SIZE_BITS
from dutchbook.domain.units import ONE, PRICE_DECIMALS, SIZE_DECIMALS
from dutchbook.venues.polymarket import arena as where
from dutchbook.venues.polymarket import scanning
from dutchbook.venues.polymarket.scanning import (
    LEAN,
    WORD,
    Ints,
    decimal,
    door,
    fetch,
    inner,
    is_text,
    literal,
    milliseconds,
    skipped,
    word,
)

type OnFrame = Callable[[bytes, Ints, int], int]
type GoOn = Callable[[Ints], int]
type CloseDue = Callable[[Ints, int], int]

_MADE_OF = crc32(Path(scanning.__file__).read_bytes(), where.LAYOUT)
"""Of what stands in other files, a number: numba itself looks at this one only."""

_CLOSE = ord("}")
_LINE = 8
"""Integers that the machine fetches at once."""
_LEAST_AHEAD = where.TEXT + 8
"""Bytes that always follow where a text of a market begins; the end of a frame alone has 57, and a row as many."""


def _native[**P, R](signature: object) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile ahead for one signature and keep the machine code on disk beside this file.

    It keeps the interpreter's lock: to give it away and take it again takes as long as a fifth of a frame.
    """

    def compile_(function: Callable[P, R]) -> Callable[P, R]:
        compiled: Any = njit(signature, cache=True, **LEAN)(function)
        return compiled  # type: ignore[no-any-return]

    return compile_


_price = decimal(PRICE_DECIMALS)
_size = decimal(SIZE_DECIMALS)
_record = inner(where.record_of)
_after_opening = literal(b'{"market":"')
_after_first = literal(b',"price_changes":[{"asset_id":"')
_after_another = literal(b',{"asset_id":"')
_after_price = literal(b',"price":"')
_after_size = literal(b',"size":"')
_after_side = literal(b',"side":"')
_after_buy = literal(b'BUY"')
_after_sell = literal(b'SELL"')
_after_hash = literal(b',"hash":"')
_after_best_bid = literal(b',"best_bid":"')
_after_best_ask = literal(b',"best_ask":"')
_after_time = literal(b'],"timestamp":"')
_after_ending = literal(b',"event_type":"price_change"}')


# Reading: nothing but the rows and the frame at hand is written.


@inner
def _slot(data: bytes, at: int, bits: int) -> int:
    """Where the search for a condition id begins, in a table of 2**bits places."""
    mix = np.uint64(where.MIX)
    found = (word(data, at + 2) * mix + word(data, at + 2 + WORD)) * mix
    found ^= found >> np.uint64(where.FOLD)
    return int(np.int64(found & ((np.uint64(1) << np.uint64(bits)) - np.uint64(1))))


@inner
def _fetch_market(arena: Ints, market: int) -> None:
    """Have a market's memory on its way while the frame is read: to wait for it would take as long as that."""
    texts = _record(market) + where.TEXTS
    for place in range(texts, texts + 3 * where.TEXT_WORDS, _LINE):
        fetch(arena, place)
    book = arena[where.BOOKS_FROM] + 2 * market * in_book.RECORD
    for start in (book, book + in_book.RECORD):
        for part in (in_book.BID, in_book.BIDS, in_book.BID_LEVELS, in_book.ASK_LEVELS):
            fetch(arena, start + part)
            fetch(arena, start + part + _LINE)


@inner
def _market_at(data: bytes, arena: Ints, at: int, length: int) -> int:
    """The market whose id begins there, or -1."""
    if at + _LEAST_AHEAD > length:
        return -1
    bits = arena[where.TABLE_BITS]
    slot = _slot(data, at, bits)
    while True:
        market = int(arena[arena[where.TABLE_FROM] + slot])
        if market < 0:
            return -1
        record = _record(market)
        _fetch_market(arena, market)
        if is_text(data, at, arena, record + where.TEXTS, arena[record + where.TEXT_LENGTHS]):
            return market
        slot = (slot + 1) & ((1 << bits) - 1)


@inner
def _after_rest(data: bytes, at: int, length: int) -> int:
    """Where a row's hash and best prices end, or -1. Nobody checks them here."""
    at = _after_hash(data, at, length)
    if at >= 0:
        at = skipped(data, at, length)
    if at >= 0:
        at = _after_best_bid(data, at, length)
    if at >= 0:
        at = skipped(data, at, length)
    if at >= 0:
        at = _after_best_ask(data, at, length)
    if at >= 0:
        at = skipped(data, at, length)
    return at


@inner
def _token_at(data: bytes, arena: Ints, at: int, length: int, market: int) -> int:
    """Which of a market's tokens stands there: 0 for YES, 1 for NO, or -1."""
    if at + _LEAST_AHEAD > length:
        return -1
    record = _record(market)
    lengths, texts = record + where.TEXT_LENGTHS, record + where.TEXTS
    if is_text(data, at, arena, texts + where.TEXT_WORDS, arena[lengths + 1]):
        return 0
    return 1 if is_text(data, at, arena, texts + 2 * where.TEXT_WORDS, arena[lengths + 2]) else -1


@inner
def _read_row(data: bytes, arena: Ints, at: int, length: int, market: int, row: int) -> int:
    """Read one change from its token on, into a place for rows. Where it ends, or -1."""
    number = _token_at(data, arena, at, length, market)
    if number < 0:
        return -1
    at = _after_price(data, at + arena[_record(market) + where.TEXT_LENGTHS + 1 + number], length)
    if at < 0:
        return -1
    price, at = _price(data, at, length)
    if price <= 0 or price >= ONE:
        return -1
    at = _after_size(data, at, length)
    if at < 0:
        return -1
    size, at = _size(data, at, length)
    if size < 0 or size > MAX_SIZE:
        return -1
    at = _after_side(data, at, length)
    if at < 0:
        return -1
    side, end = 0, _after_buy(data, at, length)
    if end < 0:
        side, end = 1, _after_sell(data, at, length)
    book = arena[where.BOOKS_FROM] + (2 * market + number) * in_book.RECORD
    if end < 0 or arena[book + in_book.OUTSIDE] or arena[book + in_book.BIDS + side] > in_book.SLOTS - where.MAX_ROWS:
        return -1
    arena[row], arena[row + 1], arena[row + 2], arena[row + 3] = book, side, price, size
    return _after_rest(data, end, length)


@inner
def _read(data: bytes, arena: Ints, length: int) -> int:
    """Read a whole frame into the frame at hand: 0, or why it is not ours."""
    at = _after_opening(data, 0, length)
    if at < 0:
        return where.NOT_MINE
    market = _market_at(data, arena, at, length)
    if market < 0:
        return where.UNKNOWN
    at = _after_first(data, at + arena[_record(market) + where.TEXT_LENGTHS], length)
    rows = 0
    while at >= 0 and rows < where.MAX_ROWS:
        at = _read_row(data, arena, at, length, market, where.ROWS_FROM + rows * where.ROW)
        if at < 0 or at >= length or data[at] != _CLOSE:
            return where.NOT_MINE
        rows += 1
        ending = _after_time(data, at + 1, length)
        if ending < 0:
            at = _after_another(data, at + 1, length)
            continue
        moment, ending = milliseconds(data, ending, length)
        if moment < 0 or _after_ending(data, ending, length) != length:
            return where.NOT_MINE
        arena[where.MARKET], arena[where.AT], arena[where.ROWS] = market, moment, rows
        return 0
    return where.NOT_MINE


# Books: levels, tops, and who may be looked at.


@inner
def _set_level(arena: Ints, book: int, side: int, price: int, size: int) -> None:
    """Set the total size at a price; 0 removes the level."""
    start = book + in_book.BID_LEVELS + side * in_book.SLOTS
    count = arena[book + in_book.BIDS + side]
    low, end = start, start + count
    high = end
    while low < high:
        middle = (low + high) >> 1
        if arena[middle] >> SIZE_BITS < price:
            low = middle + 1
        else:
            high = middle
    stands = low < end and arena[low] >> SIZE_BITS == price
    if size and stands:
        arena[low] = price << SIZE_BITS | size
        return
    if size:
        for place in range(end, low, -1):
            arena[place] = arena[place - 1]
        arena[low] = price << SIZE_BITS | size
        count += 1
    elif stands:
        for place in range(low, end - 1):
            arena[place] = arena[place + 1]
        count -= 1
    else:
        return
    arena[book + in_book.BIDS + side] = count
    best = start if side else start + count - 1
    arena[book + in_book.BID + side] = arena[best] >> SIZE_BITS if count else 0


@inner
def _completes(price: int, other: int) -> bool:
    """Whether two tops mirror each other: they add up to a dollar, or nobody offers on either."""
    return price == other if price == 0 or other == 0 else price + other == ONE


@inner
def _tell(arena: Ints, book: int, told: int) -> int:
    """Name an outcome to be told of, if its top is not the one told last; how many are named then."""
    bid, ask = arena[book + in_book.BID], arena[book + in_book.ASK]
    if bid == arena[book + in_book.TOLD_BID] and ask == arena[book + in_book.TOLD_ASK] and not arena[where.ALL]:
        return told
    arena[book + in_book.TOLD_BID], arena[book + in_book.TOLD_ASK] = bid, ask
    arena[where.TOLD + told] = (book - arena[where.BOOKS_FROM]) // in_book.RECORD
    return told + 1


@inner
def _judge(arena: Ints, book: int, twin: int, both: bool, told: int) -> int:
    """Whether a touched book may be looked at; and its twin, which `both` says is judged itself."""
    if not arena[book + in_book.USABLE]:
        return told
    bid, ask = arena[book + in_book.BID], arena[book + in_book.ASK]
    if 0 < ask <= bid:
        arena[where.CROSSED] += 1
        return told
    if not arena[twin + in_book.USABLE]:
        return _tell(arena, book, told)
    if not (_completes(bid, arena[twin + in_book.ASK]) and _completes(ask, arena[twin + in_book.BID])):
        arena[where.MIRROR_BREAKS] += 1
        return told
    told = _tell(arena, book, told)
    return told if both else _tell(arena, twin, told)


@inner
def _look(arena: Ints, market: int) -> int:
    """Look at a closed group's books, and at a twin still waiting; how many outcomes are to be told of."""
    touched = arena[_record(market) + where.TOUCHED]
    if touched == 0:
        return 0
    yes = arena[where.BOOKS_FROM] + 2 * market * in_book.RECORD
    no = yes + in_book.RECORD
    no_first = touched & where.NO_FIRST or not touched & where.YES_TOUCHED
    first, second = (no, yes) if no_first else (yes, no)
    both = (touched & where.YES_TOUCHED and touched & where.NO_TOUCHED) or arena[second + in_book.WAITING]
    arena[first + in_book.WAITING] = 0
    arena[second + in_book.WAITING] = 0
    told = _judge(arena, first, second, both != 0, 0)
    return _judge(arena, second, first, True, told) if both else told


# Groups: what is pending, in the order of waiting.


@inner
def _note_change(arena: Ints, market: int) -> None:
    """Name a market whose group state the codec does not have."""
    record = _record(market)
    if not arena[record + where.CHANGED]:
        arena[record + where.CHANGED] = 1
        arena[arena[where.CHANGED_FROM] + arena[where.CHANGED_COUNT]] = market
        arena[where.CHANGED_COUNT] += 1


@inner
def _unlink(arena: Ints, market: int) -> None:
    """Take a market out of the list of pending groups."""
    record = _record(market)
    before, after = arena[record + where.PREVIOUS], arena[record + where.NEXT]
    if before < 0:
        arena[where.HEAD] = after
    else:
        arena[_record(before) + where.NEXT] = after
    if after < 0:
        arena[where.TAIL] = before
    else:
        arena[_record(after) + where.PREVIOUS] = before
    arena[record + where.PENDING] = 0
    _note_change(arena, market)


@inner
def _link(arena: Ints, market: int) -> None:
    """Put a market at the end of the list of pending groups."""
    record, last = _record(market), arena[where.TAIL]
    arena[record + where.PREVIOUS], arena[record + where.NEXT], arena[record + where.PENDING] = last, -1, 1
    if last < 0:
        arena[where.HEAD] = market
    else:
        arena[_record(last) + where.NEXT] = market
    arena[where.TAIL] = market


@inner
def _close(arena: Ints, market: int) -> int:
    """Close a pending group; how many outcomes are to be told of."""
    _unlink(arena, market)
    arena[where.EVENTS] += 1
    return _look(arena, market)


@_native("int64(int64[::1], int64)")
def close_due(arena: Ints, now: int) -> int:
    """Close groups that nothing more can join, until one has somebody to tell; how many."""
    if now <= arena[where.DUE]:
        return 0
    while arena[where.HEAD] >= 0:
        market = arena[where.HEAD]
        due = arena[_record(market) + where.GROUP_RECEIVED] + arena[where.GRACE]
        if now <= due:
            arena[where.DUE] = due
            return 0
        told = _close(arena, market)
        if told:
            return told
    arena[where.DUE] = where.NEVER
    return 0


@inner
def _touched_by_rows(arena: Ints, touched: int) -> int:
    """The bits of a group with the outcomes of the frame at hand."""
    yes = arena[where.BOOKS_FROM] + 2 * arena[where.MARKET] * in_book.RECORD
    for row in range(arena[where.ROWS]):
        if arena[where.ROWS_FROM + row * where.ROW] == yes:
            touched |= where.YES_TOUCHED
        else:
            touched |= where.NO_TOUCHED | (0 if touched & where.YES_TOUCHED else where.NO_FIRST)
    return touched


@inner
def _apply(arena: Ints, received: int) -> None:
    """Bring the books up to date with the rows of the frame at hand."""
    for number in range(arena[where.ROWS]):
        row = where.ROWS_FROM + number * where.ROW
        book = arena[row]
        arena[book + in_book.RECEIVED] = received
        if arena[book + in_book.USABLE]:
            _set_level(arena, book, arena[row + 1], arena[row + 2], arena[row + 3])
            arena[book + in_book.WAITING] = 1
    arena[where.EVENTS] += 1
    arena[where.FRAMES] += 1


@_native("int64(int64[::1])")
def go_on(arena: Ints) -> int:
    """Close what the frame at hand closes, then apply it; how many outcomes to tell of first, or 0 when it is done."""
    market, at, received = arena[where.MARKET], arena[where.AT], arena[where.RECEIVED_AT]
    record = _record(market)
    told = close_due(arena, received)
    if told:
        return told
    joins = (
        at == arena[record + where.GROUP_AT] and received <= arena[record + where.GROUP_RECEIVED] + arena[where.GRACE]
    )
    if joins:
        if arena[record + where.PENDING]:
            _unlink(arena, market)
    elif arena[record + where.PENDING]:
        told = _close(arena, market)
        if told:
            return told
    arena[record + where.TOUCHED] = _touched_by_rows(arena, arena[record + where.TOUCHED] if joins else 0)
    arena[record + where.NEWEST] = arena[record + where.GROUP_AT] = at
    if arena[where.HEAD] < 0:
        arena[where.DUE] = received + arena[where.GRACE]
    arena[record + where.GROUP_RECEIVED] = received
    _link(arena, market)
    _note_change(arena, market)
    _apply(arena, received)
    return 0


@_native(types.int64(types.Bytes(types.uint8, 1, "C"), types.int64[::1], types.int64))
def on_frame(data: bytes, arena: Ints, received: int) -> int:
    """Take a frame, if it is one of ours; see the module."""
    read = _read(data, arena, len(data))
    if read < 0:
        return read
    if not arena[where.INSIDE]:
        return where.OUTSIDE_NOW
    if arena[where.AT] < arena[_record(arena[where.MARKET]) + where.NEWEST]:
        return where.NOT_MINE
    arena[where.RECEIVED_AT] = received
    return go_on(arena)


@_native("int64()")
def _made_for() -> int:
    """What the machine code was made for."""
    return _MADE_OF


def doors() -> tuple[OnFrame, GoOn, CloseDue]:
    """The ways in: `on_frame`, `go_on` and `close_due`.

    Compiled again if the machine code on disk was made for another layout of the arena, or of other parts.
    """
    if _made_for() != _MADE_OF:
        for function in (on_frame, go_on, close_due, _made_for):
            kept: Any = function
            kept.recompile()
    return door(on_frame), door(go_on), door(close_due)
