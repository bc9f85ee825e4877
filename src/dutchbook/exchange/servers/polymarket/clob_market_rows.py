"""One market in the CLOB's words: long, simplified and compact form (section 2.1)."""

from datetime import UTC, datetime

from dutchbook.domain.book import Level
from dutchbook.domain.markets import MarketStatus, PolymarketFees
from dutchbook.domain.units import ONE, SECOND, Money, Nanos, Price
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.polymarket.announcements import LEGACY_FEE_FLAG
from dutchbook.exchange.servers.polymarket.contracts import COLLATERAL
from dutchbook.exchange.servers.polymarket.identifiers import question_hash

_WIDE = 1_000
"""A spread above ten cents: the venue then shows the last trade instead of the midpoint (section 5)."""
_HALF = Price(ONE // 2)


def number(value: int, decimals: int) -> int | float:
    """An integer in units of 10**-decimals as a JSON number: 5 rather than 5.0."""
    unit: int = 10**decimals
    whole, rest = divmod(value, unit)
    return whole if rest == 0 else value / unit


def iso(at: Nanos | None) -> str | None:
    """A time as the CLOB writes it: `2026-02-27T23:33:23Z`."""
    return None if at is None else datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown_price(bid: Price | None, ask: Price | None, last: Price | None) -> int:
    """The price of YES that the venue shows, in hundred-thousandths of a dollar; a half where nothing is known."""
    low, high = bid or 0, ONE if ask is None else ask
    if last is not None and high - low > _WIDE:
        return last * 10
    return (low + high) * 5


class MarketRows:
    """Writes markets as they stand now."""

    def __init__(self, exchange: Exchange, history: History) -> None:
        self._exchange = exchange
        self._history = history

    def full(self, listing: Listing) -> dict[str, object]:
        """An element of `/markets`."""
        market = listing.market
        flag = LEGACY_FEE_FLAG if isinstance(market.fees, PolymarketFees) else 0
        return {
            **_flags(listing),
            "accepting_order_timestamp": iso(market.opens or listing.created),
            "minimum_order_size": number(market.min_size, 6),
            "minimum_tick_size": number(market.grid.finest(), 4),
            "condition_id": market.id,
            "question_id": question_hash(market.id),
            "question": market.title,
            "description": listing.description,
            "market_slug": listing.slug,
            "end_date_iso": iso(market.closes),
            "game_start_time": iso(listing.game_start),
            "seconds_delay": 0 if listing.delay_blocks else listing.taker_delay // SECOND,
            "fpmm": "",
            "maker_base_fee": flag,
            "taker_base_fee": flag,
            "notifications_enabled": True,
            "neg_risk": market.neg_risk,
            **_neg_risk(listing),
            "icon": "",
            "image": "",
            "rewards": rewards(listing),
            "is_50_50_outcome": market.payout == _HALF,
            "tokens": self.tokens(listing),
            "tags": listing.tags,
        }

    def simplified(self, listing: Listing) -> dict[str, object]:
        """An element of `/simplified-markets`."""
        flags = _flags(listing)
        return {
            "condition_id": listing.id,
            "rewards": rewards(listing),
            "tokens": self.tokens(listing),
            **{name: flags[name] for name in ("active", "closed", "archived", "accepting_orders")},
        }

    def tokens(self, listing: Listing) -> list[dict[str, object]]:
        """Both outcomes with the price that the venue shows, or what they paid."""
        market = listing.market
        yes = self.price_of_yes(listing)
        prices = (yes, 10 * ONE - yes)
        return [
            {
                "token_id": token,
                "outcome": label,
                "price": number(price, 5),
                "winner": market.payout is not None and price == 10 * ONE,
            }
            for token, label, price in zip((market.yes, market.no), market.labels, prices, strict=True)
        ]

    def price_of_yes(self, listing: Listing) -> int:
        """In hundred-thousandths of a dollar."""
        market = listing.market
        if market.payout is not None:
            return market.payout * 10
        bid, ask = self._exchange.top(market.id)
        last = self._history.last_trade(market.id)
        return shown_price(_price(bid), _price(ask), None if last is None else last.price)


def compact(listing: Listing) -> dict[str, object]:
    """The answer to `/clob-markets/{id}`. The version `v` is assumed to count like Gamma's: 1 for CTF tokens."""
    market, fees = listing.market, listing.market.fees
    flag = LEGACY_FEE_FLAG if isinstance(fees, PolymarketFees) else 0
    row: dict[str, object] = {
        "c": market.id,
        "t": [{"t": token, "o": label} for token, label in zip((market.yes, market.no), market.labels, strict=True)],
        "mos": number(market.min_size, 6),
        "mts": number(market.grid.finest(), 4),
        "mbf": flag,
        "tbf": flag,
        "ao": market.status is MarketStatus.OPEN,
        "aot": iso(market.opens or listing.created),
        "cbos": listing.clear_on_start,
        "gst": iso(listing.game_start),
        "nr": market.neg_risk,
        "rfqe": False,
        "itode": bool(listing.taker_delay) and listing.delay_blocks,
        "ibce": False,
    }
    if isinstance(fees, PolymarketFees):
        row["fd"] = {"r": number(fees.rate_ppm, 6), "e": fees.exponent, "to": fees.taker_only}
    row["oas"] = 0
    if (programme := listing.rewards) is not None:
        row["r"] = {
            "mi": number(programme.min_size, 6),
            "ma": number(programme.max_spread, 2),
            "e": True,
            "moas": number(programme.min_age, 9),
        }
    row["v"] = listing.generation - 1
    return row


def rewards(listing: Listing) -> dict[str, object]:
    """The `rewards` of a market; `max_spread` is in cents."""
    programme = listing.rewards
    if programme is None:
        return {"rates": None, "min_size": 0, "max_spread": 0}
    rate = {"asset_address": COLLATERAL, "rewards_daily_rate": number(programme.daily_rate, 6)}
    return {
        "rates": [rate],
        "min_size": number(programme.min_size, 6),
        "max_spread": number(programme.max_spread, 2),
    }


def base_fee(listing: Listing) -> int:
    """The legacy flag of `/fee-rate`: no fee, only whether there is one."""
    return LEGACY_FEE_FLAG if isinstance(listing.market.fees, PolymarketFees) else 0


def daily(rate: Money) -> int | float:
    """A daily rate in dollars."""
    return number(rate, 6)


def _flags(listing: Listing) -> dict[str, object]:
    status = listing.market.status
    over = status in (MarketStatus.CLOSED, MarketStatus.RESOLVED)
    return {
        "enable_order_book": not over,
        "active": True,
        "closed": over,
        "archived": False,
        "accepting_orders": status is MarketStatus.OPEN,
    }


def _neg_risk(listing: Listing) -> dict[str, object]:
    market = listing.market
    if not market.neg_risk:
        return {"neg_risk_market_id": "", "neg_risk_request_id": ""}
    return {"neg_risk_market_id": market.question, "neg_risk_request_id": question_hash(market.id)}


def _price(level: Level | None) -> Price | None:
    return None if level is None else level.price
