"""Machine code that is kept on disk: found again, made again where it is spoilt or old, and not needed at all."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dutchbook.exchange.matching import native
from dutchbook.exchange.matching.compiled import CompiledBook

pytest.importorskip("numba")


@pytest.fixture(scope="module")
def made() -> object:
    """What numba makes, without making it in every test."""
    assert native.doors() is not None
    found = native._kept()
    assert found is not None
    return found


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: object) -> Iterator[Path]:
    """The only place to keep it, empty yet; `made` counts how often it was made in `makings`."""
    place = tmp_path / "cache" / native._file_name()
    monkeypatch.setattr(native, "_places", lambda: iter([place]))
    makings.clear()

    def make() -> object:
        makings.append(place)
        return made

    monkeypatch.setattr(native, "_make", make)
    yield place
    makings.clear()


makings: list[Path] = []


def works() -> bool:
    found = native.doors.__wrapped__()
    assert found is not None
    book = CompiledBook(found)
    row = book.add(True, 4_000, 5, 1)
    return book.queue(True, 0) == (row,)


def test_it_is_made_once_and_found_from_then_on(kept: Path) -> None:
    assert works()
    assert works()
    assert makings == [kept]


@pytest.mark.parametrize(
    "spoilt", [b"", b"not what it was", b'[["Py_IncRef"],{"add":["name"]}]', b'[[],{"add":["name","not LLVM"]}]']
)
def test_a_file_that_is_not_whole_is_made_again(kept: Path, spoilt: bytes) -> None:
    kept.parent.mkdir()
    kept.write_bytes(spoilt)
    assert works()
    assert makings == [kept]
    assert kept.read_bytes() != spoilt


def test_what_was_made_of_older_sources_is_removed(kept: Path) -> None:
    assert works()
    older = kept.with_name(kept.name.replace(kept.stem[-8:], "0" * 8))
    kept.rename(older)
    assert works()
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_where_nothing_may_be_written_it_is_made_every_time(kept: Path) -> None:
    kept.parent.write_text("a file where a folder should be")
    assert works()
    assert works()
    assert makings == [kept, kept]


def test_other_sources_are_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = native._file_name()
    for source in native._SOURCES:
        (tmp_path / source).write_bytes((native._HERE / source).read_bytes())
    monkeypatch.setattr(native, "_HERE", tmp_path)
    assert native._file_name() == before
    (tmp_path / "layout.py").write_text("HEAD = 25\n")
    assert native._file_name() != before


@pytest.mark.usefixtures("made")
def test_it_needs_nothing_but_what_it_is_given() -> None:
    found = native._kept()
    assert found is not None
    called, made = found
    for name, (_, text) in made.items():
        needed = set(re.findall(r"^declare .*?@([\w.]+)\(", text, re.MULTILINE))
        missing = {each for each in needed - set(called) if not each.startswith("llvm.")}
        assert not missing, f"{name} would end the process: numba alone has {missing}"


def test_without_numba_there_is_no_machine_code(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert native.doors.__wrapped__() is None
    assert makings == []
