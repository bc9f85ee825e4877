"""What a run's journal tells of one market: verdicts, refusals, and orders of it that came to nothing."""

from collections import Counter

import msgspec

from dutchbook.domain.events import OrderReported
from dutchbook.domain.identity import MarketId
from dutchbook.domain.orders import Order, OrderId, Report
from dutchbook.domain.units import Money, Nanos
from dutchbook.engine.records import RunStarted, VerdictRecord
from dutchbook.evaluation.snapshot import WhyNotRow
from dutchbook.storage.journal_reader import JournalLine
from dutchbook.strategies.observations import NearMissOpened, Observation, OpportunitySeen
from dutchbook.strategies.reward_maker.observations import HedgeFailed, MakerObservation, QuoteAllowed, QuoteRefused

_FAILED = frozenset({Report.REJECTED, Report.CANCELLED, Report.EXPIRED, Report.TIMEOUT})


class Told:
    """Takes the journal line by line."""

    def __init__(self, market: MarketId) -> None:
        self.market = market
        self.lines = 0
        self.mode = "paper"
        self.settings: str | None = None
        self.cash: Money | None = None
        self.approved = 0
        self.near_misses: Counter[str] = Counter()
        self.opportunities: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._lasted: Counter[str] = Counter()
        self._latest: dict[str, tuple[str, Nanos]] = {}
        self._orders: set[OrderId] = set()

    def line(self, line: JournalLine) -> None:
        """Count a line."""
        self.lines = line.seq
        match line.kind:
            case "run":
                started = msgspec.json.decode(line.body, type=RunStarted)
                self.mode, self.settings, self.cash = started.mode, started.settings, started.cash
            case "observation":
                self._observed(msgspec.json.decode(line.body, type=Observation | MakerObservation))
            case "verdict":
                self._judged(msgspec.json.decode(line.body, type=VerdictRecord), line.at)
            case "order":
                order = msgspec.json.decode(line.body, type=Order)
                if order.leg.market == self.market:
                    self._orders.add(order.id)
            case "report":
                said = msgspec.json.decode(line.body, type=OrderReported)
                if said.order in self._orders and said.report in _FAILED:
                    self._add(f"order {said.report}", f"{said.order}: {said.detail}", line.at)

    def rows(self) -> list[WhyNotRow]:
        """Each rule that refused, and each way in which an order came to nothing."""
        return [
            WhyNotRow(
                reason=reason,
                count=count,
                latest=self._latest[reason][0],
                at=self._latest[reason][1],
                lasted=Nanos(self._lasted[reason]) if reason in self._lasted else None,
            )
            for reason, count in self._counts.items()
        ]

    def _observed(self, seen: Observation | MakerObservation) -> None:
        match seen:
            case NearMissOpened(bundle=bundle):
                self.near_misses[bundle] += 1
            case OpportunitySeen(bundle=bundle):
                self.opportunities[bundle] += 1
            case QuoteRefused(market=self.market, outcome=outcome, rule=rule, limit=limit, found=found):
                self._add(f"no quote: {rule}", f"{outcome}: {found} against {limit}", seen.at)
            case QuoteAllowed(market=self.market, rule=rule, lasted=lasted):
                self._lasted[f"no quote: {rule}"] += lasted
            case HedgeFailed(market=self.market, outcome=outcome, tries=tries, reason=reason):
                self._add("hedge failed", f"{outcome}: {tries} times, {reason}", seen.at)
            case _:
                pass

    def _judged(self, verdict: VerdictRecord, at: Nanos) -> None:
        if any(leg.market == self.market for leg in verdict.intent.legs):
            self.approved += verdict.approved
            for refusal in verdict.refusals:
                self._add(refusal.rule, refusal.message, at)

    def _add(self, reason: str, text: str, at: Nanos) -> None:
        self._counts[reason] += 1
        self._latest[reason] = (text, at)
