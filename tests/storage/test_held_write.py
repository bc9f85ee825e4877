"""Writing without letting other threads run: as `os.write` does it."""

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.storage.held_write import write_held


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_all_bytes_arrive_whatever_they_are(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("held") / "file"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        assert [write_held(descriptor, part) for part in parts] == [len(part) for part in parts]
    finally:
        os.close(descriptor)
    assert path.read_bytes() == b"".join(parts)


def test_what_cannot_be_written_raises_what_the_system_says() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as raised:
            write_held(full, b"line\n")
    finally:
        os.close(full)
    assert raised.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        write_held(-1, b"line\n")
