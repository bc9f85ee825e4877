"""Ctrl-C and SIGTERM, taken where work can be cut: between two steps of a desk, never within a line of its journal."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Yields what raises KeyboardInterrupt once somebody asked for the end. A second Ctrl-C ends the work anywhere."""
    asked: list[int] = []

    def handler(number: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    def checkpoint() -> None:
        if asked:
            raise KeyboardInterrupt

    before = {each: signal.signal(each, handler) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield checkpoint
    finally:
        for each, handling in before.items():
            signal.signal(each, handling)
