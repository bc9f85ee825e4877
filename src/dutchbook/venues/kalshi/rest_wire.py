"""What Kalshi says over REST, exactly (protocol sections 3 and 4).

Numbers that come as JSON numbers are kept as their text (`Raw`) and read exactly. Any field may be absent or null.
"""

from typing import Annotated

import msgspec

from dutchbook.venues.kalshi.wire import ABSENT, PriceRange, Row, ShardNumber

type Pause = Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
"""Seconds, up to three years."""


class Series(msgspec.Struct, frozen=True):
    """A template of events, with its fees."""

    ticker: str
    title: str | None = None
    category: str | None = None
    fee_type: str | None = None
    fee_multiplier: msgspec.Raw = ABSENT


class SeriesAnswer(msgspec.Struct, frozen=True):
    """One series, or a list of them."""

    series: Series | tuple[Series, ...] | None


class Event(msgspec.Struct, frozen=True):
    """What we call a question. `markets` is there if nested markets were asked for."""

    event_ticker: str
    series_ticker: str | None = None
    title: str | None = None
    sub_title: str | None = None
    category: str | None = None
    mutually_exclusive: bool | None = None
    fee_type_override: str | None = None
    fee_multiplier_override: msgspec.Raw = ABSENT
    markets: tuple[msgspec.Raw, ...] | None = None


class EventsAnswer(msgspec.Struct, frozen=True):
    """A page of events, or one event with its markets beside it."""

    events: tuple[Event, ...] | None = None
    event: Event | None = None
    markets: tuple[msgspec.Raw, ...] | None = None
    cursor: str | None = None


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """One yes/no proposition, or one that pays a scalar."""

    ticker: str
    event_ticker: str
    status: str
    market_type: str | None = None
    title: str | None = None
    yes_sub_title: str | None = None
    open_time: str | None = None
    close_time: str | None = None
    expected_expiration_time: str | None = None
    latest_expiration_time: str | None = None
    settlement_timer_seconds: Pause | None = None
    settlement_ts: str | None = None
    settlement_value_dollars: str | None = None
    result: str | None = None
    strike_type: str | None = None
    floor_strike: msgspec.Raw = ABSENT
    cap_strike: msgspec.Raw = ABSENT
    price_level_structure: str | None = None
    price_ranges: tuple[PriceRange, ...] | None = None
    rules_primary: str | None = None
    rules_secondary: str | None = None
    exchange_index: ShardNumber | None = None


class MarketsAnswer(msgspec.Struct, frozen=True):
    """A page of markets, or one."""

    markets: tuple[msgspec.Raw, ...] | None = None
    market: msgspec.Raw = ABSENT
    cursor: str | None = None


class OrderBook(msgspec.Struct, frozen=True, gc=False):
    """Bids of both outcomes, best last."""

    yes_dollars: tuple[Row, ...] | None = None
    no_dollars: tuple[Row, ...] | None = None


class OrderBookAnswer(msgspec.Struct, frozen=True, gc=False):
    """The book of the market that was asked for; its ticker is not repeated."""

    orderbook_fp: OrderBook


class NamedOrderBook(msgspec.Struct, frozen=True, gc=False):
    """A book of several."""

    ticker: str
    orderbook_fp: OrderBook


class OrderBooksAnswer(msgspec.Struct, frozen=True, gc=False):
    """Books of several markets."""

    orderbooks: tuple[NamedOrderBook, ...]
