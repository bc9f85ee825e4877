"""What Polymarket says, exactly: messages of the market channel and REST book bodies (protocol sections 2.1 and 4.1).

Prices and sizes are the venue's texts; the codec reads them. Fields that we do not use are not listed, and ignored.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec

type Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
"""Unix milliseconds. On the wire a text: decoders of these messages run with `strict=False`."""


class Level(msgspec.Struct, frozen=True, gc=False):
    """All size at one price; `"0"` removes a level."""

    price: str
    size: str


class Book(msgspec.Struct, frozen=True, gc=False):
    """A whole book: `book` of the market channel, or a REST body.

    Bids ascend and asks descend. The socket leaves out `min_order_size` and `neg_risk`; before 27 April 2026 also
    `tick_size` and `last_trade_price`.
    """

    market: str
    asset_id: str
    timestamp: Milliseconds
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    hash: str = ""
    min_order_size: str | None = None
    tick_size: str | None = None
    neg_risk: bool | None = None
    last_trade_price: str | None = None


class BookOutline(msgspec.Struct, frozen=True, gc=False):
    """A `Book` whose rows are not read yet."""

    market: str
    asset_id: str
    timestamp: Milliseconds
    bids: msgspec.Raw
    asks: msgspec.Raw
    hash: str = ""
    min_order_size: str | None = None
    tick_size: str | None = None
    neg_risk: bool | None = None
    last_trade_price: str | None = None

    def without_rows(self) -> Book:
        """The rest of it, for who has read the rows otherwise and checks no hash."""
        return Book(
            self.market,
            self.asset_id,
            self.timestamp,
            (),
            (),
            self.hash,
            self.min_order_size,
            self.tick_size,
            self.neg_risk,
            self.last_trade_price,
        )


class Change(msgspec.Struct, frozen=True, gc=False):
    """The new total size at one price of one token's book, and the hash of that book afterwards."""

    asset_id: str
    price: str
    size: str
    side: str
    hash: str = ""


class PriceChange(msgspec.Struct, frozen=True, gc=False, tag_field="event_type", tag="price_change"):
    """Orders were placed or cancelled: the form since 15 September 2025, both tokens in one frame."""

    market: str
    price_changes: tuple[Change, ...]
    timestamp: Milliseconds


class OldChange(msgspec.Struct, frozen=True, gc=False):
    """A change in the frames of mid-2025, whose token stands beside it."""

    price: str
    size: str
    side: str


class OldPriceChange(msgspec.Struct, frozen=True, gc=False):
    """Until 15 September 2025, one token a frame: flat (2024), then with a list `changes` (2025)."""

    market: str
    asset_id: str
    timestamp: Milliseconds
    hash: str = ""
    price: str = ""
    size: str = ""
    side: str = ""
    changes: tuple[OldChange, ...] | None = None

    def modern(self) -> PriceChange:
        """The same in today's form."""
        rows: Sequence[OldChange] = (OldChange(self.price, self.size, self.side),)
        if self.changes is not None:
            rows = self.changes
        changes = tuple(Change(self.asset_id, row.price, row.size, row.side, self.hash) for row in rows)
        return PriceChange(self.market, changes, self.timestamp)


class TickSizeChange(msgspec.Struct, frozen=True, gc=False):
    """A token's grid got finer or coarser; the book that was sent before no longer holds."""

    market: str
    asset_id: str
    old_tick_size: str
    new_tick_size: str
    timestamp: Milliseconds


class BestBidAsk(msgspec.Struct, frozen=True, gc=False):
    """The top of a book; an empty text, 0 or 1 where nobody offers."""

    market: str
    asset_id: str
    best_bid: str
    best_ask: str
    timestamp: Milliseconds


class LastTradePrice(msgspec.Struct, frozen=True, gc=False):
    """A print. `side` is the taker's; there is no id of its own."""

    market: str
    asset_id: str
    price: str
    size: str
    side: str
    timestamp: Milliseconds
    transaction_hash: str = ""


class FeeSchedule(msgspec.Struct, frozen=True, gc=False):
    """A fee schedule as `new_market` says it: numbers as texts, snake case (Gamma's twin is in `gamma_wire`)."""

    rate: str
    exponent: str = "1"
    taker_only: bool = True
    rebate_rate: str = "0"


class EventMessage(msgspec.Struct, frozen=True, gc=False):
    """The event (our question) that a new market belongs to."""

    slug: str = ""
    title: str = ""


class NewMarket(msgspec.Struct, frozen=True, gc=False):
    """A market was announced, anywhere on the exchange."""

    market: str
    assets_ids: tuple[str, ...]
    outcomes: tuple[str, ...]
    timestamp: Milliseconds
    question: str = ""
    slug: str = ""
    description: str = ""
    order_price_min_tick_size: str = ""
    fees_enabled: bool | None = None
    fee_schedule: FeeSchedule | None = None
    event_message: EventMessage | None = None


class MarketResolved(msgspec.Struct, frozen=True, gc=False):
    """A market has its result. `assets_ids` are in the order of the outcomes."""

    market: str
    assets_ids: tuple[str, ...]
    timestamp: Milliseconds
    winning_asset_id: str = ""


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What kind of message it is; REST bodies do not say."""

    event_type: str | None = None
