"""Reading JSON texts of known form eight bytes at a time, in compiled code. Importing this loads numba.

A word is eight bytes as the machine loads them: the first is the lowest, so all of this needs a little-endian machine.
A function that reads from `at` on says where it ends, or -1 if something else stands there; nothing is read beyond the
`length` bytes that there are. Tests on all bytes of a word at once are the well-known ones: a flag is the top bit of
its byte, and the lowest flag is always right.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

type Ints = npt.NDArray[np.int64]

WORD = 8
QUOTE, POINT, ZERO, NINE = b'".09'
_COMMA, _BLANK = b", "
_LONGEST = 12
"""Digits before the point, and behind it, that a number may have."""
_TIME_DIGITS = 13

_ONES = np.uint64(0x0101010101010101)
_FLAGS = np.uint64(0x8080808080808080)
_ZEROS = np.uint64(ZERO * 0x0101010101010101)
_QUOTES = np.uint64(QUOTE * 0x0101010101010101)
_ESCAPES = np.uint64(ord("\\") * 0x0101010101010101)
_DELETES = np.uint64(127 * 0x0101010101010101)
_BLANKS = np.uint64(_BLANK * 0x0101010101010101)
_NO_DIGIT = np.uint64(0x7676767676767676)
"""What lifts a byte above 9 to its flag."""
_PAIRS, _BY_PAIRS = np.uint64(10 << 8 | 1), np.uint64(0x00FF00FF00FF00FF)
_FOURS, _BY_FOURS = np.uint64(100 << 16 | 1), np.uint64(0x0000FFFF0000FFFF)
_EIGHT = np.uint64(10_000 << 32 | 1)
_BYTE = np.uint64(255)
_ALL = 64
"""Bits of a word."""
_TO_WRITE_AND_KEEP = 1, 3, 1
"""Of a prefetch: it will be written, is to stay near, and is data."""
_ONE = np.uint64(1)
_NONE = np.uint64(0)


_made: Any = intrinsic
_function: Any = cgutils.get_or_insert_function
LEAN: Any = {"_nrt": False}
"""How all of this is compiled: without counting references, which whoever calls holds. Nothing here makes an object."""


def inner[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Compiled when a caller is: not at all where the callers' machine code is on disk."""
    compiled: Any = njit(function, **LEAN)
    return compiled  # type: ignore[no-any-return]


def door[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """The one way into a function's machine code: without numba's look at the types, which takes as long as a row.

    Arguments of other types than the function was compiled for raise TypeError all the same.
    """
    kept: Any = function
    [only] = kept.overloads.values()
    return only.entry_point  # type: ignore[no-any-return]


def _load(context: Any, data: Any, at: Any) -> Any:  # noqa: ARG001 - what numba hands in
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        buffer = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.gep(builder.bitcast(buffer.data, ir.IntType(8).as_pointer()), [args[1]])
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, types.int64), generate


def _trailing_zeros(context: Any, flags: Any) -> Any:  # noqa: ARG001 - what numba hands in
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


