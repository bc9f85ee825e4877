"""Who may use the screens of a home: people with their roles, and keys of programs.

A private file. It holds hashes, and one kind of secret: what second factors are reckoned from, as checking needs it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec

from dutchbook.domain.errors import ConfigError, UsageError
from dutchbook.domain.units import Nanos
from dutchbook.storage.durable import replace_file
from dutchbook.storage.roles import Role

_OTHERS = 0o077


class User(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person. `password` is an argon2id hash; `second` the secret of their one-time codes, empty for none.

    `made` is when password and role were last set: sessions from before it are over.
    """

    name: str
    role: Role
    password: str
    made: Nanos
    second: str = ""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key of a program: `id` is the part of it that may be shown, `secret` an argon2id hash of the rest.

    `live` says that it may act where real money is traded, without a second factor.
    """

    id: str
    name: str
    role: Role
    secret: str
    made: Nanos
    live: bool = False


class SignInCode(msgspec.Struct, frozen=True, kw_only=True):
    """Lets whoever has it sign in once, until `until`. `secret` is an argon2id hash."""

    id: str
    role: Role
    secret: str
    until: Nanos


class Users(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody, by name, and all keys and codes by their ids."""

    users: dict[str, User] = {}
    keys: dict[str, ApiKey] = {}
    codes: dict[str, SignInCode] = {}

    def protected(self) -> bool:
        """Whether anybody has a password: then it may listen beyond this machine."""
        return any(user.password for user in self.users.values())


class UsersFile:
    """The file at `path`. Reading it sees what other processes wrote; changes happen under a lock, whole or not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._users = Users()

    def read(self) -> Users:
        """Who there is now. Raises ConfigError if the file is damaged or others may read it: then nobody may enter."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - asked at every request
        except FileNotFoundError:
            self._seen, self._users = None, Users()
            return self._users
        place = (found.st_ino, found.st_mtime_ns, found.st_size)
        if place != self._seen:
            if found.st_mode & _OTHERS:
                raise ConfigError(f"{self.path}: others on this machine may read it - chmod 600 {self.path}")
            try:
                self._users = msgspec.json.decode(self.path.read_bytes(), type=Users)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                # Not chained: the error may quote what the file holds.
                raise ConfigError(f"{self.path}: damaged - restore it, or remove it and add the users again") from None
            self._seen = place
        return self._users

    def put_user(self, user: User) -> None:
        """Add somebody, or replace who had that name."""
        self._change(lambda users: msgspec.structs.replace(users, users={**users.users, user.name: user}))

    def remove_user(self, name: str) -> None:
        """Raises UsageError if nobody has that name."""
        if name not in self.read().users:
            raise UsageError(f"no user {name!r} - `dutchbook users list` shows all")
        self._change(lambda users: msgspec.structs.replace(users, users=_without(users.users, name)))

    def put_key(self, key: ApiKey) -> None:
        """Add a key."""
        self._change(lambda users: msgspec.structs.replace(users, keys={**users.keys, key.id: key}))

    def remove_key(self, id_: str) -> None:
        """Raises UsageError if there is no such key."""
        if id_ not in self.read().keys:
            raise UsageError(f"no key {id_!r} - `dutchbook users list` shows all")
        self._change(lambda users: msgspec.structs.replace(users, keys=_without(users.keys, id_)))

    def put_code(self, code: SignInCode, now: Nanos) -> None:
        """Add a code, and forget those that are over."""
        self._change(
            lambda users: msgspec.structs.replace(
                users, codes={**{id_: one for id_, one in users.codes.items() if one.until > now}, code.id: code}
            )
        )

    def take_code(self, id_: str) -> bool:
        """Use a code up; False if somebody else was faster."""
        taken = False

        def without(users: Users) -> Users:
            nonlocal taken
            taken = id_ in users.codes
            return msgspec.structs.replace(users, codes=_without(users.codes, id_))

        self._change(without)
        return taken

    def _change(self, change: Callable[[Users], Users]) -> None:
        """Raises ConfigError if the disk refuses."""
        with self._locked():
            changed = change(self.read())
            try:
                replace_file(self.path, msgspec.json.format(msgspec.json.encode(changed), indent=1) + b"\n")
            except OSError as error:
                raise ConfigError(f"{self.path}: {error.strerror} - check its permissions and the disk") from error

    @contextmanager
    def _locked(self) -> Iterator[Self]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self
        finally:
            os.close(descriptor)


def _without[T](items: dict[str, T], name: str) -> dict[str, T]:
    return {key: value for key, value in items.items() if key != name}
