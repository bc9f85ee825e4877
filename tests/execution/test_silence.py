"""Silence of a venue, and more than was asked of it: neither is answered by another order."""

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill, How, Intent, IntentId, Leg, Order, OrderId, OrderStatus
from dutchbook.domain.units import CONTRACT, Money, Nanos, Price, Size
from dutchbook.execution.plan import plan
from dutchbook.execution.settings import Sending
from dutchbook.execution.working import Basket
from tests.execution.rig import Rig
from tests.execution.stage import yes
from tests.execution.test_order_outcomes import BOOKS, resting, status

NOW = Nanos(1_000_000_000)


def test_an_order_without_an_answer_becomes_unknown_and_is_never_sent_again() -> None:
    rig = Rig(BOOKS)
    rig.fate = lambda _: None
    order = resting(rig)
    rig.pass_time(300)
    assert status(rig, order) is OrderStatus.UNKNOWN
    assert [sent.id for step in rig.steps for sent in step.orders] == [order.id]
    assert len(rig.execution.orders) == 1


def test_a_twin_that_came_cheaper_is_merged_only_with_what_there_is() -> None:
    rig = Rig(BOOKS)
    outcome, market = yes(0), MarketId("0x0")
    leg = Leg(outcome, market, Side.BUY, Price(4_000), Size(3 * CONTRACT), Price(4_000))
    intent = Intent(
        id=IntentId("i1"),
        strategy="s",
        kind="k",
        subject="none",
        legs=(leg,),
        cost=Money(1_200_000),
        edge=Money(0),
        max_loss=Money(1_200_000),
        oldest=NOW,
        at=NOW,
        reason="",
    )
    basket = Basket(intent, None, plan(intent, None, rig, Sending.TOGETHER), None)
    first = Order(id=OrderId("i1-1"), intent=intent.id, leg=leg, created=NOW)
    back = Order(id=OrderId("i2-1"), intent=IntentId("i2"), leg=leg, created=NOW)
    basket.sent(first, 0, How.LEG)
    basket.sent(back, 0, How.TWIN)
    basket.filled(_fill(first, outcome, 3_000_000))
    cheaper = _fill(back, OutcomeId("twin"), 3_078_947)
    assert basket.filled(cheaper) is How.TWIN
    assert basket.twins == [(market, Size(3_000_000))]
    assert [holding.filled for holding in basket.holdings] == [0]
    basket.taken_back(cheaper)
    assert not basket.twins
    assert [holding.filled for holding in basket.holdings] == [3_000_000]


def _fill(order: Order, outcome: OutcomeId, size: int) -> Fill:
    return Fill(
        order=order.id,
        intent=order.intent,
        outcome=outcome,
        market=order.leg.market,
        side=Side.BUY,
        price=Price(4_000),
        size=Size(size),
        fee=Money(0),
        at=NOW,
        id=f"f-{order.id}",
    )
