"""Brings the machine code of `entrances` into this process and makes functions of it that Python calls as its own.

Numba is needed once after an installation, some seconds: what it makes is kept on disk in the form that LLVM reads, in
`__pycache__` or else in the user's cache, and llvmlite, which numba brings along, loads that in a tenth of a second and
a tenth of the memory.
"""

import ctypes
import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import platformdirs

_HERE = Path(__file__).parent
_SOURCES = ("entrances.py", "kernels.py", "layout.py", "machine.py")
_FASTCALL = 0x80
"""METH_FASTCALL of CPython's stable API."""
_WORD = 2**63 - 1
"""The machine code counts in words of 64 bits and takes a `Py_ssize_t` for one."""

type Made = dict[str, tuple[str, str]]
"""By name: what LLVM calls it, and its module as text."""
type Kept = tuple[tuple[str, ...], Made]
"""What the machine code needs of CPython, and itself."""


class _Definition(ctypes.Structure):
    """PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class Doors:
    """The machine code, in this process for good: the engine that holds it must live as long as any function of it."""

    def __init__(self, called: tuple[str, ...], made: Made) -> None:
        self._engine = _engine(called, made)
        self._definitions = {
            name: _Definition(name.encode(), self._engine.get_function_address(symbol), _FASTCALL, None)
            for name, (symbol, _) in made.items()
        }
        self._new: Any = ctypes.pythonapi.PyCMethod_New
        self._new.restype = ctypes.py_object
        self._new.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p]

    def bind(self, name: str, arena: int) -> Callable[..., Any]:
        """The function of this name for the book whose arena begins at an address."""
        found: Callable[..., Any] = self._new(ctypes.byref(self._definitions[name]), arena, None, None)
        return found


@cache
def doors() -> Doors | None:
    """The machine code, loaded or made at the first call; None where numba is not installed or makes nothing."""
    if importlib.util.find_spec("numba") is None or sys.implementation.name != "cpython" or sys.maxsize < _WORD:
        return None
    kept = _kept()
    if kept is not None:
        with suppress(RuntimeError):  # LLVM cannot read it: then it is made again
            return Doors(*kept)
    made = _make()
    _keep(made)
    return Doors(*made)


def _file_name() -> str:
    """Other sources, another numba, interpreter or machine: another file."""
    made_of = b"".join((_HERE / source).read_bytes() for source in _SOURCES)
    for_whom = f"{version('numba')} {version('llvmlite')} {platform.machine()} {sys.platform}"
    number = crc32(for_whom.encode(), crc32(made_of))
    return f"book.{sys.implementation.cache_tag}-{number:08x}.json"


def _places() -> Iterator[Path]:
    name = _file_name()
    yield _HERE / "__pycache__" / name
    yield platformdirs.user_cache_path("dutchbook") / name


def _kept() -> Kept | None:
    for place in _places():
        with suppress(OSError, msgspec.DecodeError):  # not there, or not whole: then it is made again
            kept: Kept = msgspec.json.decode(place.read_bytes(), type=tuple[tuple[str, ...], Made])
            return kept
    return None


def _make() -> Kept:
    from dutchbook.exchange.matching.entrances import ENTRANCES
    from dutchbook.exchange.matching.machine import CALLED

    return CALLED, {name: (made.native_name, made.inspect_llvm()) for name, made in ENTRANCES.items()}


def _keep(made: Kept) -> None:
    """Write it where that is allowed. Where it is not, every process makes it anew."""
    for place in _places():
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            unfinished = place.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(msgspec.json.encode(made))
            unfinished.replace(place)
            for older in place.parent.glob(f"book.{sys.implementation.cache_tag}-*.json"):
                if older != place:
                    older.unlink(missing_ok=True)
            return


def _engine(called: tuple[str, ...], made: Made) -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for name in called:
        address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
        llvm.add_symbol(name, address)
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    for _, text in made.values():
        engine.add_module(llvm.parse_assembly(text))
    engine.finalize_object()
    return engine
