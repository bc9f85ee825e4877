"""Files that are there whole after a power cut, or not at all."""

import os
from pathlib import Path

DRAFT = ".new"
"""What the name of a file ends in while `replace_file` prepares it."""


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: readers, and a restart after a crash, see the old or the new file.

    Raises OSError; the old file is then untouched.
    """
    draft = path.with_name(path.name + DRAFT)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)
    sync_folder(path.parent)


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of `content`. Raises OSError; part of it may then be in the file.

    A short write is how a filling disk begins to say no: the next one names the error.
    """
    written = os.write(descriptor, content)
    while written < len(content):
        written += os.write(descriptor, content[written:])


def sync_file(path: Path) -> None:
    """Make a file that another library wrote survive a power cut. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Make what was created, renamed or removed in a folder survive a power cut. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
