"""A folder that is listed while another process takes files away from it."""

from collections.abc import Iterator
from pathlib import Path

from dutchbook.storage.file_facts import file_facts, newest_change, still_there


def vanishing(folder: Path) -> Iterator[Path]:
    """A listing of which each second file goes right after it was named."""
    for number, path in enumerate(sorted(folder.iterdir())):
        if number % 2:
            path.unlink()
        yield path


def test_what_went_after_it_was_listed_is_passed_over(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / str(number)).write_bytes(b"x" * number)
    assert [(path.name, facts.st_size) for path, facts in still_there(vanishing(tmp_path))] == [
        ("0", 0),
        ("2", 2),
        ("4", 4),
    ]


def test_a_file_that_is_gone_has_no_facts(tmp_path: Path) -> None:
    assert file_facts(tmp_path / "gone") is None


def test_the_newest_change_is_that_of_what_is_left(tmp_path: Path) -> None:
    assert newest_change([tmp_path / "gone"]) == 0
    (tmp_path / "a").touch()
    assert newest_change([tmp_path / "gone", tmp_path / "a"]) == (tmp_path / "a").stat().st_mtime_ns
