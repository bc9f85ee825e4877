"""Test accounts of the sandbox: play money, and keys made on this machine for nothing else."""

import os
import uuid
from pathlib import Path
from secrets import token_bytes
from typing import Literal

import msgspec
from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from dutchbook.domain.errors import DutchbookError
from dutchbook.exchange.servers.polymarket.signing import keccak
from dutchbook.exchange.servers.polymarket.wallets import SignatureType, checksummed, deposit_wallet, proxy_wallet
from dutchbook.storage.home import Home

_RSA_BITS = 2_048


class PolymarketAccount(msgspec.Struct, frozen=True):
    """A wallet key of the sandbox. `funder` holds the money; addresses with EIP-55 capitals."""

    name: str
    private_key: str
    address: str
    funder: str
    signature_type: int


class KalshiAccount(msgspec.Struct, frozen=True):
    """An API key of the sandbox, as PEM text."""

    name: str
    key_id: str
    kind: Literal["ed25519", "rsa"]
    private_key: str


class SandboxAccounts(msgspec.Struct, frozen=True):
    """All test accounts of one home folder."""

    polymarket: tuple[PolymarketAccount, ...]
    kalshi: tuple[KalshiAccount, ...]


def sandbox_accounts(home: Path) -> SandboxAccounts:
    """The accounts of this home, made at the first call and kept readable for the user alone.

    Raises DutchbookError if the file was damaged.
    """
    path = Home(home).sandbox_accounts
    try:
        return msgspec.json.decode(path.read_bytes(), type=SandboxAccounts)
    except FileNotFoundError:
        return _kept(path, _new_accounts())
    except msgspec.MsgspecError as error:
        raise DutchbookError(f"{path}: no sandbox accounts ({error}) - remove the file, new ones are made") from error


def public_key(account: KalshiAccount) -> str:
    """The public half of a key, as PEM: what the exchange knows."""
    key = _loaded(account)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def relayer_key(account: PolymarketAccount) -> str:
    """The key that the sandbox's relayer knows an account by."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"dutchbook sandbox relayer {account.address}"))


def _loaded(account: KalshiAccount) -> Ed25519PrivateKey | RSAPrivateKey:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(account.private_key.encode(), None)
    if not isinstance(key, Ed25519PrivateKey | RSAPrivateKey):
        raise DutchbookError(f"sandbox account {account.name}: neither an Ed25519 nor an RSA key - remove the accounts")
    return key


def _new_accounts() -> SandboxAccounts:
    return SandboxAccounts(
        polymarket=(
            _wallet("alice", SignatureType.EOA),
            _wallet("bob", SignatureType.PROXY),
            _wallet("carol", SignatureType.DEPOSIT_WALLET),
        ),
        kalshi=(_api_key("alice", "ed25519"), _api_key("bob", "rsa")),
    )


def _wallet(name: str, kind: SignatureType) -> PolymarketAccount:
    secret = token_bytes(32)
    address = "0x" + keccak(PrivateKey(secret).public_key.format(compressed=False)[1:])[12:].hex()
    funders = {SignatureType.PROXY: proxy_wallet, SignatureType.DEPOSIT_WALLET: deposit_wallet}
    funder = funders[kind](address) if kind in funders else address
    return PolymarketAccount(name, "0x" + secret.hex(), checksummed(address), checksummed(funder), int(kind))


def _api_key(name: str, kind: Literal["ed25519", "rsa"]) -> KalshiAccount:
    key = Ed25519PrivateKey.generate() if kind == "ed25519" else generate_private_key(65_537, _RSA_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return KalshiAccount(name, str(uuid.uuid4()), kind, pem)


def _kept(path: Path, accounts: SandboxAccounts) -> SandboxAccounts:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and moved: two that begin at once both end with one of the two, whole.
    aside = path.with_suffix(f".{os.getpid()}")
    aside.touch(mode=0o600)
    aside.write_bytes(msgspec.json.format(msgspec.json.encode(accounts)) + b"\n")
    try:
        os.link(aside, path)
    except FileExistsError:
        return msgspec.json.decode(path.read_bytes(), type=SandboxAccounts)
    finally:
        aside.unlink()
    return accounts
