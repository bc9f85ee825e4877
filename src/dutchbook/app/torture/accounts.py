"""Test accounts that the same seed makes again: names of orders come from them, so a repeated run needs the same."""

import uuid
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dutchbook.app.sandbox.accounts import KalshiAccount, PolymarketAccount, SandboxAccounts
from dutchbook.venues.polymarket.secret_key import SecretKey


def seeded_accounts(seed: int) -> SandboxAccounts:
    """One account at each venue, in the manner of `dutchbook sandbox accounts`."""
    secret = "0x" + sha256(b"wallet %d" % seed).hexdigest()
    address = SecretKey(secret).address
    key = Ed25519PrivateKey.from_private_bytes(sha256(b"key %d" % seed).digest())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key_id = str(uuid.UUID(bytes=sha256(b"id %d" % seed).digest()[:16], version=4))
    return SandboxAccounts(
        polymarket=(PolymarketAccount("alice", secret, address, address, 0),),
        kalshi=(KalshiAccount("alice", key_id, "ed25519", pem),),
    )
