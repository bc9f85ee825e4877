"""Passwords and keys: argon2id hashes, and the time that checking takes, whoever it is."""

import hashlib
import hmac
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

KEY_PREFIX = "dbk"
"""What every key of the API begins with, so that one that lies around is known for what it is."""
SHORTEST = 12
"""Characters of a password, at least."""

_HASHER = PasswordHasher()


def hashed(secret: str) -> str:
    """An argon2id hash, with its salt and its terms."""
    return _HASHER.hash(secret)


def fits(secret: str, hash_: str | None) -> bool:
    """Whether a secret is the hashed one; False where there is none, in the same time."""
    try:
        _HASHER.verify(hash_ or _nobody(), secret)
    except (Argon2Error, InvalidHashError):
        return False
    return hash_ is not None


@cache
def _nobody() -> str:
    """What a password is compared with where there is no such user: it takes as long as a wrong one."""
    return _HASHER.hash(secrets.token_urlsafe())


def new_key() -> tuple[str, str, str]:
    """A key for a program: the whole of it, which is shown once, its public id, and its secret part."""
    id_, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    return f"{KEY_PREFIX}_{id_}_{secret}", id_, secret


def key_parts(key: str) -> tuple[str, str] | None:
    """The id and the secret of a key, or None if it is none of ours."""
    prefix, _, rest = key.partition("_")
    id_, _, secret = rest.partition("_")
    return (id_, secret) if prefix == KEY_PREFIX and id_ and secret else None


class KnownKeys:
    """Remembers for the life of the process which keys were checked: hashing at every request would cost a core."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(32)
        self._known: set[bytes] = set()

    def fits(self, secret: str, hash_: str) -> bool:
        """Whether the secret is the hashed one. Slow the first time."""
        mark = hmac.digest(self._salt, f"{hash_}\n{secret}".encode(), hashlib.sha256)
        if mark in self._known:
            return True
        if not fits(secret, hash_):
            return False
        self._known.add(mark)
        return True
