"""Times as people write them on a command line."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dutchbook.domain.units import Nanos


def seconds_of(option: str, text: str) -> float:
    """A duration like 500ms, 30s, 5m or 2h in seconds. Raises UsageError naming the option."""
    from dutchbook.domain.units import SECOND

    return nanos_of(option, text) / SECOND


def nanos_of(option: str, text: str) -> "Nanos":
    """A duration like 500ms, 30s, 5m or 90d. Raises UsageError naming the option."""
    from pydantic import TypeAdapter, ValidationError

    from dutchbook.domain.errors import UsageError
    from dutchbook.domain.quantities import Duration

    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError:
        raise UsageError(f"{option}: {text!r} is no duration - write for example 500ms, 30s, 5m or 2h") from None
