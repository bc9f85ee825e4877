"""Who let whom in: a line for each change of users and keys, on record before it is made.

The database has one writer, the dashboard's process, and users are changed while it runs or not. So the lines stand in
a private file of their own, and the dashboard takes them into the audit.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from dutchbook.domain.errors import ConfigError
from dutchbook.domain.units import Nanos
from dutchbook.storage.durable import write_all


class UserChange(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody (`cli:ann`) did about a user or a key. `detail` names them and what they may do, never a secret."""

    at: Nanos
    by: str
    action: str
    detail: Mapping[str, str]


_decode = msgspec.json.Decoder(UserChange).decode


class UsersRecord:
    """The lines of one home."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, change: UserChange) -> None:
        """Put a change on record, on disk when this returns. Raises ConfigError if the disk refuses."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                write_all(descriptor, msgspec.json.encode(change) + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ConfigError(
                f"{self.path}: {error.strerror}, so nothing was changed - make room, try again"
            ) from error

    def size(self) -> int:
        """Of the file, in bytes: whether there is anything new."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def read(self) -> tuple[UserChange, ...]:
        """All of them, oldest first. Raises ConfigError for a line that cannot be read; one that is cut off is none."""
        try:
            whole, _, _ = self.path.read_bytes().rpartition(b"\n")
        except FileNotFoundError:
            return ()
        try:
            return tuple(_decode(line) for line in whole.splitlines())
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path}: {error} - take the line out that is no JSON") from error
