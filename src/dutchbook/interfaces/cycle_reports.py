"""Reports of the desk as JSON, each hour or so: the whole picture, and what was done since the last one."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.interfaces.words import iso
from dutchbook.storage.durable import replace_file

_COUNTED = (
    "frames",
    "opportunities",
    "near_misses_seen",
    "intents",
    "refused",
    "orders",
    "fills_total",
    "alerts_total",
)


class CycleReports:
    """Writes them into `folder`, a day each, and removes days that are too old."""

    def __init__(self, folder: Path, *, every: Nanos, keep: Nanos) -> None:
        """`every` of 0 writes none."""
        self._folder = folder
        self._every = every
        self._keep = keep
        self._last: DeskSnapshot | None = None
        self._next: Nanos | None = None

    def look(self, desk: DeskSnapshot, now: Nanos) -> Path | None:
        """Write a report if it is time; its file. The first one comes a cycle after the first look."""
        if not self._every:
            return None
        if self._next is None or self._last is None or self._last.run != desk.run:
            self._last, self._next = desk, Nanos(now + self._every)
            return None
        if now < self._next:
            return None
        path = self._write(desk, self._last, now)
        self._last, self._next = desk, Nanos(now + self._every)
        self._forget(now)
        return path

    def _write(self, desk: DeskSnapshot, before: DeskSnapshot, now: Nanos) -> Path:
        moment = datetime.fromtimestamp(now // SECOND, UTC)
        folder = self._folder / f"{moment:%Y-%m-%d}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        report = {
            "mode": desk.mode,
            "run": desk.run,
            "from": iso(before.at),
            "to": iso(desk.at),
            "equity_change": desk.equity - before.equity,
            "cycle": {name: getattr(desk, name) - getattr(before, name) for name in _COUNTED},
            "refusals": {
                rule: count - before.refusals.get(rule, 0)
                for rule, count in desk.refusals.items()
                if count > before.refusals.get(rule, 0)
            },
            "desk": msgspec.to_builtins(desk),
        }
        path = folder / f"{moment:%H%M%S}-{desk.mode}.json"
        replace_file(path, msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
        return path

    def _forget(self, now: Nanos) -> None:
        oldest = datetime.fromtimestamp((now - self._keep) // SECOND, UTC).strftime("%Y-%m-%d")
        for folder in self._folder.glob("????-??-??"):
            if folder.name < oldest:
                for path in folder.glob("*.json"):
                    path.unlink()
                folder.rmdir()
