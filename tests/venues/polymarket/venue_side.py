"""The venue's side of the conversation: frames with the hashes that Polymarket would send, not computed by our code."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos, Price, Size

CONDITION = "0x" + "1a" * 32
YES, NO = "1000", "2000"
T0 = 1_767_225_600_000

type Rows = Sequence[tuple[str, str]]
"""Prices and sizes as texts."""


def market(yes: str = YES, no: str = NO, condition: str = CONDITION) -> Market:
    return Market(
        id=MarketId(condition),
        venue=Venue.POLYMARKET,
        question=QuestionId("q"),
        title="Will it?",
        yes=OutcomeId(yes),
        no=OutcomeId(no),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(5_000_000),
        fees=NoFees(),
    )


def frame(payload: object, ms: float = 0, source: str = "polymarket/market") -> Frame:
    """A frame received `ms` milliseconds after the start."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()
    return Frame(source, Nanos(int(ms * 1_000_000)), body)


class VenueBook:
    """One token's book at the venue: levels as texts, and its own idea of their hash."""

    def __init__(
        self,
        asset: str,
        bids: Rows,
        asks: Rows,
        *,
        last: str = "",
        tick: str = "0.01",
        market: str = CONDITION,
        neg_risk: bool = False,
    ) -> None:
        self.asset = asset
        self.market = market
        self.neg_risk = neg_risk
        self.bids = dict(bids)
        self.asks = dict(asks)
        self.last = last
        self.tick = tick

    def set(self, side: str, price: str, size: str) -> None:
        levels = self.bids if side == "BUY" else self.asks
        levels.pop(price, None)
        if size != "0":
            levels[price] = size

    def body(self, at: int) -> dict[str, object]:
        """The REST body, hash included."""
        said: dict[str, object] = {
            "market": self.market, "asset_id": self.asset, "timestamp": str(at), "hash": "",
            "bids": _levels(self.bids, descending=False), "asks": _levels(self.asks, descending=True),
            "min_order_size": "5", "tick_size": self.tick, "neg_risk": self.neg_risk, "last_trade_price": self.last,
        }  # fmt: skip
        said["hash"] = hashlib.sha1(json.dumps(said, separators=(",", ":")).encode()).hexdigest()  # noqa: S324
        return said

    def hash(self, at: int) -> str:
        return str(self.body(at)["hash"])

    def frame(self, at: int) -> dict[str, object]:
        """The `book` message of the socket."""
        said = {key: value for key, value in self.body(at).items() if key not in ("min_order_size", "neg_risk")}
        return {**said, "event_type": "book"}


def pair(last: str = "") -> tuple[VenueBook, VenueBook]:
    """The two books of one market, mirrored."""
    yes = VenueBook(YES, [("0.4", "100"), ("0.41", "25.5")], [("0.6", "10"), ("0.43", "7")], last=last)
    no = VenueBook(NO, [("0.4", "10"), ("0.57", "7")], [("0.6", "100"), ("0.59", "25.5")], last=last)
    return yes, no


def change(book: VenueBook, side: str, price: str, size: str, digest: str) -> dict[str, str]:
    return {"asset_id": book.asset, "price": price, "size": size, "side": side, "hash": digest}


def price_change(changes: Sequence[Mapping[str, str]], at: int, market: str = CONDITION) -> dict[str, object]:
    return {"market": market, "price_changes": list(changes), "timestamp": str(at), "event_type": "price_change"}


def new_bid(yes: VenueBook, no: VenueBook, price: str, mirror: str, size: str, at: int) -> dict[str, object]:
    """A bid on YES is set, which is an ask on NO: the frame that tells both."""
    yes.set("BUY", price, size)
    no.set("SELL", mirror, size)
    return price_change(
        [change(yes, "BUY", price, size, yes.hash(at)), change(no, "SELL", mirror, size, no.hash(at))], at
    )


def _levels(levels: Mapping[str, str], *, descending: bool) -> list[dict[str, str]]:
    rows = sorted(levels.items(), key=lambda row: float(row[0]), reverse=descending)
    return [{"price": price, "size": size} for price, size in rows]
