"""One run's journal, line by line, into rows. What a line means for the tables, and nothing of where they are."""

from collections.abc import Callable, Mapping

import msgspec

from dutchbook.app.read_models.accounts import Accounts, Moment
from dutchbook.app.read_models.decision_rows import DecisionRows
from dutchbook.app.read_models.orders import OrderRows
from dutchbook.app.read_models.risk_rows import RiskRows
from dutchbook.app.read_models.scan_rows import ScanRows
from dutchbook.app.read_models.state import FoldState
from dutchbook.domain.errors import IllegalTransition, JournalError, LedgerError
from dutchbook.domain.events import (
    AccountStated,
    CashMoved,
    FillMined,
    FillReversed,
    FillSettled,
    ForeignFill,
    OperationReported,
    OrderReported,
)
from dutchbook.domain.markets import Market
from dutchbook.domain.operations import Progress
from dutchbook.domain.orders import Fill, Order
from dutchbook.domain.units import Money, Nanos
from dutchbook.engine.memory import DeskState, Kept
from dutchbook.engine.records import RunEnded, RunStarted, VerdictRecord
from dutchbook.execution.step import BasketEnd, Ordered
from dutchbook.portfolio.entries import Deposit, FillUndone, LedgerEntry, Settlement, Withdrawal
from dutchbook.risk.drawdown import DrawdownState
from dutchbook.storage.database.row_store import Row, RowStore
from dutchbook.storage.database.tables import (
    INTENTS,
    MARKETS,
    RUNS,
    STRATEGIES,
    STRATEGY_RUNS,
)
from dutchbook.storage.journal_follow import Followed
from dutchbook.storage.journal_format import WireLine


