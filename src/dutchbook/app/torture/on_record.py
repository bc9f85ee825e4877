"""What the journals of a torture say was decided: read from the files, as somebody would who has nothing else."""

from pathlib import Path

import msgspec

from dutchbook.domain.orders import Intent, IntentId, Order
from dutchbook.engine.records import VerdictRecord
from dutchbook.execution.step import Difference
from dutchbook.storage.journal_format import WireLine, segment_name

_KIND = b'"kind":"'
_line = msgspec.json.Decoder(WireLine).decode
_order = msgspec.json.Decoder(Order).decode
_verdict = msgspec.json.Decoder(VerdictRecord).decode
_difference = msgspec.json.Decoder(Difference).decode


class OnRecord:
    """Follows the journals of one home, run after run: `follow` a new one, `read` what was written since."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        """By the name at the venue. Lines of orders that were never named (not sent) are not here."""
        self.intents: dict[IntentId, Intent] = {}
        """Those that risk approved."""
        self.doubled: list[str] = []
        """Names that stand on record for two orders."""
        self.differences: list[Difference] = []
        """What the desk found otherwise at a venue than in its books."""
        self._path: Path | None = None
        self._segment, self._offset = 1, 0

    def follow(self, journal: Path) -> None:
        """From now on this is the journal that is written."""
        if self._path is not None:
            self.read()
        self._path, self._segment, self._offset = journal, 1, 0

    def read(self) -> None:
        """Take in what stands there by now."""
        if self._path is None:
            return
        while self._take(self._path / segment_name(self._segment)):
            if not (self._path / segment_name(self._segment + 1)).exists():
                return
            self._segment, self._offset = self._segment + 1, 0

    def _take(self, path: Path) -> bool:
        with path.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            kind = _kind(line)
            if kind == b"order":
                self._keep(_order(_line(line).body))
            elif kind == b"difference":
                self.differences.append(_difference(_line(line).body))
            elif kind == b"verdict":
                verdict = _verdict(_line(line).body)
                if verdict.approved:
                    self.intents[verdict.intent.id] = verdict.intent
        return True

    def _keep(self, order: Order) -> None:
        if not order.venue_id:
            return
        known = self.orders.get(order.venue_id)
        if known is not None and known.id != order.id:
            self.doubled.append(order.venue_id)
        self.orders[order.venue_id] = order


def _kind(line: bytes) -> bytes:
    """The kind of a line, without reading the rest of it."""
    start = line.index(_KIND) + len(_KIND)
    return line[start : line.index(b'"', start)]
