"""Rows of the Data API as both of its versions write them (protocol section 6)."""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.servers.polymarket.data_rows import Deed, Holding, opposite, payouts
from dutchbook.exchange.servers.polymarket.gamma_values import day, number, rfc3339
from dutchbook.exchange.servers.polymarket.gamma_wire import neg_risk_id, oracle_status, question_id
from dutchbook.exchange.servers.polymarket.user_events import label_of

type Body = dict[str, object]

_V3 = 3
"""The generation of the exchange contract from which tokens are issued by modules."""
NO_OUTCOME = 999
"""`outcomeIndex` of what is no trade."""
_NOBODY: Body = {"name": "", "pseudonym": "", "bio": "", "profileImage": "", "profileImageOptimized": ""}


def trade_v1(deed: Deed, question: QuestionListing) -> Body:
    """A row of `/trades`."""
    return {
        "proxyWallet": deed.account,
        "side": _side(deed),
        "asset": deed.outcome or "",
        "conditionId": _condition(deed),
        "size": number(deed.size, 6),
        "price": number(deed.price, 6),
        "timestamp": deed.at // SECOND,
        **_names_v1(deed, question),
        **_NOBODY,
        "transactionHash": deed.transaction,
    }


def activity_v1(deed: Deed, question: QuestionListing | None) -> Body:
    """A row of `/activity`."""
    return {
        "proxyWallet": deed.account,
        "timestamp": deed.at // SECOND,
        "conditionId": _condition(deed),
        "type": deed.kind,
        "size": number(deed.size, 6),
        "usdcSize": number(deed.cash, 6),
        "transactionHash": deed.transaction,
        "price": number(deed.price, 6),
        "asset": deed.outcome or "",
        "side": _side(deed),
        "outcomeIndex": _index(deed),
        "title": deed.listing.market.title if deed.listing else "",
        "slug": deed.listing.slug if deed.listing else "",
        "icon": "",
        "eventSlug": question.slug if question else "",
        "outcome": _label(deed),
        **_NOBODY,
    }


def position_v1(holding: Holding, question: QuestionListing) -> Body:
    """A row of `/positions`."""
    position, listing = holding.position, holding.listing
    other = opposite(listing, position.outcome)
    return {
        "proxyWallet": holding.account,
        "asset": position.outcome,
        "conditionId": listing.id,
        "size": number(position.size, 6),
        "avgPrice": number(position.average, 6),
        "initialValue": number(position.cost, 6),
        "currentValue": number(holding.value, 6),
        "cashPnl": number(holding.unrealised, 6),
        "percentPnl": _percent(holding.unrealised, position.cost),
        "totalBought": number(position.bought, 6),
        "realizedPnl": number(position.realised, 6),
        "percentRealizedPnl": _percent(position.realised, position.paid),
        "curPrice": number(holding.price, 5),
        "redeemable": holding.resolved,
        "mergeable": holding.mergeable,
        "title": listing.market.title,
        "slug": listing.slug,
        "icon": "",
        "eventId": question.number,
        "eventSlug": question.slug,
        "outcome": label_of(listing.market, position.outcome),
        "outcomeIndex": outcome_index(listing, position.outcome),
        "oppositeOutcome": label_of(listing.market, other),
        "oppositeAsset": other,
        "endDate": _end(listing),
        "negativeRisk": listing.market.neg_risk,
    }


def closed_v1(holding: Holding, question: QuestionListing) -> Body:
    """A row of `/closed-positions`."""
    position, listing = holding.position, holding.listing
    other = opposite(listing, position.outcome)
    return {
        "proxyWallet": holding.account,
        "asset": position.outcome,
        "conditionId": listing.id,
        "avgPrice": number(position.average, 6),
        "totalBought": number(position.bought, 6),
        "realizedPnl": number(position.realised, 6),
        "curPrice": number(holding.price, 5),
        "timestamp": position.last // SECOND,
        "title": listing.market.title,
        "slug": listing.slug,
        "icon": "",
        "eventSlug": question.slug,
        "outcome": label_of(listing.market, position.outcome),
        "outcomeIndex": outcome_index(listing, position.outcome),
        "oppositeOutcome": label_of(listing.market, other),
        "oppositeAsset": other,
        "endDate": _end(listing),
    }


