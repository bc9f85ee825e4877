"""The scores feed over a real socket: everybody hears every game, and must answer the server's ping."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from dutchbook.exchange.servers.polymarket.scores_feed import Score, ScoreQuirks, ScoresFeed
from tests.conftest import protocol_samples
from tests.exchange.servers.polymarket.data_stage import Stage
from tests.exchange.servers.polymarket.talk import sockets
from tests.exchange.servers.shape import differences

GAME = Score(
    game_id=19439,
    league_abbreviation="wta challenger",
    home_team="Alexandra Shubladze",
    away_team="Sijia Wei",
    status="inprogress",
    score="6-7(3-7), 6-3, 2-1",
    period="S3",
    live=True,
    ended=False,
)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def test_a_game_has_the_shape_of_a_captured_one_and_newcomers_are_told_it() -> None:
    lines = protocol_samples("oracles/sports/polymarket_sports_ws_2026.jsonl").read_text().splitlines()

    async def story() -> None:
        feed = ScoresFeed()
        feed.publish(GAME)
        async with sockets(feed.accept, Stage().context) as dial, dial("/ws") as client:
            assert differences(await client.frame(), json.loads(lines[0])) == []
            assert await client.text() == "ping"
            feed.publish(GAME)
            assert (await client.frame())["gameId"] == 19439

    run(story)


def test_who_answers_stays_and_who_is_silent_is_dropped() -> None:
    quirks = ScoreQuirks(ping_every_s=0.02, patience_s=0.1)

    async def story() -> None:
        feed = ScoresFeed(quirks)
        async with sockets(feed.accept, Stage().context) as dial:
            async with dial("/ws") as client:
                for _ in range(10):
                    assert await client.text() == "ping"
                    await client.say("pong")
            async with dial("/ws") as silent:
                assert await silent.close_code() is not None

    run(story)
