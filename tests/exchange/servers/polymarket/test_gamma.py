"""Gamma over real HTTP: fields and formats of captures, filters, order and pages, refusals, and our own reader."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import ONE, SECOND, Nanos
from dutchbook.exchange.history import History
from dutchbook.exchange.servers.polymarket.gamma import PolymarketGamma
from dutchbook.venues.polymarket.gamma import decode_search
from tests.conftest import protocol_samples, recorded_data
from tests.exchange.servers.polymarket.data_stage import ALICE, BOB, Stage, market_id, token
from tests.exchange.servers.polymarket.talk import http
from tests.exchange.servers.shape import differences

NO_PICTURES = "the sandbox has no pictures"
NOT_KEPT = "editors' work, which the sandbox has not"
YOUNGER = "documented in November 2026, younger than the capture"
UNEXPLAINED = "sent with some markets only, and nothing shows why"
PICTURES = {"$.image": NO_PICTURES, "$.icon": NO_PICTURES}


def venue() -> tuple[Stage, PolymarketGamma]:
    stage = Stage()
    history = History(stage.exchange)
    gamma = PolymarketGamma(stage.exchange, stage.context, history)
    stage.open()
    return stage, gamma


def traded() -> tuple[Stage, PolymarketGamma]:
    """Every market has a book and a trade."""
    stage, gamma = venue()
    for number in range(1, 5):
        stage.exchange.submit(stage.order(ALICE, Side.SELL, 5_100, 60 * number, number=number))
        stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_900, 60, number=number))
        stage.exchange.submit(stage.order(BOB, Side.BUY, 5_100, 10 * number, number=number))
    return stage, gamma


@asynccontextmanager
async def served(made: tuple[Stage, PolymarketGamma] | None = None) -> AsyncIterator[tuple[Stage, Callable[..., Any]]]:
    stage, gamma = made or traded()
    async with http(gamma.application()) as get:
        yield stage, get


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def test_a_market_has_the_fields_order_and_formats_of_a_captured_one() -> None:
    captured = json.loads(protocol_samples("polymarket/microstructure_lab/gamma_markets.json").read_bytes())[0]
    allowed = {
        **PICTURES,
        "$.version": YOUNGER,
        "$.clobRewards": "the captured market has no programme",
        "$.groupItemTitle": "ours stands alone in its event",
        "$.submitted_by": NOT_KEPT,
        "$.resolvedBy": "ours is named once it resolved, as in other captures",
        "$.negRiskRequestID": "ours comes with negRisk markets only, as in other captures",
        "$.seriesColor": UNEXPLAINED,
        "$.deployingTimestamp": NOT_KEPT,
        "$.oneWeekPriceChange": "a week of prices is not kept",
        "$.oneMonthPriceChange": "as oneWeekPriceChange",
        "$.oneYearPriceChange": "as oneWeekPriceChange",
        "$.events[].image": NO_PICTURES,
        "$.events[].icon": NO_PICTURES,
        "$.events[].sortBy": NOT_KEPT,
        "$.events[].gmpChartMode": NOT_KEPT,
        "$.events[].cumulativeMarkets": NOT_KEPT,
        "$.events[].eventMetadata": NOT_KEPT,
        "$.events[].series": "ours belongs to one",
        "$.events[].seriesSlug": "ours belongs to one",
    }

    async def story() -> None:
        async with served() as (_, get):
            _, market = await get("/markets/slug/rain-tomorrow")
            assert differences(market, captured, allowed) == []

    run(story)


def test_an_event_of_a_neg_risk_question_has_the_shape_of_a_captured_one() -> None:
    name = "polymarket-negrisk-weather/gamma_clob_2026-07-03.jsonl.gz"
    with gzip.open(recorded_data(name)) as lines:
        captured = json.loads(next(iter(lines)))["gamma_events"][0]
    nested = {f"$.markets[]{path[1:]}": reason for path, reason in PICTURES.items()}
    allowed = {
        **PICTURES,
        **nested,
        "$.resolutionSource": "ours names none",
        "$.series": "ours belongs to none",
        "$.seriesSlug": "ours belongs to none",
        "$.eventDate": NOT_KEPT,
        "$.startTime": "ours is about no game or window",
        "$.deployingTimestamp": NOT_KEPT,
        "$.eventMetadata": NOT_KEPT,
        "$.markets[].resolutionSource": "ours names none",
        "$.markets[].resolvedBy": "ours is named once it resolved",
        "$.markets[].gameStartTime": "ours is about no game",
        "$.markets[].secondsDelay": "ours is about no game",
        "$.markets[].oneDayPriceChange": "ours was listed just now",
        "$.markets[].deployingTimestamp": NOT_KEPT,
        "$.markets[].showGmpSeries": UNEXPLAINED,
        "$.markets[].showGmpOutcome": UNEXPLAINED,
        "$.markets[].version": YOUNGER,
        "$.tags[].publishedAt": NOT_KEPT,
    }

    async def story() -> None:
        async with served() as (_, get):
            _, event = await get("/events/slug/who-wins")
            assert differences(event, captured, allowed) == []

    run(story)


def test_lists_stand_inside_texts_and_volumes_are_texts_with_numeric_twins() -> None:
    async def story() -> None:
        async with served() as (_, get):
            _, market = await get("/markets/500001")
            assert json.loads(market["clobTokenIds"]) == [token(1, 0), token(1, 1)]
            assert market["outcomes"] == '["Yes", "No"]'
            assert market["outcomePrices"] == '["0.5", "0.5"]'
            assert (market["volume"], market["volumeNum"]) == ("10", 10)
            assert (market["bestBid"], market["bestAsk"], market["spread"]) == (0.49, 0.51, 0.02)
            assert market["feeSchedule"] == {"exponent": 1, "rate": 0.04, "takerOnly": True, "rebateRate": 0.25}
            assert market["rewardsMaxSpread"] == 4.5

    run(story)


def test_keyset_pages_visit_every_market_once_in_order_of_volume() -> None:
    async def story() -> None:
        async with served() as (_, get):
            found, cursor = [], None
            while True:
                more: dict[str, str] = {} if cursor is None else {"after_cursor": cursor}
                _, page = await get("/markets/keyset", limit="1", order="volumeNum", ascending="false", **more)
                found += [market["id"] for market in page["markets"]]
                cursor = page.get("next_cursor")
                if cursor is None:
                    break
            assert found == ["500004", "500003", "500002", "500001"]

    run(story)


def test_a_page_size_beyond_100_is_cut_and_closed_markets_are_left_out() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            stage.exchange.resolve(market_id(4), ONE)
            _, page = await get("/markets/keyset", limit="5000")
            assert [market["id"] for market in page["markets"]] == ["500001", "500002", "500003"]
            _, page = await get("/markets/keyset", closed="true")
            [market] = page["markets"]
            assert (market["id"], market["closed"], market["outcomePrices"]) == ("500004", True, '["1", "0"]')
            assert (market["umaResolutionStatus"], market["umaResolutionStatuses"]) == ("resolved", '["proposed"]')
            assert market["closedTime"] == "2026-05-28 20:26:40+00"
            _, page = await get("/events/keyset")
            assert [event["id"] for event in page["events"]] == ["900"]

    run(story)


def test_liquidity_follows_the_book_and_orders_the_list() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            by_liquidity = {"order": "liquidityNum", "ascending": "false"}
            _, before = await get("/markets/keyset", **by_liquidity)
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_800, 500, number=1))
            _, after = await get("/markets/keyset", **by_liquidity)
            assert before["markets"][0]["id"] == "500004"
            assert after["markets"][0]["id"] == "500001"
            grown = after["markets"][0]["liquidityNum"] - before["markets"][-1]["liquidityNum"]
            assert grown == pytest.approx(240)

    run(story)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"slug": "arden"}, ["500001"]),
        ({"id": "500002,500003"}, ["500002", "500003"]),
        ({"condition_ids": market_id(3)}, ["500003"]),
        ({"clob_token_ids": token(4, 1)}, ["500004"]),
        ({"volume_num_min": "25"}, ["500003", "500004"]),
        ({"liquidity_num_min": "120"}, ["500004"]),
        ({"end_date_min": "2030-01-01"}, []),
        ({"end_date_max": "2030-01-01T00:00:00Z"}, ["500001", "500002", "500003", "500004"]),
        ({"active": "false"}, []),
        ({"colour": "blue", "limit": "1"}, ["500001"]),
        ({"uma_resolution_status": "resolved"}, []),
    ],
)
def test_filters_narrow_a_list(query: dict[str, str], ids: list[str]) -> None:
    async def story() -> None:
        async with served() as (_, get):
            status, page = await get("/markets/keyset", **query)
            assert (status, [market["id"] for market in page["markets"]]) == (200, ids)

    run(story)


@pytest.mark.parametrize(
    "query",
    [
        {"offset": "1"},
        {"order": "volume_num"},
        {"limit": "-1"},
        {"limit": "many"},
        {"after_cursor": "%%%"},
        {"after_cursor": "bm9uc2Vuc2U="},
        {"closed": "perhaps"},
        {"end_date_min": "tomorrow"},
        {"volume_num_min": "nan"},
        {"liquidity_num_min": "1e999"},
    ],
)
def test_a_query_that_cannot_be_read_is_refused_with_422(query: dict[str, str]) -> None:
    async def story() -> None:
        async with served() as (_, get):
            status, body = await get("/markets/keyset", **query)
            assert (status, body["type"]) == (422, "validation error")

    run(story)


def test_what_is_not_there_is_404() -> None:
    async def story() -> None:
        async with served() as (_, get):
            for path in ("/markets/1", "/events/1", "/markets/slug/x", "/events/slug/x", "/tags/1", "/nowhere"):
                status, body = await get(path)
                assert (status, body["type"]) == (404, "not found error"), path

    run(story)


def test_a_tag_finds_events_and_markets() -> None:
    async def story() -> None:
        captured = json.loads(protocol_samples("polymarket/nautilus_trader/gamma/gamma_tags.json").read_bytes())
        async with served() as (_, get):
            _, tags = await get("/tags")
            allowed = {"$[].forceShow": "sent in events, not in this capture of the list"}
            assert differences(tags, captured, allowed) == []
            [weather] = [tag for tag in tags if tag["slug"] == "weather"]
            _, page = await get("/events/keyset", tag_id=weather["id"])
            assert [event["slug"] for event in page["events"]] == ["rain-tomorrow"]
            _, page = await get("/markets/keyset", tag_id=weather["id"], include_tag="true")
            assert [tag["label"] for tag in page["markets"][0]["tags"]] == ["Weather", "Sandbox"]
            assert (await get(f"/tags/{weather['id']}"))[1] == (await get("/tags/slug/weather"))[1] == weather

    run(story)


def test_search_counts_and_nests_what_it_finds() -> None:
    async def story() -> None:
        async with served() as (_, get):
            _, found = await get("/public-search", q="ELECTION wins")
            assert [event["slug"] for event in found["events"]] == ["who-wins"]
            assert found["pagination"] == {"hasMore": False, "totalResults": 1}
            _, found = await get("/public-search", q="bellamy")
            assert len(found["events"][0]["markets"]) == 3
            assert (await get("/public-search"))[0] == 422

    run(story)


def test_legacy_lists_are_arrays_with_offsets_and_a_sunset() -> None:
    async def story() -> None:
        async with served() as (_, get):
            _, markets = await get("/markets", limit="2", offset="1")
            assert [market["id"] for market in markets] == ["500002", "500003"]
            _, events = await get("/events", order="id", ascending="false")
            assert [event["id"] for event in events] == ["901", "900"]
            assert (await get("/markets", offset="2001"))[0] == 422
            _, counted = await get("/events/pagination", limit="1")
            assert counted["pagination"] == {"hasMore": True, "totalResults": 2}

    run(story)


def test_a_series_names_its_events() -> None:
    async def story() -> None:
        async with served() as (_, get):
            _, series = await get("/series")
            [daily] = series
            assert (daily["slug"], daily["title"]) == ("daily-rain", "Daily rain")
            _, page = await get("/events/keyset", series_id=daily["id"])
            assert [event["seriesSlug"] for event in page["events"]] == ["daily-rain"]

    run(story)


def test_trading_that_ended_is_told_before_the_market_counts_as_closed() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            stage.exchange.set_status(market_id(1), MarketStatus.CLOSED)
            _, market = await get("/markets/500001")
            assert (market["closed"], market["acceptingOrders"]) == (False, False)
            assert market["umaResolutionStatus"] == "proposed"

    run(story)


def test_answers_may_be_as_old_as_the_real_ones() -> None:
    stage = Stage()
    gamma = PolymarketGamma(stage.exchange, stage.context, History(stage.exchange), Nanos(300 * SECOND))
    stage.open()

    async def story() -> None:
        async with served((stage, gamma)) as (_, get):
            _, before = await get("/markets/500001")
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 10))
            stage.clock.pass_(299 * SECOND)
            assert (await get("/markets/500001"))[1] == before
            stage.clock.pass_(SECOND)
            assert (await get("/markets/500001"))[1]["bestBid"] == 0.4

    run(story)


def test_our_own_reader_understands_every_event() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            _, page = await get("/events/keyset")
            read = decode_search(json.dumps(page).encode())
            assert not read.skipped
            assert {market.id for market in read.markets} == set(stage.exchange.listings)
            for market in read.markets:
                ours = stage.exchange.listings[market.id].market
                assert (market.yes, market.no, market.grid, market.min_size) == (
                    ours.yes,
                    ours.no,
                    ours.grid,
                    ours.min_size,
                )
                assert (market.fees, market.neg_risk, market.status) == (ours.fees, ours.neg_risk, ours.status)
            [election] = [question for question in read.questions if question.convertible]
            assert len(election.markets) == 3

    run(story)
