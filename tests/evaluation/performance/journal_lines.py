"""A journal as a list: the lines that a desk would have written, for tests of what is read from them."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.events import OrderReported
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill, Intent, IntentId, Leg, Order, OrderId, OrderStatus, Report, Route
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.engine.records import RunEnded, RunStarted, VerdictRecord
from dutchbook.evaluation.performance.history import RunHistory
from dutchbook.risk.drawdown import DrawdownState

RAIN = MarketId("rain")
YES, NO = OutcomeId("rain/yes"), OutcomeId("rain/no")
START = Nanos(1_790_000_000 * SECOND)


class Written(msgspec.Struct, frozen=True):
    """One line."""

    seq: int
    at: int
    kind: str
    body: msgspec.Raw


class Lines:
    """Write lines, a second apart, then `read` them."""

    def __init__(self, mode: str = "live", cash: int = 0) -> None:
        self.lines: list[Written] = []
        self.now = START
        started = RunStarted(mode=mode, strategies=("bundle",), settings="s", source="x", cash=Money(cash))
        self.add("run", started)

    def add(self, kind: str, body: msgspec.Struct | Mapping[str, object]) -> None:
        self.lines.append(Written(len(self.lines) + 1, self.now, kind, msgspec.Raw(msgspec.json.encode(body))))
        self.now = Nanos(self.now + SECOND)

    def intent(self, name: str, kind: str = "buy_both", strategy: str = "bundle") -> None:
        intent = Intent(
            id=IntentId(name),
            strategy=strategy,
            kind=kind,
            subject="rain",
            legs=(),
            cost=Money(DOLLAR),
            edge=Money(1),
            max_loss=Money(DOLLAR),
            oldest=self.now,
            at=self.now,
            reason="it pays",
        )
        self.add("verdict", VerdictRecord(approved=True, intent=intent))

    def order(self, name: str, intent: str, outcome: OutcomeId = YES, side: Side = Side.BUY, begun: str = "") -> None:
        leg = Leg(outcome, RAIN, side, Price(6_000), Size(10 * CONTRACT), Price(5_000))
        route = Route(IntentId(begun)) if begun else None
        order = Order(
            id=OrderId(name),
            intent=IntentId(intent),
            leg=leg,
            status=OrderStatus.SENDING,
            created=self.now,
            route=route,
        )
        self.add("order", order)

    def fill(
        self,
        order: str,
        intent: str,
        price: int,
        outcome: OutcomeId = YES,
        side: Side = Side.BUY,
        name: str = "",
        fee: int = 0,
    ) -> None:
        fill = Fill(
            order=OrderId(order),
            intent=IntentId(intent),
            outcome=outcome,
            market=RAIN,
            side=side,
            price=Price(price),
            size=Size(10 * CONTRACT),
            fee=Money(fee),
            at=self.now,
            id=name,
            provisional=bool(name),
        )
        self.add("fill", fill)

    def report(self, order: str, report: Report, detail: str = "") -> None:
        self.add("report", OrderReported(OrderId(order), report, self.now, detail))

    def equity(self, dollars: int) -> None:
        money = Money(dollars * DOLLAR)
        self.add("drawdown", DrawdownState(bankroll=money, high_water=money, last_equity=money, day=1, day_start=money))

    def end(self, cash: int, equity: int) -> None:
        self.add("end", RunEnded(frames=5, events=6, cash=Money(cash * DOLLAR), equity=Money(equity * DOLLAR)))

    def read(self) -> RunHistory:
        history = RunHistory()
        for line in self.lines:
            history.read(line)
        return history
