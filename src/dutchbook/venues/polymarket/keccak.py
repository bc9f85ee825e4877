"""Keccak-256, Ethereum's hash (not SHA3-256), by the fastest implementation that this machine has.

An order needs two of them. Measured for 384 bytes: hashlib with OpenSSL 3.2 or later about 1 us, pycryptodome's own C
code with a kept state 2 us, the same through its public class 5 us, of which most is making objects.
"""

import hashlib
import threading
from collections.abc import Callable
from typing import Any

from Crypto.Hash import keccak as _pycryptodome

type Hash = Callable[[bytes], bytes]

_EMPTY = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
_LONG = bytes.fromhex("bb86318a2138f5fa8ae32fbe8e659f8fcf13cc6ae4014a707893055433818589")
_LONG_TEXT = (
    b"Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    b"uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)


def _openssl() -> Hash:
    """OpenSSL's. Raises ValueError where it has none."""
    hashlib.new("keccak-256", b"")
    return lambda data: hashlib.new("keccak-256", data).digest()


def _plain() -> Hash:
    """The public way into pycryptodome, which always works."""
    new = _pycryptodome.new
    return lambda data: new(digest_bits=256, data=data).digest()


def _kept_state() -> Hash:
    """pycryptodome's C functions on a state that each thread keeps.

    They are no public interface: where a version of pycryptodome lacks one of them, or binds them by ctypes, this
    raises AttributeError or ImportError, and `_chosen` goes on to the public class.
    """
    from Crypto.Util._raw_api import ffi

    library: Any = _pycryptodome._raw_keccak_lib  # type: ignore[attr-defined]  # noqa: SLF001
    reset, absorb, digest = library.keccak_reset, library.keccak_absorb, library.keccak_digest

    class State(threading.local):
        """A state and 32 bytes for its digest: the calls release the interpreter's lock, so threads share none."""

        def __init__(self) -> None:
            owner: Any = _pycryptodome.new(digest_bits=256)
            self.owner = owner  # frees the state when it goes
            self.state: Any = owner._state.get()  # noqa: SLF001
            self.out: Any = ffi.new("uint8_t[32]")
            self.digest: Any = ffi.buffer(self.out, 32)

    kept = State()

    def hashed(data: bytes) -> bytes:
        state, out = kept.state, kept.out
        reset(state)
        absorb(state, data, len(data))
        digest(state, out, 32, 1)
        found: bytes = kept.digest[:]
        return found

    return hashed


def _chosen() -> Hash:
    for make in (_openssl, _kept_state):
        try:
            found = make()
            if found(b"") == _EMPTY and found(_LONG_TEXT) == _LONG and found(b"") == _EMPTY:
                return found
        except (ImportError, AttributeError, TypeError, ValueError):
            continue  # not on this machine: the next one
    return _plain()


keccak: Hash = _chosen()
"""The Keccak-256 digest of some bytes."""
