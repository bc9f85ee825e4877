"""Request heads signed before there is an order: Kalshi's signature covers time, method and path, never the body.

A signature is good for some seconds. It is renewed while it is young, and one that has grown old is never sent.
"""

from typing import NoReturn
from urllib.parse import urlsplit

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos
from dutchbook.venues.budget import Sleep
from dutchbook.venues.http import USER_AGENT
from dutchbook.venues.kalshi.sign import KalshiSigner

RENEW_S = 3.0
OLDEST = Nanos(4 * SECOND)
"""The venue took 5 s old signatures and refused 30 s old ones (protocol 1.4); the rest is for the way and the clock."""


class _Head:
    """The first bytes of a request, and when they were signed."""

    __slots__ = ("at", "bytes")

    def __init__(self, head: bytes, at: Nanos) -> None:
        self.bytes = head
        self.at = at


class SignedAhead:
    """Heads of requests to one host. `base` is scheme, host and the prefix of all paths.

    Not to sign `ahead`, nothing is kept: each request is signed when it leaves.
    """

    def __init__(self, base: str, signer: KalshiSigner, clock: Clock, *, ahead: bool = True) -> None:
        parts = urlsplit(base)
        self.prefix = parts.path.rstrip("/")
        self._host = parts.netloc
        self._signer = signer
        self._clock = clock
        self._ahead = ahead
        self._kept: dict[tuple[str, str], _Head | None] = {}

    def keep(self, method: str, path: str) -> None:
        """Have requests like this signed from now on, before they are wanted. `path` is without prefix and query.

        Queries are not part of what is signed, and what is kept has none.
        """
        if self._ahead:
            self._kept.setdefault((method, path))

    def request(self, method: str, path: str, body: bytes) -> bytes:
        """A whole request, ready to be written. Signed now, if it was not signed ahead lately.

        `path` is without the prefix; a query is not signed.
        """
        return self._head(method, path) + b"%d\r\n\r\n" % len(body) + body

    def unsigned(self, path: str) -> bytes:
        """A GET that needs no signature."""
        return "\r\n".join(
            [
                f"GET {self.prefix}{path} HTTP/1.1",
                f"Host: {self._host}",
                f"User-Agent: {USER_AGENT}",
                "Accept: application/json\r\n\r\n",
            ]
        ).encode("ascii")

    def renew(self) -> None:
        """Sign anew what is kept."""
        now = self._clock.now()
        for method, path in self._kept:
            self._kept[method, path] = self._sign(method, path, now)

    async def run(self, sleep: Sleep) -> NoReturn:
        """Renew until cancelled: one head at a time, since a signature by RSA takes a third of a millisecond."""
        self.renew()
        while True:
            kept = tuple(self._kept)
            if not kept:
                await sleep(RENEW_S)
            for method, path in kept:
                await sleep(RENEW_S / len(kept))
                self._kept[method, path] = self._sign(method, path, self._clock.now())

    def _head(self, method: str, path: str) -> bytes:
        now = self._clock.now()
        found = self._kept.get((method, path))
        if found is not None and 0 <= now - found.at <= OLDEST:  # a clock that stepped back makes it worthless, too
            return found.bytes
        made = self._sign(method, path, now)
        if (method, path) in self._kept:
            self._kept[method, path] = made
        return made.bytes

    def _sign(self, method: str, path: str, now: Nanos) -> _Head:
        """Everything before the number of the body's bytes."""
        whole = self.prefix + path
        auth = self._signer.headers_at(str(now // MILLISECOND), method, whole.partition("?")[0])
        lines = [
            f"{method} {whole} HTTP/1.1",
            f"Host: {self._host}",
            f"User-Agent: {USER_AGENT}",
            "Accept: application/json",
            "Content-Type: application/json",
            *(f"{name}: {value}" for name, value in auth.items()),
            "Content-Length: ",
        ]
        return _Head("\r\n".join(lines).encode("ascii"), now)
