"""Naming wallets: accounts at a venue in one mode. No key is ever kept here."""

import msgspec
from sqlalchemy import Connection, delete, insert, select

from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Money
from dutchbook.storage.database.edits.authors import Author, change, keep, known, named, written
from dutchbook.storage.database.queries.wallets import wallet, wallet_id
from dutchbook.storage.database.rows import WalletRecord, WalletStatus
from dutchbook.storage.database.tables import FILLS, STRATEGY_WALLETS, WALLETS


class WalletDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet to be. `address` is public, `opening` what was put in."""

    name: str
    mode: str
    venue: Venue
    address: str = ""
    opening: Money | None = None
    note: str = ""


class WalletChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; None leaves it as it is."""

    name: str | None = None
    address: str | None = None
    status: WalletStatus | None = None
    opening: Money | None = None
    note: str | None = None


def create_wallet(connection: Connection, author: Author, draft: WalletDraft) -> WalletRecord:
    """Name an account before a desk has used it. Raises UsageError if there is one of this mode and venue already."""
    key = wallet_id(named("mode", draft.mode), draft.venue)
    if wallet(connection, key) is not None:
        raise UsageError(f"wallet: there is one of {draft.mode} at {draft.venue} already - change that one, {key}")
    values = {
        "id": key,
        "name": _free(connection, draft.name, key),
        "mode": draft.mode,
        "venue": str(draft.venue),
        "address": written("address", draft.address),
        "status": str(WalletStatus.ACTIVE),
        "opening": draft.opening,
        "note": written("note", draft.note),
        "created": author.at,
        "updated": author.at,
    }
    connection.execute(insert(WALLETS).values(values))
    keep(connection, author, "create wallet", values)
    return known(wallet(connection, key), "wallet", key)


def update_wallet(connection: Connection, author: Author, name: str, wanted: WalletChange) -> WalletRecord:
    """Change what is given. Raises UsageError if there is no such wallet, or its new name is taken."""
    key = known(wallet(connection, name), "wallet", name).id
    given = {
        "name": None if wanted.name is None else _free(connection, wanted.name, key),
        "address": None if wanted.address is None else written("address", wanted.address),
        "status": None if wanted.status is None else str(wanted.status),
        "opening": wanted.opening,
        "note": None if wanted.note is None else written("note", wanted.note),
    }
    change(connection, author, WALLETS, key, given)
    return known(wallet(connection, key), "wallet", key)


def delete_wallet(connection: Connection, author: Author, name: str) -> None:
    """Forget a wallet and its bindings. Raises UsageError if it traded: what happened stays."""
    key = known(wallet(connection, name), "wallet", name).id
    if connection.execute(select(FILLS.c.seq).where(FILLS.c.wallet == key).limit(1)).first():
        raise UsageError(f"wallet {key} has trades - set its status to retired instead")
    connection.execute(delete(STRATEGY_WALLETS).where(STRATEGY_WALLETS.c.wallet == key))
    connection.execute(delete(WALLETS).where(WALLETS.c.id == key))
    keep(connection, author, "delete wallet", {"id": key})


def _free(connection: Connection, name: str, key: str) -> str:
    """The name. Raises UsageError if another wallet has it."""
    other = wallet(connection, named("wallet", name))
    if other is not None and other.id != key:
        raise UsageError(f"wallet: {name!r} is the name of {other.id} - choose another one")
    return named("wallet", name)
