"""Each fault of socket frames, as a plain client sees it on the wire."""

import asyncio
import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.identity import Venue
from dutchbook.exchange.faults.frame_faults import corrupted
from tests.exchange.faults.stage import HandClock, SocketVenue, board_of, fault, socket_venue

FRAMES = [b'{"n":%d}' % number for number in range(6)]


async def heard(kind: str, **fields: object) -> list[bytes]:
    """What arrives of six frames."""
    clock = HandClock()
    async with socket_venue(clock, board_of(clock, fault(kind, **fields))) as venue:
        client = await venue.connect()
        venue.say(*FRAMES)
        return await venue.heard_by(client)


async def test_without_faults_everything_arrives_in_order() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock)) as venue:
        client = await venue.connect()
        venue.say(*FRAMES)
        assert await venue.heard_by(client) == FRAMES


async def test_a_frozen_socket_says_nothing_but_pongs() -> None:
    clock = HandClock()
    board = board_of(clock, fault("freeze", skip=2, times=1, lasts="60s"))
    async with socket_venue(clock, board) as venue:
        client, other = await venue.connect(), await venue.connect()
        venue.say(*FRAMES)
        venue.say(*FRAMES, to=1)
        assert await venue.heard_by(client) == FRAMES[:2]
        assert await venue.heard_by(other) == FRAMES, "the other connection is alive"
        await client.ping(b"are you there")
        assert await venue.heard_by(client) == [], "the protocol's own pings are answered as well"
        clock.pass_time(60)
        venue.say(b'{"n":9}')
        assert await venue.heard_by(client) == [b'{"n":9}'], "what was meant for it while frozen is lost"


async def test_frames_are_lost() -> None:
    assert await heard("drop", skip=1, times=2) == [FRAMES[0], *FRAMES[3:]]


async def test_frames_come_twice() -> None:
    assert await heard("duplicate", skip=1, times=1) == [FRAMES[0], FRAMES[1], FRAMES[1], *FRAMES[2:]]


async def test_frames_change_places() -> None:
    assert await heard("reorder", skip=1, times=1) == [FRAMES[0], FRAMES[2], FRAMES[1], *FRAMES[3:]]


async def test_late_frames_are_overtaken() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock, fault("delay", delay="2s", times=1))) as venue:
        client = await venue.connect()
        venue.say(*FRAMES)
        assert await venue.heard_by(client) == FRAMES[1:]
        clock.pass_time(2)
        assert (await client.receive(timeout=5)).data.encode() == FRAMES[0]


async def test_corrupt_frames_are_no_json() -> None:
    frames = await heard("corrupt", times=3)
    assert frames[3:] == FRAMES[3:]
    for frame in frames[:3]:
        with pytest.raises(json.JSONDecodeError):
            json.loads(frame)


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)), st.integers()
)
def test_corruption_never_leaves_valid_json(value: object, seed: int) -> None:
    payload = json.dumps({"msg": value}, ensure_ascii=False).encode()
    with pytest.raises(ValueError):  # noqa: PT011 - UnicodeDecodeError or JSONDecodeError
        json.loads(corrupted(payload, Random(seed)))


async def test_sequence_numbers_jump_for_good_in_one_subscription() -> None:
    clock = HandClock()
    told = [b'{"type":"x","sid":%d,"seq":%d}' % pair for pair in [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3)]]
    board = board_of(clock, fault("skip_seq", by=5, skip=2, times=1))
    async with socket_venue(clock, board) as venue:
        client = await venue.connect()
        venue.say(*told[:3], b'{"type":"ticker","sid":3}')
        board.turn_off("skip_seq")
        venue.say(*told[3:])
        frames = [json.loads(frame) for frame in await venue.heard_by(client)]
    assert [(each["sid"], each.get("seq")) for each in frames] == [(1, 1), (2, 1), (1, 7), (3, None), (2, 2), (1, 8)]


def change(market: str, at: int, number: int) -> bytes:
    return b'{"market":"%b","n":%d,"timestamp":"%d","event_type":"price_change"}' % (market.encode(), number, at)


async def test_the_last_frame_of_a_group_is_missing() -> None:
    clock = HandClock()
    group = [change("a", 7, 1), change("a", 7, 2), change("b", 7, 3), change("a", 7, 4)]
    after = [b'{"market":"a","event_type":"book","timestamp":"8"}', change("a", 9, 5)]
    async with socket_venue(clock, board_of(clock, fault("omit_group_end", times=1))) as venue:
        client = await venue.connect()
        venue.say(*group, *after)
        frames = await venue.heard_by(client)
    assert frames == [group[0], group[2], group[1], *after]


async def test_a_connection_breaks_without_a_word() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock, fault("disconnect", skip=1, times=1))) as venue:
        client = await venue.connect()
        venue.say(*FRAMES)
        message = await client.receive(timeout=5)
        assert message.data.encode() == FRAMES[0]
        await client.receive(timeout=5)
        assert client.closed
        assert client.close_code == 1006
        assert venue.speakers[0].over


async def test_redialling_may_be_refused() -> None:
    clock = HandClock()
    board = board_of(clock, fault("http_status", status=502, path="/ws/*", times=1))
    async with socket_venue(clock, board) as venue:
        with pytest.raises(Exception, match="502"):
            await venue.connect()
        client = await venue.connect()
        venue.say(*FRAMES)
        assert await venue.heard_by(client) == FRAMES


async def test_only_the_named_channel_and_connection_are_struck() -> None:
    assert await heard("drop", channel="user") == FRAMES
    assert await heard("drop", channel="mark*", connection=2) == FRAMES
    assert await heard("drop", channel="mark*", connection=1) == []


async def test_chance_is_drawn_from_the_seed() -> None:
    async def lost(seed: int) -> list[bytes]:
        clock = HandClock()
        board = board_of(clock, fault("drop", chance="50%"), seed=seed)
        async with socket_venue(clock, board) as venue:
            client = await venue.connect()
            venue.say(*FRAMES * 8)
            return await venue.heard_by(client)

    first, again, other = await asyncio.gather(lost(1), lost(1), lost(2))
    assert first == again != other
    assert 0 < len(first) < 48


def test_what_one_fault_draws_does_not_depend_on_another() -> None:
    def dropped(*extra: str) -> list[bool]:
        clock = HandClock()
        faults = [fault("drop", chance="50%"), *(fault(kind, chance="30%", channel="other") for kind in extra)]
        board = board_of(clock, *faults)
        return [not board.frames(Venue.KALSHI, "market", 1, frame) for frame in FRAMES * 5]

    assert dropped() == dropped("duplicate", "corrupt")


async def test_faults_pass_frames_on_to_each_other() -> None:
    clock = HandClock()
    board = board_of(clock, fault("duplicate", times=1), fault("drop", times=1))
    async with socket_venue(clock, board) as venue:
        client = await venue.connect()
        venue.say(FRAMES[0])
        assert await venue.heard_by(client) == [FRAMES[0]], "of the two copies one was lost"


async def test_a_quiet_board_is_never_asked() -> None:
    clock = HandClock()
    board = board_of(clock, fault("drop"))
    board.turn_off("drop")
    assert board.quiet
    async with socket_venue(clock, board) as venue:
        await check_all_arrive(venue)


async def check_all_arrive(venue: SocketVenue) -> None:
    client = await venue.connect()
    venue.say(*FRAMES)
    assert await venue.heard_by(client) == FRAMES
