"""What happened, in the engine's sense. Codecs, timers, execution and people make events; `turn` applies them.

An event is a value without an identity of its own: the engine hands it on together with its `Cause`.
"""

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market, MarketStatus, PriceGrid, Question
from dutchbook.domain.orders import Fill, OrderId, Report
from dutchbook.domain.units import Money, Nanos, Price, Size


class FrameRef(msgspec.Struct, frozen=True, gc=False):
    """A captured frame as a cause: its segment and its line in that segment, both from 0."""

    segment: int
    offset: int

    def __str__(self) -> str:
        return f"frame:{self.segment}:{self.offset}"


class JournalRef(msgspec.Struct, frozen=True, gc=False):
    """A journal line as a cause, by its sequence number."""

    seq: int

    def __str__(self) -> str:
        return f"journal:{self.seq}"


type Cause = FrameRef | JournalRef


class BookSnapshot(msgspec.Struct, frozen=True, gc=False, tag="book"):
    """The whole book of one outcome. Levels are in the venue's order, on which nobody may rely.

    `complete` is false while more frames of the same venue instant are expected.
    """

    outcome: OutcomeId
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    received: Nanos
    at: Nanos | None = None
    complete: bool = True


class LevelSet(msgspec.Struct, frozen=True, gc=False):
    """The new total size at one price of one outcome's book; 0 removes the level."""

    outcome: OutcomeId
    side: Side
    price: Price
    size: Size


class LevelsSet(msgspec.Struct, frozen=True, gc=False, tag="levels"):
    """New total sizes, in one frame of one market. `complete` as in BookSnapshot."""

    changes: tuple[LevelSet, ...]
    received: Nanos
    at: Nanos | None = None
    complete: bool = True


class LevelAdded(msgspec.Struct, frozen=True, gc=False, tag="delta"):
    """A signed change of the size at one price of one outcome's book (Kalshi). Complete by itself."""

    outcome: OutcomeId
    side: Side
    price: Price
    delta: int
    received: Nanos
    at: Nanos | None = None


class GroupClosed(msgspec.Struct, frozen=True, gc=False, tag="group"):
    """The changes of one venue instant are all here: the books of these outcomes may be looked at."""

    outcomes: tuple[OutcomeId, ...]
    received: Nanos


class BookLost(msgspec.Struct, frozen=True, gc=False, tag="lost"):
    """Messages are missing or a check failed: these books are unknown until their next snapshots."""

    outcomes: tuple[OutcomeId, ...]
    reason: str
    received: Nanos


class TradePrinted(msgspec.Struct, frozen=True, gc=False, tag="trade"):
    """Somebody traded. `taker` is what the taker did in `outcome`."""

    outcome: OutcomeId
    price: Price
    size: Size
    taker: Side
    received: Nanos
    at: Nanos | None = None
    venue_id: str = ""


class TopQuoted(msgspec.Struct, frozen=True, gc=False, tag="top"):
    """The venue's own statement of the best prices, from a channel apart from the book: a cross-check, not a book."""

    outcome: OutcomeId
    bid: Price | None
    ask: Price | None
    received: Nanos
    at: Nanos | None = None


class GridChanged(msgspec.Struct, frozen=True, tag="grid"):
    """A market's price grid changed; what rests stays."""

    market: MarketId
    grid: PriceGrid
    received: Nanos
    at: Nanos | None = None


class MarketListed(msgspec.Struct, frozen=True, tag="listed"):
    """A market came into being, or its metadata changed."""

    market: Market
    received: Nanos


class QuestionListed(msgspec.Struct, frozen=True, tag="question"):
    """A question came into being, or its membership changed."""

    question: Question
    received: Nanos


class MarketStatusChanged(msgspec.Struct, frozen=True, tag="status"):
    """A market opened, paused or closed."""

    market: MarketId
    status: MarketStatus
    received: Nanos
    closes: Nanos | None = None


class MarketResolved(msgspec.Struct, frozen=True, tag="resolved"):
    """The outcome is known: one YES pays `payout` (0 to 1 dollar), one NO the rest."""

    market: MarketId
    payout: Price
    received: Nanos


class OrderReported(msgspec.Struct, frozen=True, tag="report"):
    """A venue, or the paper exchange, says what became of an order."""

    order: OrderId
    report: Report
    received: Nanos
    detail: str = ""


class OrderFilled(msgspec.Struct, frozen=True, tag="fill"):
    """Part or all of an order traded."""

    fill: Fill
    received: Nanos


class TimerFired(msgspec.Struct, frozen=True, tag="timer"):
    """A wake-up that somebody asked for. `name` says who and what."""

    name: str
    received: Nanos


class CashMoved(msgspec.Struct, frozen=True, tag="cash"):
    """A deposit (positive) or a withdrawal (negative). Never profit or loss."""

    amount: Money
    received: Nanos


class HaltOrdered(msgspec.Struct, frozen=True, tag="halt"):
    """Somebody, or a rule, stops the desk: no new orders until a person resumes it."""

    reason: str
    received: Nanos


class Resumed(msgspec.Struct, frozen=True, tag="resume"):
    """A person lifted the halt."""

    by: str
    received: Nanos


type BookEvent = BookSnapshot | LevelsSet | LevelAdded | GroupClosed | BookLost
type MarketEvent = (
    BookEvent
    | TradePrinted
    | TopQuoted
    | GridChanged
    | MarketListed
    | QuestionListed
    | MarketStatusChanged
    | MarketResolved
)
type DeskEvent = OrderReported | OrderFilled | TimerFired | CashMoved | HaltOrdered | Resumed
type Event = MarketEvent | DeskEvent
