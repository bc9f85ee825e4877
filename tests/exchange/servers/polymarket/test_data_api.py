"""The Data API over real HTTP: shapes of captures, sums that fit the exchange, pages, refusals, its cache."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Price, Size
from dutchbook.exchange.history import History
from dutchbook.exchange.servers.polymarket.data_api import PolymarketData
from dutchbook.exchange.servers.polymarket.data_positions import Positions
from dutchbook.exchange.servers.polymarket.data_query import DataOptions
from tests.conftest import protocol_samples
from tests.exchange.servers.polymarket.data_stage import ALICE, BOB, ELECTION, TRADERS, Stage, market_id, token
from tests.exchange.servers.polymarket.talk import http
from tests.exchange.servers.shape import differences

CAROL = "0x" + "ca" * 20
FRESH = DataOptions(cached={})
NOBODY = "accounts of the sandbox have no profiles"


@asynccontextmanager
async def served(options: DataOptions = FRESH) -> AsyncIterator[tuple[Stage, Callable[..., Any]]]:
    """Carol, who starts without anything, buys 20 YES of market 1 from Alice at 0.40."""
    stage = Stage()
    history = History(stage.exchange)
    data = PolymarketData(stage.exchange, history, stage.context, options)
    stage.open()
    stage.exchange.open_account(CAROL, Money(1_000 * DOLLAR))
    stage.exchange.submit(stage.order(ALICE, Side.SELL, 4_000, 50))
    stage.exchange.submit(stage.order(CAROL, Side.BUY, 4_000, 20))
    async with http(data.application()) as get:
        yield stage, get


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def captured(name: str) -> Any:
    return json.loads((protocol_samples("polymarket/microstructure_lab") / name).read_bytes())


def test_a_position_has_the_shape_of_a_captured_one_and_the_cost_of_its_fills() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            stage.exchange.submit(stage.order(BOB, Side.BUY, 3_000, 20))
            _, rows = await get("/positions", user=CAROL.upper().replace("0X", "0x"))
            assert differences(rows, captured("data_positions.json"), {"$[].icon": "the sandbox has no pictures"}) == []
            [row] = rows
            assert (row["size"], row["avgPrice"], row["initialValue"]) == (20, 0.4, 8)
            assert (row["curPrice"], row["currentValue"], row["cashPnl"], row["percentPnl"]) == (0.35, 7, -1, -12.5)
            assert (row["asset"], row["oppositeAsset"]) == (token(1, 0), token(1, 1))

    run(story)


def test_trades_have_the_shape_of_captured_ones_and_show_takers_unless_asked_otherwise() -> None:
    nobody = {f"$[].{name}": NOBODY for name in ("name", "pseudonym")}

    async def story() -> None:
        async with served() as (_, get):
            _, rows = await get("/trades")
            allowed = {**nobody, "$[].icon": "the sandbox has no pictures"}
            assert differences(rows, captured("data_trades.json"), allowed) == []
            assert [(row["proxyWallet"], row["side"], row["size"], row["price"]) for row in rows] == [
                (CAROL, "BUY", 20, 0.4)
            ]
            _, rows = await get("/trades", takerOnly="false")
            assert [(row["proxyWallet"], row["side"]) for row in rows] == [(CAROL, "BUY"), (ALICE, "SELL")]
            assert len({row["transactionHash"] for row in rows}) == 1
            _, rows = await get("/trades", user=ALICE)
            assert [row["side"] for row in rows] == ["SELL"]
            assert (await get("/trades", market=market_id(2)))[1] == []

    run(story)


def test_activity_tells_token_operations_without_an_outcome() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            stage.clock.pass_(SECOND)
            stage.exchange.split(CAROL, market_id(2), Size(5 * CONTRACT))
            _, rows = await get("/activity", user=CAROL)
            assert [row["type"] for row in rows] == ["SPLIT", "TRADE", "DEPOSIT"]
            split = rows[0]
            assert (split["asset"], split["side"], split["outcomeIndex"]) == ("", "", 999)
            assert (split["conditionId"], split["size"], split["usdcSize"]) == (market_id(2), 5, 5)
            nobody = {f"$[].{name}": NOBODY for name in ("name", "pseudonym")}
            assert differences([rows[2]], captured("data_activity.json"), nobody) == []
            _, rows = await get("/activity", user=CAROL, type="TRADE", sortDirection="ASC")
            assert [row["usdcSize"] for row in rows] == [8]

    run(story)


def test_value_is_that_of_all_positions() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            stage.exchange.submit(stage.order(BOB, Side.BUY, 3_000, 20))
            _, rows = await get("/value", user=CAROL)
            assert differences(rows, captured("data_value.json")) == []
            assert rows == [{"user": CAROL, "value": 7}]
            _, body = await get("/v2/value", user=CAROL)
            assert body["data"] == {"proxy_wallet": CAROL, "value": 7}

    run(story)


def test_a_failed_trade_is_no_trade_and_leaves_no_position() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            stage.exchange.fail_match(1)
            stage.clock.pass_(120 * SECOND)
            stage.exchange.advance()
            assert (await get("/trades"))[1] == []
            assert (await get("/positions", user=CAROL))[1] == []
            _, leaders = await get("/v1/leaderboard", user=CAROL)
            assert [row["pnl"] for row in leaders] == [0]

    run(story)


def test_a_winner_is_redeemable_and_then_closed_with_its_gain() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            stage.clock.pass_(60 * SECOND)
            stage.exchange.advance()
            stage.exchange.set_status(market_id(1), MarketStatus.CLOSED)
            stage.exchange.resolve(market_id(1), ONE)
            _, [row] = await get("/positions", user=CAROL, redeemable="true")
            assert (row["curPrice"], row["currentValue"]) == (1, 20)
            assert (await get("/closed-positions", user=CAROL))[1] == []
            stage.exchange.redeem(CAROL, market_id(1))
            assert (await get("/positions", user=CAROL))[1] == []
            _, [row] = await get("/closed-positions", user=CAROL)
            assert (row["realizedPnl"], row["totalBought"], row["avgPrice"]) == (12, 20, 0.4)
            _, body = await get("/v2/positions", user=CAROL, status="CLOSED")
            assert body["data"][0]["status"] == "CLOSED"
            _, body = await get("/v2/resolutions", condition_id=market_id(1))
            assert (body["data"][0]["status"], body["data"][0]["payouts"]) == ("resolved", [1_000_000, 0])

    run(story)


def test_holders_are_listed_by_token_the_largest_first() -> None:
    async def story() -> None:
        async with served() as (_, get):
            _, [yes, no] = await get("/holders", market=market_id(1))
            assert (yes["token"], no["token"]) == (token(1, 0), token(1, 1))
            assert [holder["proxyWallet"] for holder in yes["holders"]] == [BOB, ALICE, CAROL]
            assert [holder["amount"] for holder in yes["holders"]] == [10_000, 9_980, 20]
            _, body = await get("/v2/holders", market=market_id(1))
            assert body["data"][0]["holders"][2]["avg_price"] == 0.4

    run(story)


def test_boards_and_sums_agree_with_the_exchange() -> None:
    async def story() -> None:
        async with served() as (_, get):
            _, leaders = await get("/v1/leaderboard", orderBy="VOL")
            assert [row["rank"] for row in leaders] == ["1", "2", "3"]
            assert {row["proxyWallet"]: row["vol"] for row in leaders} == {ALICE: 8, CAROL: 8, BOB: 0}
            _, [interest] = await get("/oi", market=market_id(1))
            assert interest == {"market": market_id(1), "value": 20_000}
            assert (await get("/oi"))[1] == [{"market": "GLOBAL", "value": 80_000}]
            _, [volume] = await get("/live-volume", id="900")
            assert (volume["total"], volume["markets"][0]["value"]) == (20, 20)
            assert (await get("/traded", user=CAROL))[1] == {"user": CAROL, "traded": 1}
            _, stats = await get("/v2/user-stats", user=CAROL)
            assert (stats["data"]["trades"], stats["data"]["all_time_pnl"]["volume_usdc"]) == (1, 8)

    run(story)


def test_pages_of_both_versions_go_on_where_they_ended() -> None:
    async def story() -> None:
        async with served() as (stage, get):
            for _ in range(3):
                stage.clock.pass_(SECOND)
                stage.exchange.submit(stage.order(BOB, Side.BUY, 4_000, 5))
            _, first = await get("/v2/trades", limit="3")
            assert first["pagination"]["has_more"] is True
            _, second = await get("/v2/trades", limit="3", cursor=first["pagination"]["next_cursor"])
            assert second["pagination"] == {"has_more": False, "next_cursor": None}
            wallets = [row["proxy_wallet"] for row in first["data"] + second["data"]]
            assert wallets == [BOB, BOB, BOB, CAROL]
            _, rows = await get("/trades", limit="2", offset="2")
            assert [row["proxyWallet"] for row in rows] == [BOB, CAROL]

    run(story)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/positions", {}),
        ("/activity", {}),
        ("/value", {"user": "me"}),
        ("/trades", {"limit": "-3"}),
        ("/trades", {"side": "HOLD"}),
        ("/positions", {"user": ALICE, "sizeThreshold": "much"}),
        ("/positions", {"user": ALICE, "sortBy": "MOOD"}),
        ("/activity", {"user": ALICE, "type": "NAP"}),
        ("/v2/trades", {"cursor": "%"}),
        ("/v2/trades", {"cursor": "LTE="}),
        ("/holders", {}),
        ("/live-volume", {}),
        ("/v1/leaderboard", {"orderBy": "AGE"}),
        ("/v2/prices-history", {"token_id": "7"}),
    ],
)
def test_a_query_that_cannot_be_read_is_refused_with_400(path: str, query: dict[str, str]) -> None:
    async def story() -> None:
        async with served() as (_, get):
            status, body = await get(path, **query)
            assert (status, list(body)) == (400, ["error"])

    run(story)


def test_a_stranger_has_nothing_and_is_no_error() -> None:
    async def story() -> None:
        async with served() as (_, get):
            for path in ("/positions", "/closed-positions", "/activity", "/trades"):
                assert await get(path, user="0x" + "99" * 20) == (200, [])

    run(story)


def test_answers_are_as_old_as_the_real_caches_make_them() -> None:
    async def story() -> None:
        async with served(DataOptions()) as (stage, get):
            assert len((await get("/trades"))[1]) == 1
            stage.exchange.submit(stage.order(BOB, Side.BUY, 4_000, 5))
            stage.clock.pass_(299 * SECOND)
            assert len((await get("/trades"))[1]) == 1
            stage.clock.pass_(SECOND)
            assert len((await get("/trades"))[1]) == 2

    run(story)


def test_conversion_moves_cost_between_positions_and_keeps_the_sum_of_gains() -> None:
    stage = Stage()
    positions = Positions(stage.exchange)
    stage.open()
    exchange = stage.exchange
    exchange.convert(ALICE, ELECTION, [market_id(1), market_id(2)], Size(100 * CONTRACT))
    assert_as_the_exchange_says(stage, positions)
    assert positions.of(ALICE)[token(3, 0)].size == 10_100 * CONTRACT


def test_what_accounts_have_when_the_server_is_made_counts_as_bought() -> None:
    stage = Stage()
    stage.open()
    position = Positions(stage.exchange).of(ALICE)[token(2, 1)]
    assert (position.size, position.bought) == (10_000 * CONTRACT, 10_000 * CONTRACT)
    assert (position.cost, position.average) == (5_000 * DOLLAR, 500_000)


@given(st.integers(0, 2**32), st.integers(1, 80))
def test_positions_are_those_of_the_accounts_after_any_tape(seed: int, steps: int) -> None:
    stage = Stage(seed)
    positions = Positions(stage.exchange)
    stage.open()
    stage.exchange.set_failures(fail_ppm=100_000, retry_ppm=100_000)
    for number in range(steps):
        stage.step()
        if number % 7 == 3:
            market, account = market_id(stage.rng.randrange(1, 5)), stage.rng.choice(TRADERS)
            stage.rng.choice((stage.exchange.split, stage.exchange.merge))(account, market, Size(3 * CONTRACT))
    stage.clock.pass_(100 * SECOND)
    stage.exchange.advance()
    stage.exchange.resolve(market_id(2), Price(4_000))
    for account in TRADERS:
        stage.exchange.redeem(account, market_id(2))
    assert_as_the_exchange_says(stage, positions)


def assert_as_the_exchange_says(stage: Stage, positions: Positions) -> None:
    for name in TRADERS:
        account, ours = stage.exchange.accounts[name], positions.of(name)
        for outcome, position in ours.items():
            assert position.size == account.held(outcome) + account.incoming(outcome)
            assert position.cost == account.cost_of(outcome)
        assert sum(position.realised for position in ours.values()) == pytest.approx(account.realised, abs=200)
        assert sum(position.fees for position in ours.values()) == account.fees
