"""What people keep beside the journals: notes on trades, and a watchlist."""

from sqlalchemy import Connection, select

from dutchbook.storage.database.filters import FIRST, Page
from dutchbook.storage.database.queries.reading import found, paged, records
from dutchbook.storage.database.rows import TradeNote, WatchedMarket
from dutchbook.storage.database.tables import TRADE_NOTES, WATCHLIST


def notes(
    connection: Connection, *, run: str | None = None, subject: str | None = None, search: str = "", page: Page = FIRST
) -> tuple[TradeNote, ...]:
    """Notes, the newest first; of one run, about one order or outcome, or that contain a text, if so asked."""
    columns = TRADE_NOTES.c
    query = select(TRADE_NOTES).order_by(columns.at.desc(), columns.id.desc())
    if run is not None:
        query = query.where(columns.run == run)
    if subject is not None:
        query = query.where(columns.subject == subject)
    query = query.where(*found(search, columns.text, columns.subject, columns.by))
    return records(connection, paged(query, page), TradeNote)


def watchlist(connection: Connection) -> tuple[WatchedMarket, ...]:
    """The markets that somebody watches, by title."""
    return records(connection, select(WATCHLIST).order_by(WATCHLIST.c.title, WATCHLIST.c.market), WatchedMarket)
