"""Market events as rows of a table, and back: one row for each level, numbered by the event it belongs to.

| column   | meaning                                                                                         |
|----------|-------------------------------------------------------------------------------------------------|
| event    | number of the event in its segment, from 0; rows of one event stand together and in order       |
| kind     | the event's tag: book, levels, delta, group, lost, trade, top, or a rare one (grid, listed, ...) |
| received | UTC nanoseconds                                                                                 |
| venue_at | the venue's time, UTC nanoseconds, or nothing                                                   |
| complete | of book and levels: whether the group of the venue's instant is whole                           |
| outcome  | whose book or trade; of group and lost one row for each                                         |
| market   | of rare kinds: which market, question or venue                                                 |
| side     | buy (bid) or sell (ask); of a trade what the taker did                                          |
| price    | 1e-4 dollar                                                                                     |
| size     | 1e-6 contract: of a level its total (0 removes it), of delta the signed change                  |
| detail   | of lost the reason, of trade the venue's id, of rare kinds the event itself as JSON             |

A book without levels, and whatever else lists nothing, is one row without side, or without outcome.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import (
    BookLost,
    BookSnapshot,
    GridChanged,
    GroupClosed,
    LevelAdded,
    LevelSet,
    LevelsSet,
    MarketEvent,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    QuestionListed,
    RewardsListed,
    RewardsStated,
    TopQuoted,
    TradePrinted,
)
from dutchbook.domain.identity import OutcomeId

COLUMNS = {
    "event": "BIGINT",
    "kind": "VARCHAR",
    "received": "BIGINT",
    "venue_at": "BIGINT",
    "complete": "BOOLEAN",
    "outcome": "VARCHAR",
    "market": "VARCHAR",
    "side": "VARCHAR",
    "price": "BIGINT",
    "size": "BIGINT",
    "detail": "VARCHAR",
}
"""The columns in order, with their types in SQL."""

type Row = tuple[Any, ...]
"""One row, in the order of COLUMNS."""
type RareEvent = (
    GridChanged | MarketListed | QuestionListed | MarketStatusChanged | MarketResolved | RewardsListed | RewardsStated
)

_rare: msgspec.json.Decoder[RareEvent] = msgspec.json.Decoder(RareEvent)
_RARE = ("grid", "listed", "question", "status", "resolved", "rewards", "earnings")
_BUY, _SELL = Side.BUY.value, Side.SELL.value
_SIDES = {_BUY: Side.BUY, _SELL: Side.SELL}


def rows_of(number: int, event: MarketEvent) -> list[Row]:
    """The rows of one event, at least one."""
    head: Row
    match event:
        case BookSnapshot():
            head = (number, "book", event.received, event.at, event.complete, event.outcome, None)
            return [
                *((*head, _BUY, level.price, level.size, None) for level in event.bids),
                *((*head, _SELL, level.price, level.size, None) for level in event.asks),
            ] or [(*head, None, None, None, None)]
        case LevelsSet():
            head = (number, "levels", event.received, event.at, event.complete)
            return [
                (*head, change.outcome, None, change.side.value, change.price, change.size, None)
                for change in event.changes
            ] or [(*head, None, None, None, None, None, None)]
        case LevelAdded():
            head = (number, "delta", event.received, event.at, None, event.outcome, None)
            return [(*head, event.side.value, event.price, event.delta, None)]
        case TradePrinted():
            head = (number, "trade", event.received, event.at, None, event.outcome, None)
            return [(*head, event.taker.value, event.price, event.size, event.venue_id)]
        case TopQuoted():
            head = (number, "top", event.received, event.at, None, event.outcome, None)
            return [(*head, _BUY, event.bid, None, None), (*head, _SELL, event.ask, None, None)]
        case GroupClosed():
            return _outcome_rows((number, "group", event.received), event.outcomes, None)
        case BookLost():
            return _outcome_rows((number, "lost", event.received), event.outcomes, event.reason)
        case _:
            return [_rare_row(number, event)]


def event_of(rows: Sequence[Row]) -> MarketEvent:
    """The event of its rows. Raises RecordingError if they are of no event."""
    kind = rows[0][1]
    try:
        return _READERS[kind](rows)
    except (KeyError, ValueError, TypeError, msgspec.MsgspecError) as error:
        raise RecordingError(f"event {rows[0][0]} ({kind}) cannot be read: {error} - import it again") from error


def _outcome_rows(head: Row, outcomes: Iterable[str], detail: str | None) -> list[Row]:
    rows = [(*head, None, None, outcome, None, None, None, None, detail) for outcome in outcomes]
    return [*rows] or [(*head, None, None, None, None, None, None, None, detail)]


def _rare_row(number: int, event: RareEvent) -> Row:
    match event:
        case MarketListed():
            subject: str = event.market.id
        case QuestionListed():
            subject = event.question.id
        case RewardsListed() | RewardsStated():
            subject = event.venue
        case _:
            subject = event.market
    at = event.at if isinstance(event, GridChanged) else None
    detail = msgspec.json.encode(event).decode()
    kind = type(event).__struct_config__.tag
    return (number, kind, event.received, at, None, None, subject, None, None, None, detail)


def _book(rows: Sequence[Row]) -> BookSnapshot:
    _, _, received, at, complete, outcome, *_ = rows[0]
    bids = tuple(Level(row[8], row[9]) for row in rows if row[7] == _BUY)
    asks = tuple(Level(row[8], row[9]) for row in rows if row[7] == _SELL)
    return BookSnapshot(outcome, bids, asks, received, at, complete)


def _levels(rows: Sequence[Row]) -> LevelsSet:
    _, _, received, at, complete, *_ = rows[0]
    changes = tuple(LevelSet(row[5], _SIDES[row[7]], row[8], row[9]) for row in rows if row[7] is not None)
    return LevelsSet(changes, received, at, complete)


def _delta(rows: Sequence[Row]) -> LevelAdded:
    [(_, _, received, at, _, outcome, _, side, price, size, _)] = rows
    return LevelAdded(outcome, _SIDES[side], price, size, received, at)


def _trade(rows: Sequence[Row]) -> TradePrinted:
    [(_, _, received, at, _, outcome, _, side, price, size, detail)] = rows
    return TradePrinted(outcome, price, size, _SIDES[side], received, at, detail)


def _top(rows: Sequence[Row]) -> TopQuoted:
    [(_, _, received, at, _, outcome, _, _, bid, *_), (*_, ask, _, _)] = rows
    return TopQuoted(outcome, bid, ask, received, at)


def _group(rows: Sequence[Row]) -> GroupClosed:
    return GroupClosed(_outcomes(rows), rows[0][2])


def _lost(rows: Sequence[Row]) -> BookLost:
    return BookLost(_outcomes(rows), rows[0][10], rows[0][2])


def _outcomes(rows: Sequence[Row]) -> tuple[OutcomeId, ...]:
    return tuple(row[5] for row in rows if row[5] is not None)


def _rare_event(rows: Sequence[Row]) -> RareEvent:
    [row] = rows
    return _rare.decode(row[10])


_READERS: Mapping[str, Callable[[Sequence[Row]], MarketEvent]] = {
    "book": _book,
    "levels": _levels,
    "delta": _delta,
    "trade": _trade,
    "top": _top,
    "group": _group,
    "lost": _lost,
    **dict.fromkeys(_RARE, _rare_event),
}
