"""The table as a picture: for each row what was measured, and how many times better than the peer on a log scale."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.method import Row, figure
from benchmarks.results import Measured

_WIDTH = 1120
_ROW = 44
_TOP = 64
_LEFT, _RIGHT = 560, 930
_SCALE = 2_000.0
"""The end of the log scale, which begins at 1."""
_STYLE = """
  text { font: 14px ui-sans-serif, system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 12px; fill: #59636e }
  .title { font-size: 18px; font-weight: 600 }
  .grid { stroke: #d1d9e0 } .bar { stroke: #1f2328; stroke-width: 2 }
  .holds { fill: #2da44e } .missed { fill: #cf222e } .plain { fill: #8c959f }
  .page { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d } .bar { stroke: #f0f6fc }
    .page { fill: #0d1117 }
  }
"""


def picture(results: Sequence[Measured]) -> str:
    """An SVG of all rows."""
    rows = [row for found in results for row in found.rows]
    height = _TOP + _ROW * len(rows) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        "<title>benchmarks against peers</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{height}"/>',
        _text(24, 32, "Measured against what one would use instead", "title"),
        *_scale(height),
    ]
    for number, row in enumerate(rows):
        lines += _row(row, _TOP + _ROW * number)
    lines += [_text(24, height - 12, _footer(results), "small"), "</svg>"]
    return "\n".join(lines) + "\n"


def _scale(height: int) -> Iterator[str]:
    for times in (1, 10, 100, 1_000):
        x = _x(times)
        yield f'<line class="grid" x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{height - 36}"/>'
        yield _text(x - 8, _TOP - 14, f"{times:,}x", "small")


def _row(row: Row, y: int) -> Iterator[str]:
    yield _text(24, y + 18, row.what)
    yield _text(24, y + 35, _figures(row), "small")
    kind = "plain" if row.holds is None else "holds" if row.holds else "missed"
    if row.ratio is not None:
        end = _x(row.ratio.median)
        start = min(_x(1), end)
        yield f'<rect class="{kind}" x="{start}" y="{y + 12}" width="{max(abs(end - _x(1)), 2)}" height="18"/>'
        if row.bar is not None:
            at = _x(row.bar)
            yield f'<line class="bar" x1="{at}" y1="{y + 8}" x2="{at}" y2="{y + 34}"/>'
    yield _text(_RIGHT + 16, y + 18, _verdict(row))
    yield _text(_RIGHT + 16, y + 35, _bound(row), "small")


def _figures(row: Row) -> str:
    if row.ours is None:
        return f"not measured: {row.absent}"
    ours = f"{figure(row.ours.median)} {row.unit}"
    return ours if row.theirs is None else f"{ours}, {figure(row.theirs.median)} of {row.peer}"


def _verdict(row: Row) -> str:
    if row.ours is None:
        return "absent"
    if row.ratio is not None:
        return f"{figure(row.ratio.median)}x"
    return f"{figure(row.ours.median)} {row.unit}"


def _bound(row: Row) -> str:
    if row.bar is None or row.holds is None:
        return ""
    bound = f"at least {row.bar:,g}x" if row.ratio is not None else f"at most {row.bar:,g} {row.unit}"
    return f"{bound}: {'holds' if row.holds else 'missed'}"


def _footer(results: Sequence[Measured]) -> str:
    machines = {f"{found.machine.processor}, Python {found.machine.python}" for found in results}
    return f"{' / '.join(sorted(machines))}. Longer is better; the upright line is the bar to reach."


def _x(times: float) -> float:
    """Where a ratio stands on the scale."""
    share = math.log(min(max(times, 0.5), _SCALE)) / math.log(_SCALE)
    return round(_LEFT + (_RIGHT - _LEFT) * share, 1)


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{name}>{escape(text)}</text>'
