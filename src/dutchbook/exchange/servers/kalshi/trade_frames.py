"""Trades and tickers on the socket (protocol sections 8.6 and 8.7)."""

import msgspec

from dutchbook.domain.units import ONE, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import Matched, Pair
from dutchbook.exchange.servers.kalshi.accounting import is_long
from dutchbook.exchange.servers.kalshi.formats import count_text, millis, price_text, seconds, time_text
from dutchbook.exchange.servers.kalshi.identifiers import trade_id

_encode = msgspec.json.Encoder().encode
_HALF = 2_000_000


def trade_body(match: Matched, pair: Pair, yes: str) -> bytes:
    """One maker order matched."""
    taker = pair.taker
    price = taker.price if taker.outcome == yes else ONE - taker.price
    side = "yes" if is_long(taker, yes) else "no"
    return _encode(
        {
            "trade_id": trade_id(pair.number),
            "market_ticker": match.market,
            "yes_price_dollars": price_text(price),
            "no_price_dollars": price_text(ONE - price),
            "count_fp": count_text(pair.size),
            "taker_side": side,
            "taker_outcome_side": side,
            "taker_book_side": "bid" if side == "yes" else "ask",
            "ts": seconds(match.at),
            "ts_ms": millis(match.at),
        }
    )


def ticker_facts(exchange: Exchange, history: History, listing: Listing) -> dict[str, object]:
    """A ticker without its times. Dollar figures are half the contracts, cut off: so captures have it."""
    market = listing.id
    bid, ask = exchange.top(market)
    last = history.last_trade(market)
    volume, interest = history.volume(market), history.open_interest(market)
    return {
        "market_id": listing.number,
        "market_ticker": market,
        "price_dollars": price_text(last.price if last else 0),
        "yes_bid_dollars": price_text(bid.price if bid else 0),
        "yes_ask_dollars": price_text(ask.price if ask else ONE),
        "volume_fp": count_text(volume),
        "open_interest_fp": count_text(interest),
        "dollar_volume": volume // _HALF,
        "dollar_open_interest": interest // _HALF,
        "yes_bid_size_fp": count_text(bid.size if bid else 0),
        "yes_ask_size_fp": count_text(ask.size if ask else 0),
        "last_trade_size_fp": count_text(last.size if last else 0),
    }


def ticker_body(facts: dict[str, object], at: Nanos) -> bytes:
    """A ticker as it is sent at `at`."""
    return _encode({**facts, "ts": seconds(at), "ts_ms": millis(at), "time": time_text(at)})
