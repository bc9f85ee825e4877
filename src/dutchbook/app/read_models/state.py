"""What the reader of a journal has to remember between two lines, kept in the database beside the rows."""

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.operations import OperationId
from dutchbook.domain.orders import IntentId
from dutchbook.domain.units import Money, Nanos, Size
from dutchbook.execution.step import Ordered
from dutchbook.portfolio.ledger import LedgerState
from dutchbook.storage.journal_format import WireLine


class Trip(msgspec.Struct, kw_only=True):
    """A position that is open: what it cost, what parts of it brought, what fees it paid, and how much was bought."""

    market: MarketId
    strategy: str
    opened: Nanos
    size: Size = Size(0)
    cost: Money = Money(0)
    proceeds: Money = Money(0)
    fees: Money = Money(0)


class VenueSums(msgspec.Struct, kw_only=True):
    """What was booked at a venue since the start of the run, and what positions there cost now."""

    realised: Money = Money(0)
    fees: Money = Money(0)
    positions_at_cost: Money = Money(0)


class Passing(msgspec.Struct, frozen=True):
    """A line that is kept only if one that is kept names it as its cause."""

    line: WireLine
    before: str


class Verdicts(msgspec.Struct):
    """What risk said at one instant, by the subject of the intent."""

    at: Nanos = Nanos(0)
    by_subject: dict[str, tuple[IntentId, bool]] = {}


class EquityMark(msgspec.Struct, frozen=True):
    """The newest point of the equity curve: its line, and how far deposits count in it."""

    seq: int
    equity: Money
    day_start: Money


class FoldState(msgspec.Struct, kw_only=True):
    """All of it, of one run."""

    mode: str = ""
    strategies: tuple[str, ...] = ()
    ledger: LedgerState | None = None
    venue_cash: dict[Venue, Money] = {}
    venues: dict[Venue, VenueSums] = {}
    trips: dict[OutcomeId, Trip] = {}
    asked: dict[OperationId, Ordered] = {}
    near: dict[str, int] = {}
    """Near misses that are open: the line that opened each bundle's."""
    verdicts: Verdicts = msgspec.field(default_factory=Verdicts)
    passing: list[Passing] = []
    carried: dict[str, str] = {}
    """Orders taken over from another run, and the run that has their fills so far."""
    failed_first: list[tuple[str, str]] = []
    """Fills whose settlement failed before they were told: order and fill."""
    tripped: bool = False
    paused_day: int | None = None
    equity: EquityMark | None = None


encode_state = msgspec.json.Encoder().encode
decode_state = msgspec.json.Decoder(FoldState).decode
