"""Lives of markets and events on the socket (protocol section 8.9)."""

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import Nanos, Price
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.servers.kalshi.event_bodies import series_of
from dutchbook.exchange.servers.kalshi.formats import price_text, seconds, time_text
from dutchbook.exchange.servers.kalshi.grids import price_ranges, structure_label
from dutchbook.exchange.servers.kalshi.market_bodies import closing_time, result_word, strike_body

_encode = msgspec.json.Encoder().encode


def created_body(listing: Listing) -> bytes:
    """A market was listed."""
    market = listing.market
    metadata: dict[str, object] = {
        "name": listing.group_title or market.labels[0],
        "title": market.title,
        "yes_sub_title": listing.group_title or market.labels[0],
        "no_sub_title": listing.group_title or market.labels[1],
        "rules_primary": market.rules or listing.description,
        "rules_secondary": listing.description if market.rules else "",
        "can_close_early": True,
        "event_ticker": market.question,
        "expected_expiration_ts": seconds(market.settles or closing_time(listing)),
        **strike_body(market.strike, listing.group_title),
    }
    return _encode(
        {
            "market_ticker": market.id,
            "event_type": "created",
            "exchange_index": listing.shard,
            "open_ts": seconds(market.opens or listing.created),
            "close_ts": seconds(closing_time(listing)),
            "additional_metadata": metadata,
            "price_level_structure": structure_label(market.grid),
            "price_ranges": price_ranges(market.grid),
        }
    )


def metadata_body(listing: Listing) -> bytes:
    """A market's facts changed: its strike became known, its name was found."""
    market = listing.market
    return _encode(
        {
            "market_ticker": market.id,
            "event_type": "metadata_updated",
            **strike_body(market.strike, listing.group_title),
            "yes_sub_title": listing.group_title or market.labels[0],
        }
    )


def pause_body(market: MarketId, *, paused: bool) -> bytes:
    """Trading stopped for a while, or goes on."""
    kind = "deactivated" if paused else "activated"
    return _encode({"market_ticker": market, "event_type": kind, "is_deactivated": paused})


def close_date_body(market: MarketId, closes: Nanos) -> bytes:
    """The market closes at another time than was said, or has closed early."""
    return _encode({"market_ticker": market, "event_type": "close_date_updated", "close_ts": seconds(closes)})


def grid_body(listing: Listing) -> bytes:
    """The price grid changed."""
    grid = listing.market.grid
    return _encode(
        {
            "market_ticker": listing.id,
            "event_type": "price_level_structure_updated",
            "price_level_structure": structure_label(grid),
            "price_ranges": price_ranges(grid),
        }
    )


def determined_body(market: MarketId, payout: Price, at: Nanos) -> bytes:
    """The market is decided."""
    body: dict[str, object] = {"market_ticker": market, "determination_ts": seconds(at), "result": result_word(payout)}
    return _encode(body | {"settlement_value": price_text(payout), "event_type": "determined"})


def settled_body(market: MarketId, at: Nanos) -> bytes:
    """The market was paid."""
    return _encode({"market_ticker": market, "settled_ts": seconds(at), "event_type": "settled"})


def event_body(listed: QuestionListing) -> bytes:
    """An event was listed."""
    question = listed.question
    body: dict[str, object] = {
        "event_ticker": question.id,
        "exchange_index": listed.shard,
        "title": question.title,
        "subtitle": listed.description,
        "collateral_return_type": "MECNET" if question.exclusive else "",
        "series_ticker": series_of(listed),
    }
    if listed.ends is not None:
        body["strike_date"] = time_text(listed.ends)
    return _encode(body)
