"""What a user may choose about how long things are kept that grow for as long as a desk runs."""

from pydantic import Field

from dutchbook.domain.quantities import Duration, RoomSettings


class RetentionSettings(RoomSettings):
    """How long a home keeps what it could do without. Logs and backups have limits of their own.

    Looked at once a day: files by the desk, entries of the decision log by the dashboard; and by `dutchbook db prune`.
    """

    recordings: Duration = Field(
        default="90d",  # type: ignore[assignment]  # written as a user writes it
        description="Frames that desks of this home received are let go when they are older; 0s keeps all. Orders are "
        "still explained down to the frame's number, not to its bytes, and such runs are not replayed any more. What "
        "`dutchbook record` and `data import` wrote elsewhere is not touched.",
    )
    decisions: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="Entries of the decision log, near misses and opportunities leave the database when they are "
        "older; 0s keeps all. Orders, fills, trades and equity stay, and the journals have all of it.",
    )
    runs: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="Runs that ended longer ago are removed with their journals; 0s keeps all. Runs with real money, "
        "and the latest of each mode, are never removed.",
    )
