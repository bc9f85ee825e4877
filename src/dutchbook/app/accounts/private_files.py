"""Files that nobody but their owner may read: reading one refuses if others could, writing one makes it so."""

import os
import stat
from pathlib import Path

from dutchbook.domain.errors import ConfigError
from dutchbook.storage.durable import replace_file

_LARGEST = 1 << 20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_private(path: Path) -> str:
    """The text of a private file. Raises ConfigError in one line, without anything of the content."""
    try:
        with path.open("rb") as file:
            refuse_shared(path, os.fstat(file.fileno()))
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}) - check the path and its permissions") from error
    if len(content) > _LARGEST:
        raise ConfigError(f"{path}: larger than any key - name the file of the key")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Not chained: the error holds the bytes.
        raise ConfigError(f"{path}: not UTF-8 text - save it as plain text") from None


def refuse_shared(path: Path, found: os.stat_result) -> None:
    """Raises ConfigError if a file is not this user's alone."""
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{path}: no plain file - name the file of the key")
    if found.st_uid not in (os.geteuid(), 0):
        raise ConfigError(f"{path}: belongs to another user of this machine - keep keys in files of your own")
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise ConfigError(f"{path}: others on this machine may read it (mode {mode:04o}) - chmod 600 {path}")


def write_private(path: Path, text: str) -> None:
    """Put a text at `path` in one step, readable for its owner alone; the folder is made if it is not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, text.encode())
