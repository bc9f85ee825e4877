"""What goes into the exchange in a box and what comes out of it: orders, refusals, events."""

from enum import StrEnum

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import MarketStatus, PriceGrid
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import Money, Nanos, Price, Size


class SelfTrade(StrEnum):
    """What happens when an order would meet another one of the same account."""

    ALLOW = "allow"
    """They trade (Polymarket documents no prevention)."""
    CANCEL_TAKER = "cancel_taker"
    """The rest of the incoming order is cancelled (Kalshi `taker_at_cross`)."""
    CANCEL_MAKER = "cancel_maker"
    """The resting order is cancelled and matching goes on (Kalshi `maker`)."""


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order as its sender means it. `price` is the limit in the terms of `outcome` itself.

    `id` is given by whoever takes the order in (an EIP-712 digest, a UUID), never twice. `spend` bounds a BUY by
    collateral instead of `size` (Polymarket's market buys): then `size` is 0.
    """

    id: str
    account: str
    market: MarketId
    outcome: OutcomeId
    side: Side
    price: Price
    size: Size = Size(0)
    spend: Money | None = None
    tif: TimeInForce = TimeInForce.GTC
    expires: Nanos | None = None
    post_only: bool = False
    reduce_only: bool = False
    self_trade: SelfTrade = SelfTrade.ALLOW
    client_id: str = ""
    group: str = ""
    cancel_on_pause: bool = False


class Refusal(StrEnum):
    """Why the exchange did not do what was asked. Servers turn it into their venue's words."""

    UNKNOWN_MARKET = "unknown_market"
    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_ACCOUNT = "unknown_account"
    MARKET_NOT_OPEN = "market_not_open"
    MARKET_CLOSED = "market_closed"
    POST_ONLY_MODE = "post_only_mode"
    CANCEL_ONLY_MODE = "cancel_only_mode"
    DISABLED = "disabled"
    OFF_GRID = "off_grid"
    TOO_SMALL = "too_small"
    """Below the smallest resting size."""
    TOO_SMALL_NOTIONAL = "too_small_notional"
    """A marketable order below the smallest notional."""
    DUPLICATE = "duplicate"
    DUPLICATE_CLIENT_ID = "duplicate_client_id"
    EXPIRY_IN_THE_PAST = "expiry_in_the_past"
    BALANCE = "balance"
    ALLOWANCE = "allowance"
    WOULD_CROSS = "would_cross"
    UNFILLABLE = "unfillable"
    """A fill-or-kill that cannot be filled whole."""
    NOTHING_TO_MATCH = "nothing_to_match"
    """A fill-and-kill that meets nothing, at a venue that calls this an error."""
    NOTHING_TO_REDUCE = "nothing_to_reduce"
    GROUP_TRIGGERED = "group_triggered"
    DELAYED = "delayed"
    """A delayed order cannot be cancelled."""
    ALREADY_DONE = "already_done"
    NOT_OFFERED = "not_offered"
    """The venue has no such operation for this market."""
    NOT_SETTLED = "not_settled"
    """Redeeming before the market resolved, or tokens that are not there yet."""


class Refused(DutchbookError):
    """The exchange did not do it, and changed nothing. `have` and `need` are micro-units where an amount was short."""

    def __init__(self, reason: Refusal, message: str, *, have: int | None = None, need: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.have = have
        self.need = need


class OrderState(StrEnum):
    """Where an order stands at the exchange."""

    DELAYED = "delayed"
    LIVE = "live"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class WorkingOrder(msgspec.Struct, eq=False):
    """An order inside the exchange, as it stands now. Only the exchange changes it; listeners read it at once.

    `paid` is the notional of its fills (paid for a BUY, received for a SELL) without `fees`; `reason` says why it ended
    without being filled (`user`, `pause`, `closed`, `self_trade`, `group`, `balance`, `immediate`, `expired`, `mode`).
    """

    new: NewOrder
    remaining: Size
    placed: Nanos
    updated: Nanos
    filled: Size = Size(0)
    paid: Money = Money(0)
    fees: Money = Money(0)
    state: OrderState = OrderState.LIVE
    reason: str = ""

    def __repr__(self) -> str:
        """Its name and where it stands: what it belongs to is no part of it."""
        return f"<order {self.new.id}: {self.state} {self.reason}, {self.filled} filled, {self.remaining} remain>"


class PairKind(StrEnum):
    """How a taker and a maker came together."""

    COMPLEMENTARY = "complementary"
    """A BUY and a SELL of one outcome."""
    MINT = "mint"
    """Two BUYs of the two outcomes: a new set is made."""
    MERGE = "merge"
    """Two SELLs of the two outcomes: a set is dissolved."""


class Party(msgspec.Struct, frozen=True, gc=False):
    """One side of a trade, in the terms of the outcome that it traded. `fee` is what it was charged."""

    order: WorkingOrder
    outcome: OutcomeId
    side: Side
    price: Price
    fee: Money


class Pair(msgspec.Struct, frozen=True, gc=False):
    """A taker met one resting order: `size` contracts. `number` counts pairs of one exchange from 1."""

    number: int
    kind: PairKind
    size: Size
    taker: Party
    maker: Party


class LevelMove(msgspec.Struct, frozen=True, gc=False):
    """A new total at one price of the book of YES: `side` BUY is a bid. `delta` is the signed change."""

    side: Side
    price: Price
    size: Size
    delta: int


class BookMoved(msgspec.Struct, frozen=True, gc=False):
    """The visible book of a market changed. `traded` says that a match did it; `batch` is equal for one batch call."""

    market: MarketId
    at: Nanos
    moves: tuple[LevelMove, ...]
    traded: bool = False
    batch: int = 0


class Matched(msgspec.Struct, frozen=True, gc=False):
    """An order took what rested. One event per incoming order, after its `BookMoved`. `number` counts from 1."""

    number: int
    market: MarketId
    at: Nanos
    taker: WorkingOrder
    pairs: tuple[Pair, ...]


class Change(StrEnum):
    """What became of an order."""

    PLACED = "placed"
    UPDATED = "updated"
    """Some of it traded while it goes on, or its size or price was changed."""
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class OrderChanged(msgspec.Struct, frozen=True, gc=False):
    """One order changed; `order` shows it after the change."""

    order: WorkingOrder
    change: Change
    at: Nanos


class Settlement(StrEnum):
    """How far a Polymarket trade has come on its chain (protocol section 9)."""

    MATCHED = "matched"
    MINED = "mined"
    RETRYING = "retrying"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class SettlementMoved(msgspec.Struct, frozen=True, gc=False):
    """A match moved on the chain. FAILED takes its fills back."""

    match: Matched
    status: Settlement
    at: Nanos


class ListingAdded(msgspec.Struct, frozen=True, gc=False):
    """A market was listed; read it from the exchange."""

    market: MarketId
    at: Nanos


class StatusMoved(msgspec.Struct, frozen=True, gc=False):
    """A market opened, paused or closed."""

    market: MarketId
    status: MarketStatus
    at: Nanos


class GridMoved(msgspec.Struct, frozen=True, gc=False):
    """A market's price grid changed; what rests stays."""

    market: MarketId
    before: PriceGrid
    after: PriceGrid
    at: Nanos


class Resolved(msgspec.Struct, frozen=True, gc=False):
    """A market was decided: one YES pays `payout`. Books are gone; holders may redeem, or were paid already."""

    market: MarketId
    payout: Price
    at: Nanos


class FundsMoved(msgspec.Struct, frozen=True, gc=False):
    """An account's cash or holdings changed for a reason that is no trade: split, merge, convert, redeem, deposit..."""

    account: str
    why: str
    market: MarketId | None
    cash: int
    size: Size
    at: Nanos


type ExchangeEvent = (
    BookMoved
    | Matched
    | OrderChanged
    | SettlementMoved
    | ListingAdded
    | StatusMoved
    | GridMoved
    | Resolved
    | FundsMoved
)
