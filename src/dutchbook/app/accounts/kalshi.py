"""An account at Kalshi as the sources of keys describe it: checked, nothing sent."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from dutchbook.app.accounts.chain import Found, KeyChain
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.private_files import read_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock
from dutchbook.venues.kalshi.sign import KalshiSigner


class KalshiKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that opens an account: the API key's id and its private half as PEM text."""

    key_id: str
    pem: Secret
    places: Mapping[KeyName, str] = msgspec.field(default_factory=dict)

    @property
    def venue(self) -> Venue:
        """Where the account is."""
        return Venue.KALSHI

    @property
    def name(self) -> str:
        """What the account is called: the id of its API key."""
        return self.key_id

    def signer(self, clock: Clock) -> KalshiSigner:
        """Signs requests with this key. Raises ConfigError if the key is none."""
        return KalshiSigner(self.key_id, self.pem.reveal(), clock)


def kalshi_keys(chain: KeyChain) -> KalshiKeys | None:
    """The account that the sources describe, None if nothing is set. The key itself is tried by `signer`.

    Raises ConfigError in one line if only half of it is there, or the key's file is missing or legible for others.
    """
    key_id = chain.find(KeyName.KALSHI_API_KEY_ID)
    key = chain.find(KeyName.KALSHI_PRIVATE_KEY, KeyName.KALSHI_PRIVATE_KEY_PATH)
    if key_id is None and key is None:
        return None
    if key_id is None or key is None:
        missing = KeyName.KALSHI_PRIVATE_KEY_PATH if key is None else KeyName.KALSHI_API_KEY_ID
        raise ConfigError(f"kalshi: half of an API key is there, and {missing} is not set - set it too")
    places = {found.name: found.place for found in (key_id, key)}
    return KalshiKeys(key_id=key_id.text, pem=_pem(key), places=places)


def _pem(found: Found) -> Secret:
    if found.name is KeyName.KALSHI_PRIVATE_KEY:
        # Where a line end cannot be written, it is often written as \n.
        return Secret(found.text.replace("\\n", "\n"))
    return Secret(read_private(Path(found.text).expanduser()))
