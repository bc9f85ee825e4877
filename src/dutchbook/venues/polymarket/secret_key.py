"""A secp256k1 key that signs digests and shows itself to nobody."""

from typing import NoReturn

from coincurve import PrivateKey

from dutchbook.domain.errors import ConfigError
from dutchbook.venues.polymarket.keccak import keccak
from dutchbook.venues.polymarket.wallets import checksummed


class SecretKey:
    """Signs any digest, deterministically (RFC 6979): for the signers of this package, which check what they sign."""

    __slots__ = ("__key", "address")

    def __init__(self, text: str) -> None:
        """From 64 hex digits, with or without 0x. Raises ConfigError, without showing the text, for anything else."""
        plain = text.strip().removeprefix("0x")
        try:
            key = PrivateKey(_bytes32(plain))
        except ValueError:
            # Not chained: what a parser says of a key may hold parts of it.
            raise ConfigError(
                "Polymarket private key: this is no key - give its 64 hex digits, as the wallet exports it"
            ) from None
        self.__key = key
        self.address = checksummed("0x" + keccak(key.public_key.format(compressed=False)[1:])[12:].hex())
        """The key's own address, with EIP-55 capitals."""

    def sign(self, digest: bytes) -> bytes:
        """The 65 bytes r, s, v of a signature, v being 27 or 28."""
        signed = self.__key.sign_recoverable(digest, hasher=None)
        return signed[:64] + (b"\x1c" if signed[64] else b"\x1b")

    def __repr__(self) -> str:
        return f"SecretKey of {self.address}"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a private key is not copied, pickled or sent anywhere")


def _bytes32(plain: str) -> bytes:
    raw = bytes.fromhex(plain)
    if len(plain) != 64 or len(raw) != 32:
        raise ValueError("not 32 bytes")
    return raw
