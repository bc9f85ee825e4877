"""What a browser is told of a table's rows is all that it needs, and no more."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.interfaces.web.pages.rows import Act, Cell, Row, Rows

_CELLS = st.builds(Cell, st.text(max_size=3), st.none() | st.integers(0, 3), st.sampled_from(["", "good"]))
_CONTENTS = st.text(max_size=3) | _CELLS | st.lists(st.builds(Act, st.just("cancel"), st.just("Cancel"))).map(tuple)
_TABLES = st.dictionaries(
    st.sampled_from(["a", "b", "__proto__", "<b>"]),
    st.dictionaries(st.sampled_from(["price", "size", "age"]), _CONTENTS, max_size=3),
    max_size=4,
)

type Told = dict[str, dict[str, object]]


def _rows(table: dict[str, dict[str, str | Cell | tuple[Act, ...]]]) -> list[Row]:
    return [{"id": name, **cells} for name, cells in table.items()]


def _apply(told: Told, change: str) -> Told:
    """As the browser does it: cells are put over those that are there, then only what the order names stays."""
    read = msgspec.json.decode(change)
    put = {name: {**told.get(name, {}), **cells} for name, cells in read["put"].items()}
    now = {**told, **put}
    return now if read["order"] is None else {name: now[name] for name in read["order"]}


def _plain(told: Told) -> Told:
    return {name: {key: cell for key, cell in cells.items() if cell is not None} for name, cells in told.items()}


@given(st.lists(_TABLES.map(_rows), min_size=1, max_size=6))
def test_a_browser_that_puts_all_changes_together_has_the_rows_in_their_order(tables: list[list[Row]]) -> None:
    before, told = Rows(), _apply({}, Rows().text)
    for table in tables:
        now = Rows(table)
        if change := now.since(before):
            told = _apply(told, change)
        before = now
    wanted = _apply({}, before.text)
    assert list(_plain(told).items()) == list(_plain(wanted).items())


@given(_TABLES.map(_rows))
def test_equal_rows_are_told_nothing(table: list[Row]) -> None:
    before = Rows(table)
    assert before.since(before) == ""
    assert Rows(table).since(before) == ""


def test_only_the_cells_that_are_other_are_told_and_the_order_only_when_it_is_another() -> None:
    before = Rows([{"id": "a", "price": Cell("40¢", rank=4_000), "size": "7"}, {"id": "b", "size": "8"}])
    now = Rows([{"id": "a", "price": Cell("41¢", rank=4_100), "size": "7"}, {"id": "b", "size": "8"}])
    assert msgspec.json.decode(now.since(before)) == {
        "put": {"a": {"price": {"text": "41¢", "rank": 4_100}}},
        "order": None,
    }
    turned = Rows([{"id": "b", "size": "8"}, {"id": "a", "price": Cell("41¢", rank=4_100), "size": "7"}])
    assert msgspec.json.decode(turned.since(now)) == {"put": {}, "order": ["b", "a"]}


def test_a_change_is_made_once_for_all_who_were_told_the_same_and_anew_for_others() -> None:
    first, second = Rows([{"id": "a", "size": "7"}]), Rows([{"id": "a", "size": "8"}])
    now = Rows([{"id": "a", "size": "8"}])
    assert now.since(first) is now.since(first)
    assert now.since(first) != ""
    assert now.since(second) == ""


def test_buttons_are_known_by_their_row() -> None:
    rows = Rows([{"id": "a", "acts": (Act("cancel", "Cancel", "it"),)}, {"id": "b", "acts": ()}])
    assert [act.name for act in rows.acts("a")] == ["cancel"]
    assert rows.acts("b") == rows.acts("nothing") == ()
