"""An order with everything around it: what became of it, and the chain of reasons back to what caused it."""

from sqlalchemy import Connection, select

from dutchbook.domain.units import Money
from dutchbook.storage.database.queries.integrity import SealedRow, proven
from dutchbook.storage.database.queries.reading import record, records
from dutchbook.storage.database.queries.trading import fills_of, runs_of, titled_orders
from dutchbook.storage.database.rows import JournalEntry, OrderDetail, OrderRecord
from dutchbook.storage.database.tables import INTENTS, JOURNAL_LINES, ORDERS

_L = JOURNAL_LINES.c
_LONGEST = 100
"""Links of a chain that are followed; real ones have fewer than ten."""
_JOURNAL = "journal:"


def order_detail(connection: Connection, order: str, run: str | None = None) -> OrderDetail | None:
    """The order of this id, in a run or the latest that has one; None if there is none."""
    query = titled_orders().where(ORDERS.c.id == order).order_by(ORDERS.c.sent.desc(), ORDERS.c.taken_over).limit(1)
    if run is not None:
        query = query.where(ORDERS.c.run == run)
    found = records(connection, query, OrderRecord)
    if not found:
        return None
    one = found[0]
    first, seq = _sent_by(connection, one)
    chain, origin = chain_of(connection, first, seq)
    intent = connection.execute(select(INTENTS).where(INTENTS.c.run == one.run, INTENTS.c.id == one.intent)).first()
    return OrderDetail(
        order=one,
        fills=fills_of(connection, one.origin, one.id),
        about=_about(connection, one.origin, one.id),
        chain=chain,
        origin=origin,
        edge=None if intent is None else Money(intent.edge),
        max_loss=None if intent is None else Money(intent.max_loss),
        ending="" if intent is None else intent.ending,
        result=None if intent is None or intent.result is None else Money(intent.result),
    )


def chain_of(connection: Connection, run: str, seq: int) -> tuple[tuple[JournalEntry, ...], str]:
    """A line and its causes, back to the first one that is kept; and what that one names as its cause."""
    chain: list[JournalEntry] = []
    cause = f"{_JOURNAL}{seq}"
    while cause.startswith(_JOURNAL) and len(chain) < _LONGEST:
        entry = journal_line(connection, run, int(cause.removeprefix(_JOURNAL)))
        if entry is None:
            break
        chain.append(entry)
        cause = entry.cause
    return tuple(chain), cause


def journal_line(connection: Connection, run: str, seq: int) -> JournalEntry | None:
    """One line, if it is kept."""
    row = connection.execute(select(JOURNAL_LINES).where(_L.run == run, _L.seq == seq)).mappings().first()
    return None if row is None else _entry(dict(row))


def _sent_by(connection: Connection, order: OrderRecord) -> tuple[str, int]:
    """The run and line that put an order on record: of one taken over, those of the run that sent it."""
    query = select(ORDERS.c.run, ORDERS.c.seq).where(ORDERS.c.run == order.origin, ORDERS.c.id == order.id)
    found = connection.execute(query).first()
    return (order.run, order.seq) if found is None else (found.run, found.seq)


def _about(connection: Connection, origin: str, order: str) -> tuple[JournalEntry, ...]:
    """What became of an order, in all runs that had it."""
    query = select(JOURNAL_LINES).where(_L.run.in_(runs_of(origin, order)), _L.about == order).order_by(_L.at, _L.seq)
    return tuple(_entry(dict(row)) for row in connection.execute(query).mappings())


def _entry(row: dict[str, object]) -> JournalEntry:
    sealed = record(row, SealedRow)
    return record({**row, "cause": sealed.cause or "", "proven": proven(sealed)}, JournalEntry)
