"""Messages that need no memory: tops, and the steps of a market's life, as events."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dutchbook.domain.events import (
    GridChanged,
    MarketEvent,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    TopQuoted,
)
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.units import ONE, PRICE_DECIMALS, Nanos, Price, price_of
from dutchbook.venues.kalshi import wire
from dutchbook.venues.kalshi.numbers import (
    json_number,
    nanos_of,
    nanos_of_seconds,
    ticker,
)
from dutchbook.venues.kalshi.terms import (
    ASSUMED_FEES,
    MIN_SIZE,
    grid_of,
    is_pending,
    rules_of,
    strike_of,
    title_of,
)


def top(message: wire.TickerBody, outcome: OutcomeId, received: Nanos) -> TopQuoted:
    """The venue's word on the best prices. Raises ValueError for what is no price."""
    return TopQuoted(
        outcome=outcome,
        bid=_quoted(message.yes_bid_dollars),
        ask=_quoted(message.yes_ask_dollars),
        received=received,
        at=None if message.ts_ms is None else nanos_of(message.ts_ms),
    )


def _quoted(text: str) -> Price | None:
    """A bid of 0 and an ask of 1 dollar mean that nobody offers (an unopened market says 0 or 1 for either)."""
    price = price_of(text)
    return price if 0 < price < ONE else None


def step(body: wire.LifecycleBody, received: Nanos) -> MarketEvent | None:
    """What a step in a market's life means, or None where the message says too little to tell.

    Raises ValueError for what is no number or no ticker.
    """
    market = ticker(body.market_ticker)
    reader = _STEPS.get(body.event_type)
    return reader(body, market, received) if reader else None


def _created(body: wire.LifecycleBody, market: MarketId, received: Nanos) -> MarketEvent | None:
    """A market as far as its announcement goes: fees are those of a series that is not named, so assumed."""
    about = body.additional_metadata
    if about is None or not about.event_ticker:
        return None
    pending = is_pending(about.yes_sub_title)
    listed = Market(
        id=market,
        venue=Venue.KALSHI,
        question=QuestionId(ticker(about.event_ticker)),
        title=title_of(about.title, about.yes_sub_title),
        yes=kalshi_yes(market),
        no=kalshi_no(market),
        grid=grid_of(body.price_ranges, body.price_level_structure),
        min_size=MIN_SIZE,
        fees=ASSUMED_FEES,
        status=MarketStatus.UNOPENED,
        opens=_time(body.open_ts),
        closes=_time(body.close_ts),
        settles=_time(about.expected_expiration_ts),
        strike=None if pending else strike_of(about.strike_type, about.floor_strike, about.cap_strike),
        placeholder=pending,
        rules=rules_of(about.rules_primary, about.rules_secondary),
        shard=body.exchange_index,
    )
    return MarketListed(listed, received)


def _activated(body: wire.LifecycleBody, market: MarketId, received: Nanos) -> MarketEvent:
    return MarketStatusChanged(market, MarketStatus.OPEN, received, _time(body.close_ts))


def _deactivated(body: wire.LifecycleBody, market: MarketId, received: Nanos) -> MarketEvent:
    return MarketStatusChanged(market, MarketStatus.PAUSED, received, _time(body.close_ts))


def _determined(_: wire.LifecycleBody, market: MarketId, received: Nanos) -> MarketEvent:
    """The result can still be disputed and amended, without a message: it is no payout yet."""
    return MarketStatusChanged(market, MarketStatus.CLOSED, received)


def _settled(body: wire.LifecycleBody, market: MarketId, received: Nanos) -> MarketEvent:
    """The payout where it is told; else it must be read over REST."""
    payout = json_number(body.settlement_value, PRICE_DECIMALS)
    if payout is None:
        return MarketStatusChanged(market, MarketStatus.RESOLVED, received)
    if not 0 <= payout <= ONE:
        raise ValueError(f"a settlement value of {bytes(body.settlement_value)!r} is none")
    return MarketResolved(market, Price(payout), received)


def _new_grid(body: wire.LifecycleBody, market: MarketId, received: Nanos) -> MarketEvent | None:
    if not body.price_ranges:
        return None
    return GridChanged(market, grid_of(body.price_ranges), received)


_STEPS: Mapping[str, Callable[[wire.LifecycleBody, MarketId, Nanos], MarketEvent | None]] = MappingProxyType(
    {
        "created": _created,
        "activated": _activated,
        "deactivated": _deactivated,
        "determined": _determined,
        "settled": _settled,
        "price_level_structure_updated": _new_grid,
    }
)
"""What a new close date or new metadata mean depends on what is already known of the market: read it again."""


def _time(seconds: int | None) -> Nanos | None:
    return None if seconds is None else nanos_of_seconds(seconds)
