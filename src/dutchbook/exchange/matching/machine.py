"""How Python becomes machine code that CPython calls as its own functions. Importing this loads numba.

What numba makes of a function under `door` follows the convention of CPython for built-in functions (METH_FASTCALL:
self, arguments, their number) and calls nothing but its stable API: a call costs half of one through numba, and no part
of numba is needed to load it. `self` is the address of an arena (`layout`).

The caller's lock is held all the time. Nothing raises but through `refuse`, which comes before any change.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import cfunc, njit, types
from numba.extending import intrinsic

from dutchbook.exchange.matching import layout as at

type Ints = Any
"""A pointer to 64-bit integers."""
type Pointer = int
"""The address of an object of Python."""
type Arguments = Any

_pointer_to: Any = types.CPointer
POINTER: Any = types.uintp
_INT, _SHORT = types.int64, types.int32
_CONVENTION = POINTER(POINTER, _pointer_to(POINTER), types.intp)
# No counting of numba's own references, no checks for division: nothing of numba's remains in the machine code.
_LEAN: Any = {"_nrt": False, "error_model": "numpy"}
_made: Any = intrinsic


def inner[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    compiled: Any = njit(function, forceinline=True, **_LEAN)
    return compiled  # type: ignore[no-any-return]


def door(function: Callable[[Pointer, Arguments, int], Pointer]) -> Any:
    """A function that CPython can call."""
    return cfunc(_CONVENTION, **_LEAN)(function)


def _api(name: str, result: Any, *arguments: Any) -> Any:
    return types.ExternalFunction(name, result(*arguments))


as_int = _api("PyLong_AsSsize_t", _INT, POINTER)
from_int = _api("PyLong_FromSsize_t", POINTER, _INT)
from_bool = _api("PyBool_FromLong", POINTER, types.long_)
new_tuple = _api("PyTuple_New", POINTER, _INT)
set_tuple = _api("PyTuple_SetItem", _SHORT, POINTER, _INT, POINTER)
_set_error = _api("PyErr_SetString", types.void, POINTER, POINTER)
CALLED = (
    "PyLong_AsSsize_t",
    "PyLong_FromSsize_t",
    "PyBool_FromLong",
    "PyTuple_New",
    "PyTuple_SetItem",
    "PyErr_SetString",
)
"""All that the machine code needs from outside."""


def _pointed(context: Any, address: Any) -> Any:  # noqa: ARG001 - what numba hands in
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        return builder.inttoptr(args[0], ir.IntType(64).as_pointer())

    return _pointer_to(types.int64)(address), generate


_ints: Callable[[int], Ints] = _made(_pointed)


@inner
def arena_of(self: Pointer) -> Ints:
    return _ints(as_int(self))


@inner
def refuse(book: Ints) -> Pointer:
    """Raise KeyError."""
    _set_error(POINTER(book[at.ERROR]), POINTER(book[at.MESSAGE]))
    return POINTER(0)  # type: ignore[no-any-return]
