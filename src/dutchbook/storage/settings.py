"""What a user may choose about storage: when the journal is flushed, and how large its segments grow."""

from enum import StrEnum

from pydantic import Field

from dutchbook.domain.quantities import Duration, RoomSettings

MEBIBYTE = 1 << 20


class FlushPolicy(StrEnum):
    """When a written journal line is made to survive a power cut. It survives a crash of the process at once."""

    GROUP = "group"
    """By a thread right behind the decision, all lines of the moment together."""
    EACH = "each"
    """Before anything leaves: a flush of the disk for all lines of the event up to there."""
    MANUAL = "manual"
    """Only when asked, and at the end: for replays and simulations."""


class StorageSettings(RoomSettings):
    """Settings of the journal and of recordings."""

    journal_flush: FlushPolicy = Field(
        default=FlushPolicy.GROUP,
        description="When journal lines are flushed to disk: `group` (right behind the decision), `each` (before it is "
        "acted upon; costs one disk flush for every line) or `manual` (at the end only).",
    )
    journal_flush_interval: Duration = Field(
        default="5ms",  # type: ignore[assignment]  # written as a user writes it
        description="The least time between two flushes of the policy `group`: what a power cut can take.",
    )
    journal_segment_bytes: int = Field(
        default=64 * MEBIBYTE,
        ge=4_096,
        description="A new journal file begins when the current one would grow beyond this.",
    )
    recording_segment_bytes: int = Field(
        default=64 * MEBIBYTE,
        ge=4_096,
        description="A new segment of a recording begins when the current one holds this many bytes, uncompressed.",
    )
    recording_block_bytes: int = Field(
        default=MEBIBYTE // 4,
        ge=1_024,
        description="Frames are compressed in blocks of this size; a killed recorder loses at most one block.",
    )
