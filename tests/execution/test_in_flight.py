"""What a venue states of a market in which an order is on its way proves nothing of that market."""

from dutchbook.domain.book import Side
from dutchbook.domain.orders import Leg, OrderStatus, TimeInForce
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Price, Size
from tests.execution.rig import Rig
from tests.execution.stage import yes
from tests.execution.test_order_outcomes import BOOKS


def test_a_trade_that_its_answer_did_not_tell_yet_is_not_taken_over_from_the_account() -> None:
    rig = Rig(BOOKS)
    rig.hear(rig.statement())
    leg = Leg(yes(0), rig.markets[0].id, Side.BUY, Price(3_000), Size(20 * CONTRACT), Price(3_000), TimeInForce.IOC)
    [order] = rig.start(rig.intent("in flight", (leg,))).orders
    fill = rig.trade(order.id, Size(20 * CONTRACT))
    steps = []
    for _ in range(2):
        rig.now = Nanos(rig.now + 25 * SECOND)
        steps.append(rig.hear(rig.statement()))
    assert rig.execution.orders[order.id].status is OrderStatus.SENDING
    assert [entry for step in steps for entry in step.operations] == []
    rig.tell(fill)
    assert rig.agrees()
