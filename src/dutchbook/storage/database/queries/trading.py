"""Orders, fills, closed trades and positions."""

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, func, or_, select

from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import DAY, Nanos
from dutchbook.storage.database.filters import FIRST, Page, Scope, TradeFilter
from dutchbook.storage.database.queries.reading import found, paged, records, within
from dutchbook.storage.database.rows import (
    ClosedTrade,
    DayResult,
    FillRecord,
    OrderRecord,
    PositionPoint,
    TradeSummary,
)
from dutchbook.storage.database.tables import CLOSED_TRADES, FILLS, MARKETS, ORDERS, POSITIONS, RUNS

_ALL = TradeFilter()
_OVER = tuple(str(status) for status in OrderStatus if status.final)
_WITH_ACCOUNTS = ("sandbox", "live")
_UNKNOWN_FIRST = case((ORDERS.c.status == str(OrderStatus.UNKNOWN), 0), else_=1)


def orders(connection: Connection, wanted: TradeFilter = _ALL, page: Page = FIRST) -> tuple[OrderRecord, ...]:
    """Orders, those of an unknown state on top, then the newest first."""
    columns = ORDERS.c
    query = _titled(ORDERS).where(*_conditions(wanted, ORDERS, columns.sent))
    query = query.where(*_states(wanted))
    query = query.order_by(_UNKNOWN_FIRST, columns.sent.desc(), columns.run.desc(), columns.seq.desc())
    return records(connection, paged(query, page), OrderRecord)


def count_orders(connection: Connection, wanted: TradeFilter = _ALL) -> int:
    """How many orders there are."""
    query = select(func.count()).select_from(_with_markets(ORDERS))
    query = query.where(*_conditions(wanted, ORDERS, ORDERS.c.sent), *_states(wanted))
    return int(connection.execute(query).scalar_one())


def fills(connection: Connection, wanted: TradeFilter = _ALL, page: Page = FIRST) -> tuple[FillRecord, ...]:
    """Our trades, the newest first; those taken back too, as `reversed`."""
    query = _titled(FILLS).where(*_conditions(wanted, FILLS, FILLS.c.at))
    query = query.order_by(FILLS.c.at.desc(), FILLS.c.run.desc(), FILLS.c.seq.desc())
    return records(connection, paged(query, page), FillRecord)


def fills_of(connection: Connection, origin: str, order: str) -> tuple[FillRecord, ...]:
    """The trades of an order that the run `origin` sent, the oldest first, in whatever run they happened."""
    query = _titled(FILLS).where(FILLS.c.run.in_(runs_of(origin, order)), FILLS.c.order == order)
    return records(connection, query.order_by(FILLS.c.at, FILLS.c.seq), FillRecord)


def runs_of(origin: str, order: str) -> "Select[tuple[str]]":
    """The runs that had an order."""
    return select(ORDERS.c.run).where(ORDERS.c.id == order, ORDERS.c.origin == origin)


def closed_trades(connection: Connection, wanted: TradeFilter = _ALL, page: Page = FIRST) -> tuple[ClosedTrade, ...]:
    """Positions that were closed, the newest first."""
    query = _titled(CLOSED_TRADES).where(*_conditions(wanted, CLOSED_TRADES, CLOSED_TRADES.c.closed))
    query = query.order_by(CLOSED_TRADES.c.closed.desc(), CLOSED_TRADES.c.run.desc(), CLOSED_TRADES.c.seq.desc())
    return records(connection, paged(query, page), ClosedTrade)


