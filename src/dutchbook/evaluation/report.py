"""What a replay found and did: one value, shown as a table or as JSON."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Money, Nanos, Size, dollars


class HeldPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position at the end. `value` is at the last bid seen, None where nobody bid and none was seen."""

    outcome: OutcomeId
    title: str
    label: str
    size: Size
    cost: Money
    value: Money | None


class NearMissRow(msgspec.Struct, frozen=True, kw_only=True):
    """How often near misses ended in one way."""

    how: str
    count: int


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one replay. `*_checked` count hashes compared: one for each outcome and venue instant.

    `frames` are captured messages (or normalised events, where the recording holds no frames), `events` what codecs
    made of them, `crossed` books with bid >= ask at the end of an instant. `pnl` is after fees, `equity` counts
    positions without a price at cost.
    """

    frames: int
    events: int
    markets: int
    snapshots_checked: int
    snapshots_ok: int
    changes_checked: int
    changes_ok: int
    gaps: int
    resyncs: int
    crossed: int
    near_misses: int
    opportunities: int
    intents: int
    refused: int
    orders: int
    fills: int
    fees: Money
    pnl: Money
    equity: Money
    journal_head: str
    seconds: float

    mode: str = "replay"
    run: str = ""
    strategies: tuple[str, ...] = ()
    first: Nanos | None = None
    last: Nanos | None = None
    opening: Money = Money(0)
    cash: Money = Money(0)
    realised: Money = Money(0)
    unrealised: Money = Money(0)
    malformed: int = 0
    unread: Mapping[str, int] = {}
    unknown_types: Mapping[str, int] = {}
    mirror_breaks: int = 0
    bundles: int = 0
    evaluated: int = 0
    declined: Mapping[str, int] = {}
    refusals: Mapping[str, int] = {}
    near_miss_rows: tuple[NearMissRow, ...] = ()
    near_miss_mean: Nanos | None = None
    """How long a near miss stayed, on average."""
    near_miss_longest: Nanos | None = None
    positions: tuple[HeldPosition, ...] = ()
    complete: bool = True
    """Whether the recording is whole: not, when its writer was cut off."""
    limits: tuple[str, ...] = ()
    """What these data cannot show, in words."""

    @property
    def frames_per_second(self) -> float:
        """Frames through the whole desk in a second of the machine's time."""
        return self.frames / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, object]:
        """The stable figures: money as decimal strings in dollars."""
        counts = {name: getattr(self, name) for name in _COUNTS}
        return {
            **counts,
            "fees": dollars(self.fees),
            "pnl": dollars(self.pnl),
            "equity": dollars(self.equity),
            "journal_head": self.journal_head,
            "seconds": round(self.seconds, 3),
            "frames_per_second": round(self.frames_per_second),
        }


_COUNTS = (
    "frames",
    "events",
    "markets",
    "snapshots_checked",
    "snapshots_ok",
    "changes_checked",
    "changes_ok",
    "gaps",
    "resyncs",
    "crossed",
    "near_misses",
    "opportunities",
    "intents",
    "refused",
    "orders",
    "fills",
)
