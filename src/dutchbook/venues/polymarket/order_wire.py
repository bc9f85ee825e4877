"""What Polymarket says of orders and trades, in answers and on the user channel (protocol sections 2.2 and 4.5).

Texts stay texts here: who reads a number reads it strictly. Members that are not named here may come and go.
"""

import msgspec


class OrderAnswer(msgspec.Struct, frozen=True):
    """The answer to one order of `POST /order` or `POST /orders`. `success` says nothing: decide by id and message."""

    orderID: str = ""  # noqa: N815 - the wire's name
    errorMsg: str | None = ""  # noqa: N815
    status: str | None = ""
    makingAmount: str | None = ""  # noqa: N815
    takingAmount: str | None = ""  # noqa: N815
    tradeIDs: tuple[str, ...] | None = ()  # noqa: N815


class CancelAnswer(msgspec.Struct, frozen=True):
    """The answer to every kind of cancel."""

    canceled: tuple[str, ...]
    not_canceled: dict[str, str]


class ErrorAnswer(msgspec.Struct, frozen=True):
    """`{"error": text}`, with what post-only mode adds."""

    error: str
    code: str = ""
    retry_after_seconds: float | None = None


class HeartbeatAnswer(msgspec.Struct, frozen=True):
    """The id to send next; with a status of 400 the right one."""

    heartbeat_id: str
    error_msg: str = ""


class BalanceAnswer(msgspec.Struct, frozen=True):
    """Base units of collateral or of one token."""

    balance: str


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An element of `/data/orders`, and `/data/order/{id}`."""

    id: str
    status: str
    market: str
    asset_id: str
    side: str
    original_size: str
    size_matched: str
    price: str


class MakerOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One resting order that a trade met, with its own token, side and price."""

    order_id: str
    matched_amount: str
    price: str
    asset_id: str
    side: str
    owner: str | None = ""
    maker_address: str | None = ""


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """A trade, of `/data/trades` or of the user channel. The top describes the taker.

    `match_time` is called `matchtime` in the documentation.
    """

    id: str
    taker_order_id: str
    market: str
    asset_id: str
    side: str
    size: str
    price: str
    status: str
    match_time: str = ""
    matchtime: str = ""
    last_update: str = ""
    owner: str | None = ""
    maker_address: str | None = ""
    trader_side: str = ""
    maker_orders: tuple[MakerOrder, ...] | None = ()

    @property
    def matched_s(self) -> str:
        """When it was matched, in unix seconds."""
        return self.match_time or self.matchtime


class UserOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An `order` event. A killed order leaves `size_matched` empty and carries its reason in `status`."""

    id: str
    type: str
    status: str = ""
    size_matched: str | None = ""
    associate_trades: tuple[str, ...] | None = ()


class OrdersPage(msgspec.Struct, frozen=True):
    """One page of open orders."""

    data: tuple[OpenOrder, ...]
    next_cursor: str


class TradesPage(msgspec.Struct, frozen=True):
    """One page of trades."""

    data: tuple[Trade, ...]
    next_cursor: str


class EventType(msgspec.Struct, frozen=True):
    """Which event of the user channel this is."""

    event_type: str = ""


LAST_CURSOR = "LTE="

read_order_answer = msgspec.json.Decoder(OrderAnswer).decode
read_order_answers = msgspec.json.Decoder(tuple[OrderAnswer, ...]).decode
read_cancel_answer = msgspec.json.Decoder(CancelAnswer).decode
read_error = msgspec.json.Decoder(ErrorAnswer, strict=False).decode
read_heartbeat = msgspec.json.Decoder(HeartbeatAnswer).decode
read_balance = msgspec.json.Decoder(BalanceAnswer).decode
read_open_order = msgspec.json.Decoder(OpenOrder | None).decode
read_orders_page = msgspec.json.Decoder(OrdersPage).decode
read_trades_page = msgspec.json.Decoder(TradesPage).decode
read_event_type = msgspec.json.Decoder(EventType).decode
read_event_types = msgspec.json.Decoder(tuple[EventType, ...]).decode
read_user_order = msgspec.json.Decoder(UserOrder).decode
read_trade = msgspec.json.Decoder(Trade).decode
read_many = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode
