"""What the desks of a home made of each day, from their journals: one row for each mode and day, never summed."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from dutchbook.app.runs import facts_of, run_folders
from dutchbook.config.modes import Mode
from dutchbook.domain.orders import Fill
from dutchbook.domain.units import DAY, Money, Nanos
from dutchbook.engine.records import RunEnded, RunStarted
from dutchbook.risk.drawdown import DrawdownState
from dutchbook.storage.file_facts import newest_change
from dutchbook.storage.journal_format import WireLine, segment_paths

_AT_WORK = frozenset({Mode.PAPER, Mode.SANDBOX, Mode.LIVE})
_MARKS = (b'"kind":"drawdown"', b'"kind":"fill"', b'"kind":"end"', b'"kind":"run"')
_line = msgspec.json.Decoder(WireLine)


class DayResult(msgspec.Struct, kw_only=True):
    """A UTC day (counted since 1970) in one mode. `change` is after fees, and without deposits and withdrawals."""

    mode: str
    day: int
    start: Money
    equity: Money
    fills: int = 0
    fees: Money = Money(0)

    @property
    def change(self) -> Money:
        """Profit or loss."""
        return Money(self.equity - self.start)


def day_results(home: Path, days: int, now: Nanos) -> list[DayResult]:
    """The last so many days with a desk at work, the newest first. Reads journals as they are: nothing is proven.

    A day that several desks of one mode shared is told by what the first began with and the last ended with.
    """
    first = now // DAY - days + 1
    found: dict[tuple[str, int], DayResult] = {}
    for folder in _runs(home, Nanos(first * DAY)):
        _read_run(folder, first, found)
    return sorted(found.values(), key=lambda row: (-row.day, row.mode))


def _runs(home: Path, since: Nanos) -> list[Path]:
    written = {folder: _written(folder) for folder in run_folders(home) if facts_of(folder).get("mode") in _AT_WORK}
    return sorted((folder for folder, at in written.items() if at >= since), key=written.__getitem__)


def _written(folder: Path) -> int:
    """When anything was last written into a journal."""
    return newest_change((folder / "journal").glob("*.jsonl"))


def _read_run(folder: Path, first: int, found: dict[tuple[str, int], DayResult]) -> None:
    mode, latest = "", None
    for line in _lines(folder / "journal"):
        day = line.at // DAY
        match line.kind:
            case "run":
                started = msgspec.json.decode(line.body, type=RunStarted)
                mode, latest = started.mode, started.cash
            case "drawdown":
                state = msgspec.json.decode(line.body, type=DrawdownState)
                latest = state.last_equity
                if day >= first:
                    row = found.setdefault((mode, day), _day(mode, day, state.day_start))
                    row.equity = state.last_equity
            case "end":
                latest = msgspec.json.decode(line.body, type=RunEnded).equity
                if day >= first and (mode, day) in found:
                    found[mode, day].equity = latest
            case _ if day >= first:
                fill = msgspec.json.decode(line.body, type=Fill)
                row = found.setdefault((mode, day), _day(mode, day, latest or Money(0)))
                row.fills += 1
                row.fees = Money(row.fees + fill.fee)


def _day(mode: str, day: int, start: Money) -> DayResult:
    return DayResult(mode=mode, day=day, start=start, equity=start)


def _lines(journal: Path) -> Iterator[WireLine]:
    """Lines of the kinds that matter here; what is torn at the end is left out."""
    if not journal.is_dir():
        return
    for path in segment_paths(journal)[0]:
        with path.open("rb", buffering=1 << 18) as file:
            for text in file:
                if text.endswith(b"\n") and any(mark in text[:160] for mark in _MARKS):
                    yield _line.decode(text)