def trade_v2(deed: Deed, question: QuestionListing) -> Body:
    """A row of `/v2/trades`."""
    return {
        "proxy_wallet": deed.account,
        "token_id": deed.outcome or "",
        "condition_id": _condition(deed),
        "side": _side(deed),
        "size": number(deed.size, 6),
        "price": number(deed.price, 6),
        "timestamp": deed.at // SECOND,
        "transaction_hash": deed.transaction,
        "title": deed.listing.market.title if deed.listing else "",
        "slug": deed.listing.slug if deed.listing else "",
        "event_slug": question.slug,
        "outcome": _label(deed),
        "outcome_index": _index(deed),
    }


def activity_v2(deed: Deed, question: QuestionListing | None) -> Body:
    """A row of `/v2/activity`."""
    return {
        "proxy_wallet": deed.account,
        "type": deed.kind,
        "token_id": deed.outcome or "",
        "condition_id": _condition(deed),
        "side": _side(deed),
        "size": number(deed.size, 6),
        "usdc_size": number(deed.cash, 6),
        "price": number(deed.price, 6),
        "timestamp": deed.at // SECOND,
        "transaction_hash": deed.transaction,
        "title": deed.listing.market.title if deed.listing else "",
        "slug": deed.listing.slug if deed.listing else "",
        "event_slug": question.slug if question else "",
        "outcome": _label(deed),
        "outcome_index": _index(deed),
        "is_combo": False,
    }


def position_v2(holding: Holding, question: QuestionListing) -> Body:
    """A row of `/v2/positions`."""
    position, listing = holding.position, holding.listing
    other = opposite(listing, position.outcome)
    total = position.realised + holding.unrealised
    status = "OPEN" if position.size and not holding.resolved else "REDEEMABLE" if position.size else "CLOSED"
    return {
        "proxy_wallet": holding.account,
        "token_id": position.outcome,
        "condition_id": listing.id,
        "current_size": number(position.size, 6),
        "avg_price": number(position.average, 6),
        "entry_cost_usdc": number(position.paid, 6),
        "entry_fees_usdc": number(position.fees, 6),
        "total_cost_usdc": number(position.paid + position.fees, 6),
        "current_price": number(holding.price, 5),
        "current_value": number(holding.value, 6),
        "total_size": number(position.bought, 6),
        "realized_pnl": number(position.realised, 6),
        "unrealized_pnl": number(holding.unrealised, 6),
        "total_pnl": number(total, 6),
        "percent_pnl": _percent(total, position.paid),
        "percent_realized_pnl": _percent(position.realised, position.paid),
        "status": status,
        "redeemable": holding.resolved and position.size > 0,
        "mergeable": holding.mergeable,
        "negative_risk": listing.market.neg_risk,
        "archived": False,
        "verified": False,
        "title": listing.market.title,
        "slug": listing.slug,
        "event_slug": question.slug,
        "event_id": question.number,
        "outcome": label_of(listing.market, position.outcome),
        "outcome_index": outcome_index(listing, position.outcome),
        "opposite_outcome": label_of(listing.market, other),
        "opposite_token_id": other,
        "end_date": _end(listing),
        "first_entry_at": position.first // SECOND,
        "last_event_at": position.last // SECOND,
    }


def holder_v1(holding: Holding) -> Body:
    """One of the `holders` of a token."""
    position = holding.position
    return {
        "proxyWallet": holding.account,
        "bio": "",
        "asset": position.outcome,
        "pseudonym": "",
        "amount": number(position.size, 6),
        "displayUsernamePublic": False,
        "outcomeIndex": outcome_index(holding.listing, position.outcome),
        "name": "",
        "profileImage": "",
        "profileImageOptimized": "",
    }


def holder_v2(holding: Holding) -> Body:
    """One of the `holders` of a token."""
    position = holding.position
    return {
        "proxy_wallet": holding.account,
        "token_id": position.outcome,
        "amount": number(position.size, 6),
        "outcome_index": outcome_index(holding.listing, position.outcome),
        "avg_price": number(position.average, 6),
        "name": "",
        "pseudonym": "",
        "display_username_public": False,
        "verified": False,
    }


