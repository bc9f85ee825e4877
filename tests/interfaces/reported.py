"""Made-up reports, in which every field has something to say: for tests of how they are shown."""

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from dutchbook.app.lot_rows import LotRow
from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size
from dutchbook.evaluation.report_object import Lasted, Ppm, RunReport

START = Nanos(1_790_000_000 * SECOND)
_NUMBERS: Mapping[object, Any] = {
    Money: Money(-1_234_567),
    Price: Price(4_700),
    Size: Size(12_500_000),
    Nanos: START,
    Lasted: Lasted(90 * SECOND),
    Ppm: Ppm(123_456),
    int: 7,
    float: 1.25,
    bool: True,
}


def made_report(text: str, mode: str = "paper", rows: int = 2) -> RunReport:
    """A report in which every text is `text`, in this mode, with so many rows in each table."""
    report: RunReport = _made(RunReport, text, rows)
    identity = msgspec.structs.replace(report.identity, mode=mode)
    curve = tuple(
        msgspec.structs.replace(point, at=Nanos(START + number * SECOND)) for number, point in enumerate(report.curve)
    )
    return msgspec.structs.replace(report, identity=identity, curve=curve)


def _made(hint: Any, text: str, rows: int) -> Any:
    if hint in _NUMBERS:
        return _NUMBERS[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _made(next(each for each in inner if each is not NoneType), text, rows)
    if origin is tuple:
        return tuple(_made(inner[0], text, rows) for _ in range(rows))
    if origin is Mapping:
        return {text: _made(inner[1], text, rows)}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint)
        return hint(**{field.name: _made(hints[field.name], text, rows) for field in msgspec.structs.fields(hint)})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return text


def made_lot(text: str) -> LotRow:
    """A lot in which every text is `text`."""
    lot: LotRow = _made(LotRow, text, 1)
    return lot
