"""Strategies: what is written about them, and what they did."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, case, func, select

from dutchbook.domain.units import Money
from dutchbook.storage.database.queries.reading import record
from dutchbook.storage.database.queries.runs import latest_run
from dutchbook.storage.database.queries.shares import shares
from dutchbook.storage.database.queries.wallets import bindings, wallets
from dutchbook.storage.database.rows import Overview, StrategyRecord, WalletStatus
from dutchbook.storage.database.tables import CLOSED_TRADES, FILLS, ORDERS, STRATEGIES, STRATEGY_RUNS


class _Figures(msgspec.Struct):
    known: bool = False
    intents: int = 0
    refused: int = 0
    orders: int = 0
    fills: int = 0
    trades: int = 0
    won: int = 0
    profit: int = 0
    fees: int = 0


def strategies(connection: Connection, mode: str) -> tuple[StrategyRecord, ...]:
    """All strategies, with what they did in one mode."""
    figures = _figures(connection, mode)
    used: dict[str, tuple[str, ...]] = {}
    for binding in bindings(connection):
        used[binding.strategy] = (*used.get(binding.strategy, ()), binding.wallet)
    query = select(STRATEGIES).order_by(STRATEGIES.c.name)
    return tuple(
        record(
            {
                **row,
                **msgspec.structs.asdict(figures.get(row["name"], _Figures())),
                "mode": mode,
                "wallets": used.get(row["name"], ()),
            },
            StrategyRecord,
        )
        for row in connection.execute(query).mappings()
    )


def strategy(connection: Connection, name: str, mode: str) -> StrategyRecord | None:
    """One strategy; None if there is none."""
    return next((each for each in strategies(connection, mode) if each.name == name), None)


def overview(connection: Connection, mode: str) -> Overview:
    """Wallets, strategies and bindings of one mode together."""
    purses, named = wallets(connection, mode), strategies(connection, mode)
    latest = latest_run(connection, mode)
    bound = shares(connection, purses, None if latest is None else latest.run)
    return Overview(
        mode=mode,
        wallets=purses,
        strategies=named,
        bindings=bound,
        capital=Money(0 if latest is None else (latest.cash or 0) + (latest.positions_at_cost or 0)),
        profit=Money(sum(purse.profit for purse in purses)),
        active_wallets=sum(purse.status is WalletStatus.ACTIVE for purse in purses),
        mean_share_ppm=sum(binding.share_ppm for binding in bound) // len(bound) if bound else None,
    )


def _figures(connection: Connection, mode: str) -> Mapping[str, _Figures]:
    found: dict[str, _Figures] = {}
    wanted = STRATEGY_RUNS.c
    query = select(wanted.strategy, func.sum(wanted.intents), func.sum(wanted.refused)).group_by(wanted.strategy)
    for name, intents, refused in connection.execute(query.where(wanted.mode == mode)):
        found[name] = _Figures(known=True, intents=int(intents), refused=int(refused))
    for table, field in ((ORDERS, "orders"), (FILLS, "fills")):
        count = select(table.c.strategy, func.count()).where(table.c.mode == mode).group_by(table.c.strategy)
        if table is ORDERS:
            count = count.where(ORDERS.c.taken_over == "")
        for name, number in connection.execute(count):
            setattr(found.setdefault(name, _Figures()), field, number)
    trades = CLOSED_TRADES.c
    sums = select(
        trades.strategy,
        func.count(),
        func.sum(case((trades.profit > 0, 1), else_=0)),
        func.sum(trades.profit),
        func.sum(trades.fees),
    ).where(trades.mode == mode)
    for name, number, won, profit, fees in connection.execute(sums.group_by(trades.strategy)):
        one = found.setdefault(name, _Figures())
        one.trades, one.won, one.profit, one.fees = number, int(won), int(profit), int(fees)
    return found
