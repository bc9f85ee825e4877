"""A journal for other programs."""

import csv
import io
import json
from pathlib import Path

import pytest

from dutchbook.domain.errors import JournalError
from dutchbook.domain.events import FrameRef
from dutchbook.domain.units import Nanos
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_export import export_csv, export_jsonl


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Journal.create(tmp_path / "j") as journal:
        first = journal.append("intent", Nanos(1), {"reason": 'say "when",\nthen go'}, FrameRef(0, 9))
        journal.append("order", Nanos(2), {}, first)
        journal.append("mark", Nanos(3), {})
    return tmp_path / "j"


def test_exported_json_lines_are_the_journals_own(folder: Path) -> None:
    out = io.StringIO()
    assert export_jsonl(folder, out) == 3
    assert out.getvalue().encode() == (folder / "journal-000001.jsonl").read_bytes()


def test_the_table_holds_every_line(folder: Path) -> None:
    out = io.StringIO()
    assert export_csv(folder, out) == 3
    rows = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert [(row["seq"], row["at"], row["kind"], row["cause"]) for row in rows] == [
        ("1", "1", "intent", "frame:0:9"),
        ("2", "2", "order", "journal:1"),
        ("3", "3", "mark", ""),
    ]
    assert json.loads(rows[0]["body"]) == {"reason": 'say "when",\nthen go'}


def test_a_damaged_journal_is_exported_up_to_the_damage_and_then_refused(folder: Path) -> None:
    path = folder / "journal-000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"mark"', b'"mask"'))
    out = io.StringIO()
    with pytest.raises(JournalError, match="line 3"):
        export_jsonl(folder, out)
    assert len(out.getvalue().splitlines()) == 2
