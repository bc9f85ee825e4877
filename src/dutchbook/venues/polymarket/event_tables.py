"""Books as two tables, messages and their levels, joined in the order of receipt without holding either in memory."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from dutchbook.domain.book import Level, Side
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import LevelSet
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import ONE, Price, Size

BID = 1

type LevelRow = tuple[int, Price, Size]
"""Side (1 bid, -1 ask), price and total size."""


def table(folder: Path, name: str) -> Path:
    """A table of a capture. Raises RecordingError if it is not beside the others."""
    path = folder / name
    if not path.exists():
        raise RecordingError(f"{path}: missing - the tables of a capture belong together in one folder")
    return path


def folder_of(paths: Sequence[Path]) -> Path:
    """The one folder meant by a command's paths. Raises RecordingError unless there is exactly one."""
    folders = {path if path.is_dir() else path.parent for path in paths}
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise RecordingError(f"{missing[0]}: no such file or folder - name a capture")
    if len(folders) != 1:
        raise RecordingError("tables of one capture lie in one folder - import one folder at a time")
    return folders.pop()


def messages(table_rows: Iterator[tuple[Any, ...]], columns: int) -> Iterator[tuple[tuple[Any, ...], list[LevelRow]]]:
    """Messages with their levels, from joined rows: `columns` of the message, then side, price, size (or nothing)."""
    for _, group in groupby(table_rows, key=itemgetter(0)):
        joined = list(group)
        yield joined[0][:columns], [_level(*row[columns:]) for row in joined if row[columns] is not None]


def sides(levels: Sequence[LevelRow]) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """The levels of a whole book: bids, asks."""
    bids = tuple(Level(price, size) for side, price, size in levels if side == BID and size)
    asks = tuple(Level(price, size) for side, price, size in levels if side != BID and size)
    return bids, asks


def changes(outcome: OutcomeId, levels: Sequence[LevelRow]) -> tuple[LevelSet, ...]:
    """New totals of an outcome's levels."""
    return tuple(LevelSet(outcome, Side.BUY if side == BID else Side.SELL, price, size) for side, price, size in levels)


def _level(side: int, price: int, size: int) -> LevelRow:
    if side not in (BID, -BID) or not 0 < price < ONE or size < 0:
        raise RecordingError(f"a level of side {side}, price {price}, size {size} is none - get the files again")
    return side, Price(price), Size(size)
