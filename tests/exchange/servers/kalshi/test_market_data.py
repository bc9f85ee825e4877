"""Public reads: filters, paging, books, candlesticks, tiers, events, series, programmes."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import ONE, Price
from dutchbook.exchange.listing import Ruling
from dutchbook.exchange.maintenance import hours_behind
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from tests.exchange.servers.kalshi.venue import BITCOIN, DAY, HEAT, JIM, LEP, START, TENNIS, Kalshi, kalshi

NOW = START // 1_000_000_000
DAY_S = DAY // 1_000_000_000


async def tickers(venue: Kalshi, **query: object) -> Sequence[str]:
    answer = await venue.get("/markets", key=None, **query)
    assert answer.status == 200, answer.body
    rows = answer["markets"]
    assert isinstance(rows, list)
    return [row["ticker"] for row in rows]


async def test_pages_cover_everything_once_newest_first() -> None:
    async with kalshi() as venue:
        everything = await tickers(venue)
        assert everything == [LEP, HEAT, BITCOIN, JIM]
        found: list[str] = []
        cursor = ""
        while True:
            answer = await venue.get("/markets", key=None, limit=3, cursor=cursor)
            found += [row["ticker"] for row in answer["markets"]]
            cursor = str(answer["cursor"])
            if not cursor:
                break
        assert found == everything


@pytest.mark.parametrize("cursor", ["garbage-cursor-fixture", "ü", "====", "AAAA"])
async def test_a_garbage_cursor_is_page_one_silently(cursor: str) -> None:
    async with kalshi() as venue:
        first = await venue.get("/markets", key=None, limit=2)
        assert (await venue.get("/markets", key=None, limit=2, cursor=cursor)).body == first.body


async def test_filters_of_markets() -> None:
    async with kalshi() as venue:
        assert await tickers(venue, event_ticker=TENNIS) == [LEP, JIM]
        assert await tickers(venue, series_ticker="KXBTC15M") == [BITCOIN]
        assert await tickers(venue, tickers=f"{JIM},{HEAT},NOSUCH") == [HEAT, JIM]
        assert await tickers(venue, mve_filter="only") == []
        assert await tickers(venue, min_created_ts=NOW) == [LEP, HEAT, BITCOIN]
        assert await tickers(venue, max_created_ts=NOW - 1) == [JIM]
        assert await tickers(venue, max_close_ts=NOW + 900) == [BITCOIN]
        assert await tickers(venue, category="Climate") == [LEP, HEAT, BITCOIN, JIM]
        venue.pause(JIM)
        assert await tickers(venue, status="paused") == [JIM]
        venue.clock.pass_(901)
        assert await tickers(venue, status="closed") == [BITCOIN]
        assert await tickers(venue, status="open") == [LEP, HEAT]
        venue.exchange.resolve(MarketId(BITCOIN), ONE)
        assert await tickers(venue, status="settled", min_settled_ts=NOW + 901) == [BITCOIN]
        assert await tickers(venue, status="settled", min_settled_ts=NOW + 902) == []
        assert await tickers(venue, min_updated_ts=NOW + 901) == [BITCOIN]


async def test_a_book_ascends_and_a_depth_counts_from_the_best() -> None:
    async with kalshi() as venue:
        for side, price, size in (
            (Side.BUY, "0.45", 5),
            (Side.BUY, "0.47", 3),
            (Side.SELL, "0.52", 3),
            (Side.SELL, "0.60", 1),
        ):
            venue.rest_of_maker(side, price, size)
        full = (await venue.get(f"/markets/{LEP}/orderbook", key=None))["orderbook_fp"]
        assert full == {
            "yes_dollars": [["0.4500", "5.00"], ["0.4700", "3.00"]],
            "no_dollars": [["0.4000", "1.00"], ["0.4800", "3.00"]],
        }
        top = (await venue.get(f"/markets/{LEP}/orderbook", key=None, depth=1))["orderbook_fp"]
        assert top == {"yes_dollars": [["0.4700", "3.00"]], "no_dollars": [["0.4800", "3.00"]]}
        several = await venue.get(f"/markets/orderbooks?tickers={LEP}&tickers={HEAT}", key=None)
        assert several["orderbooks"] == [
            {"ticker": LEP, "orderbook_fp": full},
            {"ticker": HEAT, "orderbook_fp": {"yes_dollars": [], "no_dollars": []}},
        ]


async def test_trades_come_newest_first_one_for_each_maker() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 1)
        venue.rest_of_maker(Side.SELL, "0.51", 2)
        await venue.create(price="0.60", count="3", time_in_force="immediate_or_cancel")
        venue.clock.pass_(5)
        venue.rest_of_maker(Side.BUY, "0.40", 1)
        await venue.create(side="ask", price="0.40", time_in_force="immediate_or_cancel")
        rows = (await venue.get("/markets/trades", key=None))["trades"]
        shown = [(row["yes_price_dollars"], row["count_fp"], row["taker_book_side"]) for row in rows]
        assert shown == [("0.4000", "1.00", "ask"), ("0.5100", "2.00", "bid"), ("0.5000", "1.00", "bid")]
        first = await venue.get("/markets/trades", key=None, limit=2)
        second = await venue.get("/markets/trades", key=None, limit=2, cursor=first["cursor"])
        assert first["trades"] + second["trades"] == rows
        assert second["cursor"] == ""
        assert len((await venue.get("/markets/trades", key=None, min_ts=NOW + 5))["trades"]) == 1
        assert (await venue.get("/markets/trades", key=None, max_ts=NOW - 1))["trades"] == []


async def test_candles_of_a_minute_carry_quotes_trades_and_the_price_before() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.BUY, "0.40", 10)
        venue.rest_of_maker(Side.SELL, "0.50", 3)
        venue.clock.pass_(10)
        await venue.create(price="0.50", count="2", time_in_force="immediate_or_cancel")
        venue.clock.pass_(130)
        await venue.create(side="ask", price="0.40", time_in_force="immediate_or_cancel")
        path = f"/series/KXWTACHALLENGERMATCH/markets/{LEP}/candlesticks"
        rows = (await venue.get(path, key=None, start_ts=NOW, end_ts=NOW + 300, period_interval=1))["candlesticks"]
        assert isinstance(rows, list)
        assert [row["end_period_ts"] - NOW for row in rows] == [60, 120, 180]
        assert rows[0]["yes_ask"] == {
            "open_dollars": "1.0000",
            "low_dollars": "0.5000",
            "high_dollars": "1.0000",
            "close_dollars": "0.5000",
        }
        assert (rows[0]["volume_fp"], rows[0]["open_interest_fp"]) == ("2.00", "2.00")
        assert rows[0]["price"]["mean_dollars"] == "0.5000"
        assert rows[0]["price"]["previous_dollars"] is None
        quiet = rows[1]["price"]
        assert quiet.pop("previous_dollars") == "0.5000"
        assert set(quiet.values()) == {None}
        assert rows[1]["volume_fp"] == "0.00"
        assert rows[2]["price"]["close_dollars"] == "0.4000"
        assert rows[2]["open_interest_fp"] == "1.00"


async def test_the_latest_candle_before_the_start_is_carried_on_request() -> None:
    options = KalshiOptions(limit_rates=False, quiet_candles=False)
    async with kalshi(options) as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 3)
        await venue.create(price="0.50", time_in_force="immediate_or_cancel")
        venue.clock.pass_(600)
        query = {"start_ts": NOW + 300, "end_ts": NOW + 600, "period_interval": 1, "market_tickers": LEP}
        plain = await venue.get("/markets/candlesticks", key=None, **query)
        assert plain["markets"] == [{"market_ticker": LEP, "candlesticks": []}]
        carried = await venue.get("/markets/candlesticks", key=None, include_latest_before_start="true", **query)
        [row] = carried["markets"]
        [candle] = row["candlesticks"]
        assert candle["end_period_ts"] == NOW + 300
        assert candle["price"]["previous_dollars"] == "0.5000"
        assert candle["price"]["close_dollars"] is None


async def test_candles_of_an_event_and_of_the_past_have_their_own_shapes() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 3)
        query = {"start_ts": NOW, "end_ts": NOW + 60, "period_interval": 1}
        answer = await venue.get(f"/series/X/events/{TENNIS}/candlesticks", key=None, **query)
        assert answer["market_tickers"] == [LEP, JIM]
        assert answer["adjusted_end_ts"] == NOW + 60
        assert [len(rows) for rows in answer["market_candlesticks"]] == [1, 0]
        old = await venue.get(f"/historical/markets/{LEP}/candlesticks", key=None, **query)
        [candle] = old["candlesticks"]
        assert set(candle) == {"end_period_ts", "yes_bid", "yes_ask", "price", "volume", "open_interest"}
        assert set(candle["yes_ask"]) == {"open", "low", "high", "close"}
        assert set(candle["price"]) == {"open", "low", "high", "close", "mean", "previous"}


async def test_settled_markets_move_to_the_historical_tier() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 3)
        order = (await venue.create(price="0.50", time_in_force="immediate_or_cancel"))["order_id"]
        venue.exchange.resolve(MarketId(LEP), ONE)
        assert (await venue.get(f"/markets/{LEP}", key=None)).status == 200
        assert (await venue.get(f"/historical/markets/{LEP}", key=None)).status == 404
        venue.clock.pass_(15 * DAY_S)
        assert (await venue.get("/portfolio/orders"))["orders"] == []
        old = (await venue.get("/historical/orders"))["orders"]
        assert [row["order_id"] for row in old] == [order]
        venue.clock.pass_(76 * DAY_S)
        assert LEP not in await tickers(venue)
        assert (await venue.get(f"/markets/{LEP}", key=None)).status == 404
        assert (await venue.get(f"/historical/markets/{LEP}", key=None))["market"]["result"] == "yes"
        assert (await venue.get("/markets/trades", key=None))["trades"] == []
        assert len((await venue.get("/historical/trades", key=None))["trades"]) == 1
        assert (await venue.get("/portfolio/fills"))["fills"] == []
        assert len((await venue.get("/historical/fills"))["fills"]) == 1
        assert len((await venue.get("/historical/positions"))["market_positions"]) == 1
        cutoff = await venue.get("/historical/cutoff", key=None)
        assert cutoff["orders_updated_ts"] == "2026-02-06T10:30:00Z"


async def test_events_nest_their_markets_on_request() -> None:
    async with kalshi() as venue:
        plain = (await venue.get("/events", key=None))["events"]
        assert all("markets" not in row for row in plain)
        nested = (await venue.get("/events", key=None, with_nested_markets="true", series_ticker="KXBTC15M"))["events"]
        assert [[market["ticker"] for market in row["markets"]] for row in nested] == [[BITCOIN]]
        one = await venue.get(f"/events/{TENNIS}", key=None)
        assert [row["ticker"] for row in one["markets"]] == [LEP, JIM]
        assert one["event"]["mutually_exclusive"] is True
        assert (await venue.get("/events/NOSUCH", key=None)).status == 404
        details = (await venue.get(f"/events/{TENNIS}/metadata", key=None))["market_details"]
        assert [row["market_ticker"] for row in details] == [LEP, JIM]
        paged = await venue.get("/events", key=None, limit=2)
        rest = await venue.get("/events", key=None, limit=2, cursor=paged["cursor"])
        assert len(rest["events"]) == 1


async def test_a_series_says_its_fees_and_shard() -> None:
    async with kalshi() as venue:
        one = (await venue.get("/series/KXBTC15M", key=None, include_volume="true"))["series"]
        assert isinstance(one, dict)
        assert (one["ticker"], one["fee_type"], one["fee_multiplier"], one["exchange_index"]) == (
            "KXBTC15M",
            "quadratic",
            1,
            2,
        )
        assert one["volume_fp"] == "0.00"
        crypto = (await venue.get("/series", key=None, category="Crypto"))["series"]
        assert [row["ticker"] for row in crypto] == ["KXBTC15M"]
        assert (await venue.get("/series/NOSUCH", key=None)).status == 404
        assert (await venue.get("/search/tags_by_categories", key=None))["tags_by_categories"] == {
            "Sports": ["Sports", "Live"],
            "Climate": ["Climate", "Live"],
            "Crypto": ["Crypto", "Live"],
        }


async def test_incentive_programmes_are_in_centicents_and_end() -> None:
    async with kalshi() as venue:
        answer = await venue.get("/incentive_programs", key=None, status="active")
        [row] = answer["incentive_programs"]
        assert row == {
            "id": "lip-1",
            "market_id": f"id-{LEP}",
            "market_ticker": LEP,
            "incentive_type": "liquidity",
            "incentive_description": "series_lip",
            "start_date": "2025-11-21T10:30:00Z",
            "end_date": "2025-11-22T10:30:00Z",
            "period_reward": 1_000_000,
            "paid_out": False,
            "discount_factor_bps": 5_000,
            "target_size_fp": "1000.00",
        }
        assert answer["next_cursor"] == ""
        venue.clock.pass_(DAY_S)
        assert (await venue.get("/incentive_programs", key=None, status="active"))["incentive_programs"] == []
        assert (await venue.get("/incentive_programs", key=None))["incentive_programs"][0]["paid_out"] is True


async def test_the_schedule_names_the_next_thursdays_in_new_york() -> None:
    async with kalshi() as venue:
        schedule = (await venue.get("/exchange/schedule", key=None))["schedule"]
        assert isinstance(schedule, dict)
        assert schedule["maintenance_windows"][0] == {
            "start_datetime": "2025-11-27T08:00:00Z",
            "end_datetime": "2025-11-27T10:00:00Z",
        }


async def test_shards_are_told_in_the_status() -> None:
    async with kalshi() as venue:
        rows = (await venue.get("/exchange/status", key=None))["exchange_index_statuses"]
        assert [row["exchange_index"] for row in rows] == [0, 2]


def test_new_york_is_where_its_law_puts_it() -> None:
    zone = ZoneInfo("America/New_York")
    day = date(2024, 1, 1)
    while day < date(2032, 1, 1):
        offset = datetime(day.year, day.month, day.day, 15, tzinfo=zone).utcoffset()
        assert offset == timedelta(hours=-hours_behind(day)), day
        day += timedelta(days=1)


async def test_a_decision_shows_before_it_is_paid() -> None:
    async with kalshi() as venue:
        venue.exchange.set_status(MarketId(LEP), MarketStatus.CLOSED)
        seen = []
        for disputed in (False, True, False):
            ruling = Ruling(Price(0), START, disputed)
            venue.exchange.relist(msgspec.structs.replace(venue.exchange.listings[MarketId(LEP)], ruling=ruling))
            market = (await venue.get(f"/markets/{LEP}", key=None))["market"]
            seen.append((market["status"], market["result"], market["settlement_value_dollars"]))
            assert "settlement_ts" not in market
        assert seen == [(word, "no", "0.0000") for word in ("determined", "disputed", "determined")]
        venue.exchange.resolve(MarketId(LEP), Price(0))
        market = (await venue.get(f"/markets/{LEP}", key=None))["market"]
        assert (market["status"], market["settlement_timer_seconds"]) == ("finalized", 60)
        assert "settlement_ts" in market
