"""Gamma's pages: cut from any order without a gap or a repeat, and without keeping others waiting."""

import asyncio

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from dutchbook.exchange.servers.polymarket.gamma_query import Page, Search, keyset_page


class Row(msgspec.Struct, frozen=True):
    """Something with an id and a figure that stands for all others."""

    id: int
    volume: int

    @property
    def volume_day(self) -> int:
        return self.volume

    @property
    def liquidity(self) -> int:
        return self.volume

    @property
    def starts(self) -> int:
        return self.volume

    @property
    def ends(self) -> int:
        return self.volume


def is_meant(row: Row) -> bool:
    return row.id % 5 != 0


def read(rows: list[Row], order: str, *, ascending: bool, limit: int) -> list[int]:
    """The ids on all pages in turn, as a client reads them."""
    query = MultiDict({"order": order, "ascending": str(ascending).lower(), "limit": str(limit)})
    found: list[int] = []
    while True:
        taken, cursor = asyncio.run(keyset_page(query).take(Search(rows, is_meant, at_once=3)))
        found += [row.id for row in taken]
        if cursor is None:
            return found
        query["after_cursor"] = cursor


@given(st.lists(st.integers(0, 4), max_size=40), st.booleans(), st.integers(1, 9))
def test_pages_of_any_order_hold_every_row_that_is_meant_once(
    volumes: list[int],
    ascending: bool,
    limit: int,
) -> None:
    rows = [Row(number, volume) for number, volume in enumerate(volumes)]
    best_first = sorted(filter(is_meant, rows), key=lambda row: (row.volume, row.id), reverse=not ascending)
    assert read(rows, "volume24hr", ascending=ascending, limit=limit) == [row.id for row in best_first]


@given(st.integers(0, 40), st.booleans(), st.integers(1, 9))
def test_pages_by_id_too(count: int, ascending: bool, limit: int) -> None:
    rows = [Row(number, 0) for number in range(count)][:: 1 if ascending else -1]
    assert read(rows, "id", ascending=ascending, limit=limit) == [row.id for row in rows if is_meant(row)]


def test_somebody_else_gets_a_turn_after_every_few_rows_looked_at() -> None:
    order: list[str] = []

    def meant(row: Row) -> bool:
        order.append(f"row {row.id}")
        return True

    async def other() -> None:
        for _ in range(2):
            order.append("other")
            await asyncio.sleep(0)

    async def both(page: Page) -> None:
        search = Search([Row(number, 0) for number in range(4)], meant, at_once=2)
        await asyncio.gather(page.take(search), other())

    asyncio.run(both(Page(order="liquidity")))
    assert order == ["row 0", "row 1", "other", "row 2", "row 3", "other"]
