"""kalshi_python_async trades with one kind of key: orders of every kind, amended, decreased, in batches and groups."""

import asyncio
import time
from typing import Any

from kalshi_python_async import (  # type: ignore[import-not-found]
    AccountApi,
    MarketApi,
    OrderGroupsApi,
    OrdersApi,
    PortfolioApi,
)
from kalshi_sandbox import kalshi  # type: ignore[import-not-found]
from telling import refusal_of, tell, told  # type: ignore[import-not-found]

CONFIG = told()
ACCOUNT = CONFIG["accounts"]["kalshi"][CONFIG["account"]]
SERIES = "KXVERDICT" if CONFIG["account"] == "alice" else "KXAPPEAL"


def order(ticker: str, price: str, **changes: Any) -> dict[str, Any]:
    """Ten contracts of YES, resting until cancelled, unless changed."""
    plain = {
        "ticker": ticker,
        "side": "bid",
        "count": "10",
        "price": price,
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
    }
    return plain | changes


async def caught_up(seconds: float = 0.5) -> None:
    """Orders are seen a third of a second after they changed, fills and positions after a second, as at the venue."""
    await asyncio.sleep(seconds)


async def orders_of_all_kinds(client: Any, ticker: str) -> None:
    orders, portfolio = OrdersApi(client), PortfolioApi(client)
    before = (await portfolio.get_balance()).balance_dollars
    resting = await orders.create_order_v2(**order(ticker, "0.40", client_order_id=f"judge-{time.time_ns()}"))
    tell("limit", [resting.fill_count, resting.remaining_count])
    tell("reserved", float(before) - float((await portfolio.get_balance()).balance_dollars))
    tell("resting value", (await portfolio.get_portfolio_resting_order_total_value()).total_resting_order_value)
    await caught_up()
    seen = (await orders.get_order(resting.order_id)).order
    tell(
        "its order",
        [seen.status, seen.book_side, seen.yes_price_dollars, seen.remaining_count_fp, seen.type, seen.outcome_side],
    )
    tell(
        "same client id",
        await refusal_of(
            orders.create_order_v2(
                **order(ticker, "0.40", client_order_id=resting.client_order_id or seen.client_order_id)
            )
        ),
    )
    tell("queue", (await orders.get_order_queue_position(resting.order_id)).queue_position_fp)
    tell(
        "queues",
        [
            each.market_ticker == ticker
            for each in (await orders.get_order_queue_positions(market_tickers=ticker)).queue_positions
        ],
    )

    amended = await orders.amend_order_v2(resting.order_id, ticker=ticker, side="bid", price="0.41", count="12")
    tell("amended", [amended.order_id == resting.order_id, amended.remaining_count])
    decreased = await orders.decrease_order_v2(resting.order_id, reduce_by="5")
    tell("decreased", decreased.remaining_count)
    await caught_up()
    tell(
        "open",
        [
            each.order_id == resting.order_id
            for each in (await orders.get_orders(ticker=ticker, status="resting")).orders
        ],
    )
    cancelled = await orders.cancel_order_v2(resting.order_id)
    await caught_up()
    tell("cancelled", [cancelled.reduced_by, (await orders.get_order(resting.order_id)).order.status])
    tell("cancelled twice", await refusal_of(orders.cancel_order_v2(resting.order_id)))

    tell("crossing post-only", await refusal_of(orders.create_order_v2(**order(ticker, "0.60", post_only=True))))
    dated = await orders.create_order_v2(**order(ticker, "0.30", expiration_time=int(time.time()) + 600))
    await caught_up()
    tell(
        "good till date", (await orders.get_order(dated.order_id)).order.expiration_time.timestamp() > time.time() + 500
    )
    tell("already over", await refusal_of(orders.create_order_v2(**order(ticker, "0.30", expiration_time=1_000))))
    tell(
        "fill-or-kill too large",
        await refusal_of(orders.create_order_v2(**order(ticker, "0.52", count="5000", time_in_force="fill_or_kill"))),
    )
    tell("off the grid", await refusal_of(orders.create_order_v2(**order(ticker, "0.405"))))
    tell("too dear", await refusal_of(orders.create_order_v2(**order(ticker, "0.45", count="1000000"))))
    tell("unknown market", await refusal_of(orders.create_order_v2(**order("KXNONE-1", "0.45"))))

    batch = await orders.batch_create_orders_v2(
        orders=[order(ticker, "0.35"), order("KXNONE-1", "0.35"), order(ticker, "0.34")]
    )
    tell("batch", [each.remaining_count or each.error.code for each in batch.orders])
    ids = [each.order_id for each in batch.orders if each.order_id]
    gone = await orders.batch_cancel_orders_v2(orders=[{"order_id": ids[0]}, {"order_id": "there-is-none"}])
    tell("batch cancelled", [each.reduced_by if each.error is None else each.error.code for each in gone.orders])
    await orders.cancel_all_orders()
    await caught_up()
    tell("left open", [each.order_id for each in (await orders.get_orders(status="resting")).orders])


