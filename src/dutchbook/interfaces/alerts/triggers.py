"""What the lines of a desk's journal give a person to hear of."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import msgspec

from dutchbook.config.alert_settings import AlertSettings
from dutchbook.domain.events import (
    Command,
    HaltOrdered,
    OrderReported,
    PauseLifted,
    PauseOrdered,
    Resumed,
    VenueState,
    VenueStateChanged,
)
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Fill, Order, Report
from dutchbook.domain.units import Money, Size
from dutchbook.engine.records import FaultRecord, RunEnded, RunStarted, VerdictRecord
from dutchbook.execution.step import Alert, BasketEnd, Difference, HaltWanted
from dutchbook.interfaces.alerts.desk_memory import DeskMemory
from dutchbook.interfaces.alerts.drawdown_steps import DrawdownSteps
from dutchbook.interfaces.alerts.notices import Notice
from dutchbook.interfaces.words import money, price, signed_money, size
from dutchbook.portfolio.entries import LedgerEntry, Settlement
from dutchbook.risk.drawdown import DrawdownState
from dutchbook.storage.alert_words import Occasion, Tier
from dutchbook.storage.journal_reader import JournalLine
from dutchbook.strategies.observations import OpportunitySeen

_MILLION = 1_000_000
_LIMITS = frozenset({"position_limit", "venue_limit", "deployed_limit", "daily_loss", "ratcheting_stop", "order_limit"})
"""Rules whose refusal means that a limit was reached; others say that nothing can be known or traded now."""
_STOP = "ratcheting stop"
"""How the reason of the halt begins that the drawdown stop orders."""
_CASH = "cash"
"""What a difference of cash is about."""
_ENDED_WITHOUT = frozenset({Report.CANCELLED, Report.EXPIRED, Report.REJECTED})


class _Stated(msgspec.Struct, frozen=True):
    """As much of a statement of an account as matters here."""

    venue: Venue


class Triggers:
    """Takes the journal of one run line by line. Remembers what it needs to tell a line in words."""

    def __init__(self, settings: AlertSettings, stop_ppm: int) -> None:
        """`stop_ppm` is the share of the high-water mark at which the desk halts (`risk.ratcheting_stop`)."""
        self.memory = DeskMemory()
        self.ended = False
        self._statements: Counter[Venue] = Counter()
        self._settings = settings
        self._drawdown = DrawdownSteps(settings, stop_ppm)
        self._readers: Mapping[str, Callable[[JournalLine], Iterator[Notice]]] = {
            "run": self._run,
            "end": self._end,
            "market": self._market,
            "verdict": self._verdict,
            "order": self._order,
            "report": self._report,
            "fill": self._fill,
            "basket": self._basket,
            "command": self._command,
            "halt": self._halt,
            "alert": self._alert,
            "account": self._account,
            "difference": self._difference,
            "venue": self._venue,
            "fault": self._fault,
            "drawdown": self._drawdown_line,
            "operation": self._booked,
            "observation": self._observed,
        }

    def take(self, run: str, line: JournalLine) -> list[Notice]:
        """What a line gives to hear of. Raises nothing for lines of kinds that it does not know."""
        reader = self._readers.get(line.kind)
        if reader is None:
            return []
        self.memory.run = run
        try:
            return list(reader(line))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            text = f"{run}, line {line.seq} ({line.kind}): {error} - use the messenger of the desk's own version"
            return [self._notice(line, Occasion.JOURNAL, Tier.IMPORTANT, "A journal line is not understood", text)]

    def _notice(
        self, line: JournalLine, occasion: Occasion, tier: Tier, title: str, text: str = "", subject: str = ""
    ) -> Notice:
        return Notice(
            at=line.at,
            occasion=occasion,
            tier=tier,
            mode=self.memory.mode,
            title=title,
            text=text,
            subject=subject,
            ref=self._place(line),
        )

    def _place(self, line: JournalLine) -> str:
        """Where a line is on record. As a subject it makes its notice unlike any other one."""
        return f"{self.memory.run}:{line.seq}"

    def _run(self, line: JournalLine) -> Iterator[Notice]:
        started = msgspec.json.decode(line.body, type=RunStarted)
        self.memory.mode, self.memory.bankroll = started.mode, started.cash
        live = started.mode == "live"
        text = f"strategies: {', '.join(started.strategies) or 'none'}"
        tier = Tier.IMPORTANT if live else Tier.ROUTINE
        yield self._notice(line, Occasion.DESK_STARTED, tier, "The desk began to work", text, self.memory.run)

    def _end(self, line: JournalLine) -> Iterator[Notice]:
        ended = msgspec.json.decode(line.body, type=RunEnded)
        self.ended = True
        tier = Tier.IMPORTANT if self.memory.mode == "live" else Tier.ROUTINE
        text = f"equity {money(ended.equity)}, cash {money(ended.cash)}"
        yield self._notice(line, Occasion.DESK_STOPPED, tier, "The desk ended in good order", text, self.memory.run)

    def _market(self, line: JournalLine) -> Iterator[Notice]:
        self.memory.market(msgspec.json.decode(line.body, type=Market))
        yield from ()

    def _verdict(self, line: JournalLine) -> Iterator[Notice]:
        verdict = msgspec.json.decode(line.body, type=VerdictRecord)
        if verdict.approved:
            self.memory.intent(verdict.intent)
        for refusal in verdict.refusals:
            if refusal.rule in _LIMITS:
                text = f"{verdict.intent.strategy} on {verdict.intent.subject}: {refusal.message}"
                yield self._notice(
                    line, Occasion.LIMIT_BREACH, Tier.IMPORTANT, f"Limit {refusal.rule}", text, refusal.rule
                )

    def _order(self, line: JournalLine) -> Iterator[Notice]:
        order = msgspec.json.decode(line.body, type=Order)
        self.memory.order(order)
        yield self._notice(
            line, Occasion.ORDER_PLACED, Tier.ROUTINE, f"Order {order.id}", self._of_order(order), self._place(line)
        )

    def _report(self, line: JournalLine) -> Iterator[Notice]:
        said = msgspec.json.decode(line.body, type=OrderReported)
        order = self.memory.known_order(said.order)
        if said.report in _ENDED_WITHOUT and order is not None:
            text = f"{self._of_order(order)}\n{said.detail}".strip()
            title = f"Order {said.order} {said.report}"
            yield self._notice(line, Occasion.ORDER_CANCELLED, Tier.ROUTINE, title, text, self._place(line))

    def _of_order(self, order: Order) -> str:
        leg = order.leg
        what = f"{leg.side} {size(leg.size)} {self.memory.label(leg.market, leg.outcome)} at {price(leg.limit)}"
        return f"{what}\n{self._where(order.leg.market)}"

    def _where(self, market: str) -> str:
        known = self.memory.venue(market)  # type: ignore[arg-type]  # a market's id, as text
        return f"{self.memory.title(market)}{f' ({known})' if known else ''}"  # type: ignore[arg-type]

    def _fill(self, line: JournalLine) -> Iterator[Notice]:
        fill = msgspec.json.decode(line.body, type=Fill)
        purpose = self.memory.purpose(fill.intent)
        what = f"{fill.side} {size(fill.size)} {self.memory.label(fill.market, fill.outcome)} at {price(fill.price)}"
        why = f"{purpose.strategy} ({purpose.kind}), edge {signed_money(purpose.edge)}" if purpose else "a way home"
        text = f"{self._where(fill.market)}\n{what}, fee {money(fill.fee)}\nwhy: {why}\norder {fill.order}"
        yield self._notice(line, Occasion.FILL, Tier.ROUTINE, f"Filled: {what}", text, self._place(line))

    def _basket(self, line: JournalLine) -> Iterator[Notice]:
        ended = msgspec.json.decode(line.body, type=BasketEnd)
        if not self.memory.bankroll:
            return
        if abs(ended.result) * _MILLION >= self._settings.big_move * self.memory.bankroll:
            tier = Tier.CRITICAL if ended.result < 0 else Tier.IMPORTANT
            title = f"A basket ended with {signed_money(ended.result)}"
            text = f"{ended.subject}: {ended.ending}, {len(ended.kept)} outcomes kept and counted as worthless"
            yield self._notice(line, Occasion.BIG_MOVE, tier, title, text, ended.subject)

    def _command(self, line: JournalLine) -> Iterator[Notice]:
        command = msgspec.json.decode(line.body, type=Command)
        match command:
            case HaltOrdered(reason=reason) if reason.startswith(_STOP):
                title = "The ratcheting stop was hit: the desk is halted"
                yield self._notice(line, Occasion.STOP_HIT, Tier.EMERGENCY, title, reason, "desk")
            case HaltOrdered(reason=reason):
                yield self._notice(line, Occasion.HALT, Tier.CRITICAL, "The desk is halted", reason, "desk")
            case Resumed(by=by, why=why):
                text = f"by {by}{f': {why}' if why else ''}"
                yield self._notice(line, Occasion.RESUMED, Tier.IMPORTANT, "The halt was lifted", text, "desk")
            case PauseOrdered(by=by, strategy=strategy, leaving=False):
                title = f"Paused: {strategy or 'all strategies'}"
                yield self._notice(line, Occasion.PAUSED, Tier.ROUTINE, title, f"by {by}", f"paused {strategy}")
            case PauseLifted(by=by, strategy=strategy):
                title = f"Pause lifted: {strategy or 'all strategies'}"
                yield self._notice(line, Occasion.PAUSED, Tier.ROUTINE, title, f"by {by}", f"lifted {strategy}")
            case _:
                pass

    def _halt(self, line: JournalLine) -> Iterator[Notice]:
        wanted = msgspec.json.decode(line.body, type=HaltWanted)
        if wanted.venue is not None:  # that of the whole desk follows as a command
            title = f"No orders go to {wanted.venue}"
            yield self._notice(line, Occasion.HALT, Tier.CRITICAL, title, wanted.reason, wanted.venue)

    def _alert(self, line: JournalLine) -> Iterator[Notice]:
        alert = msgspec.json.decode(line.body, type=Alert)
        if alert.subject in set(Venue) and alert.text.startswith(f"{alert.subject} is "):
            if "trusted again" in alert.text:
                yield self._notice(line, Occasion.VENUE_UP, Tier.IMPORTANT, alert.text, "", alert.subject)
            return  # what a venue takes has a line of its own
        if " is unknown for " in alert.text:
            text = f"{alert.text}\nThe venue is asked until it says what is so; nothing is sent twice."
            yield self._notice(line, Occasion.UNKNOWN_ORDER, Tier.CRITICAL, "An order is unknown", text, alert.subject)
            return
        yield self._notice(line, Occasion.TROUBLE, Tier.CRITICAL, "The desk asks for a look", alert.text, alert.subject)

    def _account(self, line: JournalLine) -> Iterator[Notice]:
        self._statements[msgspec.json.decode(line.body, type=_Stated).venue] += 1
        yield from ()

    def _difference(self, line: JournalLine) -> Iterator[Notice]:
        found = msgspec.json.decode(line.body, type=Difference)
        cash = found.subject == _CASH
        if cash and not found.ours and self._statements[found.venue] <= 1:
            return  # a desk that begins knows no cash: it learns it by the first statement
        if cash:
            ours, theirs = money(Money(found.ours)), money(Money(found.theirs))
        else:
            ours, theirs = size(Size(found.ours)), size(Size(found.theirs))
        text = f"{found.subject}: ours {ours}, theirs {theirs} - {found.action}"
        title = f"The desk and {found.venue} differ"
        yield self._notice(line, Occasion.MISMATCH, Tier.CRITICAL, title, text, found.venue)

    def _venue(self, line: JournalLine) -> Iterator[Notice]:
        changed = msgspec.json.decode(line.body, type=VenueStateChanged)
        if changed.state is VenueState.UP:
            title = f"{changed.venue} takes orders again"
            yield self._notice(line, Occasion.VENUE_UP, Tier.IMPORTANT, title, changed.reason, changed.venue)
            return
        words = changed.state.replace("_", " ")
        text = f"{changed.reason}\nOrders wait and go on by themselves once it is back.".strip()
        title = f"{changed.venue} is {words}"
        yield self._notice(line, Occasion.VENUE_DOWN, Tier.CRITICAL, title, text, changed.venue)

    def _fault(self, line: JournalLine) -> Iterator[Notice]:
        fault = msgspec.json.decode(line.body, type=FaultRecord)
        title = "A message of a venue broke its protocol"
        yield self._notice(line, Occasion.TROUBLE, Tier.IMPORTANT, title, fault.reason, "fault")

    def _drawdown_line(self, line: JournalLine) -> Iterator[Notice]:
        state = msgspec.json.decode(line.body, type=DrawdownState)
        self.memory.bankroll = state.bankroll or self.memory.bankroll
        for step in self._drawdown.after(state):
            yield self._notice(line, step.occasion, step.tier, step.title, step.text, step.occasion)

    def _booked(self, line: JournalLine) -> Iterator[Notice]:
        entry = msgspec.json.decode(line.body, type=LedgerEntry)
        if isinstance(entry, Settlement):
            title = f"Decided: {self.memory.title(entry.market)}"
            yield self._notice(
                line, Occasion.RESOLUTION, Tier.ROUTINE, title, f"a YES pays {price(entry.payout)}", entry.market
            )

    def _observed(self, line: JournalLine) -> Iterator[Notice]:
        if b'"type":"opportunity"' not in bytes(line.body):
            return
        seen = msgspec.json.decode(line.body, type=OpportunitySeen)
        text = f"{size(seen.size)} sets for {money(seen.cost)}, fees {money(seen.fees)} in it"
        title = f"Opportunity {signed_money(seen.edge)}: {seen.bundle}"
        yield self._notice(line, Occasion.OPPORTUNITY, Tier.ROUTINE, title, text, seen.bundle)
