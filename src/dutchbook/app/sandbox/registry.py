"""Tells other commands of the same home where a sandbox listens, for as long as its process lives."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from dutchbook.app.sandbox.addresses import SandboxAddresses
from dutchbook.domain.errors import DeskLocked
from dutchbook.storage.home import Home
from dutchbook.storage.lock import holder, take


@contextmanager
def registered(home: Path, addresses: SandboxAddresses) -> Iterator[bool]:
    """Let `found` find this sandbox while the context lasts. False, changing nothing, if another one is registered."""
    path = Home(home).sandbox_running
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        take(descriptor, path)
    except DeskLocked:
        os.close(descriptor)
        yield False
        return
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n%b\n" % (os.getpid(), msgspec.json.encode(addresses)))
        yield True
    finally:
        os.close(descriptor)


def found(home: Path) -> SandboxAddresses | None:
    """The sandbox that runs in this home, or None."""
    path = Home(home).sandbox_running
    if not holder(path):
        return None
    try:
        return msgspec.json.decode(path.read_bytes().partition(b"\n")[2], type=SandboxAddresses)
    except (FileNotFoundError, msgspec.MsgspecError):  # it has just ended, or is about to say where it listens
        return None