def _prefetch(context: Any, ints: Any, at: Any) -> Any:  # noqa: ARG001 - what numba hands in
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        buffer = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(buffer.data, [args[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        call = _function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(call, [place, *(ir.Constant(number, value) for value in _TO_WRITE_AND_KEEP)])
        return context.get_dummy_value()

    return types.void(ints, types.int64), generate


word: Callable[[bytes, int], np.uint64] = _made(_load)
"""The eight bytes from a place on, wherever that is."""
_lowest: Callable[[np.uint64], int] = _made(_trailing_zeros)
"""The number of the lowest bit that is set; there must be one."""
fetch: Callable[[Ints, int], None] = _made(_prefetch)
"""Have the memory around a place brought near, and do not wait: it will be used soon."""


def literal(text: bytes) -> Callable[[bytes, int, int], int]:
    """A function that says where a literal ends.

    Behind a comma, which may stand first or second, one blank more is allowed: the venue writes both.
    """
    head, comma, rest = text[:2].rpartition(b",")
    before, rest = head + comma, rest + text[2:]
    known = len(before)
    first, second = before[:1].ljust(1)[0], before[1:2].ljust(1)[0]
    size = len(rest)
    whole = size // WORD
    words = tuple(np.uint64(int.from_bytes(rest[WORD * n : WORD * n + WORD], "little")) for n in range(whole)) or (
        _NONE,
    )
    last = np.uint64(int.from_bytes(rest[-WORD:], "little"))
    mask = np.uint64((1 << 8 * min(size, WORD)) - 1)
    tail = max(size - WORD, 0)
    most = known + 1 + max(size, WORD)

    def after(data: bytes, at: int, length: int) -> int:
        if at + most > length + 1:
            return -1
        if known > 0 and data[at] != first:
            return -1
        if known > 1 and data[at + 1] != second:
            return -1
        at += known
        if known > 0 and data[at] == _BLANK:
            at += 1
        if at + size > length:
            return -1
        for number in range(whole):
            if word(data, at + WORD * number) != words[number]:
                return -1
        if word(data, at + tail) & mask != last:
            return -1
        return at + size

    return inner(after)


@inner
def is_text(data: bytes, at: int, texts: Ints, place: int, size: int) -> bool:
    """Whether a text stands there whose words, zeros behind it, are kept at a place of `texts`.

    Up to seven bytes behind it are read too: the caller sees to it that they are there.
    """
    whole = size >> 3
    for number in range(whole):
        if np.int64(word(data, at + WORD * number)) != texts[place + number]:
            return False
    mask = (_ONE << np.uint64(8 * (size & 7))) - _ONE
    return bool(size & 7 == 0 or np.int64(word(data, at + WORD * whole) & mask) == texts[place + whole])


@inner
def _value(digits: np.uint64) -> int:
    """The number that eight digits make, each in its byte, the first one in the lowest."""
    pairs = (digits * _PAIRS) >> np.uint64(8) & _BY_PAIRS
    fours = (pairs * _FOURS) >> np.uint64(16) & _BY_FOURS
    return int(np.int64((fours * _EIGHT) >> np.uint64(32)))


@inner
def _any_decimal(data: bytes, at: int, length: int, decimals: int) -> tuple[int, int]:
    """`decimal`, digit by digit: for numbers of any form."""
    value, digits, finer, has_point = 0, 0, 0, False
    while at < length:
        byte = np.int64(data[at])
        at += 1
        if byte == QUOTE:
            if digits == 0 or (has_point and finer == 0):
                return -1, at
            return value * 10 ** max(decimals - finer, 0), at
        if byte == POINT:
            if has_point:
                return -1, at
            has_point = True
            continue
        if byte < ZERO or byte > NINE:
            return -1, at
        if has_point:
            finer += 1
        else:
            digits += 1
        if digits > _LONGEST or finer > _LONGEST or (finer > decimals and byte != ZERO):
            return -1, at
        if finer <= decimals:
            value = value * 10 + int(byte - ZERO)
    return -1, at


@inner
def _digits(data: bytes, at: int) -> tuple[np.uint64, int]:
    """Eight bytes as digits, and how many bits of them come before the first that is none; 64 if all are."""
    digits = word(data, at) ^ _ZEROS
    stops = ((digits + _NO_DIGIT) | digits) & _FLAGS
    return digits, _ALL if stops == _NONE else _lowest(stops) & -WORD


def decimal(decimals: int) -> Callable[[bytes, int, int], tuple[int, int]]:
    """A function that reads a number in units of 10**-decimals, as `exact` does: it and where its text ends, or -1."""
    one, parts = 10**decimals, 10 ** (WORD - decimals)

    def read(data: bytes, at: int, length: int) -> tuple[int, int]:
        if at + 2 * WORD + 1 > length:
            return _any_decimal(data, at, length, decimals)
        digits, bits = _digits(data, at)
        if bits == 0:
            return -1, at
        behind = at + (bits >> 3) + 1
        value = _value(digits << np.uint64(64 - bits)) * one
        if bits < _ALL and np.int64(data[behind - 1]) == QUOTE:
            return value, behind
        finer, bits_behind = _digits(data, behind)
        end = behind + (bits_behind >> 3)
        if (
            bits == _ALL
            or bits_behind == 0
            or bits_behind > WORD * decimals
            or np.int64(data[behind - 1]) != POINT
            or np.int64(data[end]) != QUOTE
        ):
            return _any_decimal(data, at, length, decimals)
        return value + _value(finer & ((_ONE << np.uint64(bits_behind)) - _ONE)) // parts, end + 1

    return inner(read)


@inner
def skipped(data: bytes, at: int, length: int) -> int:
    """Where a text ends that says nothing to us, or -1 unless it is of printable ASCII without escapes."""
    while at + WORD <= length:
        some = word(data, at)
        quotes, escapes, deletes = some ^ _QUOTES, some ^ _ESCAPES, some ^ _DELETES
        stops = (
            ((quotes - _ONES) & ~quotes)
            | ((escapes - _ONES) & ~escapes)
            | ((deletes - _ONES) & ~deletes)
            | ((some - _BLANKS) & ~some)
            | some
        ) & _FLAGS
        if stops != _NONE:
            at += _lowest(stops) >> 3
            return at + 1 if np.int64(data[at]) == QUOTE else -1
        at += WORD
    return -1


@inner
def milliseconds(data: bytes, at: int, length: int) -> tuple[int, int]:
    """A venue time of this age, which has thirteen digits, and where it ends; or -1."""
    if at + _TIME_DIGITS + 1 > length:
        return -1, at
    first, last = word(data, at) ^ _ZEROS, word(data, at + _TIME_DIGITS - WORD) ^ _ZEROS
    wrong = (((first + _NO_DIGIT) | first) | ((last + _NO_DIGIT) | last)) & _FLAGS
    if wrong != _NONE or first & _BYTE == _NONE or np.int64(data[at + _TIME_DIGITS]) != QUOTE:
        return -1, at
    kept = np.uint64(8 * (2 * WORD - _TIME_DIGITS))
    value = _value(first) * 10 ** (_TIME_DIGITS - WORD) + _value(last >> kept << kept)
    return value, at + _TIME_DIGITS + 1
