"""kalshi_python_async trades on an account on which somebody else trades too: it sees their orders."""

import asyncio
import time
from typing import Any

from kalshi_python_async import MarketApi, OrdersApi  # type: ignore[import-not-found]
from kalshi_sandbox import kalshi  # type: ignore[import-not-found]
from telling import tell, told  # type: ignore[import-not-found]

CONFIG = told()


async def main() -> None:
    async with kalshi(CONFIG["kalshi"], CONFIG["accounts"]["kalshi"][CONFIG["account"]]) as client:
        orders = OrdersApi(client)
        [market] = (await MarketApi(client).get_markets(series_ticker="KXAPPEAL")).markets

        async def place(price: str, count: str, kind: str) -> Any:
            return await orders.create_order_v2(
                ticker=market.ticker,
                side="bid",
                count=count,
                price=price,
                time_in_force=kind,
                self_trade_prevention_type="taker_at_cross",
                client_order_id=f"beside-{time.time_ns()}",
            )

        async def open_now() -> list[str]:
            await asyncio.sleep(0.5)  # orders are seen a third of a second after they changed, as at the venue
            return [each.client_order_id for each in (await orders.get_orders(status="resting")).orders]

        tell("open before", await open_now())
        kept = await place("0.40", "10", "good_till_canceled")
        gone = await place("0.39", "10", "good_till_canceled")
        tell("bought", str((await place("0.52", "20", "fill_or_kill")).fill_count))
        tell("cancelled", (await orders.cancel_order_v2(gone.order_id)).order_id == gone.order_id)
        tell("kept", kept.order_id)
        tell("open after", await open_now())


asyncio.run(main())
