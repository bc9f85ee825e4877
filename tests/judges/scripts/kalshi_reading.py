"""kalshi_python_async reads: the exchange, series, events and markets with paging, books, candles, trades, errors."""

import asyncio
import time
from typing import Any

from kalshi_python_async import (  # type: ignore[import-not-found]
    EventsApi,
    ExchangeApi,
    IncentiveProgramsApi,
    MarketApi,
)
from kalshi_sandbox import kalshi  # type: ignore[import-not-found]
from telling import refusal_of, tell, told  # type: ignore[import-not-found]

CONFIG = told()


async def all_markets(markets: Any) -> list[list[str]]:
    """Tickers of all markets, page by page."""
    pages, cursor = [], None
    while cursor != "":
        page = await markets.get_markets(limit=4, cursor=cursor)
        pages.append([market.ticker for market in page.markets])
        cursor = page.cursor
    return pages


async def main() -> None:
    async with kalshi(CONFIG["kalshi"]) as client:
        exchange, events, markets = ExchangeApi(client), EventsApi(client), MarketApi(client)
        status = await exchange.get_exchange_status()
        tell("status", [status.exchange_active, status.trading_active])
        schedule = (await exchange.get_exchange_schedule()).schedule
        tell("schedule", [len(schedule.standard_hours), len(schedule.maintenance_windows) > 0])
        tell("series", sorted(each.ticker for each in (await markets.get_series_list()).series))
        series = (await markets.get_series("KXBILL")).series
        tell("one series", [series.title, series.category, series.fee_type])

        pages = await all_markets(markets)
        tell("pages", [len(page) for page in pages])
        tell("each once", len({ticker for page in pages for ticker in page}))
        nested = (await events.get_events(with_nested_markets=True, series_ticker="KXJUDGE")).events
        tell(
            "election",
            [[event.mutually_exclusive, [market.yes_sub_title for market in event.markets]] for event in nested],
        )
        event = await events.get_event(nested[0].event_ticker)
        tell("its markets", len(event.markets))
        tell("open ones", len((await markets.get_markets(status="open", series_ticker="KXJUDGE")).markets))
        tell("settled ones", (await markets.get_markets(status="settled", series_ticker="KXBILL")).markets)

        [bill] = (await markets.get_markets(series_ticker="KXBILL")).markets
        tell("same alone", (await markets.get_market(bill.ticker)).market == bill)
        tell(
            "quotes",
            [bill.status, bill.yes_bid_dollars, bill.yes_ask_dollars, bill.no_bid_dollars, bill.no_ask_dollars],
        )
        book = (await markets.get_market_orderbook(bill.ticker)).orderbook_fp
        tell("book", [book.yes_dollars, book.no_dollars])
        tell(
            "top of it",
            [
                len(side)
                for side in vars((await markets.get_market_orderbook(bill.ticker, depth=2)).orderbook_fp).values()
            ],
        )
        many = (await markets.get_market_orderbooks([bill.ticker, pages[0][0]])).orderbooks
        tell("books", [each.ticker for each in many] == [bill.ticker, pages[0][0]])
        now = int(time.time())
        candles = await markets.get_market_candlesticks("KXBILL", bill.ticker, now - 120, now + 60, 1)
        tell(
            "candles",
            [candles.ticker == bill.ticker, [each.yes_bid.close_dollars for each in candles.candlesticks][-1:]],
        )
        tell("trades", (await markets.get_trades(ticker=bill.ticker)).trades)
        programmes = (await IncentiveProgramsApi(client).get_incentive_programs()).incentive_programs
        tell("incentives", [[each.market_ticker == bill.ticker, each.incentive_type] for each in programmes])

        tell("unknown market", await refusal_of(markets.get_market("KXNONE-1")))
        tell("unknown event", await refusal_of(events.get_event("KXNONE")))
        tell("bad period", await refusal_of(markets.get_market_candlesticks("KXBILL", bill.ticker, now, now + 60, 7)))


asyncio.run(main())