def resolution_v2(listing: Listing, question: QuestionListing, resolved: Nanos | None) -> Body:
    """A row of `/v2/resolutions`."""
    market = listing.market
    paid, ruling = payouts(listing), listing.ruling
    price = None if paid is None else number(paid[0], 4)
    return {
        "question_id": question_id(listing, question),
        "condition_id": listing.id,
        "status": oracle_status(listing) or "initialized",
        "extended_review": False,
        "new_version_q": False,
        "proposed_price": price if ruling is None else number(ruling.payout, 4),
        "price": price,
        "payouts": None if paid is None else [one * 100 for one in paid],
        "was_disputed": ruling is not None and ruling.disputed,
        "expected_settlement_time": None if market.settles is None else rfc3339(market.settles),
        "last_update_timestamp": rfc3339(_changed(listing, resolved)),
        "resolved_at": None if resolved is None else rfc3339(resolved),
    }


def _changed(listing: Listing, resolved: Nanos | None) -> Nanos:
    """When the oracle last said something about a market; until it does, when the market was listed."""
    if resolved is not None:
        return resolved
    return listing.created if listing.ruling is None else listing.ruling.at


def token_v2(listing: Listing, question: QuestionListing, outcome: OutcomeId) -> Body:
    """A row of `/v2/tokens`; fields as polymarket-client 0.14 demands them."""
    index, paid, neg_risk = outcome_index(listing, outcome), payouts(listing), question.question.convertible
    return {
        "token_id": outcome,
        "condition_id": listing.id,
        "structural_condition_id": None,
        "module": ("neg_risk" if neg_risk else "binary") if listing.generation >= _V3 else "v1_ctf",
        "outcome_index": index,
        "clob_index": index,
        "outcome": label_of(listing.market, outcome),
        "opposite_token_id": opposite(listing, outcome),
        "resolved": paid is not None,
        "final_price": None if paid is None else number(paid[index], 4),
        "title": listing.market.title,
        "market_slug": listing.slug,
        "closed": listing.market.status is MarketStatus.RESOLVED,
        "neg_risk": neg_risk,
        "neg_risk_market_id": neg_risk_id(question) if neg_risk else None,
        "question_index": question.question.markets.index(listing.id) if neg_risk else None,
        "event_id": int(question.number),
        "event_slug": question.slug,
    }


def enveloped(rows: Sequence[Body], cursor: str | None) -> bytes:
    """Rows in the envelope of the second version."""
    pagination = {"has_more": cursor is not None, "next_cursor": cursor}
    return msgspec.json.encode({"data": rows, "pagination": pagination})


def outcome_index(listing: Listing, outcome: OutcomeId) -> int:
    return 0 if outcome == listing.market.yes else 1


def _names_v1(deed: Deed, question: QuestionListing) -> Body:
    listing = deed.listing
    return {
        "title": listing.market.title if listing else "",
        "slug": listing.slug if listing else "",
        "icon": "",
        "eventSlug": question.slug,
        "outcome": _label(deed),
        "outcomeIndex": _index(deed),
    }


def _side(deed: Deed) -> str:
    return "" if deed.side is None else deed.side.upper()


def _condition(deed: Deed) -> str:
    return "" if deed.listing is None else deed.listing.id


def _index(deed: Deed) -> int:
    return NO_OUTCOME if deed.listing is None or deed.outcome is None else outcome_index(deed.listing, deed.outcome)


def _label(deed: Deed) -> str:
    return "" if deed.listing is None or deed.outcome is None else label_of(deed.listing.market, deed.outcome)


def _percent(part: int, whole: int) -> msgspec.Raw:
    """A share of 100 to four decimals, rounded towards zero; 0 of nothing."""
    value = abs(part) * 1_000_000 // whole if whole else 0
    return number(value if part >= 0 else -value, 4)


def _end(listing: Listing) -> str:
    return "" if listing.market.closes is None else day(listing.market.closes)
