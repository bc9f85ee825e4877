"""pykalshi trades with an RSA key, and its socket feed tells the same story."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pykalshi import Action, CandlestickPeriod, KalshiClient, OrderStatus, Side, TimeInForce  # type: ignore[import-not-found]
from telling import refusal, tell, told  # type: ignore[import-not-found]

CONFIG = told()
ACCOUNT = CONFIG["accounts"]["kalshi"]["bob"]
CHANNELS = ("orderbook_delta", "ticker", "trade", "fill", "user_orders", "market_positions")
PATIENCE_S = 20


def until(true: Callable[[], object]) -> bool:
    """Whether it comes true before patience ends."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def reading(client: Any) -> None:
    tell("trading", client.exchange.is_trading())
    tell("series", sorted(each.ticker for each in client.get_all_series()))
    tell("all markets", len(client.get_markets(limit=4, fetch_all=True)))
    [event] = client.get_events(series_ticker="KXJUDGE")
    tell("election", [event.mutually_exclusive, sorted(market.yes_sub_title for market in event.get_markets())])
    [bill] = client.get_markets(series_ticker="KXBILL")
    book = bill.get_orderbook(depth=1)
    tell("book", [book.orderbook.yes_dollars, book.orderbook.no_dollars])
    now = int(time.time())
    tell(
        "candles",
        bill.get_candlesticks(now - 120, now + 60, period=CandlestickPeriod.ONE_MINUTE)
        .candlesticks[-1]
        .yes_ask.close_dollars,
    )
    tell("unknown market", refusal(lambda: client.get_market("KXNONE-1")))


def trading(client: Any, ticker: str) -> None:
    portfolio = client.portfolio
    order = portfolio.place_order(ticker, Action.BUY, Side.YES, "10", yes_price_dollars="0.40")
    tell("limit", [order.status, order.remaining_count_fp])
    until(lambda: order.order_id in [each.order_id for each in portfolio.get_orders(status=OrderStatus.RESTING)])
    order.amend(count_fp="12", yes_price_dollars="0.41")
    order.decrease("5")
    time.sleep(1.1)
    order.refresh()
    tell("after amend and decrease", [order.status, order.yes_price_dollars, order.remaining_count_fp])
    order.cancel()
    tell("cancelled", until(lambda: order.refresh().status is OrderStatus.CANCELED))
    pair = [
        {"ticker": ticker, "action": "buy", "side": side, "count_fp": "5", f"{side}_price_dollars": "0.33"}
        for side in ("yes", "no")
    ]
    batch = portfolio.batch_place_orders(pair)
    tell("batch", [each.status for each in batch])
    tell("batch cancelled", len(portfolio.batch_cancel_orders([each.order_id for each in batch])))
    fill = portfolio.place_order(
        ticker, Action.BUY, Side.NO, "10", no_price_dollars="0.52", time_in_force=TimeInForce.FOK
    )
    tell("fill-or-kill", [fill.status, fill.fill_count_fp])
    tell("fills", until(lambda: portfolio.get_fills(order_id=fill.order_id)))
    tell(
        "fill",
        [
            [each.count_fp, each.yes_price_dollars, each.is_taker]
            for each in portfolio.get_fills(order_id=fill.order_id)
        ],
    )
    tell("position", until(lambda: [each.position_fp for each in portfolio.get_positions(ticker=ticker)] == ["-10.00"]))
    tell(
        "too dear",
        refusal(lambda: portfolio.place_order(ticker, Action.BUY, Side.YES, "1000000", yes_price_dollars="0.45")),
    )
    portfolio.place_order(ticker, Action.BUY, Side.YES, "10", yes_price_dollars="0.52", time_in_force=TimeInForce.FOK)


with tempfile.TemporaryDirectory() as folder:
    pem = Path(folder) / "key.pem"
    pem.write_text(ACCOUNT["private_key"])
    with KalshiClient(ACCOUNT["key_id"], str(pem), api_base=CONFIG["kalshi"]["rest"], max_retries=0) as client:
        reading(client)
        [market] = client.get_markets(series_ticker="KXTRIAL")
        feed = client.feed()
        feed._ws_url = CONFIG["kalshi"]["ws"]  # pykalshi chooses between two fixed hosts
        heard: dict[str, list[Any]] = {channel: [] for channel in CHANNELS}
        for channel in CHANNELS:
            feed.on(channel, heard[channel].append)
            private = channel in ("fill", "user_orders", "market_positions")
            feed.subscribe(channel, market_ticker=None if private else market.ticker)
        with feed:
            until(lambda: heard["orderbook_delta"])
            snapshot = heard["orderbook_delta"][0]
            tell(
                "snapshot",
                [
                    type(snapshot).__name__,
                    snapshot.yes_dollars_fp == [tuple(level) for level in market.get_orderbook().orderbook.yes_dollars],
                ],
            )
            trading(client, market.ticker)
            until(lambda: len(heard["fill"]) == 2 and len(heard["trade"]) == 2 and len(heard["market_positions"]) == 2)
            tell("deltas", [[each.side, each.price_dollars, each.delta_fp] for each in heard["orderbook_delta"][1:4]])
            tell("orders", [[each.status, each.remaining_count_fp] for each in heard["user_orders"][:4]])
            tell("fills heard", [[each.count_fp, each.yes_price_dollars, each.book_side] for each in heard["fill"]])
            tell(
                "trades heard",
                [[each.count_fp, each.yes_price_dollars, each.taker_outcome_side] for each in heard["trade"]],
            )
            tell("positions heard", [each.position_fp for each in heard["market_positions"]])
            tell("ticker", [heard["ticker"][-1].yes_bid_dollars, heard["ticker"][-1].yes_ask_dollars])
            tell("all typed", sorted({type(each).__name__ for channel in CHANNELS for each in heard[channel]}))
            tell("reconnects", feed.reconnect_count)
