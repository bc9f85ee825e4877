"""What the venue tells of one order's life, as frames of both channels, to be mixed, repeated and lost by tests."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, PolymarketFees, PriceGrid
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Nanos, Price, Size, decimal_text
from dutchbook.venues.polymarket.order_codec import PolymarketOrderCodec
from dutchbook.venues.polymarket.own_trades import Identity
from dutchbook.venues.polymarket.trade_book import Listings
from dutchbook.venues.trading import Answered, Asked, Exchange, answered_frame, user_source

START = Nanos(1_767_225_600 * SECOND)
CONDITION = MarketId("0x" + "5f" * 32)
YES, NO = OutcomeId("111"), OutcomeId("222")
KEY_ID, FUNDER = "key-id", "0x" + "f0" * 20
MARKET = Market(
    id=CONDITION,
    venue=Venue.POLYMARKET,
    question=QuestionId("q"),
    title="Will it?",
    yes=YES,
    no=NO,
    grid=PriceGrid.uniform(Price(100)),
    min_size=Size(5 * CONTRACT),
    min_notional=DOLLAR,
    fees=PolymarketFees(rate_ppm=40_000, rebate_ppm=250_000),
)


def codec() -> PolymarketOrderCodec:
    return PolymarketOrderCodec(
        Identity(KEY_ID, FUNDER),
        Listings(
            lambda id_: MARKET if id_ == CONDITION else None,
            lambda token: MARKET if token in (YES, NO) else None,
        ),
    )


def name(number: int) -> str:
    return f"0x{number:064x}"


def order(number: int, size: int = 10, **changed: Any) -> Order:
    base: dict[str, Any] = {
        "outcome": YES,
        "market": CONDITION,
        "side": Side.BUY,
        "limit": Price(5_000),
        "size": Size(size * CONTRACT),
        "expected": Price(5_000),
        "tif": TimeInForce.GTC,
    }
    return Order(
        id=OrderId(f"run-i{number}-1"),
        intent=IntentId(f"run-i{number}"),
        leg=Leg(**{**base, **changed}),
        venue_id=name(number),
        status=OrderStatus.SENDING,
        created=START,
    )


class Match(msgspec.Struct, frozen=True):
    """One trade of one order of ours, as taker or as maker."""

    trade: str
    size: int
    price: int = 50
    maker: bool = False
    other_token: bool = False
    """Whether we, or whom we met, traded the other token."""


def contracts(size: float) -> str:
    return decimal_text(round(size * CONTRACT), 6).removesuffix(".00")


def trade(sent: Order, match: Match, status: str) -> dict[str, Any]:
    """An element of `/data/trades`, which is what the user channel sends too but for a few members."""
    leg = sent.leg
    price, size = f"0.{match.price:02d}", contracts(match.size)
    word = leg.side.upper()
    opposite = "SELL" if word == "BUY" else "BUY"
    mirror = f"0.{100 - match.price:02d}"
    other = NO if leg.outcome == YES else YES
    theirs = {
        "owner": "somebody",
        "maker_address": "0x" + "ee" * 20,
        "asset_id": other if match.other_token else leg.outcome,
        "side": word if match.other_token else opposite,
        "price": mirror if match.other_token else price,
    }
    ours = {"owner": KEY_ID, "maker_address": FUNDER, "asset_id": leg.outcome, "side": word, "price": price}
    top, entry = (theirs, ours) if match.maker else (ours, theirs)
    return {
        "id": match.trade,
        "taker_order_id": name(999) if match.maker else sent.venue_id,
        "market": leg.market,
        **top,
        "size": size,
        "status": status,
        "fee_rate_bps": "0",
        "match_time": str(START // SECOND + 5),
        "last_update": str(START // SECOND + 5),
        "outcome": "Yes",
        "bucket_index": 0,
        "transaction_hash": "",
        "trader_side": "MAKER" if match.maker else "TAKER",
        "maker_orders": [
            {
                **entry,
                "order_id": sent.venue_id if match.maker else name(998),
                "matched_amount": size,
                "fee_rate_bps": "0",
                "outcome": "Yes",
            }
        ],
    }


def trade_event(sent: Order, match: Match, status: str) -> bytes:
    return _bytes({"event_type": "trade", "type": "TRADE", **trade(sent, match, status)})


def order_event(
    sent: Order, kind: str, matched: float | None, status: str = "LIVE", trades: Sequence[str] = ()
) -> bytes:
    return _bytes(
        {
            "event_type": "order",
            "type": kind,
            "id": sent.venue_id,
            "owner": KEY_ID,
            "market": sent.leg.market,
            "asset_id": sent.leg.outcome,
            "side": sent.leg.side.upper(),
            "price": "0.5",
            "original_size": contracts(sent.leg.size / CONTRACT),
            "size_matched": "" if matched is None else contracts(matched),
            "status": status,
            "associate_trades": list(trades) or None,
        }
    )


def placed(
    sent: Order, status: str = "live", taking: str = "", making: str = "", trades: Sequence[str] = ()
) -> Exchange:
    body = {
        "success": True,
        "errorMsg": "",
        "orderID": sent.venue_id,
        "status": status,
        "makingAmount": making,
        "takingAmount": taking,
        "tradeIDs": list(trades),
        "transactionsHashes": [],
    }
    return Exchange(path="/order", status=200, body=_bytes(body).decode())


def answered(asked: Asked, exchanges: Sequence[Exchange], ids: Sequence[str], at: Nanos, sent: Nanos) -> Frame:
    return answered_frame(
        Venue.POLYMARKET, Answered(asked=asked, sent=sent, exchanges=tuple(exchanges), ids=tuple(ids)), at
    )


def heard(payload: bytes, at: Nanos) -> Frame:
    return Frame(user_source(Venue.POLYMARKET), at, payload)


def trades_page(rows: Sequence[dict[str, Any]], cursor: str = "LTE=") -> Exchange:
    body = {"data": rows, "next_cursor": cursor, "limit": 500, "count": len(rows)}
    return Exchange(path="/data/trades?maker_address=0x&after=0", status=200, body=_bytes(body).decode())


def gone(sent: Order) -> Exchange:
    return Exchange(path=f"/data/order/{sent.venue_id}", status=404, body='{"error":"order not found"}')


def _bytes(what: object) -> bytes:
    return json.dumps(what, separators=(",", ":")).encode()
