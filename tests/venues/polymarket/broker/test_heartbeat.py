"""The dead-man switch is fed with the id that the venue wants, and what is no feeding is not taken for one."""

import json

import pytest

from dutchbook.venues.polymarket.heartbeat import Heartbeat, fed
from dutchbook.venues.trading import Exchange


class Switch:
    """The venue's side: wants the id that it named last."""

    def __init__(self, current: str = "") -> None:
        self.current = current
        self.heard: list[str] = []

    async def post(self, body: bytes) -> Exchange:
        sent = json.loads(body)["heartbeat_id"]
        self.heard.append(sent)
        if sent != self.current:
            answer = {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": self.current}
            return Exchange(path="/v1/heartbeats", status=400, body=json.dumps(answer))
        self.current = f"beat-{len(self.heard)}"
        return Exchange(path="/v1/heartbeats", status=200, body=json.dumps({"heartbeat_id": self.current}))


async def test_each_beat_carries_the_id_of_the_last_answer() -> None:
    switch = Switch()
    heart = Heartbeat(switch.post)
    assert all([fed(await heart.beat()) for _ in range(3)])
    assert switch.heard == ["", "beat-1", "beat-2"]


async def test_after_a_restart_the_venue_says_which_id_it_wants() -> None:
    switch = Switch("of another run")
    assert fed(await Heartbeat(switch.post).beat())
    assert switch.heard == ["", "of another run"]


@pytest.mark.parametrize(
    "answer",
    [
        Exchange(path="/v1/heartbeats", failure="timeout"),
        Exchange(path="/v1/heartbeats", status=502, body="<html>"),
        Exchange(path="/v1/heartbeats", status=200, body="<html>"),
        Exchange(path="/v1/heartbeats", status=400, body='{"error":"no"}'),
        Exchange(path="/v1/heartbeats", status=400, body='{"error_msg":"no","heartbeat_id":"x"}'),
    ],
)
async def test_what_is_no_feeding_is_told_as_it_is(answer: Exchange) -> None:
    asked = 0

    async def post(_: bytes) -> Exchange:
        nonlocal asked
        asked += 1
        return answer

    assert not fed(await Heartbeat(post).beat())
    assert asked <= 2
