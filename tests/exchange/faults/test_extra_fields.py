"""Members that nobody documented: put in where an object has named members, and nowhere else."""

import json
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.exchange.faults.extra_fields import with_extra_field
from tests.exchange.faults.stage import HandClock, board_of, fault, http_venue, socket_venue

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


def without(tree: Any) -> Any:
    if isinstance(tree, list):
        return [without(each) for each in tree]
    if isinstance(tree, dict):
        return {key: without(each) for key, each in tree.items() if not key.startswith("x_new_")}
    return tree


@given(TREES, st.integers(0, 1_000))
def test_all_that_was_there_is_still_there(tree: Any, seed: int) -> None:
    text = json.dumps(tree).encode()
    assert without(json.loads(with_extra_field(text, Random(seed)))) == tree


@given(TREES, st.integers(0, 1_000))
def test_an_object_with_names_gets_one_more_member(tree: Any, seed: int) -> None:
    text = json.dumps({"name": tree}).encode()
    assert with_extra_field(text, Random(seed)).count(b'"x_new_') == 1


def test_maps_from_ids_and_texts_stay_as_they_are() -> None:
    for text in (b'{"123":"0.5"}', b'["{\\"a\\":1}"]', b"[]", b"{}", b"PONG", b""):
        assert with_extra_field(text, Random(1)) == text


async def test_an_answer_has_more_in_it_than_was_asked() -> None:
    clock = HandClock()
    async with http_venue(clock, board_of(clock, fault("extra_fields"))) as client:
        answer = await client.post()
        told = answer.json()
    assert answer.status == 200
    assert client.server.accepted == 1
    assert json.dumps(told) != json.dumps(without(told))


async def test_a_frame_has_more_in_it_than_was_said() -> None:
    clock = HandClock()
    async with socket_venue(clock, board_of(clock, fault("extra_frame_fields", times=1))) as venue:
        client = await venue.connect()
        venue.say(b'{"n":1}', b'{"n":2}')
        first, second = await venue.heard_by(client)
    assert json.loads(first) != json.loads(second)
    assert (without(json.loads(first)), second) == ({"n": 1}, b'{"n":2}')
