"""Questions keep to their own limits: however many wait, an order leaves at once."""

from dutchbook.domain.book import Side
from dutchbook.domain.orders import OrderStatus
from tests.venues.polymarket.broker.stage import Stage


async def test_no_order_waits_behind_questions() -> None:
    async with Stage().playing() as stage:
        [asked] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        for _ in range(300):  # far more than may be asked in one go
            stage.broker.query(asked, stage.time.now())
        [order] = await stage.placed(stage.order(Side.BUY, 4_100, 10))
        assert order.status is OrderStatus.OPEN
