"""The book of alerts: several processes, torn lines, a full disk, and growing old."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.domain.units import DAY, Nanos
from dutchbook.storage.alert_book import AlertBook, Delivered, Raised
from dutchbook.storage.alert_words import Loudness, Occasion, Tier


def raised(at: int = 0, **chosen: object) -> Raised:
    facts: dict[str, object] = {
        "id": "",
        "occasion": Occasion.HALT,
        "tier": Tier.CRITICAL,
        "mode": "paper",
        "title": "Halted",
        "routes": {"email": Loudness.ON},
    }
    return Raised(at=Nanos(at), **{**facts, **chosen})  # type: ignore[arg-type]


def test_what_one_process_writes_another_one_reads(tmp_path: Path) -> None:
    ours, theirs = AlertBook(tmp_path / "alerts.jsonl"), AlertBook(tmp_path / "alerts.jsonl")
    name = ours.raise_alert(raised()).id
    theirs.acknowledge(name, "web:alice", Nanos(5))
    found = ours.find(name)
    assert found.acknowledged is not None
    assert (found.acknowledged.by, found.response, found.waits) == ("web:alice", 5, False)


def test_the_first_acknowledgement_counts(tmp_path: Path) -> None:
    book = AlertBook(tmp_path / "alerts.jsonl")
    name = book.raise_alert(raised()).id
    book.acknowledge(name, "cli:ann", Nanos(1))
    assert book.acknowledge(name, "web:bob", Nanos(2)).acknowledged == book.find(name).acknowledged
    assert book.find(name).response == 1


def test_names_are_never_given_twice_whoever_raises(tmp_path: Path) -> None:
    books = [AlertBook(tmp_path / "alerts.jsonl") for _ in range(4)]

    def many(book: AlertBook) -> list[str]:
        return [book.raise_alert(raised(at)).id for at in range(25)]

    with ThreadPoolExecutor(4) as threads:
        names = [name for found in threads.map(many, books) for name in found]
    assert len(set(names)) == 100
    assert set(AlertBook(tmp_path / "alerts.jsonl").alerts()) == set(names)


def test_a_line_that_a_crash_tore_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    book = AlertBook(path)
    book.raise_alert(raised())
    with path.open("ab") as file:
        file.write(b'{"type":"raised","id":"a2"')
    assert len(AlertBook(path).alerts()) == 1
    again = AlertBook(path)
    again.raise_alert(raised(1))
    assert [each.raised.at for each in again.alerts().values()] == [0, 1]
    assert again.damaged == 1


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    book = AlertBook(tmp_path / "alerts.jsonl")
    book.raise_alert(raised())
    assert book.path.stat().st_mode & 0o077 == 0


def test_an_unknown_alert_is_named_and_the_way_to_find_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="alerts list"):
        AlertBook(tmp_path / "alerts.jsonl").acknowledge("a9", "cli:ann", Nanos(0))


def test_a_disk_that_refuses_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    book = AlertBook(tmp_path / "alerts.jsonl")
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DutchbookError, match="No space left on device"):
        book.raise_alert(raised())


def test_a_book_that_grew_large_forgets_what_is_old_and_goes_on_counting(tmp_path: Path) -> None:
    book, reader = AlertBook(tmp_path / "alerts.jsonl"), AlertBook(tmp_path / "alerts.jsonl")
    for day in (0, 1, 2, 100):
        name = book.raise_alert(raised(day * DAY)).id
        book.delivered(Delivered(id=name, at=Nanos(day * DAY), channel="email"))
    assert len(reader.alerts()) == 4
    assert book.shorten(Nanos(101 * DAY), keep=Nanos(90 * DAY)) == 0  # small yet
    assert book.shorten(Nanos(101 * DAY), keep=Nanos(90 * DAY), large=10) == 3
    assert list(reader.alerts()) == ["a4"]
    assert reader.alerts()["a4"].delivered == {"email"}
    assert book.shorten(Nanos(900 * DAY), keep=Nanos(DAY), large=10) == 0
    assert reader.raise_alert(raised(5)).id == "a5"


def test_a_large_book_of_recent_alerts_keeps_the_newest_and_is_not_written_anew_for_nothing(tmp_path: Path) -> None:
    book = AlertBook(tmp_path / "alerts.jsonl")
    for at in range(10):
        book.raise_alert(raised(at))
    assert book.shorten(Nanos(10), large=10, most=4) == 6
    inode = book.path.stat().st_ino
    assert book.shorten(Nanos(10), large=10, most=4) == 0
    assert book.path.stat().st_ino == inode
    assert [one.raised.at for one in book.alerts().values()] == [6, 7, 8, 9]
