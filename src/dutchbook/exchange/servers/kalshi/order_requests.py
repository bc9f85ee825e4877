"""Bodies of V2 order requests: from strict JSON to what the matching engine takes (protocol sections 6.1 to 6.5)."""

from collections.abc import Mapping
from types import MappingProxyType

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import ONE, SECOND, Nanos, Price, Size
from dutchbook.exchange.matching.messages import NewOrder, SelfTrade
from dutchbook.exchange.servers.kalshi.errors import Fault, invalid, missing
from dutchbook.exchange.servers.kalshi.formats import count_in, price_in
from dutchbook.exchange.servers.kalshi.strict_json import Fields

CREATE: Fields = MappingProxyType(
    {
        "ticker": "string",
        "client_order_id": "string",
        "side": "string",
        "count": "string",
        "price": "string",
        "expiration_time": "int64",
        "time_in_force": "string",
        "post_only": "bool",
        "self_trade_prevention_type": "string",
        "cancel_order_on_pause": "bool",
        "reduce_only": "bool",
        "subaccount": "int64",
        "order_group_id": "string",
        "exchange_index": "int64",
    }
)
AMEND: Fields = MappingProxyType(
    {
        "ticker": "string",
        "side": "string",
        "price": "string",
        "count": "string",
        "client_order_id": "string",
        "updated_client_order_id": "string",
        "expiration_time": "int64",
        "exchange_index": "int64",
    }
)
DECREASE: Fields = MappingProxyType(
    {"reduce_by": "string", "reduce_to": "string", "exchange_index": "int64", "market_ticker": "string"}
)
CANCEL: Fields = MappingProxyType(
    {"order_id": "string", "subaccount": "int64", "exchange_index": "int64", "market_ticker": "string"}
)

_NEEDED = ("ticker", "side", "count", "price", "time_in_force", "self_trade_prevention_type")
SIDES: Mapping[str, Side] = MappingProxyType({"bid": Side.BUY, "ask": Side.SELL})
_TIMES: Mapping[str, TimeInForce] = MappingProxyType(
    {
        "good_till_canceled": TimeInForce.GTC,
        "immediate_or_cancel": TimeInForce.IOC,
        "fill_or_kill": TimeInForce.FOK,
    }
)
_SELF_TRADES: Mapping[str, SelfTrade] = MappingProxyType(
    {"taker_at_cross": SelfTrade.CANCEL_TAKER, "maker": SelfTrade.CANCEL_MAKER}
)
_LONGEST_CLIENT_ID = 64
"""Not documented: assumed."""
_LATEST = (1 << 63) // SECOND


def check_create(body: Mapping[str, object]) -> None:
    """Refuse what can be refused without knowing the market: absent fields, unknown words, combinations.

    The order of these checks was not captured.
    """
    absent = [name for name in _NEEDED if body.get(name) in (None, "")]
    if absent:
        raise missing(*absent)
    for name, words in (("side", SIDES), ("time_in_force", _TIMES), ("self_trade_prevention_type", _SELF_TRADES)):
        if body[name] not in words:
            raise invalid(name)
    if len(text(body, "client_order_id")) > _LONGEST_CLIENT_ID:
        raise invalid("client_order_id")
    _check_combination(body)


def _check_combination(body: Mapping[str, object]) -> None:
    rests = body["time_in_force"] == "good_till_canceled"
    if not rests and body.get("expiration_time") is not None:
        raise Fault(400, "invalid_order", details="expiration time needs good till canceled")
    if not rests and body.get("post_only"):
        raise Fault(400, "invalid_order", details="post only needs good till canceled")
    if body.get("reduce_only") and body["time_in_force"] != "immediate_or_cancel":
        raise Fault(400, "invalid_order", details="reduce only needs immediate or cancel")


def new_order(body: Mapping[str, object], order_id: str, account: str, market: Market) -> NewOrder:
    """The order that a checked body means, on the YES leg. Raises ApiError."""
    expires = expiry(body)
    tif = _TIMES[text(body, "time_in_force")]
    return NewOrder(
        id=order_id,
        account=account,
        market=market.id,
        outcome=market.yes,
        side=SIDES[text(body, "side")],
        price=price(body),
        size=count(body, "count"),
        tif=TimeInForce.GTD if expires is not None else tif,
        expires=expires,
        post_only=bool(body.get("post_only")),
        reduce_only=bool(body.get("reduce_only")),
        self_trade=_SELF_TRADES[text(body, "self_trade_prevention_type")],
        client_id=text(body, "client_order_id"),
        group=text(body, "order_group_id"),
        cancel_on_pause=bool(body.get("cancel_order_on_pause")),
    )


def text(body: Mapping[str, object], name: str) -> str:
    """A string member; empty if absent."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def integer(body: Mapping[str, object], name: str) -> int | None:
    """An integer member; None if absent."""
    value = body.get(name)
    return value if isinstance(value, int) else None


def price(body: Mapping[str, object]) -> Price:
    """The price of YES, strictly between 0 and 1 dollar with at most four decimals. Raises ApiError `invalid_price`."""
    try:
        found = price_in(text(body, "price"))
    except ValueError:
        raise Fault(400, "invalid_price") from None
    if not 0 < found < ONE:
        raise Fault(400, "invalid_price")
    return found


def count(body: Mapping[str, object], name: str, *, least: int = 1) -> Size:
    """A number of contracts with at most two decimals. Raises ApiError `invalid_order_size`."""
    try:
        found = count_in(text(body, name))
    except ValueError:
        raise Fault(400, "invalid_order_size") from None
    if found < least:
        raise Fault(400, "invalid_order_size")
    return found


def expiry(body: Mapping[str, object]) -> Nanos | None:
    """When the order expires; None if it does not."""
    seconds = integer(body, "expiration_time")
    if seconds is None:
        return None
    if not 0 <= seconds <= _LATEST:
        raise invalid("expiration_time")
    return Nanos(seconds * SECOND)


def ticker(body: Mapping[str, object]) -> MarketId:
    return MarketId(text(body, "ticker"))
