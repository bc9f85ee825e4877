"""The outermost edge of a desk: a failure that nobody foresaw ends it in one line; its traceback is kept."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dutchbook.domain.errors import DeskStopped, DutchbookError

FAILURE_FILE = "failure.txt"


@contextmanager
def stopping(folder: Path) -> Iterator[None]:
    """Let nothing of a desk go on after an error. Raises DeskStopped for one that is neither ours nor the system's."""
    try:
        yield
    except (DutchbookError, OSError):
        raise
    except Exception as error:
        kept = folder / FAILURE_FILE
        kept.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        at = traceback.extract_tb(error.__traceback__)[-1]
        raise DeskStopped(
            f"the desk stopped: {type(error).__name__} in {Path(at.filename).name}, line {at.lineno} ({error}) - a "
            f"fault of the program or of a strategy, no order left after it - the traceback is in {kept}"
        ) from error
