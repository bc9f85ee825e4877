"""Telling systemd how a service fares: ready, alive, stopping (the protocol of sd_notify, over a datagram socket).

Outside of systemd nothing is told. `alive` is to be called by the loop that does the work: a service that hangs is then
restarted by its watchdog.
"""

import socket
import time
from collections.abc import Callable, Mapping


class ServiceManager:
    """The other end of `NOTIFY_SOCKET`. `environ` is that of the process."""

    def __init__(self, environ: Mapping[str, str], process: int, clock: Callable[[], float] = time.monotonic) -> None:
        path = environ.get("NOTIFY_SOCKET", "")
        # An address that begins with @ is abstract: its first byte is zero.
        self._address = f"\0{path[1:]}" if path.startswith("@") else path
        self._clock = clock
        self._every = _interval(environ, process)
        self._next = clock()

    @property
    def listening(self) -> bool:
        """Whether anybody wants to know."""
        return bool(self._address)

    def ready(self, status: str) -> None:
        """The service works from now on."""
        self._tell(f"READY=1\n{_status(status)}")

    def alive(self) -> None:
        """Called at least as often as the watchdog wants to hear; says so twice in its time and not more often."""
        if self._every is not None and (now := self._clock()) >= self._next:
            self._next = now + self._every
            self._tell("WATCHDOG=1")

    def status(self, text: str) -> None:
        """A line for `systemctl status`."""
        self._tell(_status(text))

    def stopping(self) -> None:
        """The service winds down: that may take a while, and is no failure."""
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            try:
                channel.sendto(text.encode(), self._address)
            except OSError:
                # Whoever listened is gone or too busy. The desk does not depend on it; a watchdog will act if it must.
                return


def _status(text: str) -> str:
    """A line for people: a line end in it would begin a message of its own."""
    return f"STATUS={' '.join(text.split())}"


def _interval(environ: Mapping[str, str], process: int) -> float | None:
    """Seconds between two signs of life: half of what the watchdog allows; None where there is none for us."""
    text, owner = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not text.isdigit() or (owner and owner != str(process)):
        return None
    return int(text) / 2e6
