"""A frame of price changes from its bytes to the books of the arena in one call. Importing this loads numba.

The compiled twin of three pieces, which remain the definition: `PolymarketCodec` for reading, `Groups` for what is
pending, `BookTable` for levels and for who may be looked at. Only frames exactly as the venue writes them today are
read; keys in another order, an escape, an unknown token, a price at the end of the scale, and the frame is not ours.

`on_frame` returns a code below 0, with nothing changed, or else how many outcomes are to be told of before the frame is
applied (their numbers at `TOLD`): then `go_on` continues, again and again until it returns 0. In between
every book stands as the plain path would show it at that moment. `close_due` does the same without a frame.

Every scan ends at a zero byte, which follows the frame, and every comparison stays within the room behind it. It is all
one file because numba renews what it keeps on disk when this file changes, and not for other ones: for the constants
that are imported here, `renew` sees to it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from dutchbook.domain import arena_books as in_book
from dutchbook.domain.compact_books import MAX_SIZE, SIZE_BITS
from dutchbook.domain.units import ONE, PRICE_DECIMALS, SIZE_DECIMALS
from dutchbook.venues.polymarket import arena as where

type Ints = npt.NDArray[np.int64]
type Bytes = npt.NDArray[np.uint8]

_QUOTE, _ESCAPE, _POINT, _ZERO, _NINE, _CLOSE = b'"\\.09}'
_COMMA, _BLANK = b", "
_DIGITS = 12
_TIME_DIGITS = 13


def _inner[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Compiled when a caller is: not at all where the callers' machine code is on disk."""
    compiled: Any = njit(nogil=True)(function)
    return compiled  # type: ignore[no-any-return]


