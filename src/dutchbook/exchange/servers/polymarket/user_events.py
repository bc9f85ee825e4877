"""Events of the user channel: one's orders and trades (protocol section 4.5)."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import SECOND
from dutchbook.exchange.matching.messages import Change, Matched, NewOrder, OrderState, Pair, Settlement, WorkingOrder
from dutchbook.exchange.polymarket_book import plain, price_text, size_text
from dutchbook.exchange.servers.polymarket.identifiers import trade_id, transaction_hash
from dutchbook.exchange.servers.polymarket.wallets import checksummed

_TYPES = {
    Change.PLACED: "PLACEMENT",
    Change.UPDATED: "UPDATE",
    Change.FILLED: "UPDATE",
    Change.CANCELLED: "CANCELLATION",
    Change.EXPIRED: "CANCELLATION",
}
_STATES = {
    OrderState.DELAYED: "DELAYED",
    OrderState.LIVE: "LIVE",
    OrderState.FILLED: "MATCHED",
    OrderState.CANCELLED: "CANCELED",
    OrderState.EXPIRED: "CANCELED_EXPIRED_ORDER",
}
_REASONS = {
    "balance": "CANCELED_NOT_ENOUGH_BALANCE",
    "closed": "CANCELED_MARKET_RESOLVED",
    "expired": "CANCELED_EXPIRED_ORDER",
}
_ORDER_TYPES = {TimeInForce.GTC: "GTC", TimeInForce.GTD: "GTD", TimeInForce.FOK: "FOK", TimeInForce.IOC: "FAK"}
_WORDS = {Side.BUY: "BUY", Side.SELL: "SELL"}


class Owners(Protocol):
    """Whose API key sent an order."""

    def owner_of_order(self, order_id: str, account: str) -> str: ...


class UserQuirks(msgspec.Struct, frozen=True, kw_only=True):
    """How the channel writes what has been seen in more than one form, and what it does where nothing is known."""

    ping_patience_s: float | None = 30.0
    created_at_in_ms: bool = False
    """`created_at` of orders: seconds in captures, milliseconds in some."""
    null_expiration: bool = False
    """Whether an order without an expiration says null instead of `"0"`."""
    trade_timestamp_in_ms: bool = False
    """`timestamp` of trades: seconds in a capture of November 2025, milliseconds in one of 2024."""
    match_time_name: str = "match_time"
    """`matchtime` is documented, `match_time` is in every capture."""
    repeat_trades: bool = False
    """Whether each trade frame is sent twice, which clients must tolerate."""


def order_event(
    order: WorkingOrder,
    change: Change,
    market: Market,
    owner: str,
    trades: tuple[str, ...],
    at_ms: int,
    quirks: UserQuirks,
) -> bytes:
    """An `order` event: `size_matched` is cumulative, `trades` names the trades so far."""
    new = order.new
    placed_ms = order.placed // 1_000_000
    expires = "0" if new.expires is None else str(new.expires // SECOND)
    return msgspec.json.encode(
        {
            "asset_id": new.outcome,
            "associate_trades": trades or None,
            "created_at": str(placed_ms if quirks.created_at_in_ms else placed_ms // 1_000),
            "event_type": "order",
            "expiration": None if quirks.null_expiration and new.expires is None else expires,
            "id": new.id,
            "maker_address": checksummed(new.account),
            "market": market.id,
            "order_owner": owner,
            "order_type": _ORDER_TYPES[new.tif],
            "original_size": size_text(order.filled + order.remaining if not new.size else new.size),
            "outcome": label_of(market, new.outcome),
            "owner": owner,
            "price": price_text(new.price),
            "side": _WORDS[new.side],
            "size_matched": size_text(order.filled),
            "status": _status(order, change),
            "timestamp": str(at_ms),
            "type": _TYPES[change],
        }
    )


def killed_event(new: NewOrder, owner: str, why: str, at_ms: int) -> bytes:
    """The `order` event of a killed order: three fields are empty, the reason is the status."""
    return msgspec.json.encode(
        {
            "asset_id": new.outcome,
            "associate_trades": None,
            "created_at": "",
            "event_type": "order",
            "expiration": "0",
            "id": new.id,
            "maker_address": checksummed(new.account),
            "market": new.market,
            "order_owner": owner,
            "order_type": _ORDER_TYPES[new.tif],
            "original_size": size_text(new.size),
            "outcome": "",
            "owner": owner,
            "price": price_text(new.price),
            "side": _WORDS[new.side],
            "size_matched": "",
            "status": f"CANCELED_{why}",
            "timestamp": str(at_ms),
            "type": "CANCELLATION",
        }
    )


def trade_event(
    match: Matched, account: str, status: Settlement, market: Market, owners: Owners, at_ms: int, quirks: UserQuirks
) -> bytes:
    """A `trade` event as `account` sees it: the top describes the taker, `maker_orders` all whom it met.

    A maker finds its own entries there. The taker's price is what it paid on average, exact to six decimals (a capture
    of November 2025 suggests that the venue rounds it to the tick).
    """
    taker = match.taker
    is_taker = taker.new.account == account
    size = sum(pair.size for pair in match.pairs)
    owner = owners.owner_of_order(taker.new.id, taker.new.account)
    stamp = at_ms if quirks.trade_timestamp_in_ms else at_ms // 1_000
    return msgspec.json.encode(
        {
            "asset_id": taker.new.outcome,
            "bucket_index": 0,
            "event_type": "trade",
            "fee_rate_bps": "0",
            "id": trade_id(match.number),
            "last_update": str(at_ms // 1_000),
            "maker_address": checksummed(taker.new.account),
            "maker_orders": [_maker(pair, market, owners) for pair in match.pairs],
            "market": market.id,
            quirks.match_time_name: str(match.at // SECOND),
            "outcome": label_of(market, taker.new.outcome),
            "owner": owner,
            "price": average_price(match.pairs),
            "side": _WORDS[taker.new.side],
            "size": size_text(size),
            "status": status.upper(),
            "taker_order_id": taker.new.id,
            "timestamp": str(stamp),
            "trade_owner": owner,
            "trader_side": "TAKER" if is_taker else "MAKER",
            "transaction_hash": transaction_hash(match.number),
            "type": "TRADE",
        }
    )


def average_price(pairs: Sequence[Pair]) -> str:
    """What the taker of some pairs paid or got for one contract, to six decimals."""
    size = sum(pair.size for pair in pairs)
    return plain(sum(pair.size * pair.taker.price for pair in pairs) * 100 // size, 6)


def label_of(market: Market, outcome: OutcomeId) -> str:
    """What the venue calls an outcome: "Yes", "Down"..."""
    return market.labels[0 if outcome == market.yes else 1]


def _maker(pair: Pair, market: Market, owners: Owners) -> dict[str, object]:
    maker = pair.maker
    new = maker.order.new
    return {
        "order_id": new.id,
        "owner": owners.owner_of_order(new.id, new.account),
        "maker_address": checksummed(new.account),
        "matched_amount": size_text(pair.size),
        "price": price_text(maker.price),
        "fee_rate_bps": "0",
        "asset_id": maker.outcome,
        "outcome": label_of(market, maker.outcome),
        "outcome_index": 0 if maker.outcome == market.yes else 1,
        "side": _WORDS[maker.side],
    }


def _status(order: WorkingOrder, change: Change) -> str:
    if change in (Change.CANCELLED, Change.EXPIRED):
        return _REASONS.get(order.reason, _STATES[order.state])
    return _STATES[order.state]
