"""Describing strategies, and giving them shares of wallets. What a desk runs is its settings' matter."""

import msgspec
from sqlalchemy import Connection, delete, insert, select

from dutchbook.domain.errors import UsageError
from dutchbook.storage.database.edits.authors import Author, change, keep, known, named, written
from dutchbook.storage.database.queries.strategies import strategy
from dutchbook.storage.database.queries.wallets import bindings, wallet
from dutchbook.storage.database.rows import BindingRecord, StrategyRecord, WalletStatus
from dutchbook.storage.database.tables import STRATEGIES, STRATEGY_RUNS, STRATEGY_WALLETS

_WHOLE = 1_000_000
_ANY_MODE = "paper"


class StrategyDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A description to be. `name` is that of the settings."""

    name: str
    title: str = ""
    description: str = ""
    kind: str = ""
    risk_level: str = ""


class StrategyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; None leaves it as it is."""

    title: str | None = None
    description: str | None = None
    kind: str | None = None
    risk_level: str | None = None
    status: WalletStatus | None = None


def create_strategy(connection: Connection, author: Author, draft: StrategyDraft) -> StrategyRecord:
    """Describe a strategy. Raises UsageError if one of this name is described already."""
    name = named("strategy", draft.name)
    if strategy(connection, name, _ANY_MODE) is not None:
        raise UsageError(f"strategy {name} is described already - change it")
    values = {
        "name": name,
        "title": written("title", draft.title),
        "description": written("description", draft.description),
        "kind": written("kind", draft.kind),
        "risk_level": written("risk level", draft.risk_level),
        "status": str(WalletStatus.ACTIVE),
        "created": author.at,
        "updated": author.at,
    }
    connection.execute(insert(STRATEGIES).values(values))
    keep(connection, author, "create strategy", values)
    return known(strategy(connection, name, _ANY_MODE), "strategy", name)


def update_strategy(connection: Connection, author: Author, name: str, wanted: StrategyChange) -> StrategyRecord:
    """Change what is given; a status starts or stops nothing. Raises UsageError if there is no such strategy."""
    known(strategy(connection, name, _ANY_MODE), "strategy", name)
    texts = {"title": wanted.title, "description": wanted.description}
    words = {"kind": wanted.kind, "risk_level": wanted.risk_level}
    given = {field: None if text is None else written(field, text) for field, text in (texts | words).items()}
    status = None if wanted.status is None else str(wanted.status)
    change(connection, author, STRATEGIES, name, {**given, "status": status})
    return known(strategy(connection, name, _ANY_MODE), "strategy", name)


def delete_strategy(connection: Connection, author: Author, name: str) -> None:
    """Forget a description and its bindings. Raises UsageError if a run used the strategy: what happened stays."""
    known(strategy(connection, name, _ANY_MODE), "strategy", name)
    if connection.execute(select(STRATEGY_RUNS.c.run).where(STRATEGY_RUNS.c.strategy == name).limit(1)).first():
        raise UsageError(f"strategy {name} was run - set its status to retired instead")
    connection.execute(delete(STRATEGY_WALLETS).where(STRATEGY_WALLETS.c.strategy == name))
    connection.execute(delete(STRATEGIES).where(STRATEGIES.c.name == name))
    keep(connection, author, "delete strategy", {"name": name})


def bind(connection: Connection, author: Author, name: str, purse: str, share_ppm: int) -> BindingRecord:
    """Mean a share of a wallet for a strategy, or change it. Raises UsageError beyond 100 % of a wallet."""
    key = known(wallet(connection, purse), "wallet", purse).id
    known(strategy(connection, name, _ANY_MODE), "strategy", name)
    if not 0 < share_ppm <= _WHOLE:
        raise UsageError(f"share: {share_ppm / 10_000:g} % - give more than 0 % and at most 100 %")
    there = {each.strategy: each for each in bindings(connection) if each.wallet == key}
    others = sum(each.share_ppm for each in there.values() if each.strategy != name)
    if others + share_ppm > _WHOLE:
        raise UsageError(f"wallet {key}: other strategies have {others / 10_000:g} % of it - give at most the rest")
    _unbind(connection, name, key)
    made = BindingRecord(
        strategy=name,
        wallet=key,
        share_ppm=share_ppm,
        created=there[name].created if name in there else author.at,
        updated=author.at,
    )
    connection.execute(insert(STRATEGY_WALLETS).values(msgspec.structs.asdict(made)))
    keep(connection, author, "bind strategy", msgspec.structs.asdict(made))
    return made


def unbind(connection: Connection, author: Author, name: str, purse: str) -> None:
    """Take a binding back. Raises UsageError if there is none."""
    key = known(wallet(connection, purse), "wallet", purse).id
    if not _unbind(connection, name, key):
        raise UsageError(f"strategy {name} is not bound to wallet {key} - nothing was changed")
    keep(connection, author, "unbind strategy", {"strategy": name, "wallet": key})


def _unbind(connection: Connection, name: str, key: str) -> int:
    columns = STRATEGY_WALLETS.c
    return connection.execute(delete(STRATEGY_WALLETS).where(columns.strategy == name, columns.wallet == key)).rowcount
