"""How far long work has come: a bar with rate and ETA on a terminal, nothing elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

type Report = Callable[[int, int | None], None]
"""Called with how much is done, and of how much, where that is known."""


@contextmanager
def progress(title: str, unit: str) -> Iterator[Report]:
    """A bar on stderr for as long as the work takes."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(TextColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:,.0f} {unit}/s")

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"))
    bar = Progress(*columns, Rate(""), TimeRemainingColumn(), console=Console(stderr=True), transient=True)
    with bar:
        task = bar.add_task(title, total=None)

        def report(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield report


def _silent(_done: int, _total: int | None) -> None:
    """Files and pipes see results only."""
