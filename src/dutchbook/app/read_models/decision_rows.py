"""The decision log as rows, and the journal lines behind it: those with an entry, and those that caused them."""

from collections.abc import Mapping, Sequence

import msgspec

from dutchbook.app.read_models.accounts import Moment
from dutchbook.app.read_models.staging import entries
from dutchbook.app.read_models.state import FoldState, Passing
from dutchbook.storage.database.decision_words import Stage
from dutchbook.storage.database.row_store import Row, RowStore
from dutchbook.storage.database.tables import DECISIONS, INTENTS, JOURNAL_LINES, MARKETS, ORDERS
from dutchbook.storage.journal_follow import Followed
from dutchbook.storage.journal_format import WireLine

_REMEMBERED = 64
"""Lines that are remembered in case a kept one names one as its cause."""
_JOURNAL = "journal:"
_WITHOUT_ENTRIES = frozenset({"timer", "account"})
"""Kinds that are most of a journal, or large, and never read for the log."""


class DecisionRows:
    """Follows all lines of a run."""

    def __init__(self, run: str, rows: RowStore, state: FoldState) -> None:
        self._run = run
        self._rows = rows
        self._state = state

    def remember(self) -> None:
        """Forget the lines that no later one may name."""
        self._state.passing = self._state.passing[-_REMEMBERED:]

    def take(self, moment: Moment, followed: Followed) -> None:
        """The next line, once its rows are put."""
        line = followed.line
        body = _object(line.body) if line.kind not in _WITHOUT_ENTRIES else {}
        told = entries(line.kind, body)
        if not told:
            self._pass(Passing(line, followed.before))
            return
        who = self._named(moment.run, line.kind, body)
        self._keep_cause(line)
        text = next((entry.text for entry in told if entry.stage is Stage.RISK), told[-1].text)
        self._keep_line(line, followed.before, who["order"], text)
        for entry in told:
            entry_row: Row = {
                "run": moment.run,
                "seq": line.seq,
                "stage": str(entry.stage),
                "at": moment.at,
                "mode": moment.mode,
                "decision": str(entry.decision),
                "kind": str(body.get("type")) if line.kind in ("observation", "command") else line.kind,
                **who,
                "text": entry.text,
            }
            self._rows.put(DECISIONS, entry_row)

    def _pass(self, line: Passing) -> None:
        passing = self._state.passing
        passing.append(line)
        if len(passing) > 8 * _REMEMBERED:
            del passing[:-_REMEMBERED]

    def _keep_cause(self, line: WireLine) -> None:
        """Keep the line that a kept one names, where it would not be kept for its own sake."""
        if line.cause is None or not line.cause.startswith(_JOURNAL):
            return
        wanted = int(line.cause.removeprefix(_JOURNAL))
        for passing in self._state.passing[-_REMEMBERED:]:
            if passing.line.seq == wanted:
                self._keep_line(passing.line, passing.before, "", passing.line.kind)

    def _keep_line(self, line: WireLine, before: str, about: str, text: str) -> None:
        row: Row = {
            "run": self._run,
            "seq": line.seq,
            "at": line.at,
            "kind": line.kind,
            "cause": line.cause,
            "body": bytes(line.body).decode(),
            "before": before,
            "hash": line.hash,
            "about": about,
            "text": text,
        }
        self._rows.put(JOURNAL_LINES, row)

    def _named(self, run: str, kind: str, body: Mapping[str, object]) -> dict[str, str]:
        """Whom and what a line is about."""
        inside = body.get("intent") if kind == "verdict" else body
        about = inside if isinstance(inside, dict) else {}
        order = str((body.get("id") if kind == "order" else body.get("order")) or "")
        known = self._rows.get(ORDERS, run, order) if order else None
        intent = str(about.get("id") if kind == "verdict" else body.get("intent") or _first(body.get("intents")) or "")
        if known is not None:
            intent = str(known["intent"])
        wanted = (self._rows.get(INTENTS, run, intent) if intent else None) or {}
        market = str(body.get("market") or (known or wanted).get("market") or "")
        listed = (self._rows.get(MARKETS, market) if market else None) or {}
        return {
            "strategy": str(wanted.get("strategy") or ""),
            "market": market,
            "title": str(listed.get("title") or ""),
            "intent": intent,
            "order": order,
            "subject": str(about.get("subject") or body.get("bundle") or wanted.get("subject") or ""),
        }


def _first(value: object) -> object:
    return value[0] if isinstance(value, Sequence) and not isinstance(value, str) and value else None


def _object(body: msgspec.Raw) -> dict[str, object]:
    return msgspec.json.decode(body, type=dict[str, object])
