"""The encrypted keystore: one file, opened with a password. scrypt makes the key of it, AES-256-GCM seals the values.

Which names it holds can be read without the password, and cannot be changed without it.
"""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_bytes

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.private_files import read_private, write_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError

_VERSION = 1
_SALT, _NONCE, _KEY = 16, 12, 32
_MOST_MEMORY = 1 << 30


class Cost(msgspec.Struct, frozen=True):
    """What one guess at the password costs: scrypt's parameters. The default takes 128 MiB and about half a second."""

    n: int = 1 << 17
    r: int = 8
    p: int = 1


class _Head(msgspec.Struct, frozen=True):
    """What is legible, and sealed together with the rest."""

    version: int
    scrypt: Cost
    salt: str
    nonce: str
    names: tuple[str, ...]


class _File(msgspec.Struct, frozen=True):
    head: _Head
    sealed: str


class Keystore:
    """The keystore as a source of keys. The password is asked for once, when the first value is read."""

    def __init__(self, path: Path, password: Callable[[], Secret]) -> None:
        self.path = path
        self._password = password
        self._file: _File | None = None
        self._values: Mapping[str, Secret] | None = None
        self._closed: ConfigError | None = None

    def place(self, name: KeyName) -> str | None:
        """See `KeySource.place`."""
        file = self._read()
        return f"keystore {self.path}" if file is not None and name in file.head.names else None

    def read(self, name: KeyName) -> Secret:
        """See `KeySource.read`. Raises ConfigError for a wrong password."""
        if self._closed is not None:
            raise self._closed  # who typed a wrong password is not asked again for each value
        if self._values is None:
            file = self._read()
            if file is None:
                raise ConfigError(f"{self.path}: there is no keystore - make one with `dutchbook init`")
            try:
                self._values = _unsealed(file, self._password(), self.path)
            except ConfigError as error:
                self._closed = error
                raise
        return self._values[name]

    def _read(self) -> _File | None:
        if self._file is None and self.path.exists():
            self._file = _decoded(read_private(self.path), self.path)
        return self._file


def write_keystore(path: Path, values: Mapping[KeyName, Secret], password: Secret, cost: Cost = Cost()) -> None:  # noqa: B008 - a frozen value
    """Write a keystore that its owner alone may read. Raises ConfigError if there is one already."""
    if path.exists():
        raise ConfigError(f"{path}: there is a keystore already - remove it first, if its keys are no longer needed")
    salt, nonce = token_bytes(_SALT), token_bytes(_NONCE)
    names = tuple(sorted(str(name) for name in values))
    head = _Head(_VERSION, cost, b64encode(salt).decode(), b64encode(nonce).decode(), names)
    plain = msgspec.json.encode({str(name): value.reveal() for name, value in values.items()})
    sealed = AESGCM(_key_of(password, salt, cost)).encrypt(nonce, plain, _sealed_with(head))
    content = msgspec.json.encode(_File(head, b64encode(sealed).decode()))
    write_private(path, msgspec.json.format(content).decode() + "\n")


def _decoded(text: str, path: Path) -> _File:
    try:
        file = msgspec.json.decode(text, type=_File)
    except msgspec.MsgspecError:
        raise ConfigError(f"{path}: no keystore, or a damaged one - restore it, or make a new one") from None
    cost = file.head.scrypt
    reasonable = cost.n > 1 and cost.n & (cost.n - 1) == 0 and cost.r > 0 and 0 < cost.p <= 16
    if file.head.version != _VERSION or not reasonable or 128 * cost.n * cost.r > _MOST_MEMORY:
        raise ConfigError(f"{path}: a keystore of another version of dutchbook, or a damaged one - make a new one")
    return file


def _unsealed(file: _File, password: Secret, path: Path) -> Mapping[str, Secret]:
    try:
        salt, nonce, sealed = (
            b64decode(text, validate=True) for text in (file.head.salt, file.head.nonce, file.sealed)
        )
        plain = AESGCM(_key_of(password, salt, file.head.scrypt)).decrypt(nonce, sealed, _sealed_with(file.head))
    except (InvalidTag, BadBase64, ValueError):
        # The two cannot be told apart: that is the point of the seal.
        raise ConfigError(f"{path}: the password is wrong, or the file was changed - try the password again") from None
    return {name: Secret(text) for name, text in msgspec.json.decode(plain, type=dict[str, str]).items()}


def _key_of(password: Secret, salt: bytes, cost: Cost) -> bytes:
    return Scrypt(salt=salt, length=_KEY, n=cost.n, r=cost.r, p=cost.p).derive(password.reveal().encode())


def _sealed_with(head: _Head) -> bytes:
    return msgspec.json.encode(head)