class Fold:
    """Takes the lines of one run in their order, from the place of `state` on.

    Puts rows into `rows`; nothing is written here. Raises JournalError for a line whose body this version cannot read.
    """

    def __init__(self, run: str, number: int, rows: RowStore, state: FoldState) -> None:
        self._run, self._number = run, number
        self._rows = rows
        self._state = state
        self._accounts = Accounts(rows, state)
        self._orders = OrderRows(rows, self._accounts, state)
        self._scan = ScanRows(rows, state)
        self._risk = RiskRows(rows, state)
        self._log = DecisionRows(run, rows, state)
        self._last: WireLine | None = None
        self._readers: Mapping[str, Callable[[Moment, WireLine], None]] = {
            "run": self._began,
            "end": self._ended,
            "state": self._taken_over,
            "kept": self._kept,
            "market": self._market,
            "account": self._stated,
            "verdict": self._verdict,
            "order": lambda moment, line: self._orders.sent(moment, _order(line.body)),
            "report": lambda moment, line: self._orders.reported(moment, _report(line.body)),
            "fill": lambda moment, line: self._orders.filled(moment, _fill(line.body)),
            "mined": lambda moment, line: self._orders.progressed(moment, _mined(line.body)),
            "settled": lambda moment, line: self._orders.progressed(moment, _settled(line.body)),
            "reversed": lambda moment, line: self._orders.taken_back(moment, _reversed(line.body)),
            "foreign_fill": lambda moment, line: self._orders.foreign(moment, _foreign(line.body)),
            "operation": self._operation,
            "operate": self._asked,
            "operated": self._operated,
            "basket": self._basket,
            "observation": self._observation,
            "drawdown": lambda moment, line: self._risk.drawdown(moment, _drawdown(line.body)),
            "halt": lambda moment, line: self._risk.halt(moment, _object(line.body)),
            "command": self._command,
        }

    def remembered(self) -> FoldState:
        """What has to be remembered for the lines behind; the row of the run says how far it was read."""
        if self._last is not None:
            row = self._run_row()
            row["lines"], row["head"], row["last"] = self._last.seq, self._last.hash, self._last.at
            row["cash"], row["positions_at_cost"] = self._accounts.cash, self._accounts.positions_at_cost
            self._rows.put(RUNS, row)
        self._log.remember()
        return self._accounts.remembered()

    def take(self, followed: Followed) -> None:
        """The next line."""
        line = followed.line
        moment = Moment(self._run, self._state.mode, line.seq, Nanos(line.at))
        reader = self._readers.get(line.kind)
        try:
            if reader is not None:
                reader(moment, line)
            self._last = line
            self._log.take(msgspec.structs.replace(moment, mode=self._state.mode), followed)
        except (msgspec.MsgspecError, ValueError, TypeError, KeyError, LedgerError, IllegalTransition) as error:
            raise JournalError(
                f"run {self._run}, journal line {line.seq}: its {line.kind} cannot be read: {error} - read it with the "
                "version that wrote it"
            ) from error

    def _began(self, moment: Moment, line: WireLine) -> None:
        started = _started(line.body)
        self._state.mode, self._state.strategies = started.mode, started.strategies
        moment = msgspec.structs.replace(moment, mode=started.mode)
        row = self._run_row()
        row["mode"], row["source"], row["settings"] = started.mode, started.source, started.settings
        row["strategies"], row["bankroll"], row["started"] = ",".join(started.strategies), started.cash, moment.at
        self._rows.put(RUNS, row)
        for name in started.strategies:
            self._rows.put(STRATEGY_RUNS, self._strategy_run(name, moment.at))
        if started.cash:
            self._accounts.book(moment, Deposit(started.cash))
        self._risk.began(moment, started.cash)

    def _ended(self, moment: Moment, line: WireLine) -> None:
        row = self._run_row()
        row["ended"], row["equity"] = moment.at, _ended(line.body).equity
        self._rows.put(RUNS, row)
        self._scan.ended(moment)

    def _taken_over(self, moment: Moment, line: WireLine) -> None:
        state = _state(line.body)
        self._accounts.take_over(moment, state.ledger, state.venue_cash)
        if state.drawdown is not None:
            self._risk.drawdown(moment, state.drawdown)

    def _kept(self, moment: Moment, line: WireLine) -> None:
        """A line of an earlier run, taken over. Its money is in the state that the run began with."""
        kept = _kept(line.body)
        if kept.kind == "verdict":
            self._intend(moment, _verdict(kept.body))
        elif kept.kind == "order":
            self._orders.taken_over(moment, _order(kept.body))
        elif kept.kind == "report":
            self._orders.reported(moment, _report(kept.body))
        elif kept.kind == "fill":
            self._orders.carried(moment, _fill(kept.body))
        elif kept.kind == "operate":
            self._asked(moment, msgspec.structs.replace(line, body=kept.body))

    def _stated(self, moment: Moment, line: WireLine) -> None:  # noqa: ARG002 - one of the readers
        """What lies at a venue, where nothing else told: later statements follow from bookings."""
        if not self._accounts.knows_cash:
            account = _account(line.body)
            self._accounts.traded_at(account.venue)

    def _market(self, moment: Moment, line: WireLine) -> None:
        market = _market(line.body)
        row: Row = {
            "id": market.id,
            "venue": str(market.venue),
            "question": market.question,
            "title": market.title,
            "yes": market.yes,
            "no": market.no,
            "yes_label": market.labels[0],
            "no_label": market.labels[1],
            "status": str(market.status),
            "closes": market.closes,
            "payout": market.payout,
            "rules": market.rules,
            "seen": moment.at,
        }
        self._rows.put(MARKETS, row)

    def _verdict(self, moment: Moment, line: WireLine) -> None:
        verdict = _verdict(line.body)
        self._intend(moment, verdict)
        self._scan.judged(moment, verdict)
        self._risk.refused(moment, verdict)
        row = self._strategy_run(verdict.intent.strategy, moment.at)
        row["intents"] = _number(row["intents"]) + 1
        row["refused"] = _number(row["refused"]) + (not verdict.approved)
        self._rows.put(STRATEGY_RUNS, row)
        if not verdict.approved:
            run = self._run_row()
            run["refused"] = _number(run["refused"]) + 1
            self._rows.put(RUNS, run)

    def _intend(self, moment: Moment, verdict: VerdictRecord) -> None:
        intent = verdict.intent
        row: Row = {
            "run": moment.run,
            "id": intent.id,
            "seq": moment.seq,
            "at": moment.at,
            "strategy": intent.strategy,
            "kind": intent.kind,
            "subject": intent.subject,
            "reason": intent.reason,
            "market": intent.legs[0].market if intent.legs else "",
            "approved": verdict.approved,
            "cost": intent.cost,
            "edge": intent.edge,
            "max_loss": intent.max_loss,
            "legs": len(intent.legs),
            "ending": "",
            "result": None,
        }
        self._rows.put(INTENTS, row)

    def _operation(self, moment: Moment, line: WireLine) -> None:
        entry = _entry(line.body)
        if not isinstance(entry, FillUndone):  # told by the reversal itself
            self._accounts.book(moment, entry)
        if isinstance(entry, Settlement):
            self._decided(entry)

    def _asked(self, moment: Moment, line: WireLine) -> None:  # noqa: ARG002 - one of the readers
        ordered = _ordered(line.body)
        self._state.asked[ordered.operation.id] = ordered

    def _operated(self, moment: Moment, line: WireLine) -> None:
        event = _operated(line.body)
        if event.progress is Progress.SENT:
            return
        ordered = self._state.asked.pop(event.operation, None)
        if ordered is not None and event.progress is Progress.DONE:
            self._accounts.book(moment, ordered.entry)
            if isinstance(ordered.entry, Settlement):
                self._decided(ordered.entry)

    def _decided(self, entry: Settlement) -> None:
        row = self._rows.get(MARKETS, entry.market)
        if row is not None:
            row["status"], row["payout"] = "resolved", entry.payout
            self._rows.put(MARKETS, row)

    def _basket(self, moment: Moment, line: WireLine) -> None:
        end = _basket(line.body)
        for number, intent in enumerate(end.intents):
            row = self._rows.get(INTENTS, moment.run, intent)
            if row is not None:
                row["ending"] = str(end.ending)
                row["result"] = end.result if number == 0 else None
                self._rows.put(INTENTS, row)

    def _observation(self, moment: Moment, line: WireLine) -> None:
        body = _object(line.body)
        self._scan.observed(moment, body)
        self._risk.observed(moment, body)

    def _command(self, moment: Moment, line: WireLine) -> None:
        body = _object(line.body)
        self._risk.command(moment, body, line.hash)
        if body.get("type") == "cash":
            amount = msgspec.convert(body, CashMoved).amount
            self._accounts.book(moment, Deposit(amount) if amount > 0 else Withdrawal(Money(-amount)))

    def _run_row(self) -> Row:
        found = self._rows.get(RUNS, self._run)
        return found if found is not None else run_row(self._run, self._number)

    def _strategy_run(self, name: str, at: Nanos) -> Row:
        found = self._rows.get(STRATEGY_RUNS, self._run, name)
        if found is not None:
            return found
        self._rows.put_missing(STRATEGIES, _strategy_row(name, at))
        return {"run": self._run, "strategy": name, "mode": self._state.mode, "intents": 0, "refused": 0}


