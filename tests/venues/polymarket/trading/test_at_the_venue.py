"""Our bytes at the simulated venue: keys come over HTTP, and orders of every kind are taken for what they say."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar, web

from dutchbook.domain.book import Side
from dutchbook.domain.errors import VenueRefused
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.matching.messages import OrderState
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.wallets import SignatureType as VenueKind
from dutchbook.venues.budget import Budget
from dutchbook.venues.http import HttpReader
from dutchbook.venues.polymarket.account import PolymarketAccount
from dutchbook.venues.polymarket.api_keys import ApiKeys, login_headers
from dutchbook.venues.polymarket.credentials import Credentials, Login, RequestSigner
from dutchbook.venues.polymarket.limits import LIMITS
from dutchbook.venues.polymarket.order_body import ORDER_PATH, ORDERS_PATH, orders_body
from dutchbook.venues.polymarket.order_signing import PolymarketDrafter, PolymarketSigner
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.trading import Prepared
from tests.exchange.servers.polymarket.clob_stage import (
    FINE,
    FINE_YES,
    NEG_NO,
    NEG_RISK,
    NO,
    NOW_S,
    PLAIN,
    THIRD,
    V3_YES,
    YES,
    Desk,
)
from tests.venues.live.desk_side import surroundings
from tests.venues.live.virtual_time import VirtualTime
from tests.venues.polymarket.trading.orders import CAPS, KEY, account, order

PROXY, SAFE = "0x909dEdA326ED2aE677F5F8c2527E32977c9838c3", "0x51b7C68A71dCcBc0b7FA4400934a293D8f4d3Ba8"
DEPOSIT = "0x73310C2E333fB7fb177Dcb43e164958a9D443d6f"
WALLETS = {"": 0, PROXY: 1, SAFE: 2, DEPOSIT: 3}
NOW = Nanos(NOW_S * SECOND)
KEY_FIELDS = ("apiKey", "secret", "passphrase")


class Client:
    """An account of ours at the venue: everything that leaves goes as raw bytes over a socket."""

    def __init__(self, desk: Desk, mine: PolymarketAccount, credentials: Credentials) -> None:
        self.desk = desk
        self.drafter = PolymarketDrafter(mine)
        self.writer = OrderWriter(PolymarketSigner(KEY, mine, CAPS), credentials.key)
        self.requests = RequestSigner(mine.address, credentials, desk.url.removeprefix("http://"))

    def prepared(self, name: str, market: MarketId = PLAIN, **leg: Any) -> Prepared:
        wanted = order(name, market=market, **{"outcome": YES, **leg})
        return self.drafter.draft(wanted, self.desk.exchange.listings[market].market, self.desk.clock.now())

    async def place(self, *prepared: Prepared) -> tuple[int, Any]:
        bodies = [self.writer.body(one) for one in prepared]
        path, body = (ORDER_PATH, bodies[0]) if len(bodies) == 1 else (ORDERS_PATH, orders_body(bodies))
        return await self.send(self.requests.request("POST", path, body, self.desk.clock.now()))

    async def send(self, request: bytes) -> tuple[int, Any]:
        host, port = self.desk.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(line.split(":")[1]) for line in head.splitlines() if line.startswith("Content-Length"))
            return int(head.split()[1]), json.loads(await reader.readexactly(length))
        finally:
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def keys(desk: Desk, key: str = KEY) -> AsyncIterator[ApiKeys]:
    """The way to API keys."""
    time = VirtualTime(desk.clock.now())
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        headers = login_headers(Login(key), desk.clock)
        budget = Budget(LIMITS, time, time.sleep)
        yield ApiKeys(HttpReader(desk.url, session, budget, surroundings(time), headers=headers))


@asynccontextmanager
async def trading(funder: str = "") -> AsyncIterator[Client]:
    """A venue where we have an account and an API key."""
    async with Desk().served() as desk:
        mine = account(funder=funder)
        desk.clob.auth.register(mine.address, mine.funder, VenueKind(mine.signature_type))
        desk.exchange.open_account(mine.funder.lower(), Money(1_000 * DOLLAR))
        async with keys(desk) as found:
            yield Client(desk, mine, await found.obtain())


async def test_an_api_key_is_made_once_and_derived_ever_after() -> None:
    async with Desk().served() as desk, keys(desk) as found:
        with pytest.raises(VenueRefused) as none_yet:
            await found.derive()
        assert none_yet.value.status == 400
        first = await found.obtain()
        assert await found.obtain() == first == await found.derive()
        with pytest.raises(VenueRefused):
            await found.create()


async def test_a_key_whose_making_was_answered_into_the_void_is_derived() -> None:
    """The first try makes the key and its answer is lost; the next one is told that there is one."""
    told = [(400, {"error": "none"}), (400, {"error": "there is one"}), (200, dict.fromkeys(KEY_FIELDS, "AAAA"))]
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.path))
        status, body = told[len(asked) - 1]
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = await serve_http(app, "127.0.0.1", 0)
    time = VirtualTime(NOW)
    try:
        async with ClientSession(cookie_jar=DummyCookieJar()) as session:
            base, budget = f"http://127.0.0.1:{server.port}", Budget(LIMITS, time, time.sleep)
            reader = HttpReader(base, session, budget, surroundings(time), headers=login_headers(Login(KEY), time))
            assert (await ApiKeys(reader).obtain()).key == "AAAA"
    finally:
        await server.close()
    derive = ("GET", "/auth/derive-api-key")
    assert asked == [derive, ("POST", "/auth/api-key"), derive]


async def test_a_login_that_the_venue_does_not_believe_is_told_and_not_tried_again() -> None:
    async with Desk(ClobOptions(timestamp_tolerance=Nanos(5 * SECOND))).served() as desk:
        time = VirtualTime(desk.clock.now())
        late = VirtualTime(Nanos(desk.clock.now() - 10 * SECOND))
        async with ClientSession(cookie_jar=DummyCookieJar()) as session:
            reader = HttpReader(
                desk.url,
                session,
                Budget(LIMITS, time, time.sleep),
                surroundings(time),
                headers=login_headers(Login(KEY), late),
            )
            with pytest.raises(VenueRefused, match="this machine's clock") as refused:
                await ApiKeys(reader).obtain()
            assert refused.value.status == 401


@pytest.mark.parametrize("funder", WALLETS)
async def test_every_kind_of_wallet_rests_an_order_under_the_name_that_it_was_given(funder: str) -> None:
    async with trading(funder) as client:
        for market, outcome in ((PLAIN, NO), (NEG_RISK, NEG_NO), (THIRD, V3_YES)):
            prepared = client.prepared(f"run-{outcome[:4]}", market, outcome=outcome, limit=Price(2_900))
            status, answer = await client.place(prepared)
            assert (status, answer["success"], answer["status"]) == (200, True, "live"), answer
            assert answer["orderID"] == prepared.venue_id
            resting = client.desk.exchange.order(prepared.venue_id)
            assert resting is not None
            assert (resting.new.price, resting.new.size) == (2_900, 100 * CONTRACT)


async def test_orders_that_do_not_rest_are_taken_at_their_exact_amounts() -> None:
    async with trading() as client:
        desk = client.desk
        desk.crowd(Side.SELL, 57, 40)
        buying: dict[str, Any] = {"limit": Price(5_700), "tif": TimeInForce.FOK}
        status, answer = await client.place(client.prepared("fok", size=Size(30 * CONTRACT), **buying))
        assert (status, answer["status"], answer["takingAmount"]) == (200, "matched", "30"), answer
        assert answer["makingAmount"] == "17.1"
        killed = await client.place(client.prepared("fok-2", size=Size(30 * CONTRACT), **buying))
        assert killed[0] == 400
        assert "fully filled or killed" in killed[1]["error"]
        taking: dict[str, Any] = {"limit": Price(5_700), "tif": TimeInForce.IOC}
        status, answer = await client.place(client.prepared("fak", size=Size(30 * CONTRACT), **taking))
        assert (status, answer["takingAmount"]) == (200, "10"), answer
        desk.clob.advance()
        desk.later(60)
        desk.crowd(Side.BUY, 29, 50)
        selling: dict[str, Any] = {
            "side": Side.SELL,
            "limit": Price(2_900),
            "tif": TimeInForce.FOK,
            "size": Size(11_140_000),
        }
        status, answer = await client.place(client.prepared("sell", **selling))
        assert (status, answer["makingAmount"], answer["takingAmount"]) == (200, "11.14", "3.2306"), answer


async def test_a_purchase_below_its_limit_brings_more_shares_and_never_costs_more() -> None:
    async with trading() as client:
        client.desk.crowd(Side.SELL, 50, 500)
        buying: dict[str, Any] = {"limit": Price(6_000), "tif": TimeInForce.FOK, "size": Size(100 * CONTRACT)}
        status, answer = await client.place(client.prepared("fok", **buying))
        assert (status, answer["makingAmount"], answer["takingAmount"]) == (200, "60", "120"), answer


async def test_fine_ticks_need_round_sizes_and_then_are_taken() -> None:
    async with trading() as client:
        client.desk.crowd(Side.SELL, 57, 100, token=FINE_YES)
        fine: dict[str, Any] = {"outcome": FINE_YES, "limit": Price(5_710), "tif": TimeInForce.IOC}
        status, answer = await client.place(client.prepared("fak", FINE, size=Size(20 * CONTRACT), **fine))
        assert (status, answer["success"]) == (200, True), answer


async def test_expiring_and_post_only_orders_and_a_batch() -> None:
    async with trading() as client:
        low: dict[str, Any] = {"limit": Price(1_000), "size": Size(10 * CONTRACT)}
        ends = Nanos(NOW + 300 * SECOND)
        orders = (
            client.prepared("gtd", tif=TimeInForce.GTD, expires=ends, **low),
            client.prepared("maker", post_only=True, **low),
            client.prepared("plain", outcome=OutcomeId(NO), **low),
        )
        status, answers = await client.place(*orders)
        assert status == 200
        assert [one["orderID"] for one in answers] == [one.venue_id for one in orders]
        assert all(one["success"] for one in answers)
        gtd = client.desk.exchange.order(orders[0].venue_id)
        assert gtd is not None
        client.desk.later(299)
        states = [gtd.state]
        client.desk.later(2)
        assert [*states, gtd.state] == [OrderState.LIVE, OrderState.EXPIRED]


async def test_a_wrong_funder_is_refused_by_the_venue_under_the_documented_words() -> None:
    async with trading() as client:
        stranger = account(funder="0x" + "11" * 20, signature_type=3)
        client.drafter = PolymarketDrafter(stranger)
        client.writer = OrderWriter(PolymarketSigner(KEY, stranger, CAPS), client.requests.key)
        status, answer = await client.place(client.prepared("stranger"))
        assert status == 400
        assert answer["error"] == "the order signer address has to be the address of the API KEY"
