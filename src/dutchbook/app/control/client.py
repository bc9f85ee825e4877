"""The other end of the control socket: commands that ask a running desk."""

import socket
import time
from pathlib import Path

import msgspec

from dutchbook.app.control.wire import Answer, Request, decode_answer, encode
from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.storage.home import Home
from dutchbook.storage.lock import holder

PATIENCE_S = 10.0
_CHUNK = 64 << 10
_LOOK_S = 0.02


def running(home: Path) -> bool:
    """Whether a desk runs in this home, as its lock tells."""
    return holder(Home(home).lock) is not None


def ask(home: Path, request: Request, patience_s: float = PATIENCE_S) -> Answer:
    """The answer of the desk that runs in this home.

    Raises UsageError if none runs or it refuses, DutchbookError if it does not answer.
    """
    path = Home(home).control
    try:
        answer = decode_answer(_exchange(path, encode(request) + b"\n", patience_s))
    except (FileNotFoundError, ConnectionRefusedError):
        raise UsageError(f"no desk is running in {home} - start one with `dutchbook run`") from None
    except TimeoutError:
        process = holder(Home(home).lock)
        raise DutchbookError(
            f"the desk (process {process}) did not answer within {patience_s:g} s - if it hangs, `dutchbook halt` "
            "stops it by a signal"
        ) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise DutchbookError(f"{path}: the desk hung up ({error}) - see `dutchbook status`") from error
    if answer.error:
        raise UsageError(answer.error)
    return answer


def wait_until_over(home: Path, patience_s: float = PATIENCE_S) -> None:
    """Return once the desk that was stopped has let go of its home, so that another may begin.

    Raises DutchbookError if it does not.
    """
    until = time.monotonic() + patience_s
    while (process := holder(Home(home).lock)) is not None:
        if time.monotonic() >= until:
            raise DutchbookError(
                f"the desk (process {process}) stopped trading, but has not ended within {patience_s:g} s - see "
                f"{Home(home).logs}"
            )
        time.sleep(_LOOK_S)


def _exchange(path: Path, request: bytes, patience_s: float) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience_s)
        connection.connect(str(path))
        connection.sendall(request)
        answer = b""
        while not answer.endswith(b"\n"):
            data = connection.recv(_CHUNK)
            if not data:
                raise ConnectionError("before its answer was whole")
            answer += data
        return answer
