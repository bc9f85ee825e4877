"""An API key for the wallet's key: derive the one that was made before, else make it (protocol section 1.5)."""

from collections.abc import Callable, Mapping

import msgspec

from dutchbook.domain.errors import VenueRefused, WireError
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock
from dutchbook.venues.http import HttpReader, Question
from dutchbook.venues.polymarket.credentials import Credentials, Login
from dutchbook.venues.polymarket.limits import CLOB, EVERYTHING

_NONE_YET = 400


class _Answer(msgspec.Struct, frozen=True):
    api_key: str = msgspec.field(name="apiKey")
    secret: str
    passphrase: str


_decode = msgspec.json.Decoder(_Answer).decode


def login_headers(login: Login, clock: Clock, nonce: int = 0) -> Callable[[str, str], Mapping[str, str]]:
    """The headers of each level-1 request, for `HttpReader(headers=...)`."""
    return lambda _method, _path: login.headers(clock.now(), nonce)


class ApiKeys:
    """The API key that belongs to a wallet and a nonce: always the same one, however often it is asked for."""

    def __init__(self, reader: HttpReader) -> None:
        """`reader` asks the CLOB with `login_headers`."""
        self._reader = reader

    async def obtain(self) -> Credentials:
        """The key. Raises VenueRefused for a signature or address that the venue does not take; else as a read does."""
        try:
            return await self.derive()
        except VenueRefused as refused:
            if refused.status != _NONE_YET:
                raise
        try:
            return await self.create()
        except VenueRefused as refused:
            if refused.status != _NONE_YET:
                raise
        # An answer that got lost on the way: the key is there by now.
        return await self.derive()

    async def derive(self) -> Credentials:
        """The key made before. Raises VenueRefused (400) if there is none."""
        return await self._reader.read(_question("/auth/derive-api-key", None), _credentials)

    async def create(self) -> Credentials:
        """Make the key. Raises VenueRefused (400) if there is one."""
        return await self._reader.read(_question("/auth/api-key", b""), _credentials)


def _question(path: str, body: bytes | None) -> Question:
    return Question(path=path, groups=(CLOB, EVERYTHING), body=body)


def _credentials(body: bytes) -> Credentials:
    """Raises WireError, without what was answered: it may hold a secret."""
    try:
        found = _decode(body)
    except msgspec.MsgspecError:
        raise WireError(Venue.POLYMARKET, "no API key in the answer", b"") from None
    return Credentials(key=found.api_key, secret=found.secret, passphrase=found.passphrase)
