"""A run as its journal tells it: what was booked, ordered and decided, and how equity went. Read line by line."""

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from dutchbook.domain.errors import IllegalTransition, JournalError, LedgerError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import EXIT, WAY_HOME, Fill, Intent, IntentId, OrderId
from dutchbook.domain.units import DAY, Money, Nanos
from dutchbook.engine.memory import DeskState, Line
from dutchbook.engine.records import Mark, RunEnded, RunStarted, VerdictRecord
from dutchbook.evaluation.performance.bookkeeping import Bookkeeping
from dutchbook.evaluation.performance.incidents import Incident, incident_of
from dutchbook.evaluation.performance.lots import Origin
from dutchbook.evaluation.performance.order_lives import OrderLives
from dutchbook.portfolio.entries import (
    Adopted,
    Convert,
    FillBooked,
    LedgerEntry,
    Merge,
    Settlement,
    Split,
)
from dutchbook.risk.drawdown import DrawdownState
from dutchbook.strategies.reward_maker.observations import RewardsCompared


class EquityPoint(msgspec.Struct, frozen=True):
    """Equity at its bids, and all that was put in until then less what was taken out."""

    at: Nanos
    equity: Money
    put_in: Money


class Booked(msgspec.Struct, frozen=True):
    """An entry of the ledger, and where it came from."""

    entry: LedgerEntry
    origin: Origin


_HOW: Mapping[type, str] = MappingProxyType(
    {Merge: "merged", Split: "split", Convert: "converted", Settlement: "settled", Adopted: "stated by the venue"}
)
MOST_INCIDENTS = 500
"""Incidents that are kept whole; all are counted."""


