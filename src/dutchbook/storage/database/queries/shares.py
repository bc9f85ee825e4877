"""How much of its share of a wallet each strategy has in positions now."""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection, func, select

from dutchbook.domain.book import Side
from dutchbook.domain.units import Money
from dutchbook.storage.database.queries.wallets import bindings
from dutchbook.storage.database.rows import BindingRecord, ShareInUse, WalletRecord
from dutchbook.storage.database.tables import FILLS, POSITIONS

_MILLION = 1_000_000


def shares(connection: Connection, purses: Iterable[WalletRecord], run: str | None) -> tuple[ShareInUse, ...]:
    """The bindings of these wallets, each with what the strategy holds there at cost in the latest run.

    A position counts for the strategy that bought of it last; what an earlier run left counts for none.
    """
    known = {purse.id: purse for purse in purses}
    used = {} if run is None else _held(connection, run)
    return tuple(_in_use(each, known[each.wallet], used) for each in bindings(connection) if each.wallet in known)


def _in_use(binding: BindingRecord, purse: WalletRecord, used: Mapping[tuple[str, str], int]) -> ShareInUse:
    held = used.get((binding.strategy, purse.venue), 0)
    capital = purse.opening if purse.cash is None else Money(purse.cash + purse.positions_at_cost)
    share = held * _MILLION // capital if capital else None
    return ShareInUse(**msgspec.structs.asdict(binding), used=Money(held), used_ppm=share)


def _held(connection: Connection, run: str) -> Mapping[tuple[str, str], int]:
    """By strategy and venue, what is held at cost."""
    bought = select(FILLS.c.outcome, FILLS.c.strategy, func.max(FILLS.c.seq))
    bought = bought.where(FILLS.c.run == run, FILLS.c.side == str(Side.BUY)).group_by(FILLS.c.outcome, FILLS.c.strategy)
    latest: dict[str, tuple[int, str]] = {}
    for outcome, strategy, seq in connection.execute(bought):
        latest[outcome] = max(latest.get(outcome, (-1, "")), (seq, strategy))
    used: dict[tuple[str, str], int] = {}
    there = select(POSITIONS.c.outcome, POSITIONS.c.venue, POSITIONS.c.cost)
    for outcome, venue, cost in connection.execute(there.where(POSITIONS.c.run == run, POSITIONS.c.latest)):
        if cost and outcome in latest:
            key = latest[outcome][1], venue
            used[key] = used.get(key, 0) + cost
    return used
