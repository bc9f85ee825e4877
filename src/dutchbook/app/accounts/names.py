"""The values that make an account usable, by the names under which every source knows them."""

from enum import StrEnum

from dutchbook.domain.identity import Venue


class KeyName(StrEnum):
    """One value. The names are those that other programs and the venues' own examples use."""

    POLYMARKET_PRIVATE_KEY = "POLYMARKET_PRIVATE_KEY"
    POLYMARKET_FUNDER = "POLYMARKET_FUNDER"
    POLYMARKET_SIGNATURE_TYPE = "POLYMARKET_SIGNATURE_TYPE"
    POLYMARKET_CHAIN_ID = "POLYMARKET_CHAIN_ID"
    POLYMARKET_API_KEY = "POLYMARKET_API_KEY"
    POLYMARKET_API_SECRET = "POLYMARKET_API_SECRET"  # noqa: S105 - a name
    POLYMARKET_PASSPHRASE = "POLYMARKET_PASSPHRASE"  # noqa: S105 - a name
    POLYMARKET_RELAYER_API_KEY = "POLYMARKET_RELAYER_API_KEY"
    POLYMARKET_RPC_URL = "POLYMARKET_RPC_URL"
    KALSHI_API_KEY_ID = "KALSHI_API_KEY_ID"
    KALSHI_PRIVATE_KEY = "KALSHI_PRIVATE_KEY"
    KALSHI_PRIVATE_KEY_PATH = "KALSHI_PRIVATE_KEY_PATH"

    @property
    def venue(self) -> Venue:
        """Whose account it belongs to."""
        return Venue(self.value.partition("_")[0].lower())

    @property
    def meaning(self) -> str:
        """What to put there, in one line."""
        return _MEANINGS[self]

    @property
    def secret(self) -> bool:
        """Whether who knows it can trade, or do so together with what else is kept here."""
        return self not in _PUBLIC


_PUBLIC = frozenset(
    {
        KeyName.POLYMARKET_FUNDER,
        KeyName.POLYMARKET_SIGNATURE_TYPE,
        KeyName.POLYMARKET_CHAIN_ID,
        KeyName.KALSHI_API_KEY_ID,
        KeyName.KALSHI_PRIVATE_KEY_PATH,
    }
)
_MEANINGS = {
    KeyName.POLYMARKET_PRIVATE_KEY: "the private key of the wallet that signs: 64 hex digits",
    KeyName.POLYMARKET_FUNDER: "the address that holds the money, if it is not the signing wallet itself",
    KeyName.POLYMARKET_SIGNATURE_TYPE: "0 wallet, 1 proxy, 2 Safe, 3 deposit wallet; found by the funder if left out",
    KeyName.POLYMARKET_CHAIN_ID: "137, if it is set at all: Polygon is the only chain with a market",
    KeyName.POLYMARKET_API_KEY: "the id of an API key; made from the private key if left out",
    KeyName.POLYMARKET_API_SECRET: "the secret of that API key",
    KeyName.POLYMARKET_PASSPHRASE: "the passphrase of that API key",
    KeyName.POLYMARKET_RELAYER_API_KEY: "a key of the relayer, which redeems for proxies, Safes and deposit wallets",
    KeyName.POLYMARKET_RPC_URL: "a node of Polygon, for wallets without a relayer; a public one if left out",
    KeyName.KALSHI_API_KEY_ID: "the id of an API key, as Kalshi's page shows it",
    KeyName.KALSHI_PRIVATE_KEY: "the private half of that key as PEM text",
    KeyName.KALSHI_PRIVATE_KEY_PATH: "the file that holds it, in place of the text",
}
