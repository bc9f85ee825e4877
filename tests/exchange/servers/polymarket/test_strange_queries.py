"""Gamma and the Data API answer whatever they are asked: no query makes them fail."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from aiohttp import web

from dutchbook.domain.units import ONE, Size
from dutchbook.exchange.history import History
from dutchbook.exchange.servers.polymarket.data_api import PolymarketData
from dutchbook.exchange.servers.polymarket.data_query import DataOptions
from dutchbook.exchange.servers.polymarket.gamma import PolymarketGamma
from tests.exchange.servers.polymarket.data_stage import ALICE, Stage, market_id, token
from tests.exchange.servers.polymarket.talk import http

NAMES = (
    "limit", "offset", "after_cursor", "cursor", "next_cursor", "order", "ascending", "closed", "active", "archived",
    "tag_id", "id", "slug", "condition_ids", "clob_token_ids", "end_date_min", "start_date_max", "liquidity_num_min",
    "volume_num_min", "series_id", "include_tag", "q", "page", "limit_per_type", "address", "user", "market", "side",
    "takerOnly", "type", "start", "end", "sortBy", "sortDirection", "sizeThreshold", "redeemable", "mergeable",
    "status", "orderBy", "token_id", "condition_id", "start_ts", "end_ts", "uma_resolution_status",
)  # fmt: skip
VALUES = (
    "", "0", "1", "-1", "20", "1e9", "1e400", "nan", "inf", "\u00b2", "\u0663", "true", "FALSE", "maybe", "9" * 40,
    "LTE=", "MA==", "W10=", "WzEsMl0=", "%00", "\u2028", "a,b,,c", "2026-01-01", "0001-01-01T00:00:00+23:59",
    "9999-12-31", "T", "id", "volumeNum", "PNL", "VOL", "TRADE", "BUY", "ASC", "CLOSED", ALICE, market_id(1),
    token(1, 0), "arden", "election", "x" * 3_000,
)  # fmt: skip


def venue() -> tuple[web.Application, web.Application]:
    stage = Stage(9)
    history = History(stage.exchange)
    gamma = PolymarketGamma(stage.exchange, stage.context, history)
    data = PolymarketData(stage.exchange, history, stage.context, DataOptions(cached={}))
    stage.open()
    for _ in range(200):
        stage.step()
    stage.exchange.resolve(market_id(3), ONE)
    stage.exchange.split(ALICE, market_id(1), Size(1_000_000))
    return gamma.application(), data.application()


@pytest.mark.parametrize("server", [0, 1])
def test_no_query_makes_a_server_fail(server: int) -> None:
    app, rng = venue()[server], Random(server)
    paths = [path for resource in app.router.resources() if "{" not in (path := resource.canonical)]
    paths += ["/markets/500001", "/markets/\u00b2", "/events/slug/%00", "/tags/-1", "/series/x", "/nowhere"]

    async def ask(get: Callable[..., Any]) -> None:
        for _ in range(600):
            query = {"user": ALICE} if rng.randrange(2) else {}
            query |= {rng.choice(NAMES): rng.choice(VALUES) for _ in range(rng.randrange(4))}
            status, body = await get(rng.choice(paths), **query)
            assert status < 500, (query, body)

    async def story() -> None:
        async with http(app) as get:
            await ask(get)

    asyncio.run(story())
