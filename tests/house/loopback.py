"""Processes in which whatever goes beyond this machine fails, and is written down.

Python runs `sitecustomize` of its path before anything else, in children too. What goes through sockets of Python is
seen by its audit, what goes through uvloop by what its loops are asked for.
"""

import os
from pathlib import Path

_WATCH = """
import ipaddress, os, sys

_FILE = {file!r}

def _here(host):
    if host in (None, "", b"", "localhost", "localhost.localdomain", b"localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
        return address.is_loopback or address.is_unspecified
    except ValueError:
        return False

def _judge(what, host):
    if _here(host):
        return
    with open(_FILE, "a") as file:
        file.write(f"{{what}} {{host!r}} by {{' '.join(sys.argv)[:200]}}\\n")
    raise PermissionError(f"{{what}} {{host!r}}: beyond this machine")

def _audit(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple):
            _judge(event, address[0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        _judge(event, arguments[0])

sys.addaudithook(_audit)

try:
    import uvloop
except ImportError:
    pass
else:
    class _Watched(uvloop.Loop):
        async def create_connection(self, factory, host=None, port=None, **more):
            _judge("uvloop.create_connection", host)
            return await super().create_connection(factory, host, port, **more)

        async def create_datagram_endpoint(self, factory, local_addr=None, remote_addr=None, **more):
            _judge("uvloop.create_datagram_endpoint", (remote_addr or (None,))[0])
            return await super().create_datagram_endpoint(factory, local_addr, remote_addr, **more)

        async def getaddrinfo(self, host, port, **more):
            _judge("uvloop.getaddrinfo", host)
            return await super().getaddrinfo(host, port, **more)

        async def sock_connect(self, sock, address):
            if isinstance(address, tuple):
                _judge("uvloop.sock_connect", address[0])
            return await super().sock_connect(sock, address)

    uvloop.Loop = _Watched
"""


class Loopback:
    """An environment for such processes. `strayed` is what they tried."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "strayed"
        site = folder / "watched"
        site.mkdir()
        (site / "sitecustomize.py").write_text(_WATCH.format(file=str(self._file)))
        self.environment = {**os.environ, "PYTHONPATH": str(site)}

    @property
    def strayed(self) -> list[str]:
        """Each attempt to go beyond this machine."""
        return self._file.read_text().splitlines() if self._file.exists() else []