def trade_summary(connection: Connection, wanted: TradeFilter = _ALL) -> TradeSummary:
    """Closed trades in sums. Narrow it to a mode: paper and live are never one sum."""
    columns = CLOSED_TRADES.c
    query = select(
        func.count(),
        func.coalesce(func.sum(case((columns.profit > 0, 1), else_=0)), 0),
        func.coalesce(func.sum(case((columns.profit < 0, 1), else_=0)), 0),
        func.coalesce(func.sum(columns.profit), 0),
        func.coalesce(func.sum(columns.fees), 0),
        func.max(columns.profit),
        func.min(columns.profit),
        func.coalesce(func.sum((columns.closed - columns.opened) / 1_000), 0),
    ).select_from(_with_markets(CLOSED_TRADES))
    row = connection.execute(query.where(*_conditions(wanted, CLOSED_TRADES, columns.closed))).one()
    trades, won, lost, profit, fees, best, worst, micros = (None if cell is None else int(cell) for cell in row)
    return TradeSummary(
        trades=trades or 0,
        won=won or 0,
        lost=lost or 0,
        profit=profit or 0,  # type: ignore[arg-type]  # what SQL sums is money again
        fees=fees or 0,  # type: ignore[arg-type]
        best=best,  # type: ignore[arg-type]
        worst=worst,  # type: ignore[arg-type]
        held=Nanos((micros or 0) * 1_000 // trades) if trades else None,
    )


def daily_results(
    connection: Connection, scope: Scope, *, by_strategy: bool = False, page: Page = FIRST
) -> tuple[DayResult, ...]:
    """What closed trades of each UTC day brought, the latest day first, for all strategies together or one by one."""
    columns = CLOSED_TRADES.c
    day = (columns.closed - columns.closed % int(DAY)).label("day")
    keys = [day, columns.strategy] if by_strategy else [day]
    query = select(
        *keys,
        func.count().label("trades"),
        func.sum(case((columns.profit > 0, 1), else_=0)).label("won"),
        func.sum(columns.profit).label("profit"),
        func.sum(columns.fees).label("fees"),
    )
    query = query.where(*within(scope, columns.run, columns.mode, columns.closed)).group_by(*keys)
    rows = connection.execute(paged(query.order_by(day.desc()), page)).mappings()
    return tuple(_day(dict(row)) for row in rows)


def positions_now(connection: Connection, wanted: TradeFilter = _ALL, page: Page = FIRST) -> tuple[PositionPoint, ...]:
    """What is held, as of the last line read of each run. Narrow it to a run: earlier runs end with what they held."""
    query = _titled(POSITIONS).where(POSITIONS.c.latest, POSITIONS.c.size > 0)
    query = query.where(*_conditions(wanted, POSITIONS, POSITIONS.c.at))
    query = query.order_by(POSITIONS.c.cost.desc(), POSITIONS.c.outcome)
    return records(connection, paged(query, page), PositionPoint)


def positions_history(
    connection: Connection, wanted: TradeFilter = _ALL, outcome: str | None = None, page: Page = FIRST
) -> tuple[PositionPoint, ...]:
    """How positions changed, the newest change first; of one outcome or of all."""
    query = _titled(POSITIONS).where(*_conditions(wanted, POSITIONS, POSITIONS.c.at))
    if outcome is not None:
        query = query.where(POSITIONS.c.outcome == outcome)
    query = query.order_by(POSITIONS.c.at.desc(), POSITIONS.c.run.desc(), POSITIONS.c.seq.desc())
    return records(connection, paged(query, page), PositionPoint)


def titled_orders() -> "Select[tuple[object, ...]]":
    """Orders with the titles of their markets, to be narrowed."""
    return _titled(ORDERS)


def titled_fills() -> "Select[tuple[object, ...]]":
    """Fills with the titles of their markets, to be narrowed."""
    return _titled(FILLS)


def _day(row: dict[str, object]) -> DayResult:
    # PostgreSQL sums whole numbers as decimals.
    whole = {name: int(str(row[name])) for name in ("day", "trades", "won", "profit", "fees")}
    return DayResult(strategy=str(row.get("strategy", "")), **whole)  # type: ignore[arg-type]


def _with_markets(table: FromClause) -> FromClause:
    return table.outerjoin(MARKETS, MARKETS.c.id == table.c.market)


def _titled(table: FromClause) -> "Select[tuple[object, ...]]":
    """All columns of a table, with its market's title and the label of its outcome."""
    label = case((MARKETS.c.no == table.c.outcome, MARKETS.c.no_label), else_=MARKETS.c.yes_label)
    return select(
        *table.c,
        func.coalesce(MARKETS.c.title, table.c.market).label("title"),
        func.coalesce(label, "").label("label"),
    ).select_from(_with_markets(table))


def _conditions(wanted: TradeFilter, table: FromClause, at: ColumnElement[int]) -> list[ColumnElement[bool]]:
    columns = table.c
    conditions = within(wanted.scope, columns.run, columns.mode, at)
    if wanted.venue is not None:
        conditions.append(columns.venue == str(wanted.venue))
    if wanted.strategy is not None and "strategy" in columns:
        conditions.append(columns.strategy == wanted.strategy)
    if wanted.market is not None:
        conditions.append(columns.market == wanted.market)
    named = [columns[name] for name in ("order", "id", "strategy", "reason", "venue_id") if name in columns]
    return [*conditions, *found(wanted.search, columns.market, columns.outcome, MARKETS.c.title, *named)]


def _states(wanted: TradeFilter) -> list[ColumnElement[bool]]:
    """What orders are asked for. Over several runs an order counts once, in the run that has it now."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.scope.run is None:
        conditions.append(ORDERS.c.taken_over == "")
        if wanted.open_only or wanted.unknown_only:
            # What rested on paper ended with its desk; at a venue it rests on.
            goes_on = select(RUNS.c.run).where(RUNS.c.ended.is_(None)).order_by(RUNS.c.number.desc()).limit(1)
            conditions.append(or_(ORDERS.c.mode.in_(_WITH_ACCOUNTS), ORDERS.c.run.in_(goes_on)))
    if wanted.unknown_only:
        conditions.append(ORDERS.c.status == str(OrderStatus.UNKNOWN))
    elif wanted.open_only:
        conditions.append(ORDERS.c.status.not_in(_OVER))
    return conditions
