"""The OpenAPI file says what is served, and nothing that it allows or forbids makes the server fail."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import ClientSession, web

from dutchbook.domain.errors import DutchbookError
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.polymarket import clob
from dutchbook.exchange.servers.polymarket.clob_errors import Problem
from dutchbook.exchange.servers.polymarket.order_wire import read_order, signed
from tests.exchange.servers.polymarket.clob_stage import ALL_TOKENS, NEG_NO, NEG_YES, V3_NO, V3_YES, Desk, Trader

FILE = Path(clob.__file__).with_name("openapi.yaml")
_OWN_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_every_path_is_in_the_file_and_every_path_of_the_file_is_served() -> None:
    described = {
        (method.upper(), path)
        for path, methods in yaml.safe_load(FILE.read_text())["paths"].items()
        for method in methods
    }
    router = Desk().clob.application().router
    served = {
        (route.method, route.resource.canonical)
        for route in router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert described == served


async def _fuzz(seconds: int, folder: Path) -> str:
    """Let schemathesis loose on the server, through a proxy that signs whatever can be signed."""
    async with Desk().served() as desk:
        trader = await desk.trader(cash=1_000_000)
        proxy = web.Application(client_max_size=4 << 20)
        proxy.router.add_route("*", r"/{path:[\s\S]*}", _signing(desk, trader))
        server = await serve_http(proxy, "127.0.0.1", 0)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "run", str(FILE), f"--url=http://127.0.0.1:{server.port}",
            f"--checks={_OWN_CHECKS}", f"--max-time={seconds}", "--phases=coverage,fuzzing", "--seed=1", "--no-color",
            "--generation-database=none", "--request-timeout=10", "--continue-on-failure", "--warnings=off",
            cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        passing = asyncio.create_task(_pass_time(desk))
        output, _ = await process.communicate()
        passing.cancel()
        await server.close()
        await asyncio.sleep(0)  # transports close their sockets in the round after
    text = output.decode()
    assert process.returncode == 0, text[-6_000:]
    return text


async def _pass_time(desk: Desk) -> None:
    """A hundred times faster than ours, so that no limit is ever reached for long."""
    while True:
        await asyncio.sleep(0.01)
        desk.later(1)


def _signing(desk: Desk, trader: Trader) -> Any:
    session: ClientSession | None = None

    async def forward(request: web.Request) -> web.Response:
        nonlocal session
        session = session or desk.session
        body = _signed_orders(trader, request.rel_url.raw_path, await request.read())
        headers = trader.headers(request.method, request.rel_url.raw_path, body)
        if request.path in ("/auth/api-key", "/auth/builder-api-key") and request.method == "DELETE":
            headers["POLY_SIGNATURE"] = "AAAA"  # else nothing after it would be let in
        if request.path.endswith("-api-key") and request.path.startswith(("/auth/api", "/auth/derive")):
            headers = trader.login() if request.method != "DELETE" else headers
        url = desk.url + request.raw_path
        async with session.request(request.method, url, data=body or None, headers=headers) as response:
            content = response.headers.get("Content-Type", "")
            return web.Response(status=response.status, body=await response.read(), headers={"Content-Type": content})

    return forward


def _signed_orders(trader: Trader, path: str, body: bytes) -> bytes:
    """The body with its orders signed and aimed at known markets, where they can be."""
    if path not in ("/order", "/orders"):
        return body
    try:
        sent = json.loads(body)
        orders = [_resigned(trader, one) for one in (sent if isinstance(sent, list) else [sent])]
    except (ValueError, TypeError, KeyError, Problem, DutchbookError):
        return body
    return json.dumps(orders if isinstance(sent, list) else orders[0]).encode()


def _resigned(trader: Trader, post: dict[str, Any]) -> dict[str, Any]:
    order = signed(read_order(json.dumps(post).encode()).order)
    token = ALL_TOKENS[order.token % len(ALL_TOKENS)]
    made = trader.order(
        "BUY" if order.buys else "SELL",
        order.maker_amount // 10_000 * 10_000,
        order.taker_amount // 10_000 * 10_000,
        token=token,
        neg_risk=token in (NEG_YES, NEG_NO),
        generation=3 if token in (V3_YES, V3_NO) else 2,
        order_type=post["orderType"],
        expiration=int(post["order"]["expiration"]),
    )
    return {**made, "postOnly": post.get("postOnly", False)}


async def test_a_fuzzer_finds_no_answer_that_the_file_does_not_know(tmp_path: Path) -> None:
    await _fuzz(10, tmp_path)


@pytest.mark.long
async def test_a_patient_fuzzer_finds_none_either(tmp_path: Path) -> None:
    await _fuzz(280, tmp_path)