async def fills(client: Any, ticker: str) -> None:
    orders, portfolio = OrdersApi(client), PortfolioApi(client)
    before = (await portfolio.get_balance()).balance_dollars
    bought = await orders.create_order_v2(**order(ticker, "0.52", count="20", time_in_force="fill_or_kill"))
    tell(
        "fill-or-kill", [bought.fill_count, bought.remaining_count, bought.average_fill_price, bought.average_fee_paid]
    )
    sold = await orders.create_order_v2(
        **order(ticker, "0.48", count="5", side="ask", time_in_force="immediate_or_cancel")
    )
    tell("sold some", [sold.fill_count, sold.average_fill_price])
    none = await orders.create_order_v2(**order(ticker, "0.10", time_in_force="immediate_or_cancel"))
    tell("immediate-or-cancel", [none.fill_count, none.remaining_count])
    await caught_up(1.1)
    tell("spent", round(float(before) - float((await portfolio.get_balance()).balance_dollars), 4))
    mine = (await portfolio.get_fills(order_id=bought.order_id)).fills
    tell(
        "fill", [[each.count_fp, each.yes_price_dollars, each.is_taker, each.book_side, each.fee_cost] for each in mine]
    )
    [position] = (await portfolio.get_positions(ticker=ticker)).market_positions
    tell("position", [position.position_fp, position.market_exposure_dollars, position.fees_paid_dollars])
    [public] = [
        each for each in (await MarketApi(client).get_trades(ticker=ticker)).trades if each.trade_id == mine[0].trade_id
    ]
    tell("public trade", [public.count_fp, public.yes_price_dollars, public.taker_outcome_side])


async def groups(client: Any, ticker: str) -> None:
    orders, group_api = OrdersApi(client), OrderGroupsApi(client)
    group = (await group_api.create_order_group(contracts_limit=15)).order_group_id
    first = await orders.create_order_v2(**order(ticker, "0.31", order_group_id=group))
    await caught_up()
    tell(
        "group",
        [
            (await group_api.get_order_group(group)).orders == [first.order_id],
            (await group_api.get_order_group(group)).contracts_limit_fp,
        ],
    )
    tell("groups", group in [each.id for each in (await group_api.get_order_groups()).order_groups])
    await group_api.update_order_group_limit(group, contracts_limit=25)
    tell("new limit", (await group_api.get_order_group(group)).contracts_limit_fp)
    await group_api.trigger_order_group(group, body={})
    await caught_up()
    tell(
        "triggered",
        [
            (await orders.get_order(first.order_id)).order.status,
            (await group_api.get_order_group(group)).is_auto_cancel_enabled,
        ],
    )
    tell(
        "order in a triggered group",
        await refusal_of(orders.create_order_v2(**order(ticker, "0.31", order_group_id=group))),
    )
    await group_api.reset_order_group(group, body={})
    filling = await orders.create_order_v2(
        **order(ticker, "0.52", count="25", order_group_id=group, time_in_force="immediate_or_cancel")
    )
    tell("filled to the limit", filling.fill_count)
    await group_api.delete_order_group(group)
    tell("deleted", await refusal_of(group_api.get_order_group(group)))


async def main() -> None:
    async with kalshi(CONFIG["kalshi"], ACCOUNT) as client:
        limits = await AccountApi(client).get_account_api_limits()
        tell("limits", [limits.usage_tier, limits.read.refill_rate, limits.write.refill_rate])
        [market] = (await MarketApi(client).get_markets(series_ticker=SERIES)).markets
        await OrdersApi(client).cancel_all_orders()
        await orders_of_all_kinds(client, market.ticker)
        await fills(client, market.ticker)
        await groups(client, market.ticker)


asyncio.run(main())
