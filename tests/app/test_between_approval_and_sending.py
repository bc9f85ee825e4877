"""Between the approval of an intent and the sending of its orders: its cost counts, and a halt still holds."""

import pytest

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.looking import MemoryRecord
from dutchbook.config.load import shipped_settings
from dutchbook.domain.book import Side
from dutchbook.domain.events import JournalRef
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, MarketStatus, NoFees, PriceGrid
from dutchbook.domain.orders import Intent, IntentId, Leg, OrderStatus, PlanKind, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size
from dutchbook.engine.desk import Opening
from dutchbook.engine.risk_view import DeskRisk
from dutchbook.risk.halt import HaltSwitch
from dutchbook.risk.review import Approved, review

NOW = Nanos(1_000)
MARKET = Market(
    id=MarketId("0xa1"),
    venue=Venue.POLYMARKET,
    question=QuestionId("q"),
    title="Will it rain?",
    yes=OutcomeId("1"),
    no=OutcomeId("2"),
    grid=PriceGrid.uniform(Price(100)),
    min_size=Size(5 * CONTRACT),
    fees=NoFees(),
    status=MarketStatus.OPEN,
)


def wanted(plan: PlanKind) -> Intent:
    leg = Leg(MARKET.yes, MARKET.id, Side.BUY, Price(5_000), Size(100 * CONTRACT), Price(5_000), TimeInForce.IOC)
    return Intent(
        id=IntentId("i1"),
        strategy="s",
        kind="k",
        subject="x",
        legs=(leg,),
        cost=Money(50 * DOLLAR),
        edge=Money(0),
        max_loss=Money(50 * DOLLAR),
        oldest=NOW,
        at=NOW,
        reason="",
        plan=plan,
    )


def desk(switch: HaltSwitch | None = None) -> Parts:
    terms = Terms(opening=Opening(Money(1_000 * DOLLAR), NOW), strategies=(), switch=switch)
    return assemble(shipped_settings(), [], [MARKET], MemoryRecord(), terms)


def approved(parts: Parts, plan: PlanKind) -> Approved:
    verdict = review(wanted(plan), DeskRisk(parts.desk), ())
    assert isinstance(verdict, Approved), verdict
    return verdict


def test_the_later_slices_of_a_plan_count_before_any_of_them_is_sent() -> None:
    parts = desk()
    parts.desk.accept(approved(parts, PlanKind.TWAP))
    assert parts.desk.exposure.market(MARKET.id) == 50 * DOLLAR


@pytest.mark.parametrize("halted", [True, False])
def test_a_halt_between_the_approval_and_the_sending_keeps_the_order_here(halted: bool) -> None:
    switch = HaltSwitch(None)
    parts = desk(switch)
    step = parts.desk.accept(approved(parts, PlanKind.BASKET))
    if halted:
        switch.trip("a signal in the middle of a turn")
    parts.loop._outflow.perform(step, JournalRef(1))
    assert parts.loop.counters.orders == (0 if halted else 1)
    [order] = parts.desk.execution.orders
    assert order.status is (OrderStatus.REJECTED if halted else OrderStatus.SENDING)