def _native[**P, R](signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile ahead for one signature and keep the machine code on disk beside this file."""

    def compile_(function: Callable[P, R]) -> Callable[P, R]:
        compiled: Any = njit(signature, cache=True, nogil=True)(function)
        return compiled  # type: ignore[no-any-return]

    return compile_


def _literal(text: bytes) -> Callable[[Bytes, int], int]:
    """A function that says where a literal ends that begins at a place, or -1 if it does not stand there.

    Behind a comma one blank more is allowed: the venue writes both.
    """
    expected = tuple(text)
    length = len(expected)

    def after(data: Bytes, at: int) -> int:
        for offset in range(length):
            if data[at] != expected[offset]:
                return -1
            at += 1
            if expected[offset] == _COMMA and data[at] == _BLANK:
                at += 1
        return at

    return _inner(after)


_record = _inner(where.record_of)
_after_opening = _literal(b'{"market":"')
_after_first = _literal(b',"price_changes":[{"asset_id":"')
_after_another = _literal(b',{"asset_id":"')
_after_price = _literal(b',"price":"')
_after_size = _literal(b',"size":"')
_after_side = _literal(b',"side":"')
_after_buy = _literal(b'BUY"')
_after_sell = _literal(b'SELL"')
_after_hash = _literal(b',"hash":"')
_after_best_bid = _literal(b',"best_bid":"')
_after_best_ask = _literal(b',"best_ask":"')
_after_time = _literal(b'],"timestamp":"')
_after_ending = _literal(b',"event_type":"price_change"}')


# Reading: nothing but the rows and the frame at hand is written.


@_inner
def _slot(data: Bytes, at: int, bits: int) -> int:
    """Where the search for a condition id begins, in a table of 2**bits places."""
    found = np.uint64(0)
    for offset in range(where.HASHED):
        found = (found ^ np.uint64(data[at + 2 + offset])) * np.uint64(where.MIX)
        found ^= found >> np.uint64(where.FOLD)
    return int(np.int64(found & np.uint64((1 << bits) - 1)))


@_inner
def _is_text(data: Bytes, at: int, text: int, length: int) -> bool:
    """Whether a text of so many bytes stands there, closed by a quote."""
    for offset in range(length):
        if data[at + offset] != data[text + offset]:
            return False
    return bool(data[at + length] == _QUOTE)


@_inner
def _market_at(data: Bytes, arena: Ints, at: int) -> int:
    """The market whose id begins there, or -1."""
    bits = arena[where.TABLE_BITS]
    slot = _slot(data, at, bits)
    while True:
        market = int(arena[arena[where.TABLE_FROM] + slot])
        if market < 0:
            return -1
        length = arena[_record(market) + where.TEXT_LENGTHS]
        if _is_text(data, at, where.TEXTS_FROM + market * where.MARKET_TEXTS, length):
            return market
        slot = (slot + 1) & ((1 << bits) - 1)


@_inner
def _decimal(data: Bytes, at: int, decimals: int) -> tuple[int, int]:
    """A number in units of 10**-decimals and where its text ends, as `exact` reads it, or -1."""
    value, digits, finer, has_point = 0, 0, 0, False
    while data[at] != _QUOTE:
        byte = data[at]
        at += 1
        if byte == _POINT:
            if has_point:
                return -1, at
            has_point = True
            continue
        if byte < _ZERO or byte > _NINE:
            return -1, at
        if has_point:
            finer += 1
        else:
            digits += 1
        if digits > _DIGITS or finer > _DIGITS or (finer > decimals and byte != _ZERO):
            return -1, at
        if finer <= decimals:
            value = value * 10 + int(np.int64(byte - _ZERO))
    if digits == 0 or (has_point and finer == 0):
        return -1, at
    for _ in range(decimals - finer):
        value *= 10
    return value, at + 1


@_inner
def _skipped(data: Bytes, at: int) -> int:
    """Where a text ends that says nothing to us, or -1 unless it is of printable ASCII without escapes."""
    while data[at] != _QUOTE:
        if data[at] < 32 or data[at] > 126 or data[at] == _ESCAPE:
            return -1
        at += 1
    return at + 1


@_inner
def _milliseconds(data: Bytes, at: int) -> tuple[int, int]:
    """A venue time of this age, which has thirteen digits, and where it ends; or -1."""
    value = 0
    for offset in range(_TIME_DIGITS):
        byte = data[at + offset]
        if byte < _ZERO or byte > _NINE:
            return -1, at
        value = value * 10 + int(np.int64(byte - _ZERO))
    if data[at] == _ZERO or data[at + _TIME_DIGITS] != _QUOTE:
        return -1, at
    return value, at + _TIME_DIGITS + 1


@_inner
def _after_rest(data: Bytes, at: int) -> int:
    """Where a row's hash and best prices end, or -1. Nobody checks them here."""
    at = _after_hash(data, at)
    if at >= 0:
        at = _skipped(data, at)
    if at >= 0:
        at = _after_best_bid(data, at)
    if at >= 0:
        at = _skipped(data, at)
    if at >= 0:
        at = _after_best_ask(data, at)
    if at >= 0:
        at = _skipped(data, at)
    return at


@_inner
def _read_row(data: Bytes, arena: Ints, at: int, market: int, row: int) -> int:
    """Read one change from its token on, into a place for rows. Where it ends, or -1."""
    record = _record(market) + where.TEXT_LENGTHS
    text = where.TEXTS_FROM + market * where.MARKET_TEXTS
    if _is_text(data, at, text + where.TEXT, arena[record + 1]):
        number = 0
    elif _is_text(data, at, text + 2 * where.TEXT, arena[record + 2]):
        number = 1
    else:
        return -1
    at = _after_price(data, at + arena[record + 1 + number] + 1)
    if at < 0:
        return -1
    price, at = _decimal(data, at, PRICE_DECIMALS)
    if price <= 0 or price >= ONE:
        return -1
    at = _after_size(data, at)
    if at < 0:
        return -1
    size, at = _decimal(data, at, SIZE_DECIMALS)
    if size < 0 or size > MAX_SIZE:
        return -1
    at = _after_side(data, at)
    if at < 0:
        return -1
    side, end = 0, _after_buy(data, at)
    if end < 0:
        side, end = 1, _after_sell(data, at)
    book = arena[where.BOOKS_FROM] + (2 * market + number) * in_book.RECORD
    if end < 0 or arena[book + in_book.OUTSIDE] or arena[book + in_book.BIDS + side] > in_book.SLOTS - where.MAX_ROWS:
        return -1
    arena[row], arena[row + 1], arena[row + 2], arena[row + 3] = book, side, price, size
    return _after_rest(data, end)


@_inner
def _read(data: Bytes, arena: Ints, length: int) -> int:
    """Read a whole frame into the frame at hand: 0, or why it is not ours."""
    data[length] = 0
    at = _after_opening(data, 0)
    if at < 0:
        return where.NOT_MINE
    market = _market_at(data, arena, at)
    if market < 0:
        return where.UNKNOWN
    at = _after_first(data, at + arena[_record(market) + where.TEXT_LENGTHS] + 1)
    rows = 0
    while at >= 0 and rows < where.MAX_ROWS:
        at = _read_row(data, arena, at, market, where.ROWS_FROM + rows * where.ROW)
        if at < 0 or data[at] != _CLOSE:
            return where.NOT_MINE
        rows += 1
        ending = _after_time(data, at + 1)
        if ending < 0:
            at = _after_another(data, at + 1)
            continue
        moment, ending = _milliseconds(data, ending)
        if moment < 0 or _after_ending(data, ending) != length:
            return where.NOT_MINE
        arena[where.MARKET], arena[where.AT], arena[where.ROWS] = market, moment, rows
        return 0
    return where.NOT_MINE


# Books: levels, tops, and who may be looked at.


@_inner
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


@_inner
def _completes(price: int, other: int) -> bool:
    """Whether two tops mirror each other: they add up to a dollar, or nobody offers on either."""
    return price == other if price == 0 or other == 0 else price + other == ONE


@_inner
def _tell(arena: Ints, book: int, told: int) -> int:
    """Name an outcome to be told of, if its top is not the one told last; how many are named then."""
    bid, ask = arena[book + in_book.BID], arena[book + in_book.ASK]
    if bid == arena[book + in_book.TOLD_BID] and ask == arena[book + in_book.TOLD_ASK] and not arena[where.ALL]:
        return told
    arena[book + in_book.TOLD_BID], arena[book + in_book.TOLD_ASK] = bid, ask
    arena[where.TOLD + told] = (book - arena[where.BOOKS_FROM]) // in_book.RECORD
    return told + 1


@_inner
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


@_inner
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


@_inner
def _note_change(arena: Ints, market: int) -> None:
    """Name a market whose group state the codec does not have."""
    record = _record(market)
    if not arena[record + where.CHANGED]:
        arena[record + where.CHANGED] = 1
        arena[arena[where.CHANGED_FROM] + arena[where.CHANGED_COUNT]] = market
        arena[where.CHANGED_COUNT] += 1


@_inner
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


@_inner
def _link(arena: Ints, market: int) -> None:
    """Put a market at the end of the list of pending groups."""
    record, last = _record(market), arena[where.TAIL]
    arena[record + where.PREVIOUS], arena[record + where.NEXT], arena[record + where.PENDING] = last, -1, 1
    if last < 0:
        arena[where.HEAD] = market
    else:
        arena[_record(last) + where.NEXT] = market
    arena[where.TAIL] = market


@_inner
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


@_inner
def _touched_by_rows(arena: Ints, touched: int) -> int:
    """The bits of a group with the outcomes of the frame at hand."""
    yes = arena[where.BOOKS_FROM] + 2 * arena[where.MARKET] * in_book.RECORD
    for row in range(arena[where.ROWS]):
        if arena[where.ROWS_FROM + row * where.ROW] == yes:
            touched |= where.YES_TOUCHED
        else:
            touched |= where.NO_TOUCHED | (0 if touched & where.YES_TOUCHED else where.NO_FIRST)
    return touched


@_inner
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


@_native("int64(uint8[::1], int64[::1], int64, int64)")
def on_frame(data: Bytes, arena: Ints, length: int, received: int) -> int:
    """Take a frame of so many bytes, if it is one of ours; see the module."""
    read = _read(data, arena, length)
    if read < 0:
        return read
    if not arena[where.INSIDE]:
        return where.OUTSIDE_NOW
    if arena[where.AT] < arena[_record(arena[where.MARKET]) + where.NEWEST]:
        return where.NOT_MINE
    arena[where.RECEIVED_AT] = received
    return go_on(arena)


@_native("int64()")
def _layout() -> int:
    """The layout that the machine code was made for."""
    return where.LAYOUT


def renew() -> None:
    """Compile again if the machine code on disk was made for another layout of the arena."""
    if _layout() != where.LAYOUT:
        for function in (on_frame, go_on, close_due, _layout):
            kept: Any = function
            kept.recompile()
