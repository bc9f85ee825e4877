"""What Kalshi says of orders, fills and accounts, exactly (protocol sections 5, 6 and 8.8).

Any field that we can do without may be absent or null. REST and socket name the same things differently: both names are
listed. What it all means is said by `order_facts`.
"""

from typing import Literal

import msgspec

from dutchbook.venues.kalshi.wire import Milliseconds, SequenceNumber, ShardNumber

type BidOrAsk = Literal["bid", "ask"]


class Error(msgspec.Struct, frozen=True):
    """The words of a refusal."""

    code: str = ""
    message: str = ""
    details: str = ""


class Created(msgspec.Struct, frozen=True):
    """The answer to a create, or its row of a batch; a row that was refused has an `error` and not much else."""

    order_id: str | None = None
    client_order_id: str | None = None
    fill_count: str | None = None
    remaining_count: str | None = None
    ts_ms: Milliseconds | None = None
    error: Error | None = None


class CreatedBatch(msgspec.Struct, frozen=True):
    orders: tuple[Created, ...]


class Cancelled(msgspec.Struct, frozen=True):
    """A row of the answer to a cancel. Such rows were seen to describe other orders: good for errors alone."""

    order_id: str | None = None
    client_order_id: str | None = None
    error: Error | None = None


class CancelledBatch(msgspec.Struct, frozen=True):
    orders: tuple[Cancelled, ...]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order, on REST and on the socket."""

    order_id: str
    ticker: str
    status: str
    book_side: BidOrAsk
    yes_price_dollars: str
    initial_count_fp: str
    fill_count_fp: str
    remaining_count_fp: str
    client_order_id: str | None = None
    created_time: str | None = None
    last_update_time: str | None = None
    expiration_time: str | None = None
    last_update_reason: str | None = None
    order_group_id: str | None = None
    subaccount_number: int | None = None
    exchange_index: ShardNumber | None = None


class OrderAnswer(msgspec.Struct, frozen=True):
    order: Order


class OrdersPage(msgspec.Struct, frozen=True):
    orders: tuple[Order, ...]
    cursor: str | None = None


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """A fill. REST calls its market `ticker` and it `fill_id`, the socket `market_ticker` and `trade_id`."""

    order_id: str
    book_side: BidOrAsk
    yes_price_dollars: str
    count_fp: str
    fee_cost: str
    is_taker: bool
    trade_id: str | None = None
    fill_id: str | None = None
    ticker: str | None = None
    market_ticker: str | None = None
    client_order_id: str | None = None
    created_time: str | None = None
    ts_ms: Milliseconds | None = None
    subaccount_number: int | None = None
    subaccount: int | None = None


class FillsPage(msgspec.Struct, frozen=True):
    fills: tuple[Fill, ...]
    cursor: str | None = None


class ShardBalance(msgspec.Struct, frozen=True):
    balance: str
    exchange_index: ShardNumber


class Balance(msgspec.Struct, frozen=True):
    """Cash that no order reserves. A key that is locked to a subaccount is not told of the shards."""

    balance_dollars: str
    balance_breakdown: tuple[ShardBalance, ...] | None = None


class RestingValue(msgspec.Struct, frozen=True):
    """Cash that orders reserve; in cents, and exactly by shard (not in old answers)."""

    total_resting_order_value: int
    resting_order_value_breakdown: tuple[ShardBalance, ...] | None = None


class Position(msgspec.Struct, frozen=True):
    """A position: above 0 is YES, below is NO."""

    ticker: str
    position_fp: str
    market_exposure_dollars: str | None = None


class PositionsPage(msgspec.Struct, frozen=True):
    market_positions: tuple[Position, ...]
    cursor: str | None = None


class AsOf(msgspec.Struct, frozen=True):
    """Up to when everything is in what REST shows."""

    as_of_time: str


class Status(msgspec.Struct, frozen=True):
    """What the exchange takes."""

    exchange_active: bool
    trading_active: bool
    exchange_estimated_resume_time: str | None = None


class GroupCreated(msgspec.Struct, frozen=True):
    order_group_id: str


class GroupStep(msgspec.Struct, frozen=True):
    """A step in the life of an order group."""

    event_type: str
    order_group_id: str


class _Message(msgspec.Struct, frozen=True, tag_field="type"):
    pass


class UserOrder(_Message, frozen=True, tag="user_order"):
    msg: Order


class UserFill(_Message, frozen=True, tag="fill"):
    msg: Fill


class GroupUpdate(_Message, frozen=True, tag="order_group_updates"):
    msg: GroupStep
    seq: SequenceNumber | None = None


class Envelope(msgspec.Struct, frozen=True):
    """What every message has: enough for those that are not read."""

    type: str


type UserMessage = UserOrder | UserFill | GroupUpdate
