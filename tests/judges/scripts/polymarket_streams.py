"""polymarket-client listens: the market and user channels and the price feed, while its own orders rest and fill."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from polymarket import AsyncSecureClient  # type: ignore[import-not-found]
from polymarket.streams import CryptoPricesSpec, MarketSpec, UserSpec  # type: ignore[import-not-found]
from polymarket_sandbox import environment  # type: ignore[import-not-found]
from telling import tell, told  # type: ignore[import-not-found]

CONFIG = told()
ACCOUNT = CONFIG["accounts"]["polymarket"]["carol"]
PATIENCE_S = 25


async def until(events: AsyncIterator[Any], last: Callable[[Any], bool]) -> list[Any]:
    """All events up to the one that `last` is true of."""
    seen = []
    async with asyncio.timeout(PATIENCE_S):
        async for event in events:
            seen.append(event)
            if last(event):
                break
    return seen


def is_status(*wanted: str) -> Callable[[Any], bool]:
    """True of a trade event with one of these statuses."""
    return lambda event: event.type == "trade" and event.payload.status in wanted


async def totals(client: Any) -> list[Any]:
    """What the account is worth, and how much it traded in how many trades and markets."""
    volume, [now] = await client.get_user_volume(), (await client.get_user_pnl()).points
    markets = (await client.get_user_stats()).traded_market_count
    return [
        (await client.get_portfolio_value()).value,
        volume.volume_usdc,
        volume.trade_count,
        now.trade_count,
        markets,
    ]


async def owned(client: Any, market: Any) -> None:
    """What the Data API says of the account once its trade is settled."""
    condition, yes = market.condition_id, market.outcomes.yes.token_id
    [position] = [each async for each in client.list_positions(condition_id=condition).iter_items()]
    tell("position", [position.asset_id == yes, position.current_size, position.avg_price, position.entry_cost_usdc])
    [deed] = [each async for each in client.list_activity(condition_id=condition).iter_items()]
    tell("activity", [deed.type, deed.side, deed.shares, deed.price])
    tell("public trades", [each.size async for each in client.list_trades(condition_id=condition).iter_items()])
    tell("open interest", [each.value for each in await client.get_open_interests(condition_ids=[condition])])
    holders = [each async for each in client.list_market_holders(condition_ids=condition).iter_items()]
    tell("holders", [[holder.amount for holder in each.holders] for each in holders])
    tell("event volume", (await client.get_event_live_volume(event_ids=int(market.events[0].id))).taker_volume_total)
    tell("leaders", [each.rank async for each in client.list_trader_leaderboard().iter_items()][:2])
    [reference] = await client.get_token_references(asset_ids=yes)
    tell("token", [reference.outcome, reference.opposite_asset_id == market.outcomes.no.token_id, reference.resolved])
    [resolution] = await client.get_resolutions(condition_ids=condition)
    tell("resolution", [resolution.status, resolution.payouts])
    points = [each async for each in client.list_price_history(asset_id=yes, interval="1h").iter_items()]
    tell("price history", [points[-1].price, points[-1].resolution_seconds])


async def main() -> None:
    client = await AsyncSecureClient._create(
        private_key=ACCOUNT["private_key"], wallet=ACCOUNT["funder"], environment=environment(CONFIG["polymarket"])
    )
    async with client:
        await client.cancel_all()
        market = await client.get_market(slug="judged-trial")
        yes, no = market.outcomes.yes.token_id, market.outcomes.no.token_id
        public = await client.subscribe(MarketSpec(asset_ids=[yes, no], custom_feature_enabled=True))
        private = await client.subscribe(UserSpec(markets=[market.condition_id]))
        prices = await client.subscribe(CryptoPricesSpec(topic="prices.crypto.chainlink", symbols=["btc/usd"]))

        books = await until(public, lambda event: event.type == "book" and event.payload.asset_id == no)
        tell("books first", [event.type for event in books])
        rest = await client.get_order_book(asset_id=yes)
        [streamed] = [event.payload for event in books if event.payload.asset_id == yes]
        tell("as REST has them", [streamed.hash == rest.hash, set(streamed.bids) == set(rest.bids)])

        limit = await client.place_limit_order(asset_id=yes, price="0.41", size=20, side="BUY")
        [change] = (await until(public, lambda event: event.type == "price_change"))[-1:]
        tell(
            "change",
            [[each.asset_id == yes, each.side, each.price, each.size] for each in change.payload.price_changes],
        )
        rest = await client.get_order_book(asset_id=yes)
        [mine] = [each for each in change.payload.price_changes if each.asset_id == yes]
        tell("hash of the change", [mine.hash == rest.hash, mine.best_bid, mine.best_ask])
        await client.cancel_order(order_id=limit.order_id)
        orders = await until(
            private, lambda event: event.type == "order" and event.payload.order_event_type == "CANCELLATION"
        )
        tell(
            "own order",
            [
                [
                    event.payload.id == limit.order_id,
                    event.payload.order_event_type,
                    event.payload.status,
                    event.payload.size_matched,
                ]
                for event in orders
            ],
        )
        await until(public, lambda event: event.type == "price_change")

        before = await totals(client)
        fok = await client.place_market_order(asset_id=yes, amount=26, side="BUY", order_type="FOK")
        fill = await until(public, lambda event: event.type == "last_trade_price")
        tell("public fill", [event.type for event in fill])
        printed = fill[-1].payload
        tell("print", [printed.price, printed.size, printed.side])
        life = await until(private, is_status("CONFIRMED", "FAILED"))
        tell("trade life", [event.payload.status for event in life if event.type == "trade"])
        trade = next(event.payload for event in life if event.type == "trade")
        tell(
            "trade",
            [trade.id == fok.trade_ids[0], trade.taker_order_id == fok.order_id, trade.side, trade.price, trade.size],
        )
        tell(
            "hash of its transaction",
            life[-1].payload.transaction_hash in await client.wait_for_order_fill_settlement(fok),
        )

        await owned(client, market)
        tell("added", [float(now - then) for now, then in zip(await totals(client), before, strict=True)])
        price = (await until(prices, lambda event: event.type == "update"))[-1]
        tell("price", [price.topic, price.payload.symbol, 10_000 < price.payload.value < 1_000_000])
        tell("lost", [public.dropped, private.dropped, prices.dropped])


asyncio.run(main())