def run_row(run: str, number: int) -> Row:
    """A run of which nothing was read yet."""
    words: Row = dict.fromkeys(("mode", "strategies", "source", "settings", "head", "problem"), "")
    counts: Row = dict.fromkeys(("started", "last", "lines", "bankroll", "orders", "fills", "refused"), 0)
    unknown: Row = dict.fromkeys(("ended", "equity", "cash", "positions_at_cost"), None)
    return {"run": run, "number": number, **words, **counts, **unknown}


def _strategy_row(name: str, at: Nanos) -> Row:
    words: Row = dict.fromkeys(("title", "description", "kind", "risk_level"), "")
    return {"name": name, **words, "status": "active", "created": at, "updated": at}


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _object(body: msgspec.Raw) -> dict[str, object]:
    return msgspec.json.decode(body, type=dict[str, object])


_started = msgspec.json.Decoder(RunStarted).decode
_ended = msgspec.json.Decoder(RunEnded).decode
_state = msgspec.json.Decoder(DeskState).decode
_kept = msgspec.json.Decoder(Kept).decode
_account = msgspec.json.Decoder(AccountStated).decode
_market = msgspec.json.Decoder(Market).decode
_verdict = msgspec.json.Decoder(VerdictRecord).decode
_order = msgspec.json.Decoder(Order).decode
_report = msgspec.json.Decoder(OrderReported).decode
_fill = msgspec.json.Decoder(Fill).decode
_mined = msgspec.json.Decoder(FillMined).decode
_settled = msgspec.json.Decoder(FillSettled).decode
_reversed = msgspec.json.Decoder(FillReversed).decode
_foreign = msgspec.json.Decoder(ForeignFill).decode
_entry = msgspec.json.Decoder(LedgerEntry).decode
_ordered = msgspec.json.Decoder(Ordered).decode
_operated = msgspec.json.Decoder(OperationReported).decode
_basket = msgspec.json.Decoder(BasketEnd).decode
_drawdown = msgspec.json.Decoder(DrawdownState).decode
