"""Long lists must not keep others waiting."""

import asyncio

import msgspec

from dutchbook.exchange.servers.unhurried import Rows, written


def test_a_list_comes_out_whole_and_in_order() -> None:
    rows = Rows(range(7), lambda number: {"of": number}, at_once=3)

    found = asyncio.run(written(rows, msgspec.json.Encoder()))

    assert msgspec.json.encode(found) == b'[{"of":0},{"of":1},{"of":2},{"of":3},{"of":4},{"of":5},{"of":6}]'


def test_somebody_else_gets_a_turn_after_every_few_rows() -> None:
    order: list[str] = []

    def write(number: int) -> int:
        order.append(f"row {number}")
        return number

    async def other() -> None:
        for _ in range(2):
            order.append("other")
            await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(written(Rows(range(4), write, at_once=2), msgspec.json.Encoder()), other())

    asyncio.run(both())

    assert order == ["row 0", "row 1", "other", "row 2", "row 3", "other"]
