"""Each fault of requests, as a plain client sees it on the wire."""

import asyncio

import aiohttp
import pytest

from dutchbook.domain.identity import Venue
from dutchbook.exchange.servers.http import application, serve_http
from tests.exchange.faults.stage import HandClock, board_of, context_of, fault, http_venue, until


@pytest.mark.parametrize("status", [425, 429, 500, 502, 503])
async def test_a_status_is_answered_without_asking_the_venue(status: int) -> None:
    clock = HandClock()
    board = board_of(clock, fault("http_status", status=status, times=1, method="POST"))
    async with http_venue(clock, board) as client:
        refused = await client.post()
        assert refused.status == status
        assert client.server.accepted == 0
        assert "Retry-After" not in refused.headers
        assert isinstance(refused.json(), dict)
        assert (await client.post()).json()["order"] == 1  # type: ignore[index]


async def test_a_gateway_that_lost_its_patience_may_answer_for_an_order_that_was_taken() -> None:
    clock = HandClock()
    board = board_of(clock, fault("http_status", status=504, accepts=True, times=1, method="POST"))
    async with http_venue(clock, board) as client:
        assert (await client.post()).status == 504
        assert client.server.accepted == 1
        assert (await client.post()).json()["order"] == 2  # type: ignore[index]


async def test_a_limit_may_say_when_to_come_again() -> None:
    clock = HandClock()
    board = board_of(clock, fault("http_status", status=429, retry_after=3, times=1))
    async with http_venue(clock, board) as client:
        assert (await client.get()).headers["Retry-After"] == "3"
        assert (await client.get()).status == 200


async def test_the_venues_own_words_differ() -> None:
    clock = HandClock()
    board = board_of(clock, fault("http_status", status=429))
    async with http_venue(clock, board, Venue.KALSHI) as client:
        assert (await client.get()).body == b'{"error":"too many requests"}'
    async with http_venue(clock, board, Venue.POLYMARKET) as client:
        assert (await client.get()).body == b'{"error":"Too Many Requests"}'


async def test_errors_come_in_waves() -> None:
    clock = HandClock()
    board = board_of(clock, fault("http_status", status=503, after="10s", lasts="5s", every="60s"))
    async with http_venue(clock, board) as client:
        seen = []
        for _ in range(14):
            seen.append((await client.get()).status)
            clock.pass_time(5)
    assert seen == [200, 200, 503, *[200] * 11]
    assert board.http(Venue.KALSHI, "GET", "/balance") is not None  # 70 s after the start the next wave is on


async def test_an_order_is_taken_and_the_answer_never_comes() -> None:
    clock = HandClock()
    board = board_of(clock, fault("timeout_after_accept", method="POST", path="/ord*", times=1))
    async with http_venue(clock, board) as client:
        with pytest.raises(asyncio.TimeoutError):
            await client.post(timeout_s=0.1)
        assert client.server.accepted == 1


async def test_a_request_is_lost_on_its_way() -> None:
    clock = HandClock()
    board = board_of(clock, fault("timeout_before_accept", method="POST", times=1))
    async with http_venue(clock, board) as client:
        with pytest.raises(asyncio.TimeoutError):
            await client.post(timeout_s=0.1)
        assert client.server.accepted == 0


async def test_a_hanging_connection_breaks_in_the_end() -> None:
    clock = HandClock()
    board = board_of(clock, fault("timeout_after_accept", hangs="30s", times=1))
    async with http_venue(clock, board) as client:
        asked = asyncio.create_task(client.post())
        await until(lambda: client.server.accepted == 1)
        clock.pass_time(31)
        with pytest.raises(aiohttp.ClientConnectionError):
            await asked


async def test_the_connection_breaks_in_the_middle_of_the_answer() -> None:
    clock = HandClock()
    board = board_of(clock, fault("reset_mid_body", method="POST"))
    async with http_venue(clock, board) as client:
        with pytest.raises(aiohttp.ClientError):
            await client.post()
        assert client.server.accepted == 1


async def test_half_an_answer_claims_to_be_whole() -> None:
    clock = HandClock()
    board = board_of(clock, fault("truncated_body", times=1))
    async with http_venue(clock, board) as client:
        half, whole = await client.get(), await client.get()
    assert half.status == 200
    assert whole.body.startswith(half.body)
    assert len(half.body) == len(whole.body) // 2


async def test_a_proxy_answers_with_a_page() -> None:
    clock = HandClock()
    board = board_of(clock, fault("html_body", status=502))
    async with http_venue(clock, board) as client:
        page = await client.get()
    assert page.status == 502
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.body.startswith(b"<!DOCTYPE html>")


async def test_a_slow_answer_waits_for_the_exchanges_clock() -> None:
    clock = HandClock()
    board = board_of(clock, fault("slow_answer", delay="20s"))
    async with http_venue(clock, board) as client:
        asked = asyncio.create_task(client.post())
        await until(lambda: client.server.accepted == 1)
        clock.pass_time(19)
        assert not (await asyncio.wait([asked], timeout=0.05))[0]
        clock.pass_time(1)
        assert (await asked).status == 200


async def test_balances_stay_as_they_were_while_the_fault_lasts() -> None:
    clock = HandClock()
    board = board_of(clock, fault("stale_balances", lasts="10s"))
    async with http_venue(clock, board) as client:
        assert (await client.get()).json()["balance"] == 0  # type: ignore[index]
        await client.post()
        assert (await client.get()).json()["balance"] == 0  # type: ignore[index]
        clock.pass_time(10)
        assert (await client.get()).json()["balance"] == 1  # type: ignore[index]


async def test_a_fault_of_one_venue_leaves_the_other_alone() -> None:
    clock = HandClock()
    board = board_of(clock, fault("http_status", status=500, venue="polymarket"))
    async with http_venue(clock, board, Venue.KALSHI) as client:
        assert (await client.get()).status == 200


async def test_a_mistake_of_the_server_and_unknown_paths_are_answered_in_json() -> None:
    clock = HandClock()
    async with http_venue(clock, board_of(clock)) as client:
        for method, path, status in [("GET", "/mistake", 500), ("GET", "/no", 404), ("DELETE", "/order", 405)]:
            answer = await client.send(method, path)
            assert answer.status == status
            assert "error" in answer.json()  # type: ignore[operator]


async def test_what_is_no_http_is_refused_without_a_word_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    clock = HandClock()
    server = await serve_http(application(context_of(clock, board_of(clock)), "a venue"), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write("GET /?a=é HTTP/1.1\r\nHost: here\r\n\r\n".encode())
    assert b" 400 " in await reader.readline()
    writer.close()
    await server.close()
    assert capfd.readouterr().err == ""
