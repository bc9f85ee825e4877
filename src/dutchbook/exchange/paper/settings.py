"""Settings of paper trading."""

from pydantic import Field

from dutchbook.domain.quantities import Duration, RoomSettings


class PaperSettings(RoomSettings):
    """How the paper exchange answers."""

    # Defaults are written as people write them; validation makes them nanoseconds.
    latency: Duration = Field(
        default="100ms",  # type: ignore[assignment]
        description="How long an order or a cancel travels before the venue's book decides about it, including how old "
        "the observed book is when it reaches us.",
    )
    jitter: Duration = Field(
        default="50ms",  # type: ignore[assignment]
        description="Up to this much more, drawn evenly for each message.",
    )
