"""Lots for the accountant: every purchase with what became of it, first in, first out, over one run or over a mode's.

A run of an account begins with what the run before it left, so lots keep their dates and costs from run to run. A run
on paper begins with cash alone: what an earlier one held is over with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from dutchbook.app.run_reports import Read, read_run, runs_of_mode, whole_titles
from dutchbook.app.runs import facts_of, recording_of, run_folder
from dutchbook.domain.errors import RecordingError, UsageError
from dutchbook.domain.identity import MarketId, venue_of
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.orders import Intent, IntentId
from dutchbook.domain.units import DAY, Money, Nanos, Size
from dutchbook.evaluation.performance.lots import ClosedLot, Lot, LotBook
from dutchbook.storage.recording_reader import Recording


class LotRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lot, or the part of one that left at once. What is still held has no second half.

    `cost` and `proceeds` are before their fees; `gain` is after both.
    """

    lot: int
    status: str
    mode: str
    run: str
    venue: str
    market: str
    title: str
    outcome: str
    contracts: Size
    acquired: Nanos
    acquired_by: str
    acquired_order: str
    cost: Money
    acquisition_fee: Money
    disposed: Nanos | None = None
    disposed_by: str = ""
    disposal_order: str = ""
    proceeds: Money | None = None
    disposal_fee: Money | None = None
    gain: Money | None = None
    days_held: int | None = None
    strategy: str = ""
    trade: str = ""


def lots_of_run(home: Path, run: str | None) -> list[LotRow]:
    """The lots of one run, by default of the latest. Raises UsageError if there is none of that name."""
    return _rows([run_folder(home, run)])


def lots_of_mode(home: Path, mode: str) -> list[LotRow]:
    """The lots of all runs of a mode, oldest run first. Raises UsageError if none ran in it."""
    folders = runs_of_mode(home, mode)
    if not folders:
        raise UsageError(f"no run of mode {mode!r} is in {home} - `dutchbook status` shows the latest runs")
    return _rows(folders)


class _Known(msgspec.Struct, frozen=True):
    """What is said of a lot beside its figures, by the run that it is from."""

    mode: str
    run: str
    intents: Mapping[IntentId, Intent]
    markets: Mapping[MarketId, Market]
    titles: Mapping[MarketId, str]


def _rows(folders: Iterable[Path]) -> list[LotRow]:
    """Follow runs of the same account through one book of lots; each account has its own."""
    books: dict[tuple[str, str], LotBook] = {}
    told: dict[tuple[str, str], dict[int, _Known]] = {}
    rows: list[LotRow] = []
    for folder in folders:
        found = read_run(folder)
        account = (found.history.mode, str(facts_of(folder).get("source", folder.name)))
        book, known = books.setdefault(account, LotBook()), told.setdefault(account, {})
        rows += _left_behind(book, found, known)
        _follow(book, found, known)
        rows += [_closed_row(each, known) for each in book.closed]
        book.closed.clear()
    for account, book in books.items():
        rows += [_row(lot, told[account][lot.number]) for lot in book.held()]
    return sorted(rows, key=lambda row: (row.acquired, row.lot, row.disposed is None, row.disposed or 0))


def _left_behind(book: LotBook, found: Read, known: Mapping[int, _Known]) -> list[LotRow]:
    """What is held is carried into a run that goes on with it; of one that begins anew it is told as it was left."""
    opening = found.history.books.opening
    if opening is not None:
        book.carried_over(opening.positions, opening.opened, found.history.first or Nanos(0))
        return []
    left = [_row(lot, known[lot.number]) for lot in book.held()]
    book.forget()
    return left


def _follow(book: LotBook, found: Read, known: dict[int, _Known]) -> None:
    history = found.history
    questions, listed = _recorded(found.folder)
    markets = {market.id: market for market in listed} | history.markets
    titles = whole_titles(questions, tuple(markets.values()))
    this = _Known(history.mode, found.run, history.intents, markets, titles)
    for booked in history.booked:
        book.take(booked.entry, booked.origin)
    for lot in (*book.held(), *(each.lot for each in book.closed)):
        known.setdefault(lot.number, this)


def _recorded(folder: Path) -> tuple[Sequence[Question], Sequence[Market]]:
    """The catalogue of the run's recording; empty, if it is gone or damaged: the journal has those traded."""
    path = recording_of(folder)
    if path is None:
        return (), ()
    try:
        recording = Recording.open(path)
        return recording.questions(), recording.markets()
    except RecordingError:
        return (), ()


def _row(lot: Lot, known: _Known) -> LotRow:
    market, intent = known.markets.get(lot.market), known.intents.get(lot.origin.trade)
    return LotRow(
        lot=lot.number,
        status="held",
        mode=known.mode,
        run=known.run,
        venue=str(venue_of(lot.market)),
        market=lot.market,
        title=known.titles.get(lot.market, ""),
        outcome=market.labels[lot.outcome == market.no] if market else lot.outcome,
        contracts=lot.size,
        acquired=lot.origin.at,
        acquired_by=lot.origin.how,
        acquired_order=lot.origin.order,
        cost=lot.cost,
        acquisition_fee=lot.fee,
        strategy=intent.strategy if intent else "",
        trade=lot.origin.trade,
    )


def _closed_row(each: ClosedLot, known: Mapping[int, _Known]) -> LotRow:
    return msgspec.structs.replace(
        _row(each.lot, known[each.lot.number]),
        status="closed",
        disposed=each.end.at,
        disposed_by=each.end.how,
        disposal_order=each.end.order,
        proceeds=each.proceeds,
        disposal_fee=each.fee,
        gain=each.net,
        days_held=(each.end.at - each.lot.origin.at) // DAY,
    )
