"""The facts that CI prints about the source are true of a source that we know."""

import ast
from pathlib import Path

from tools.facts import Function, broad_excepts, functions, outside_reads, p95, report

SOURCE = '''
import os, time
from datetime import datetime

@decorated
def load(path):
    """Two lines of decorator and signature, one of docstring."""
    try:
        return os.environ["X"], time.time_ns(), datetime.now()
    except (KeyError, Exception):
        def inner(): ...
'''
TREE = ast.parse(SOURCE)


def test_functions_are_measured_with_decorators_and_nested_ones() -> None:
    assert set(functions(TREE, "a.py")) == {Function(7, "a.py:6 load"), Function(1, "a.py:11 inner")}


def test_an_exception_in_a_tuple_is_a_broad_except() -> None:
    assert list(broad_excepts(TREE, "a.py")) == ["a.py:10"]
    assert list(broad_excepts(ast.parse("try: ...\nexcept ValueError: ..."), "a.py")) == []


def test_clock_and_environment_are_seen_inside_and_allowed_at_the_edges() -> None:
    assert set(outside_reads(TREE, "engine/turn.py")) == {
        "engine/turn.py:9 os.environ",
        "engine/turn.py:9 time.time_ns",
        "engine/turn.py:9 datetime.now",
    }
    assert list(outside_reads(TREE, "app/paper.py")) == []


def test_the_percentile_is_a_length_that_occurs() -> None:
    assert p95([]) == 0
    assert p95(list(range(1, 101))) == 95
    assert p95([3]) == 3


def test_the_report_names_long_files(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("x = 1\n" * 401)
    (tmp_path / "short.py").write_text("x = 1\n" * 400)
    lines = list(report(tmp_path))
    assert lines[0] == "2 files, 0 functions, p95 function length 0 lines"
    assert "files over 400 lines: 1" in lines
    assert " 401 long.py" in "\n".join(lines)