class RunHistory:
    """Takes the lines of one journal from the first to the last proven one.

    `booked` are the entries that stand: a fill whose settlement failed is not among them.
    """

    def __init__(self) -> None:
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.first: Nanos | None = None
        self.last = Nanos(0)
        self.lines = 0
        self.carried: DeskState | None = None
        """What an earlier run of the same account left to this one."""
        self.intents: dict[IntentId, Intent] = {}
        self.approved = 0
        self.refused = 0
        self.refusals: Counter[str] = Counter()
        self.observed: Counter[str] = Counter()
        """Observations of strategies, by their kind."""
        self.markets: dict[MarketId, Market] = {}
        self.equity: list[EquityPoint] = []
        self.rewards: dict[tuple[Venue, Nanos], Money] = {}
        """What venues say they paid for quotes, by venue and day."""
        self.incidents: list[Incident] = []
        self.incident_counts: Counter[str] = Counter()
        self.mark: Mark | None = None
        self.books = Bookkeeping()
        self.orders = OrderLives()
        self._readers: Mapping[str, Callable[[Line], None]] = {
            "run": self._run,
            "end": self._end,
            "state": self._state,
            "kept": self._kept,
            "mark": self._mark,
            "market": self._market,
            "verdict": self._verdict,
            "observation": self._observation,
            "drawdown": self._drawdown,
        }

    def read(self, line: Line) -> None:
        """The next line. Raises JournalError for one that cannot be."""
        self.lines = line.seq
        at = Nanos(line.at)
        self.first = at if self.first is None else self.first
        self.last = max(self.last, at)
        try:
            self._take(line, at)
        except (IllegalTransition, LedgerError, msgspec.MsgspecError) as error:
            raise JournalError(
                f"journal line {line.seq}: {error} - no report can be made of it - `dutchbook journal verify`"
            ) from error

    def _take(self, line: Line, at: Nanos) -> None:
        reader = self._readers.get(line.kind)
        if reader is not None:
            reader(line)
        self.orders.read(line.kind, at, line.body)
        self.books.read(line.kind, at, line.body)
        found = incident_of(line.kind, at, line.body)
        if found is not None:
            self.incident_counts[found.kind] += 1
            if len(self.incidents) < MOST_INCIDENTS:
                self.incidents.append(found)

    @property
    def booked(self) -> list[Booked]:
        """All that stands, in order, with where it came from."""
        return [Booked(entry, self._origin(entry, at)) for at, entry in self.books.standing()]

    @property
    def mode(self) -> str:
        """The mode of the run; empty before its first line."""
        return "" if self.started is None else self.started.mode

    def trade_of(self, fill: Fill) -> IntentId:
        """The intent that began the basket that a fill belongs to: ways home and hedges belong to what they mend."""
        order = self.orders.find(fill.order)
        return fill.intent if order is None or order.route is None else order.route.begun

    def _origin(self, entry: LedgerEntry, at: Nanos) -> Origin:
        if not isinstance(entry, FillBooked):
            basket = getattr(entry, "basket", None) or IntentId("")
            return Origin(at, _HOW.get(type(entry), "booked"), OrderId(""), basket)
        fill = entry.fill
        return Origin(fill.at, self._how(fill), fill.order, self.trade_of(fill))

    def _how(self, fill: Fill) -> str:
        """What a trade was for, as the intent that wanted it says."""
        intent = self.intents.get(fill.intent)
        if intent is None or intent.kind not in _PURPOSES:
            return "sold" if fill.side == "sell" else "bought"
        return _PURPOSES[intent.kind]

    def _run(self, line: Line) -> None:
        self.started = msgspec.json.decode(line.body, type=RunStarted)
        if self.started.cash:
            self._point(Nanos(line.at), self.started.cash, self.started.cash)

    def _end(self, line: Line) -> None:
        self.ended = msgspec.json.decode(line.body, type=RunEnded)
        self._point(Nanos(line.at), self.ended.equity, self.books.put_in)

    def _state(self, line: Line) -> None:
        self.carried = msgspec.json.decode(line.body, type=DeskState)
        self.books.restore(self.carried, Nanos(line.at))
        if self.carried.drawdown is not None:
            self._point(Nanos(line.at), self.carried.drawdown.last_equity, self.books.put_in)

    def _kept(self, line: Line) -> None:
        kept = msgspec.json.decode(line.body, type=_KeptLine)
        if kept.kind == "verdict":
            intent = msgspec.json.decode(kept.body, type=VerdictRecord).intent
            self.intents[intent.id] = intent

    def _mark(self, line: Line) -> None:
        self.mark = msgspec.json.decode(line.body, type=Mark)

    def _market(self, line: Line) -> None:
        market = msgspec.json.decode(line.body, type=Market)
        self.markets[market.id] = market

    def _verdict(self, line: Line) -> None:
        verdict = msgspec.json.decode(line.body, type=VerdictRecord)
        if verdict.approved:
            self.approved += 1
            self.intents[verdict.intent.id] = verdict.intent
        else:
            self.refused += 1
            self.refusals.update(refusal.rule for refusal in verdict.refusals)

    def _observation(self, line: Line) -> None:
        kind = msgspec.json.decode(line.body, type=_Tagged).type
        self.observed[kind] += 1
        if kind == _REWARDS:
            self._rewarded(msgspec.json.decode(line.body, type=RewardsCompared))

    def _rewarded(self, said: RewardsCompared) -> None:
        """What a venue says it paid for a day that this run saw; the newest word counts."""
        if self.first is not None and said.day >= self.first // DAY * DAY:
            self.rewards[said.venue, said.day] = Money(sum(each.paid or 0 for each in said.markets))

    def _drawdown(self, line: Line) -> None:
        state = msgspec.json.decode(line.body, type=DrawdownState)
        self._point(Nanos(line.at), state.last_equity, self.books.put_in)

    def _point(self, at: Nanos, equity: Money, put_in: Money) -> None:
        """Look at equity. What accounts are found to hold before anything is ordered is what the run begins with."""
        last = self.equity[-1] if self.equity else None
        if last is not None and not self.orders.any and equity - last.equity == put_in - last.put_in != 0:
            self.equity.pop()
        self.equity.append(EquityPoint(at, equity, put_in))


_REWARDS = "rewards_compared"
_PURPOSES: Mapping[str, str] = MappingProxyType({WAY_HOME: "way home", EXIT: "exit"})


class _Tagged(msgspec.Struct):
    type: str


class _KeptLine(msgspec.Struct):
    kind: str
    body: msgspec.Raw
