"""Messages about markets themselves: listed, re-ticked, resolved (protocol section 4.1)."""

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import PolymarketFees, PriceGrid
from dutchbook.domain.units import ONE, Price
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.polymarket_book import plain, price_text
from dutchbook.exchange.servers.polymarket.gamma_values import spaced_time

LEGACY_FEE_FLAG = 1_000
"""What `makerBaseFee` and `takerBaseFee` say where fees are charged; no fee itself."""


def tick_size_change(market: MarketId, outcome: OutcomeId, before: PriceGrid, after: PriceGrid, stamp: int) -> bytes:
    """A `tick_size_change` message of one token."""
    return msgspec.json.encode(
        {
            "event_type": "tick_size_change",
            "market": market,
            "asset_id": outcome,
            "old_tick_size": price_text(before.finest()),
            "new_tick_size": price_text(after.finest()),
            "timestamp": str(stamp),
        }
    )


def resolution(listing: Listing, payout: Price, stamp: int) -> bytes:
    """A `market_resolved` message. A market that splits evenly has no winner: both fields are empty [?]."""
    market = listing.market
    winner = {ONE: 0, 0: 1}.get(payout)
    tokens = (market.yes, market.no)
    return msgspec.json.encode(
        {
            "event_type": "market_resolved",
            "id": listing.number,
            "market": market.id,
            "assets_ids": tokens,
            "winning_asset_id": "" if winner is None else tokens[winner],
            "winning_outcome": "" if winner is None else market.labels[winner],
            "timestamp": str(stamp),
            "tags": listing.tags,
        }
    )


def new_market(listing: Listing, question: QuestionListing, stamp: int) -> bytes:
    """A `new_market` message, which goes to all who asked for more, whatever they follow."""
    market = listing.market
    tokens = (market.yes, market.no)
    fees = market.fees if isinstance(market.fees, PolymarketFees) else None
    return msgspec.json.encode(
        {
            "id": listing.number,
            "question": market.title,
            "market": market.id,
            "slug": listing.slug,
            "description": listing.description,
            "assets_ids": tokens,
            "outcomes": market.labels,
            "event_message": _event(question),
            "timestamp": str(stamp),
            "event_type": "new_market",
            "tags": listing.tags,
            "condition_id": market.id,
            "active": False,
            "clob_token_ids": tokens,
            "sports_market_type": "moneyline" if listing.game_start else "",
            "line": "",
            "game_start_time": "" if listing.game_start is None else spaced_time(listing.game_start),
            "order_price_min_tick_size": price_text(market.grid.finest()),
            "group_item_title": listing.group_title,
            "taker_base_fee": str(LEGACY_FEE_FLAG if fees else 0),
            "fees_enabled": fees is not None,
            **({} if fees is None else {"fee_schedule": _schedule(fees)}),
        }
    )


def _event(question: QuestionListing) -> dict[str, str]:
    return {
        "id": question.number,
        "ticker": question.slug,
        "slug": question.slug,
        "title": question.question.title,
        "description": question.description,
    }


def _schedule(fees: PolymarketFees) -> dict[str, object]:
    """Numbers as texts and snake case, unlike Gamma's."""
    return {
        "exponent": str(fees.exponent),
        "rate": plain(fees.rate_ppm, 6),
        "taker_only": fees.taker_only,
        "rebate_rate": plain(fees.rebate_ppm, 6),
    }
