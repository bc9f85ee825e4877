"""Markets as REST shows them (protocol section 3.4)."""

from dutchbook.domain.book import Level
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import MarketStatus, Strike, StrikeKind
from dutchbook.domain.units import DAY, ONE, SECOND, Nanos, Price, Size
from dutchbook.exchange.candles import Candle
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.kalshi.formats import count_text, number, price_text, time_text
from dutchbook.exchange.servers.kalshi.grids import price_ranges, structure_label
from dutchbook.exchange.servers.kalshi.lifecycle import MarketTimes, status_word

_EXPIRES_AFTER = 7 * DAY
_LAST_RESORT = 365 * DAY
"""A market without a closing time closes a year after it was created, for those who must be told a time."""


class MarketBodies:
    """Writes market objects."""

    def __init__(self, exchange: Exchange, history: History, times: MarketTimes) -> None:
        self._exchange = exchange
        self._history = history
        self._times = times
        self._known: dict[MarketId, tuple[Listing, Nanos, dict[str, object]]] = {}

    def body(self, listing: Listing, now: Nanos) -> dict[str, object]:
        """One market, as it stands."""
        return self._facts(listing, now) | self._prices_of(listing, now)

    def _facts(self, listing: Listing, now: Nanos) -> dict[str, object]:
        """What only changes with the listing, remembered: pages show a thousand markets."""
        updated = self._times.updated(listing.id)
        known = self._known.get(listing.id)
        if known is not None and known[0] is listing and known[1] == updated:
            return known[2]
        facts = _texts_of(listing) | _times_of(listing, updated)
        market, payout = listing.market, payout_of(listing)
        if payout is not None:
            facts["settlement_value_dollars"] = price_text(payout)
        if market.payout is not None:
            facts["settlement_ts"] = time_text(self._times.settled(market.id) or now)
        self._known[listing.id] = (listing, updated, facts)
        return facts

    def _prices_of(self, listing: Listing, now: Nanos) -> dict[str, object]:
        market = listing.market.id
        history = self._history
        bid, ask = (None, None) if _bookless(listing) else self._exchange.top(market)
        last = history.last_trade(market)
        before = history.before(market, Nanos(now - DAY))
        return {
            **_quotes(bid, ask),
            "last_price_dollars": price_text(last.price if last else 0),
            "volume_fp": count_text(history.volume(market)),
            "volume_24h_fp": count_text(history.volume_of_day(market, now)),
            "open_interest_fp": count_text(history.open_interest(market)),
            **_previous(before),
        }


def _texts_of(listing: Listing) -> dict[str, object]:
    market = listing.market
    return {
        "ticker": market.id,
        "event_ticker": market.question,
        "market_type": "binary",
        "title": market.title,
        "yes_sub_title": listing.group_title or market.labels[0],
        "no_sub_title": listing.group_title or market.labels[1],
        "status": status_word(listing),
        "result": result_word(payout_of(listing)),
        "can_close_early": True,
        "early_close_condition": "This market will close and expire after the event occurs.",
        "expiration_value": "",
        "notional_value_dollars": "1.0000",
        "settlement_timer_seconds": listing.settlement_timer // SECOND,
        "settlement_bounds_type": "default",
        "rules_primary": market.rules or listing.description,
        "rules_secondary": listing.description if market.rules else "",
        "price_level_structure": structure_label(market.grid),
        "price_ranges": price_ranges(market.grid),
        "exchange_index": listing.shard,
        **strike_body(market.strike, listing.group_title),
    }


def _times_of(listing: Listing, updated: Nanos) -> dict[str, object]:
    market = listing.market
    closes = closing_time(listing)
    expected = market.settles or closes
    latest = Nanos(max(expected, closes) + _EXPIRES_AFTER)
    return {
        "created_time": time_text(listing.created),
        "updated_time": time_text(updated),
        "open_time": time_text(market.opens or listing.created),
        "close_time": time_text(closes),
        "expected_expiration_time": time_text(expected),
        "occurrence_datetime": time_text(expected),
        "expiration_time": time_text(latest),
        "latest_expiration_time": time_text(latest),
    }


def closing_time(listing: Listing) -> Nanos:
    """When the market closes, or would if it named a time."""
    return listing.market.closes or Nanos(listing.created + _LAST_RESORT)


def payout_of(listing: Listing) -> Price | None:
    """What YES pays or, as far as the venue has said, will pay."""
    if listing.market.payout is None and listing.ruling is not None:
        return listing.ruling.payout
    return listing.market.payout


def result_word(payout: Price | None) -> str:
    """`result`: nothing until the market is decided."""
    if payout is None:
        return ""
    return {ONE: "yes", Price(0): "no"}.get(payout, "scalar")


def strike_body(strike: Strike | None, name: str) -> dict[str, object]:
    """The strike fields. A named alternative is `custom`; so is a deadline, for which Kalshi has no word of its own."""
    if strike is None or strike.kind is StrikeKind.BEFORE:
        custom = {"name": name} if strike is None or strike.cap is None else {"date": time_text(Nanos(strike.cap))}
        return {"strike_type": "custom", "custom_strike": custom}
    found: dict[str, object] = {"strike_type": strike.kind.value}
    if strike.floor is not None:
        found["floor_strike"] = number(strike.floor)
    if strike.cap is not None:
        found["cap_strike"] = number(strike.cap)
    return found


def _bookless(listing: Listing) -> bool:
    return listing.market.status in (MarketStatus.CLOSED, MarketStatus.RESOLVED)


def _quotes(bid: Level | None, ask: Level | None) -> dict[str, object]:
    """An empty side: bid 0, ask 1 dollar, size 0."""
    yes_bid = bid.price if bid else 0
    yes_ask = ask.price if ask else ONE
    return {
        "yes_bid_dollars": price_text(yes_bid),
        "yes_ask_dollars": price_text(yes_ask),
        "no_bid_dollars": price_text(ONE - yes_ask),
        "no_ask_dollars": price_text(ONE - yes_bid),
        "yes_bid_size_fp": count_text(bid.size if bid else Size(0)),
        "yes_ask_size_fp": count_text(ask.size if ask else Size(0)),
    }


def _previous(candle: Candle | None) -> dict[str, object]:
    """A day ago: that is what `previous` means is an assumption; zeros for younger markets, as captured."""
    price = 0 if candle is None or candle.price is None else candle.price.close
    return {
        "previous_price_dollars": price_text(price),
        "previous_yes_bid_dollars": price_text(candle.bid.close if candle else 0),
        "previous_yes_ask_dollars": price_text(candle.ask.close if candle else 0),
    }
