"""Finding markets: page after page until the last, none twice, and no list without an end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from dutchbook.domain.errors import VenueUnavailable, WireError
from dutchbook.domain.markets import KalshiFees, MarketStatus
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.kalshi import discovery as kalshi
from dutchbook.venues.kalshi.discovery import KalshiWanted
from dutchbook.venues.kalshi.live import LiveKalshi
from dutchbook.venues.polymarket import discovery as polymarket
from dutchbook.venues.polymarket.discovery import PolymarketWanted
from dutchbook.venues.polymarket.live import LivePolymarket
from tests.venues.live.desk_side import session, surroundings
from tests.venues.live.kalshi_server import KalshiServer
from tests.venues.live.polymarket_server import PolymarketServer
from tests.venues.live.test_sign import ED25519
from tests.venues.live.virtual_time import VirtualTime


def gamma_event(number: int, **changes: object) -> dict[str, Any]:
    market = {
        "conditionId": "0x" + f"{number:064x}",
        "question": f"Will {number}?",
        "outcomes": '["Yes", "No"]',
        "clobTokenIds": f'["{10 * number + 1}", "{10 * number + 2}"]',
        "active": True,
        "closed": False,
        "acceptingOrders": True,
        "enableOrderBook": True,
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "endDate": "2030-01-01T00:00:00Z",
        **changes,
    }
    return {"slug": f"event-{number}", "title": f"Event {number}", "markets": [market]}


@asynccontextmanager
async def gamma(*pages: dict[str, Any]) -> AsyncIterator[tuple[PolymarketServer, LivePolymarket, VirtualTime]]:
    time, server = VirtualTime(), PolymarketServer()
    server.pages = list(pages)
    async with server.listening(), session(time) as http:
        yield server, LivePolymarket(http, surroundings(time), server.hosts), time
        assert not server.violations


async def test_gammas_pages_are_read_to_the_last() -> None:
    pages = [{"events": [gamma_event(number) for number in range(start, start + 2)]} for start in (1, 3, 5)]
    async with gamma(*pages) as (server, live, _):
        found = await live.discover(PolymarketWanted())
        assert [question.id for question in found.questions] == [f"event-{number}" for number in range(1, 7)]
        assert len(found.markets) == 6
        assert not found.truncated
        assert all("closed=false" in asked and "limit=100" in asked for asked in server.requests)


async def test_filters_are_passed_on() -> None:
    async with gamma({"events": []}) as (server, live, _):
        await live.discover(PolymarketWanted(slugs=("a", "b"), tag_id=7, min_volume=500, order="endDate"))
        [asked] = server.requests
        for text in ("slug=a", "slug=b", "tag_id=7", "volume_num_min=500", "order=endDate"):
            assert text in asked


async def test_an_event_that_moved_to_the_next_page_counts_once() -> None:
    pages = ({"events": [gamma_event(1), gamma_event(2)]}, {"events": [gamma_event(2), gamma_event(3)]})
    async with gamma(*pages) as (_, live, _):
        found = await live.discover(PolymarketWanted())
        assert len(found.questions) == len(found.markets) == 3


async def test_as_many_events_as_asked_for_and_a_word_that_there_are_more() -> None:
    pages = [{"events": [gamma_event(number)]} for number in range(1, 9)]
    async with gamma(*pages) as (server, live, _):
        found = await live.discover(PolymarketWanted(most_events=3))
        assert len(found.questions) == 3
        assert found.truncated
        assert len(server.requests) == 3


async def test_a_last_page_with_more_than_was_asked_for_is_cut() -> None:
    page = {"events": [gamma_event(number) for number in range(1, 6)]}
    async with gamma(page) as (_, live, _):
        found = await live.discover(PolymarketWanted(most_events=3))
        assert [question.id for question in found.questions] == ["event-1", "event-2", "event-3"]
        assert len(found.markets) == 3
        assert found.truncated
        whole = await live.discover(PolymarketWanted(most_events=5))
        assert len(whole.questions) == 5
        assert not whole.truncated


async def test_pages_that_begin_again_end_in_an_error() -> None:
    page = {"events": [gamma_event(1)], "next_cursor": "0"}
    async with gamma(page) as (_, live, _):
        with pytest.raises(WireError, match="begin again"):
            await live.discover(PolymarketWanted())


async def test_a_market_without_tokens_is_skipped_and_named() -> None:
    async with gamma({"events": [gamma_event(1), gamma_event(2, clobTokenIds="[]")]}) as (_, live, _):
        found = await live.discover(PolymarketWanted())
        assert [market for market, _ in found.skipped] == ["0x" + f"{2:064x}"]


async def test_gamma_that_is_away_is_told_in_one_line() -> None:
    async with gamma() as (server, live, time):
        server.answers["/events/keyset"] = lambda _: web.Response(status=500)
        finding = asyncio.create_task(live.discover(PolymarketWanted()))
        await time.advance(10)
        with pytest.raises(VenueUnavailable, match=r"/events/keyset: 500"):
            await finding


async def test_only_open_markets_whose_end_is_not_past_are_tradable() -> None:
    page = {
        "events": [
            gamma_event(1),
            gamma_event(2, endDate="2020-01-01T00:00:00Z"),
            gamma_event(3, acceptingOrders=False),
            gamma_event(4, closed=True),
        ]
    }
    async with gamma(page) as (_, live, time):
        found = await live.discover(PolymarketWanted())
        assert [market.title for market in polymarket.tradable(found.markets, time.now())] == ["Will 1?"]


def kalshi_event(number: int, series: str = "KXA", **changes: object) -> dict[str, Any]:
    event = f"{series}-26NOV{number:02}"
    market = {
        "ticker": f"{event}-T1",
        "event_ticker": event,
        "status": "active",
        "title": "A?",
        "close_time": "2030-01-01T00:00:00Z",
        "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}],
        **changes,
    }
    return {
        "event_ticker": event,
        "series_ticker": series,
        "title": event,
        "category": "Economics",
        "markets": [market],
    }


def kalshi_series(name: str) -> dict[str, Any]:
    return {"ticker": name, "title": name, "fee_type": "quadratic_with_maker_fees", "fee_multiplier": 0.5}


@asynccontextmanager
async def exchange(*events: dict[str, Any]) -> AsyncIterator[tuple[KalshiServer, LiveKalshi, VirtualTime]]:
    time = VirtualTime()
    server = KalshiServer(ED25519, "key", time)
    server.events = list(events)
    server.series = {event["series_ticker"]: kalshi_series(event["series_ticker"]) for event in events}
    async with server.listening(), session(time) as http:
        yield server, LiveKalshi(http, surroundings(time), server.hosts), time
        assert not server.violations


async def found_by(live: LiveKalshi, time: VirtualTime, wanted: KalshiWanted) -> Any:
    finding = asyncio.create_task(live.discover(wanted))
    await time.advance(30)
    return await finding


async def test_kalshis_pages_are_read_to_the_last_with_the_fees_of_their_series() -> None:
    async with exchange(*(kalshi_event(number) for number in range(1, 8))) as (server, live, time):
        server.page = 3
        found = await found_by(live, time, KalshiWanted(series=("KXA",)))
        assert len(found.questions) == len(found.markets) == 7
        assert {market.fees for market in found.markets} == {KalshiFees(taker_ppm=35_000, maker_ppm=8_750)}
        assert not found.truncated
        assert all(market.status is MarketStatus.OPEN for market in found.markets)


async def test_a_cursor_that_leads_back_to_page_one_ends_in_an_error() -> None:
    async with exchange(*(kalshi_event(number) for number in range(1, 8))) as (server, live, time):
        server.page = 3
        page = web.json_response({"events": server.events[:3], "cursor": "garbage"}).body
        server.answers["/events"] = lambda _: web.Response(body=page)
        with pytest.raises(WireError, match="begin again"):
            await found_by(live, time, KalshiWanted())


async def test_many_series_are_read_as_one_list() -> None:
    events = [kalshi_event(1, f"KX{number}") for number in range(30)]
    async with exchange(*events) as (server, live, time):
        found = await found_by(live, time, KalshiWanted())
        assert len(found.markets) == 30
        assert [asked for asked in server.requests if "/series" in asked] == ["/trade-api/v2/series"]


async def test_events_of_other_categories_are_left_out() -> None:
    sports = {**kalshi_event(2), "category": "Sports"}
    async with exchange(kalshi_event(1), sports) as (_, live, time):
        found = await found_by(live, time, KalshiWanted(categories=("Sports",)))
        assert [question.category for question in found.questions] == ["Sports"]
        assert [market.question for market in found.markets] == [found.questions[0].id]


async def test_a_closed_or_unnamed_market_of_kalshi_is_not_tradable() -> None:
    events = (
        kalshi_event(1),
        kalshi_event(2, status="closed"),
        kalshi_event(3, yes_sub_title="Target TBD"),
        kalshi_event(4, close_time="2020-01-01T00:00:00Z"),
    )
    async with exchange(*events) as (_, live, time):
        found = await found_by(live, time, KalshiWanted())
        tradable = kalshi.tradable(found.markets, Nanos(time.now() + SECOND))
        assert [market.id for market in tradable] == ["KXA-26NOV01-T1"]


async def test_kalshis_reads_keep_to_the_budget_of_the_lowest_tier() -> None:
    async with exchange(kalshi_event(1)) as (server, live, time):
        asking = asyncio.gather(*(live.rest.status() for _ in range(50)))
        await time.advance(0)
        assert len(server.requests) == 20
        await time.advance(1)
        assert len(server.requests) == 40
        await time.advance(1)
        assert not (await asking)[0].trading_active
