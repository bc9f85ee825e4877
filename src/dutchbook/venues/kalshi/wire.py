"""What Kalshi says on its socket, exactly (protocol section 8).

Prices, sizes and signed changes are the venue's texts; the codec reads them. Fields that we do not use are not listed,
and ignored. A message's `type` stands in its tag; types without a class here are unknown to the codec.
"""

from typing import Annotated, Literal

import msgspec

ABSENT = msgspec.Raw()
"""A JSON number that is not there."""

type Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=9_000_000_000_000)]
"""Unix milliseconds, as far as 64-bit nanoseconds reach."""
type Seconds = Annotated[int, msgspec.Meta(ge=0, le=9_000_000_000)]
type SubscriptionId = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
type SequenceNumber = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
type ShardNumber = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
"""An instance of the exchange (protocol section 12)."""
type BookSide = Literal["yes", "no"]
type Row = tuple[str, str]
"""Price and size, or price and contracts: two texts."""


class _Message(msgspec.Struct, frozen=True, gc=False, tag_field="type"):
    """Base of all messages."""


class BookBody(msgspec.Struct, frozen=True, gc=False):
    """Bids of both outcomes. A side without orders has no key."""

    market_ticker: str
    yes_dollars_fp: tuple[Row, ...] | None = None
    no_dollars_fp: tuple[Row, ...] | None = None


class BookSnapshot(_Message, frozen=True, gc=False, tag="orderbook_snapshot"):
    """A whole book, at any time; without a time of its own."""

    sid: SubscriptionId
    seq: SequenceNumber
    msg: BookBody


class DeltaBody(msgspec.Struct, frozen=True, gc=False):
    """A signed change of the contracts that bid `price_dollars` for one outcome."""

    market_ticker: str
    price_dollars: str
    delta_fp: str
    side: BookSide
    ts_ms: Milliseconds | None = None


class BookDelta(_Message, frozen=True, gc=False, tag="orderbook_delta"):
    """One order came, went or traded."""

    sid: SubscriptionId
    seq: SequenceNumber
    msg: DeltaBody


class TradeBody(msgspec.Struct, frozen=True, gc=False):
    """One maker order matched. `taker_side` is the older word for `taker_outcome_side`."""

    market_ticker: str
    yes_price_dollars: str
    no_price_dollars: str
    count_fp: str
    taker_outcome_side: BookSide | None = None
    taker_side: BookSide | None = None
    trade_id: str = ""
    ts_ms: Milliseconds | None = None
    is_block_trade: bool = False


class Trade(_Message, frozen=True, gc=False, tag="trade"):
    """A print."""

    sid: SubscriptionId
    msg: TradeBody
    seq: SequenceNumber | None = None


class TickerBody(msgspec.Struct, frozen=True, gc=False):
    """The best prices; an empty side is a bid of 0 or an ask of 1 dollar."""

    market_ticker: str
    yes_bid_dollars: str
    yes_ask_dollars: str
    ts_ms: Milliseconds | None = None


class Ticker(_Message, frozen=True, gc=False, tag="ticker"):
    """The top of a book, from a pipeline apart from the book. Never numbered."""

    msg: TickerBody


class PriceRange(msgspec.Struct, frozen=True, gc=False):
    """Prices start + k * step up to `end`."""

    start: str
    end: str
    step: str


class CreatedMetadata(msgspec.Struct, frozen=True, gc=False):
    """What the announcement of a new market says beside its times. Strikes are JSON numbers, read as text."""

    event_ticker: str = ""
    title: str = ""
    yes_sub_title: str = ""
    rules_primary: str = ""
    rules_secondary: str = ""
    expected_expiration_ts: Seconds | None = None
    strike_type: str = ""
    floor_strike: msgspec.Raw = ABSENT
    cap_strike: msgspec.Raw = ABSENT


class LifecycleBody(msgspec.Struct, frozen=True):
    """A step in a market's life. Which fields are there depends on `event_type`."""

    market_ticker: str
    event_type: str
    open_ts: Seconds | None = None
    close_ts: Seconds | None = None
    settlement_value: msgspec.Raw = ABSENT
    price_level_structure: str = ""
    price_ranges: tuple[PriceRange, ...] = ()
    additional_metadata: CreatedMetadata | None = None
    exchange_index: ShardNumber | None = None


class MarketLifecycle(_Message, frozen=True, gc=False, tag="market_lifecycle_v2"):
    """A market was created, opened, paused, determined or settled. Unnumbered in 2025."""

    msg: LifecycleBody
    sid: SubscriptionId | None = None
    seq: SequenceNumber | None = None


class EventBody(msgspec.Struct, frozen=True, gc=False):
    """An event (our question), without its markets and without its exclusivity."""

    event_ticker: str


class EventLifecycle(_Message, frozen=True, gc=False, tag="event_lifecycle"):
    """An event was created or changed."""

    msg: EventBody
    sid: SubscriptionId | None = None
    seq: SequenceNumber | None = None


class EventFeeUpdate(_Message, frozen=True, gc=False, tag="event_fee_update"):
    """An event's own fees changed."""

    msg: EventBody
    sid: SubscriptionId | None = None
    seq: SequenceNumber | None = None


class SubscribedBody(msgspec.Struct, frozen=True, gc=False):
    """Which channel got which number."""

    channel: str
    sid: SubscriptionId


class Subscribed(_Message, frozen=True, gc=False, tag="subscribed"):
    """A subscription begins: its messages count from 1."""

    msg: SubscribedBody


class SubscriptionBody(msgspec.Struct, frozen=True, gc=False):
    """The markets now in a subscription, all of them."""

    market_tickers: tuple[str, ...] | None = None


class Ok(_Message, frozen=True, gc=False, tag="ok"):
    """A command was done. Consumes a number where it changed a subscription; a list of subscriptions has neither."""

    msg: msgspec.Raw = msgspec.Raw(b"{}")
    sid: SubscriptionId | None = None
    seq: SequenceNumber | None = None


class Unsubscribed(_Message, frozen=True, gc=False, tag="unsubscribed"):
    """A subscription is over."""

    sid: SubscriptionId
    seq: SequenceNumber | None = None


class ErrorBody(msgspec.Struct, frozen=True, gc=False):
    """What is wrong, by number (protocol section 8.3)."""

    code: int
    msg: str = ""


class Error(_Message, frozen=True, gc=False, tag="error"):
    """A command was refused, or a subscription broke."""

    msg: ErrorBody
    sid: SubscriptionId | None = None
    seq: SequenceNumber | None = None


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What any message has: enough to count the ones whose type we do not know."""

    type: str
    sid: SubscriptionId | None = None
    seq: SequenceNumber | None = None


type Message = (
    BookDelta
    | BookSnapshot
    | Trade
    | Ticker
    | MarketLifecycle
    | EventLifecycle
    | EventFeeUpdate
    | Subscribed
    | Ok
    | Unsubscribed
    | Error
)
