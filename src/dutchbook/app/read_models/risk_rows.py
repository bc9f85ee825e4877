"""Refusals, halts, pauses, drawdown, equity, and what people told the desk, as rows."""

import re
from collections.abc import Mapping

import msgspec

from dutchbook.app.read_models.accounts import Moment
from dutchbook.app.read_models.state import EquityMark, FoldState
from dutchbook.domain.units import Money, dollars
from dutchbook.engine.records import VerdictRecord
from dutchbook.risk.drawdown import DrawdownState
from dutchbook.storage.database.row_store import Row, RowStore
from dutchbook.storage.database.tables import ACTIONS, EQUITY, RISK_EVENTS, RUNS

_SAID_BY = re.compile(r"(?P<why>.*) \(by (?P<by>[^()]*)\)", re.DOTALL)
"""How a halt names whoever ordered it, in its reason."""


class RiskRows:
    """Follows what risk said, and what stopped the desk."""

    def __init__(self, rows: RowStore, state: FoldState) -> None:
        self._rows = rows
        self._state = state

    def began(self, moment: Moment, cash: Money) -> None:
        """A run began with so much, or (0) with what its accounts state."""
        if cash:
            self._put_equity(moment, cash, cash, cash)

    def refused(self, moment: Moment, verdict: VerdictRecord) -> None:
        """Each rule that said no."""
        intent = verdict.intent
        for number, refusal in enumerate(verdict.refusals):
            self._event(
                moment,
                number,
                kind="refusal",
                rule=refusal.rule,
                strategy=intent.strategy,
                market=intent.legs[0].market if intent.legs else "",
                limit=refusal.limit,
                found=refusal.found,
                text=refusal.message,
            )

    def observed(self, moment: Moment, body: Mapping[str, object]) -> None:
        """A safety check of a quote that stands in its way."""
        if body.get("type") == "quote_refused":
            told = {name: str(body.get(name, "")) for name in ("rule", "market", "limit", "found")}
            text = f"no quote: {told['rule']}: {told['found']} of {told['limit']}"
            self._event(moment, 0, kind="quote_refused", **told, text=text)

    def halt(self, moment: Moment, body: Mapping[str, object]) -> None:
        """Execution wants nothing opened any more, at a venue or at all."""
        self._event(moment, 0, kind="halt", rule=str(body.get("venue") or ""), text=str(body.get("reason", "")))

    def command(self, moment: Moment, body: Mapping[str, object], digest: str) -> None:
        """Somebody, or a rule in a person's place, told the desk something."""
        action = str(body.get("type", ""))
        by, why = str(body.get("by") or ""), str(body.get("why") or body.get("reason") or "")
        said = _SAID_BY.fullmatch(why)
        if not by and said is not None:
            by, why = said["by"], said["why"]
        detail = {name: value for name, value in body.items() if name not in ("type", "by", "why", "received")}
        row: Row = {
            "run": moment.run,
            "seq": moment.seq,
            "at": moment.at,
            "action": action,
            "by": by or "the desk",
            "why": why,
            "detail": msgspec.json.encode(detail).decode(),
            "hash": digest,
        }
        self._rows.put(ACTIONS, row)
        if action in ("halt", "pause"):
            strategy = str(body.get("strategy") or "")
            self._event(moment, 0, kind=action, rule=by or "the desk", strategy=strategy, text=why or action)

    def drawdown(self, moment: Moment, state: DrawdownState) -> None:
        """How the limits of drawdown stand: a point of the equity curve, and an event where one was reached."""
        self._begin_with_what_is_stated(moment, state)
        self._put_equity(moment, state.last_equity, state.high_water, state.day_start)
        fallen = f"equity ${dollars(state.last_equity)}, high-water mark ${dollars(state.high_water)}"
        if state.tripped and not self._state.tripped:
            self._event(moment, 0, kind="drawdown", rule="ratcheting_stop", found=fallen, text=f"stopped: {fallen}")
        if state.paused_day is not None and state.paused_day != self._state.paused_day:
            text = f"opening paused for the day: {fallen}, ${dollars(state.day_start)} at its start"
            self._event(moment, 1, kind="pause", rule="daily_loss", found=fallen, text=text)
        self._state.tripped, self._state.paused_day = state.tripped, state.paused_day

    def _begin_with_what_is_stated(self, moment: Moment, state: DrawdownState) -> None:
        """Before anything is ordered, cash that accounts are found to hold is what the run begins with, and no gain.

        One venue states its cash after the other: the curve begins where all have.
        """
        run, last = self._rows.get(RUNS, moment.run), self._state.equity
        if run is None or run["orders"]:
            return
        if last is not None and state.last_equity - last.equity == state.day_start - last.day_start != 0:
            self._rows.drop(EQUITY, moment.run, last.seq)
            self._state.equity = last = None
        if last is None:
            run["bankroll"] = state.last_equity
            self._rows.put(RUNS, run)

    def _put_equity(self, moment: Moment, equity: Money, high_water: Money, day_start: Money) -> None:
        row: Row = {
            "run": moment.run,
            "seq": moment.seq,
            "at": moment.at,
            "mode": moment.mode,
            "equity": equity,
            "high_water": high_water,
            "day_start": day_start,
        }
        self._rows.put(EQUITY, row)
        self._state.equity = EquityMark(moment.seq, equity, day_start)
        run = self._rows.get(RUNS, moment.run)
        if run is not None:
            run["equity"] = equity
            self._rows.put(RUNS, run)

    def _event(self, moment: Moment, number: int, **told: str) -> None:
        words = dict.fromkeys(("rule", "strategy", "market", "limit", "found"), "") | told
        row: Row = {
            "run": moment.run,
            "seq": moment.seq,
            "number": number,
            "at": moment.at,
            "mode": moment.mode,
            **words,
        }
        self._rows.put(RISK_EVENTS, row)
