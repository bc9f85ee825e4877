"""Opportunities and near misses as rows."""

from collections.abc import Mapping

import msgspec

from dutchbook.app.read_models.accounts import Moment
from dutchbook.app.read_models.state import FoldState, Verdicts
from dutchbook.domain.orders import IntentId
from dutchbook.engine.records import VerdictRecord
from dutchbook.storage.database.row_store import Row, RowStore
from dutchbook.storage.database.tables import NEAR_MISSES, OPPORTUNITIES
from dutchbook.strategies.observations import NearMissClosed, NearMissOpened, OpportunitySeen


class ScanRows:
    """Follows what strategies saw."""

    def __init__(self, rows: RowStore, state: FoldState) -> None:
        self._rows = rows
        self._state = state

    def judged(self, moment: Moment, verdict: VerdictRecord) -> None:
        """Remember what risk said at this instant: an opportunity is told right behind it."""
        if self._state.verdicts.at != moment.at:
            self._state.verdicts = Verdicts(at=moment.at, by_subject={})
        self._state.verdicts.by_subject[verdict.intent.subject] = (verdict.intent.id, verdict.approved)

    def observed(self, moment: Moment, body: Mapping[str, object]) -> None:
        """An observation, if it is one of these."""
        match body.get("type"):
            case "opportunity":
                self._opportunity(moment, msgspec.convert(body, OpportunitySeen))
            case "near_miss_opened":
                self._opened(moment, msgspec.convert(body, NearMissOpened))
            case "near_miss_closed":
                self._closed(moment, msgspec.convert(body, NearMissClosed))

    def ended(self, moment: Moment) -> None:
        """The run ended in good order: nobody looks any more at what was still a near miss."""
        for opened in self._state.near.values():
            row = self._rows.get(NEAR_MISSES, moment.run, opened)
            if row is not None:
                row["closed"], row["how"] = moment.at, "the run ended"
                self._rows.put(NEAR_MISSES, row)
        self._state.near.clear()

    def _opportunity(self, moment: Moment, seen: OpportunitySeen) -> None:
        said = self._state.verdicts.by_subject.get(seen.bundle) if self._state.verdicts.at == moment.at else None
        intent, approved = (IntentId(""), None) if said is None else said
        row: Row = {
            "run": moment.run,
            "seq": moment.seq,
            "at": moment.at,
            "mode": moment.mode,
            "bundle": seen.bundle,
            "kind": str(seen.kind),
            "size": seen.size,
            "cost": seen.cost,
            "fees": seen.fees,
            "edge": seen.edge,
            "verdict": "" if approved is None else "approved" if approved else "refused",
            "intent": intent,
        }
        self._rows.put(OPPORTUNITIES, row)

    def _opened(self, moment: Moment, seen: NearMissOpened) -> None:
        self._state.near[seen.bundle] = moment.seq
        row: Row = {
            "run": moment.run,
            "seq": moment.seq,
            "opened": seen.at,
            "closed": None,
            "mode": moment.mode,
            "bundle": seen.bundle,
            "kind": str(seen.kind),
            "ratio": seen.ratio_ppm,
            "best": None,
            "short": seen.lack.short,
            "leg": seen.lack.leg,
            "how": "",
        }
        self._rows.put(NEAR_MISSES, row)

    def _closed(self, moment: Moment, seen: NearMissClosed) -> None:
        opened = self._state.near.pop(seen.bundle, None)
        row = None if opened is None else self._rows.get(NEAR_MISSES, moment.run, opened)
        if row is not None:
            row["closed"], row["best"], row["how"] = seen.at, seen.best_ppm, str(seen.how)
            self._rows.put(NEAR_MISSES, row)
