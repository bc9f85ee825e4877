"""The page about storage is true: its statements run on both databases, and it names every table."""

import re

import pytest
from sqlalchemy import Connection, text

from dutchbook.storage.database.database import Database
from dutchbook.storage.database.location import Location
from dutchbook.storage.database.schema import upgrade
from dutchbook.storage.database.tables import DERIVED, METADATA
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "storage.md").read_text(encoding="utf-8")
STATEMENTS = re.findall(r"```sql\n(.*?);\n```", PAGE, re.DOTALL)


def run(connection: Connection, statement: str) -> list[str]:
    return list(connection.execute(text(statement)).keys())


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: " ".join(statement.split())[:40])
def test_a_statement_of_the_cheat_sheet_runs(statement: str, place: Location) -> None:
    with Database.to_write(place) as database:
        database.change(upgrade)
        assert database.query(run, statement)


def test_every_table_is_on_the_page_and_said_to_come_from_where_it_comes() -> None:
    assert len(STATEMENTS) >= 10
    rows = re.findall(r"^\| (`[^|]*`) \| [^|]* \| (journals|people) \|$", PAGE, re.MULTILINE)
    said = {name: source for names, source in rows for name in re.findall(r"`([a-z_]+)`", names)}
    assert said == {str(table.name): "journals" if table in DERIVED else "people" for table in METADATA.sorted_tables}
