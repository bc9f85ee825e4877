"""Markets as Gamma writes them (protocol section 5), with the fields and order of captures.

Like Gamma, fields that have nothing to say are left out rather than null; `image` and `icon` are empty texts.
"""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.markets import Market, MarketStatus, PolymarketFees
from dutchbook.domain.units import ONE, SECOND, Nanos, Price, Size
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.servers.polymarket.announcements import LEGACY_FEE_FLAG
from dutchbook.exchange.servers.polymarket.contracts import COLLATERAL
from dutchbook.exchange.servers.polymarket.gamma_values import (
    day,
    listed,
    number,
    rfc3339,
    small_id,
    spaced_time,
)
from dutchbook.exchange.servers.polymarket.identifiers import question_hash, request_hash

type Body = dict[str, object]

_WIDE = 1_000
"""The website shows the last trade instead of the midpoint where the spread is wider than 10 cents."""
_FEE_TYPES = {"crypto": "crypto_fees_v2", "sports": "sports_fees_v3", "weather": "weather_fees"}
_ORACLE = "0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7"
"""Who resolves: the address that captures of 2026 name."""


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What is happening in a market: what Gamma says beyond its listing."""

    best_bid: int
    """0 where nobody bids."""
    best_ask: int
    """A dollar where nobody asks."""
    liquidity: int
    """Micro-dollars that rest in the book."""
    volume: Size
    volume_day: Size
    open_interest: Size
    last_trade: Price | None
    """In terms of YES."""
    day_change: int | None = None
    """How far the midpoint of YES has come in a day, in half price units."""
    updated: Nanos
    closed: Nanos | None = None
    """When it was resolved."""

    def shown(self, market: Market) -> int:
        """The price of YES, in half price units: the payout, the midpoint, or the last trade where the book is wide."""
        if market.payout is not None:
            return 2 * market.payout
        if self.best_ask - self.best_bid > _WIDE and self.last_trade is not None:
            return 2 * self.last_trade
        return self.best_bid + self.best_ask


def market_body(
    listing: Listing, question: QuestionListing, activity: Activity, events: Sequence[Body] | None = None
) -> Body:
    """A market; with the `events` that it belongs to where it does not stand in one itself."""
    market = listing.market
    start = event_start(listing, question)
    return {
        **_names(listing),
        **_dates_and_prices(listing, activity),
        **_life(listing, activity),
        **_grouping(listing, question),
        "enableOrderBook": True,
        "orderPriceMinTickSize": number(market.grid.finest(), 4),
        "orderMinSize": number(market.min_size, 6),
        **({"umaResolutionStatus": status} if (status := oracle_status(listing)) else {}),
        **_totals(activity, closed=market.status is MarketStatus.RESOLVED),
        **_iso_days(listing),
        "hasReviewedDates": True,
        **_rolling("", activity),
        **_sports(listing),
        **_tokens(listing),
        "comboStatus": "disabled",
        **({} if _is_crypto(listing, question) else {"umaBond": "500", "umaReward": "5"}),
        **_rolling("Clob", activity),
        **_clob_totals(activity, closed=market.status is MarketStatus.RESOLVED),
        "makerBaseFee": _fee_flag(market),
        "takerBaseFee": _fee_flag(market),
        **({} if _is_crypto(listing, question) else {"customLiveness": 0}),
        "acceptingOrders": market.status is MarketStatus.OPEN,
        **_neg_risk(listing, question),
        **({} if events is None else {"events": events}),
        "ready": False,
        "funded": False,
        "acceptingOrdersTimestamp": rfc3339(Nanos(listing.created // SECOND * SECOND)),
        "cyom": False,
        "competitive": closeness(activity, market),
        "pagerDutyNotificationEnabled": False,
        "approved": True,
        **_rewards(listing),
        **_quotes(listing, activity),
        "automaticallyActive": True,
        "clearBookOnStart": listing.clear_on_start,
        "showGmpSeries": False,
        "showGmpOutcome": False,
        "manualActivation": False,
        "negRiskOther": market.catch_all,
        "umaResolutionStatuses": listed(["proposed"] if oracle_status(listing) else []),
        "pendingDeployment": False,
        "deploying": False,
        "rfqEnabled": False,
        **({"eventStartTime": rfc3339(start)} if start is not None else {}),
        "holdingRewardsEnabled": False,
        **_fees(listing, question),
        "version": "v2" if listing.generation >= 3 else "v1",
    }


def neg_risk_id(listing: QuestionListing) -> str:
    """The `negRiskMarketID` of a convertible question; its last byte is free for the number of a market."""
    name = listing.question.id
    return name if name.startswith("0x") and len(name) == 66 else question_hash(name)[:-2] + "00"


def question_id(listing: Listing, question: QuestionListing) -> str:
    """The `questionID` of a market: that of its negRisk question with its own number, or one of its own."""
    if not question.question.convertible:
        return question_hash(listing.id)
    return f"{neg_risk_id(question)[:-2]}{_place(listing, question) % 256:02x}"


def event_start(listing: Listing, question: QuestionListing) -> Nanos | None:
    """When the game or the window begins that a market is about; of others Gamma says nothing."""
    return listing.market.opens if _is_crypto(listing, question) else listing.game_start


def oracle_status(listing: Listing) -> str:
    """Where the oracle stands: nowhere while the market trades, then `proposed`, maybe `disputed`, then `resolved`."""
    if listing.ruling is not None and listing.ruling.disputed and listing.market.status is not MarketStatus.RESOLVED:
        return "disputed"
    return {MarketStatus.CLOSED: "proposed", MarketStatus.RESOLVED: "resolved"}.get(listing.market.status, "")


def yes_price(activity: Activity, market: Market) -> msgspec.Raw:
    """The price of YES that Gamma shows."""
    return number(activity.shown(market) * 5, 5)


def _names(listing: Listing) -> Body:
    market = listing.market
    return {
        "id": listing.number,
        "question": market.title,
        "conditionId": market.id,
        "slug": listing.slug,
        "resolutionSource": listing.resolution_source,
    }


def _dates_and_prices(listing: Listing, activity: Activity) -> Body:
    market = listing.market
    yes = activity.shown(market) * 5
    prices = [number(value, 5) for value in (yes, 100_000 - yes)]
    resolved = market.status is MarketStatus.RESOLVED
    return {
        **({"endDate": rfc3339(market.closes)} if market.closes is not None else {}),
        **({} if resolved or not activity.liquidity else {"liquidity": bytes(number(activity.liquidity, 6)).decode()}),
        "startDate": rfc3339(listing.created),
        "image": "",
        "icon": "",
        "description": listing.description or market.rules,
        "outcomes": listed(market.labels),
        "outcomePrices": listed([bytes(price).decode() for price in prices]),
        **({"volume": bytes(number(activity.volume, 6)).decode()} if activity.volume else {}),
    }


def _life(listing: Listing, activity: Activity) -> Body:
    closed = listing.market.status is MarketStatus.RESOLVED
    return {
        "active": True,
        "closed": closed,
        "marketMakerAddress": "",
        "createdAt": rfc3339(listing.created),
        "updatedAt": rfc3339(activity.updated),
        **({"closedTime": spaced_time(activity.closed)} if closed and activity.closed is not None else {}),
        "new": False,
        "featured": False,
        "archived": False,
        **({"resolvedBy": _ORACLE} if closed else {}),
        "restricted": True,
    }


def _grouping(listing: Listing, question: QuestionListing) -> Body:
    return {
        **({"groupItemTitle": listing.group_title} if listing.group_title else {}),
        "groupItemThreshold": str(_place(listing, question)),
        "questionID": question_id(listing, question),
    }


def _totals(activity: Activity, *, closed: bool) -> Body:
    body: Body = {"volumeNum": number(activity.volume, 6)} if activity.volume else {}
    if activity.liquidity and not closed:
        body["liquidityNum"] = number(activity.liquidity, 6)
    return body


def _clob_totals(activity: Activity, *, closed: bool) -> Body:
    body: Body = {"volumeClob": number(activity.volume, 6)} if activity.volume else {}
    if activity.liquidity and not closed:
        body["liquidityClob"] = number(activity.liquidity, 6)
    return body


def _iso_days(listing: Listing) -> Body:
    closes = listing.market.closes
    return {**({"endDateIso": day(closes)} if closes is not None else {}), "startDateIso": day(listing.created)}


def _rolling(suffix: str, activity: Activity) -> Body:
    """Volumes by period; what is older than a day counts as traded within the week."""
    if not activity.volume:
        return {}
    whole = number(activity.volume, 6)
    return {
        f"volume24hr{suffix}": number(activity.volume_day, 6),
        f"volume1wk{suffix}": whole,
        f"volume1mo{suffix}": whole,
        f"volume1yr{suffix}": whole,
    }


def _sports(listing: Listing) -> Body:
    if listing.game_start is None:
        return {}
    return {
        "gameStartTime": spaced_time(listing.game_start),
        "secondsDelay": listing.taker_delay // SECOND,
        "sportsMarketType": "moneyline",
    }


def _tokens(listing: Listing) -> Body:
    tokens = (listing.market.yes, listing.market.no)
    body: Body = {"clobTokenIds": listed(tokens)}
    if listing.generation >= 3:
        body["positionIds"] = tokens
    return body


def _neg_risk(listing: Listing, question: QuestionListing) -> Body:
    if not listing.market.neg_risk:
        return {"negRisk": False}
    return {
        "negRisk": True,
        "negRiskMarketID": neg_risk_id(question),
        "negRiskRequestID": request_hash(listing.id),
    }


def _rewards(listing: Listing) -> Body:
    rewards = listing.rewards
    if rewards is None:
        return {"rewardsMinSize": 0, "rewardsMaxSpread": 0}
    programme = {
        "id": small_id("reward", listing.id),
        "conditionId": listing.id,
        "assetAddress": COLLATERAL,
        "rewardsAmount": 0,
        "rewardsDailyRate": number(rewards.daily_rate, 6),
        "startDate": day(listing.created),
        "endDate": "2500-12-31",
    }
    return {
        "clobRewards": [programme],
        "rewardsMinSize": number(rewards.min_size, 6),
        "rewardsMaxSpread": number(rewards.max_spread, 2),
    }


def _quotes(listing: Listing, activity: Activity) -> Body:
    market = listing.market
    last = activity.last_trade
    return {
        "spread": number(activity.best_ask - activity.best_bid, 4),
        **({"oneDayPriceChange": number(change * 5, 5)} if (change := activity.day_change) else {}),
        **({"automaticallyResolved": True} if market.status is MarketStatus.RESOLVED else {}),
        **({"lastTradePrice": number(last, 4)} if last is not None else {}),
        **({"bestBid": number(activity.best_bid, 4)} if activity.best_bid else {}),
        "bestAsk": number(activity.best_ask, 4),
    }


def _fees(listing: Listing, question: QuestionListing) -> Body:
    fees = listing.market.fees
    if not isinstance(fees, PolymarketFees):
        return {"feesEnabled": False, "requiresTranslation": False, "feeType": None}
    category = _category(listing, question)
    return {
        "feesEnabled": True,
        "requiresTranslation": False,
        **({"makerRebatesFeeShareBps": 10_000} if category == "crypto" else {}),
        "feeType": _FEE_TYPES.get(category, "general_fees"),
        "feeSchedule": {
            "exponent": fees.exponent,
            "rate": number(fees.rate_ppm, 6),
            "takerOnly": fees.taker_only,
            "rebateRate": number(fees.rebate_ppm, 6),
        },
    }


def _category(listing: Listing, question: QuestionListing) -> str:
    return (listing.category or question.question.category).lower()


def _is_crypto(listing: Listing, question: QuestionListing) -> bool:
    """Whether an automated resolver decides it by a price feed, not UMA."""
    return _category(listing, question) == "crypto"


def _fee_flag(market: Market) -> int:
    return LEGACY_FEE_FLAG if isinstance(market.fees, PolymarketFees) else 0


def closeness(activity: Activity, market: Market) -> float:
    """How near the price is to one half, 1 at most: 1 / (1 + distance squared), as captures have it."""
    distance = activity.shown(market) / (2 * ONE) - 0.5
    return 1.0 / (1.0 + distance * distance)


def _place(listing: Listing, question: QuestionListing) -> int:
    return question.question.markets.index(listing.id)
