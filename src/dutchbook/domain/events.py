"""What happened, in the engine's sense. Codecs, timers, execution and people make events; `turn` applies them.

An event is a value without an identity of its own: the engine hands it on together with its `Cause`.
"""

from enum import StrEnum

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market, MarketStatus, PriceGrid, Question
from dutchbook.domain.operations import OperationId, Progress
from dutchbook.domain.orders import Fill, OrderId, Report
from dutchbook.domain.rewards import MarketEarnings, OrderScoring, RewardOffer
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


class RewardsListed(msgspec.Struct, frozen=True, tag="rewards"):
    """What a venue pays for resting quotes, read anew. If `whole`, markets that are not named pay nothing any more."""

    venue: Venue
    offers: tuple[RewardOffer, ...]
    received: Nanos
    whole: bool = True


class RewardsStated(msgspec.Struct, frozen=True, kw_only=True, tag="earnings"):
    """What a venue says our quotes earn: orders that score now, shares of today's scores, earnings of the day `day`.

    `day` is the first nanosecond of a UTC day. What was not asked for, or not answered, is not named.
    """

    venue: Venue
    day: Nanos
    received: Nanos
    orders: tuple[OrderScoring, ...] = ()
    markets: tuple[MarketEarnings, ...] = ()


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


class FillMined(msgspec.Struct, frozen=True, tag="mined"):
    """A provisional fill stands in a block: what it bought may be sold, and may, though hardly ever, be taken back."""

    order: OrderId
    fill: str
    received: Nanos


class FillSettled(msgspec.Struct, frozen=True, tag="settled"):
    """A provisional fill is final: what it bought may be sold."""

    order: OrderId
    fill: str
    received: Nanos


class FillReversed(msgspec.Struct, frozen=True, tag="reversed"):
    """The settlement of a provisional fill failed: it never happened."""

    order: OrderId
    fill: str
    received: Nanos
    detail: str = ""


class OrderMissing(msgspec.Struct, frozen=True, tag="missing"):
    """A targeted query found an order neither among orders nor among trades. One such answer proves nothing."""

    order: OrderId
    received: Nanos
    detail: str = ""


class CancelFailed(msgspec.Struct, frozen=True, tag="cancel_failed"):
    """A cancel was refused, or nobody knows what became of it (`ambiguous`). The order's state is unchanged."""

    order: OrderId
    received: Nanos
    detail: str = ""
    ambiguous: bool = False


class VenueState(StrEnum):
    """What a venue takes now."""

    UP = "up"
    RESTARTING = "restarting"
    """Nothing is answered; it says that it will be back."""
    POST_ONLY = "post_only"
    """Cancels and orders that cannot take."""
    CANCEL_ONLY = "cancel_only"
    DOWN = "down"
    """Nothing, cancels included, or it is not trusted until a person or a reconciliation says so."""


class VenueStateChanged(msgspec.Struct, frozen=True, tag="venue"):
    """A venue changed what it takes. `until` is when the venue itself expects to go on."""

    venue: Venue
    state: VenueState
    received: Nanos
    reason: str = ""
    until: Nanos | None = None


class StatedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the venue states it: ours, if `order` is known."""

    venue_id: str
    outcome: OutcomeId
    market: MarketId
    side: Side
    price: Price
    size: Size
    filled: Size
    order: OrderId | None = None


class StatedPosition(msgspec.Struct, frozen=True):
    """What the venue says is held of an outcome; `cost` without fees, None where it does not tell."""

    outcome: OutcomeId
    market: MarketId
    size: Size
    cost: Money | None = None


class AccountStated(msgspec.Struct, frozen=True, kw_only=True, tag="account"):
    """An account as its venue states it, complete: all open orders, all positions, all cash (reserved cash included).

    Read from `asked` on: what happened later may be missing. Fills of the sweep come as OrderFilled before it.
    """

    venue: Venue
    cash: Money
    positions: tuple[StatedPosition, ...]
    orders: tuple[StatedOrder, ...]
    asked: Nanos
    received: Nanos


class ForeignFill(msgspec.Struct, frozen=True, tag="foreign_fill"):
    """A trade of our account by an order that this desk did not send. `fill.order` is the venue's id of that order."""

    venue: Venue
    fill: Fill
    received: Nanos


class OperationReported(msgspec.Struct, frozen=True, tag="operated"):
    """How far a token operation came. `reference` is what its sender calls it: a transaction, or the relayer's id."""

    operation: OperationId
    progress: Progress
    received: Nanos
    detail: str = ""
    reference: str = ""


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
    why: str = ""


class PauseOrdered(msgspec.Struct, frozen=True, tag="pause"):
    """A person wants no new orders, of one strategy or (empty) of all; what rests stays.

    `leaving` is said of a desk that is about to end: no wish for its next run.
    """

    by: str
    received: Nanos
    strategy: str = ""
    why: str = ""
    leaving: bool = False


class PauseLifted(msgspec.Struct, frozen=True, tag="unpause"):
    """A person lifted a pause, of one strategy or (empty) of all."""

    by: str
    received: Nanos
    strategy: str = ""
    why: str = ""


class CancelOrdered(msgspec.Struct, frozen=True, tag="cancel_ordered"):
    """A person wants an order cancelled, or all of a market, or (both None) all; `buys_only` spares what sells."""

    by: str
    received: Nanos
    order: OrderId | None = None
    market: MarketId | None = None
    buys_only: bool = False
    why: str = ""


class ReconcileOrdered(msgspec.Struct, frozen=True, tag="reconcile"):
    """Somebody wants the desk compared with its venues now."""

    by: str
    received: Nanos
    why: str = ""


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
    | RewardsListed
    | RewardsStated
)
type OrderEvent = (
    OrderReported
    | OrderFilled
    | FillMined
    | FillSettled
    | FillReversed
    | OrderMissing
    | CancelFailed
    | ForeignFill
    | AccountStated
    | OperationReported
)
"""What a venue says of our orders, our token operations and our account."""
type Command = HaltOrdered | Resumed | PauseOrdered | PauseLifted | CancelOrdered | ReconcileOrdered
"""What a person, or a rule in a person's place, tells the desk."""
type DeskEvent = OrderEvent | VenueStateChanged | TimerFired | CashMoved | Command
type Event = MarketEvent | DeskEvent
