"""What a user may choose about log files: how much they say, how large they grow, and how long they are kept."""

from enum import StrEnum

from pydantic import Field

from dutchbook.domain.quantities import Duration, RoomSettings

MEBIBYTE = 1 << 20


class Level(StrEnum):
    """How much a line matters; each level takes those behind it along."""

    DEBUG = "debug"
    """How long things took, what was refused, near misses, timers, statements of accounts."""
    INFO = "info"
    """Orders, fills, choices, commands, and how the desk stands, once a minute."""
    WARNING = "warning"
    """What somebody should look at."""
    ERROR = "error"
    """What stopped the desk, or its trading."""


class LogSettings(RoomSettings):
    """The log files of a desk, in `logs` in its home: one for each room and day (UTC), a JSON object on each line."""

    level: Level = Field(
        default=Level.INFO,
        description="What is written: `debug` (also how long things took, and what was refused), `info`, `warning` or "
        "`error`.",
    )
    file_bytes: int = Field(
        default=16 * MEBIBYTE,
        ge=4_096,
        description="A file of a room and day that holds so many bytes gets a successor.",
    )
    total_bytes: int = Field(
        default=256 * MEBIBYTE,
        ge=4_096,
        description="The oldest files are deleted where all hold more; looked at when a file begins.",
    )
    keep: Duration = Field(
        default="14d",  # type: ignore[assignment]  # written as a user writes it
        gt=0,
        description="Files of days that are longer ago are deleted.",
    )
    report_every: Duration = Field(
        default="1h",  # type: ignore[assignment]
        description="How often a desk writes a report of its cycle, as JSON into `reports` of the home; 0s is never. "
        "Reports are kept as long as log files.",
    )
