"""Kalshi's bodies and messages, written for tests from the protocol reference."""

import json

import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.venues.trading import Answered, Asked, Exchange, answered_frame

T = "2026-06-11T06:29:30.164956Z"
AS_OF = "2026-06-11T06:40:00Z"
AT = Nanos(1_781_160_000_000_000_000)


class VenueFill(msgspec.Struct, frozen=True):
    """A fill as the venue knows it: hundredths of contracts, cents of YES."""

    id: str
    order_id: str
    client_id: str
    ticker: str
    bid: bool
    cents: int
    hundredths: int

    def body(self, *, socket: bool, named: bool = True) -> dict[str, object]:
        side = "yes" if self.bid else "no"
        body: dict[str, object] = {
            "order_id": self.order_id,
            "trade_id": self.id,
            "market_ticker": self.ticker,
            "outcome_side": side,
            "book_side": "bid" if self.bid else "ask",
            "count_fp": f"{self.hundredths / 100:.2f}",
            "yes_price_dollars": f"{self.cents / 100:.4f}",
            "is_taker": False,
            "fee_cost": "0.000100",
        }
        if socket:
            return body | {"ts_ms": 1_781_159_370_164} | ({"client_order_id": self.client_id} if named else {})
        return body | {"fill_id": self.id, "ticker": self.ticker, "created_time": T, "subaccount_number": 0}


class VenueOrder(msgspec.Struct, frozen=True):
    """An order as the venue knows it at some moment."""

    order_id: str
    client_id: str
    ticker: str
    bid: bool
    cents: int
    hundredths: int
    filled: int = 0
    status: str = "resting"

    def body(self) -> dict[str, object]:
        left = self.hundredths - self.filled if self.status == "resting" else 0
        return {
            "order_id": self.order_id,
            "client_order_id": self.client_id,
            "ticker": self.ticker,
            "status": self.status,
            "outcome_side": "yes" if self.bid else "no",
            "book_side": "bid" if self.bid else "ask",
            "yes_price_dollars": f"{self.cents / 100:.4f}",
            "initial_count_fp": f"{self.hundredths / 100:.2f}",
            "fill_count_fp": f"{self.filled / 100:.2f}",
            "remaining_count_fp": f"{left / 100:.2f}",
            "last_update_time": T,
            "expiration_time": None,
            "subaccount_number": 0,
        }


def said(kind: str, body: object) -> Frame:
    """A message of the private socket."""
    return Frame("kalshi/user", AT, json.dumps({"type": kind, "sid": 1, "msg": body}).encode())


def answered(asked: Asked, *exchanges: Exchange, ids: tuple[str, ...] = ()) -> Frame:
    """An answer of ours, recorded."""
    return answered_frame(Venue.KALSHI, Answered(asked=asked, sent=AT, exchanges=exchanges, ids=ids), AT)


def ok(path: str, body: object, status: int = 200) -> Exchange:
    return Exchange(path=path, status=status, body=json.dumps(body))


def placed(order: VenueOrder, *, batch: bool = False) -> Frame:
    """The answer to a create, by which time the order stands as given."""
    left = order.hundredths - order.filled if order.status == "resting" else 0
    row = {
        "order_id": order.order_id,
        "client_order_id": order.client_id,
        "fill_count": f"{order.filled / 100:.2f}",
        "remaining_count": f"{left / 100:.2f}",
        "ts_ms": 1,
    }
    path = "/trade-api/v2/portfolio/events/orders" + ("/batched" if batch else "")
    return answered(Asked.PLACE, ok(path, {"orders": [row]} if batch else row, 201), ids=(order.client_id,))


def queried(order: VenueOrder, fills: list[VenueFill]) -> Frame:
    """What a query by the venue's id finds."""
    rows = [fill.body(socket=False) for fill in fills]
    return answered(
        Asked.QUERY,
        ok(f"/portfolio/orders/{order.order_id}", {"order": order.body()}),
        ok("/portfolio/fills?order_id=" + order.order_id, {"fills": rows, "cursor": ""}),
        ids=(order.client_id,),
    )


def account(
    orders: list[VenueOrder],
    fills: list[VenueFill],
    positions: dict[str, str] | None = None,
    looked_up: tuple[VenueOrder, ...] = (),
    free: str = "98.0186",
) -> list[Exchange]:
    """A whole sweep."""
    resting = [order.body() for order in orders if order.status == "resting"]
    held = [{"ticker": name, "position_fp": size} for name, size in (positions or {}).items()]
    return [
        ok("/exchange/user_data_timestamp", {"as_of_time": AS_OF}),
        ok("/portfolio/orders?status=resting&limit=1000", {"orders": resting, "cursor": ""}),
        ok("/portfolio/positions?limit=1000", {"market_positions": held, "event_positions": [], "cursor": ""}),
        ok(
            "/portfolio/balance",
            {"balance_dollars": free, "balance_breakdown": [{"balance": free, "exchange_index": 0}]},
        ),
        ok(
            "/portfolio/summary/total_resting_order_value",
            {
                "total_resting_order_value": 100,
                "resting_order_value_breakdown": [{"balance": "1.00", "exchange_index": 0}],
            },
        ),
        ok(
            "/portfolio/fills?min_ts=0&limit=1000",
            {"fills": [fill.body(socket=False) for fill in reversed(fills)], "cursor": ""},
        ),
        *(ok(f"/portfolio/orders/{each.order_id}", {"order": each.body()}) for each in looked_up),
    ]


def swept(*exchanges: Exchange) -> Frame:
    return answered(Asked.SWEEP, *exchanges)
