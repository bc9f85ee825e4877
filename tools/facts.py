"""Facts about the source that deserve a look, printed by CI without failing it.

The five longest functions, the 95th percentile of function length, files over 400 lines, broad `except`s, and reads of
clock, chance or environment outside the edges (the app, the interfaces, the live clock).
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src/dutchbook"

LONG_FILE = 400
EDGES = ("app/", "interfaces/", "engine/clocks")
_BROAD = {"Exception", "BaseException"}
_OUTSIDE_WORLD = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns",
    "time.process_time", "time.thread_time", "time.sleep",
    "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4", "os.urandom", "secrets.token_bytes", "secrets.token_hex",
    "random.random", "random.randint", "random.choice", "random.shuffle", "random.uniform", "random.gauss",
    "os.environ", "os.getenv",
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Function:
    """A function and its length in lines, decorators and docstring included."""

    lines: int
    place: str


def functions(tree: ast.Module, file: str) -> Iterator[Function]:
    """Every function and method of a module, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield Function((node.end_lineno or node.lineno) - first + 1, f"{file}:{node.lineno} {node.name}")


def broad_excepts(tree: ast.Module, file: str) -> Iterator[str]:
    """Handlers of everything: bare, or naming Exception or BaseException."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or (isinstance(kind, ast.Name) and kind.id in _BROAD) for kind in caught):
                yield f"{file}:{node.lineno}"


def outside_reads(tree: ast.Module, file: str) -> Iterator[str]:
    """Reads of clock, chance or environment, unless the file is an edge."""
    if file.startswith(EDGES):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = ast.unparse(node)
            if name.removeprefix("datetime.") in _OUTSIDE_WORLD or name in _OUTSIDE_WORLD:
                yield f"{file}:{node.lineno} {name}"


def p95(lengths: Sequence[int]) -> int:
    """The smallest length that 95 % of functions do not exceed; 0 without functions."""
    return sorted(lengths)[-(-len(lengths) * 95 // 100) - 1] if lengths else 0


def report(source: Path) -> Iterator[str]:
    """The facts about all modules below `source`, line by line."""
    texts = {path.relative_to(source).as_posix(): path.read_text() for path in sorted(source.rglob("*.py"))}
    trees = {file: ast.parse(text) for file, text in texts.items()}
    found = sorted((f for file, tree in trees.items() for f in functions(tree, file)), reverse=True)
    yield f"{len(texts)} files, {len(found)} functions, p95 function length {p95([f.lines for f in found])} lines"
    yield from _listed("longest functions", [f"{f.lines:4} {f.place}" for f in found[:5]])
    sizes = sorted(((text.count("\n"), file) for file, text in texts.items()), reverse=True)
    yield from _listed(f"files over {LONG_FILE} lines", [f"{n:4} {file}" for n, file in sizes if n > LONG_FILE])
    yield from _listed("broad excepts", [x for file, tree in trees.items() for x in broad_excepts(tree, file)])
    yield from _listed(
        "clock, chance and environment read outside the edges",
        [x for file, tree in trees.items() for x in outside_reads(tree, file)],
    )


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    yield f"{title}: {len(lines) or 'none'}"
    yield from (f"  {line}" for line in lines)


if __name__ == "__main__":
    for line in report(SOURCE):
        print(line)
