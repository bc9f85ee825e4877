"""The control endpoint: what it switches, and whom it refuses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import SECOND
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.rules import Mode
from dutchbook.exchange.servers.control import Control, Steering
from dutchbook.exchange.servers.http import serve_http
from tests.exchange.faults.stage import board_of
from tests.exchange.matching_stage import Stage


class Endpoint:
    """A running endpoint over one small Polymarket."""

    def __init__(self, stage: Stage, board: Switchboard, speeds: list[float], session: aiohttp.ClientSession) -> None:
        self.stage = stage
        self.board = board
        self.speeds = speeds
        self._session = session

    def mode(self) -> Mode:
        return self.stage.exchange.mode

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, object]]:
        json = {} if body is None and method == "POST" else body
        async with self._session.request(method, path, json=json, headers=headers) as answer:
            return answer.status, await answer.json()

    async def raw(self, path: str, data: bytes, content_type: str) -> int:
        async with self._session.post(path, data=data, headers={"Content-Type": content_type}) as answer:
            return answer.status


@asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    stage, speeds = Stage(markets=2), [1.0]
    board = board_of(stage.clock)  # type: ignore[arg-type]
    board.attach(stage.exchange)
    steering = Steering(
        switchboard=board,
        exchanges={Venue.POLYMARKET: stage.exchange},
        clock=stage.clock,
        catch_up=stage.exchange.advance,
        accounts={Venue.POLYMARKET: ("ann",)},
        speed=lambda: speeds[-1],
        set_speed=speeds.append,
    )
    server = await serve_http(Control(steering).application(), "127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
            yield Endpoint(stage, board, speeds, session)
    finally:
        await server.close()


async def test_faults_are_switched() -> None:
    async with endpoint() as control:
        asked = {"name": "limits", "fault": "http_status", "status": 429}
        assert await control.ask("POST", "/faults", asked) == (201, {"name": "limits"})
        assert (await control.ask("POST", "/faults", asked))[0] == 409
        fault = control.board.http(Venue.KALSHI, "GET", "/x")
        assert fault is not None
        assert fault.status == 429
        status, rows = await control.ask("GET", "/faults")
        assert (status, rows[0]["struck"]) == (200, 1)  # type: ignore[index]
        assert (await control.ask("DELETE", "/faults/limits"))[0] == 200
        assert control.board.quiet
        assert (await control.ask("DELETE", "/faults/limits"))[0] == 404


@pytest.mark.parametrize(
    "body", [{"fault": "nonsense", "name": "x"}, {"fault": "drop"}, ["drop"], {"fault": "drop", "name": "x", "y": 1}]
)
async def test_a_mistaken_fault_is_refused_with_the_reason(body: object) -> None:
    async with endpoint() as control:
        status, said = await control.ask("POST", "/faults", body)
        assert status == 400
        assert said["error"]
        assert control.board.quiet


async def test_modes_are_set_and_faults_act_at_once() -> None:
    async with endpoint() as control:
        assert (await control.ask("POST", "/mode", {"venue": "polymarket", "mode": "cancel_only"}))[0] == 200
        assert control.mode() is Mode.CANCEL_ONLY
        assert (await control.ask("POST", "/mode", {"venue": "polymarket", "mode": "normal"}))[0] == 200
        await control.ask("POST", "/faults", {"name": "r", "fault": "restart"})
        assert control.mode() is Mode.RESTARTING
        await control.ask("DELETE", "/faults/r")
        assert control.mode() is Mode.NORMAL
        assert (await control.ask("POST", "/mode", {"venue": "kalshi", "mode": "normal"}))[0] == 404


async def test_markets_are_paused_opened_closed_and_decided() -> None:
    async with endpoint() as control:
        listings = control.stage.exchange.listings
        for action, status in [
            ("pause", MarketStatus.PAUSED),
            ("open", MarketStatus.OPEN),
            ("close", MarketStatus.CLOSED),
        ]:
            assert (await control.ask("POST", f"/markets/m0/{action}"))[0] == 200
            assert listings[MarketId("m0")].market.status is status
        assert (await control.ask("POST", "/markets/m0/resolve", {"payout": 1}))[0] == 200
        assert listings[MarketId("m0")].market.payout == 10_000
        assert (await control.ask("POST", "/markets/m0/resolve", {"payout": 1}))[0] == 409
        assert (await control.ask("POST", "/markets/m1/resolve", {"payout": 7}))[0] == 400
        assert (await control.ask("POST", "/markets/none/open"))[0] == 404
        assert (await control.ask("POST", "/markets/m1/dance"))[0] == 404


async def test_time_is_made_faster() -> None:
    async with endpoint() as control:
        assert await control.ask("POST", "/clock", {"speed": 60}) == (200, {"speed": 60.0})
        assert (await control.ask("POST", "/clock", {"speed": 0}))[0] == 400
        assert control.speeds == [1.0, 60.0]


async def test_status_and_accounts_are_shown() -> None:
    async with endpoint() as control:
        control.stage.exchange.submit(control.stage.order("ann", Side.BUY, 50, 10))
        status, said = await control.ask("GET", "/status")
        assert status == 200
        assert said["venues"]["polymarket"]["mode"] == "normal"  # type: ignore[index]
        assert said["venues"]["polymarket"]["markets"]["open"] == 2  # type: ignore[index]
        rows = (await control.ask("GET", "/accounts"))[1]["polymarket"]
        assert [(row["id"], row["open_orders"]) for row in rows] == [("ann", 1)]  # type: ignore[attr-defined]


async def test_the_orders_of_test_accounts_are_shown_with_when_they_were_taken() -> None:
    async with endpoint() as control:
        exchange = control.stage.exchange
        taken = exchange.submit(control.stage.order("ann", Side.BUY, 50, 10))
        exchange.submit(control.stage.order("bob", Side.BUY, 40, 10))
        control.stage.clock.pass_time(2 * SECOND)
        exchange.cancel("ann", taken.new.id)
        rows: Any = (await control.ask("GET", "/orders"))[1]["polymarket"]
        assert [(row["account"], row["side"], row["state"]) for row in rows] == [("ann", "buy", "cancelled")]
        assert rows[0]["updated"] - rows[0]["placed"] == 2 * SECOND


async def test_other_peoples_pages_cannot_reach_it() -> None:
    async with endpoint() as control:
        assert (await control.ask("GET", "/status", Host="evil.example"))[0] == 403
        assert await control.raw("/mode", b'{"venue":"polymarket","mode":"disabled"}', "text/plain") == 415
        assert control.mode() is Mode.NORMAL
