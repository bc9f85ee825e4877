"""Notes on trades, and the watchlist."""

import msgspec
from sqlalchemy import Connection, delete, insert

from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.units import Price
from dutchbook.storage.database.edits.authors import Author, keep, named, written
from dutchbook.storage.database.rows import TradeNote, WatchedMarket
from dutchbook.storage.database.tables import TRADE_NOTES, WATCHLIST


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """A market to keep an eye on; `above` and `below` are prices worth an alert."""

    market: MarketId
    venue: Venue
    title: str = ""
    note: str = ""
    above: Price | None = None
    below: Price | None = None


def add_note(connection: Connection, author: Author, run: str, subject: str, text: str) -> TradeNote:
    """Write something about an order or an outcome of a run. Raises UsageError for an empty or very long text."""
    if not text.strip():
        raise UsageError("note: nothing to keep - write something")
    values: dict[str, object] = {
        "run": written("run", run),
        "subject": written("subject", subject),
        "text": written("note", text),
        "by": author.by,
        "at": author.at,
    }
    number = connection.execute(insert(TRADE_NOTES).values(values).returning(TRADE_NOTES.c.id)).scalar_one()
    keep(connection, author, "add note", {"id": number, **values})
    return msgspec.convert({"id": number, **values}, TradeNote)


def delete_note(connection: Connection, author: Author, number: int) -> None:
    """Take a note away; that it was written stays on record. Raises UsageError if there is none."""
    if not connection.execute(delete(TRADE_NOTES).where(TRADE_NOTES.c.id == number)).rowcount:
        raise UsageError(f"note {number} is not there - nothing was changed")
    keep(connection, author, "delete note", {"id": number})


def watch(connection: Connection, author: Author, wanted: Watch) -> WatchedMarket:
    """Put a market on the watchlist, or change what is there."""
    values: dict[str, object] = {
        **msgspec.structs.asdict(wanted),
        "market": named("market", wanted.market),
        "venue": str(wanted.venue),
        "title": written("title", wanted.title),
        "note": written("note", wanted.note),
        "by": author.by,
        "at": author.at,
    }
    connection.execute(delete(WATCHLIST).where(WATCHLIST.c.market == values["market"]))
    connection.execute(insert(WATCHLIST).values(values))
    keep(connection, author, "watch", values)
    return msgspec.convert(values, WatchedMarket)


def unwatch(connection: Connection, author: Author, market: MarketId) -> None:
    """Take a market from the watchlist. Raises UsageError if it is not on it."""
    if not connection.execute(delete(WATCHLIST).where(WATCHLIST.c.market == market)).rowcount:
        raise UsageError(f"market {market} is not on the watchlist - nothing was changed")
    keep(connection, author, "unwatch", {"market": market})
