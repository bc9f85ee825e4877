"""What Gamma says of events and markets, exactly (protocol section 5).

Names are in camel case, numbers int or float by whim, some lists stand inside texts, most fields may be absent. Numbers
are kept as their JSON text (`Raw`) and read exactly.
"""

import msgspec

ABSENT = msgspec.Raw()

type Listed = str | tuple[str, ...] | None
"""A list of texts, as JSON or as JSON inside a text."""


class FeeSchedule(msgspec.Struct, frozen=True, rename="camel"):
    """The fees of a market; authoritative."""

    rate: msgspec.Raw
    exponent: msgspec.Raw = ABSENT
    taker_only: bool = True
    rebate_rate: msgspec.Raw = ABSENT


class EventName(msgspec.Struct, frozen=True, rename="camel"):
    """The event that a market says it belongs to."""

    slug: str = ""
    title: str | None = None


class Market(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One market."""

    condition_id: str = ""
    question_id: str | None = msgspec.field(name="questionID", default=None)
    question: str | None = None
    slug: str | None = None
    description: str | None = None
    outcomes: Listed = None
    outcome_prices: Listed = None
    clob_token_ids: Listed = None
    active: bool | None = None
    closed: bool | None = None
    archived: bool | None = None
    accepting_orders: bool | None = None
    enable_order_book: bool | None = None
    order_price_min_tick_size: msgspec.Raw = ABSENT
    order_min_size: msgspec.Raw = ABSENT
    start_date: str | None = None
    end_date: str | None = None
    accepting_orders_timestamp: str | None = None
    closed_time: str | None = None
    neg_risk: bool | None = None
    neg_risk_other: bool | None = None
    neg_risk_market_id: str | None = msgspec.field(name="negRiskMarketID", default=None)
    fees_enabled: bool | None = None
    fee_schedule: FeeSchedule | None = None
    events: tuple[EventName, ...] | None = None


class Tag(msgspec.Struct, frozen=True):
    """A label of an event."""

    label: str | None = None


class Event(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A group of markets: our question. It nests all its markets, closed ones too."""

    slug: str
    title: str | None = None
    category: str | None = None
    series_slug: str | None = None
    enable_neg_risk: bool | None = None
    neg_risk: bool | None = None
    neg_risk_augmented: bool | None = None
    neg_risk_market_id: str | None = msgspec.field(name="negRiskMarketID", default=None)
    neg_risk_fee_bips: msgspec.Raw = ABSENT
    markets: tuple[Market, ...] | None = None
    tags: tuple[Tag, ...] | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of a list endpoint or of `public-search`."""

    events: tuple[Event, ...] | None = None
    markets: tuple[Market, ...] | None = None
    next_cursor: str | None = None
