"""Wallets, what they hold, and what happened in them. A wallet is an account at a venue in one mode."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, func, select

from dutchbook.domain.units import Money
from dutchbook.storage.database.filters import FIRST, Page
from dutchbook.storage.database.queries.reading import paged, record, records
from dutchbook.storage.database.queries.trading import titled_fills
from dutchbook.storage.database.rows import BindingRecord, FillRecord, WalletPoint, WalletRecord, WalletStatus
from dutchbook.storage.database.tables import FILLS, RUNS, STRATEGY_WALLETS, WALLET_SNAPSHOTS, WALLETS

_S = WALLET_SNAPSHOTS.c


class _Sums(msgspec.Struct):
    cash: Money | None = None
    positions_at_cost: Money = Money(0)
    realised: Money = Money(0)
    fees: Money = Money(0)


def wallet_id(mode: str, venue: str) -> str:
    """What the wallet of a mode at a venue is called here."""
    return f"{mode}-{venue}"


def wallets(connection: Connection, mode: str | None = None) -> tuple[WalletRecord, ...]:
    """All wallets, or those of a mode."""
    query = select(WALLETS).order_by(WALLETS.c.mode, WALLETS.c.venue)
    if mode is not None:
        query = query.where(WALLETS.c.mode == mode)
    sums, trades, used = _sums(connection), _trades(connection), _strategies(connection)
    return tuple(_wallet(dict(row), sums, trades, used) for row in connection.execute(query).mappings())


def wallet(connection: Connection, name: str) -> WalletRecord | None:
    """One wallet by its id or its name; None if there is none."""
    return next((each for each in wallets(connection) if name in (each.id, each.name)), None)


def wallet_trades(connection: Connection, wallet_id: str, page: Page = FIRST) -> tuple[FillRecord, ...]:
    """The trades of a wallet, the newest first."""
    query = titled_fills().where(FILLS.c.wallet == wallet_id)
    query = query.order_by(FILLS.c.at.desc(), FILLS.c.run.desc(), FILLS.c.seq.desc())
    return records(connection, paged(query, page), FillRecord)


def wallet_curve(connection: Connection, wallet_id: str, page: Page = FIRST) -> tuple[WalletPoint, ...]:
    """A wallet after each booking, the newest first."""
    query = select(*_S, (_S.cash + _S.positions_at_cost).label("equity")).where(_S.wallet == wallet_id)
    query = query.order_by(_S.at.desc(), _S.run.desc(), _S.seq.desc())
    return records(connection, paged(query, page), WalletPoint)


def bindings(connection: Connection) -> tuple[BindingRecord, ...]:
    """Which strategy may use how much of which wallet."""
    query = select(STRATEGY_WALLETS).order_by(STRATEGY_WALLETS.c.strategy, STRATEGY_WALLETS.c.wallet)
    return records(connection, query, BindingRecord)


def _sums(connection: Connection) -> Mapping[str, _Sums]:
    """By wallet: profit over all runs, cash and cost of the latest one. Snapshots count from their run's start."""
    query = select(_S.wallet, _S.cash, _S.positions_at_cost, _S.realised, _S.fees).join(RUNS, RUNS.c.run == _S.run)
    found: dict[str, _Sums] = {}
    for wallet_id, cash, cost, realised, fees in connection.execute(query.where(_S.latest).order_by(RUNS.c.number)):
        sums = found.setdefault(wallet_id, _Sums())
        sums.cash, sums.positions_at_cost = cash, cost
        sums.realised, sums.fees = Money(sums.realised + realised), Money(sums.fees + fees)
    return found


def _trades(connection: Connection) -> Mapping[str, int]:
    query = select(FILLS.c.wallet, func.count()).where(FILLS.c.state != "reversed").group_by(FILLS.c.wallet)
    return {row[0]: row[1] for row in connection.execute(query)}


def _strategies(connection: Connection) -> Mapping[str, tuple[str, ...]]:
    used: dict[str, tuple[str, ...]] = {}
    for binding in bindings(connection):
        used[binding.wallet] = (*used.get(binding.wallet, ()), binding.strategy)
    return used


def _wallet(
    row: Mapping[str, object],
    sums: Mapping[str, _Sums],
    trades: Mapping[str, int],
    used: Mapping[str, tuple[str, ...]],
) -> WalletRecord:
    wallet_id = str(row["id"])
    money = sums.get(wallet_id, _Sums())
    return record(
        {
            **row,
            **msgspec.structs.asdict(money),
            "status": WalletStatus(str(row["status"])),
            "profit": money.realised - money.fees,
            "trades": trades.get(wallet_id, 0),
            "strategies": used.get(wallet_id, ()),
        },
        WalletRecord,
    )
