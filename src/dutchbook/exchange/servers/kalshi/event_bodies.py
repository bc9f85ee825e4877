"""Events and series as REST shows them (protocol sections 3.2 and 3.3)."""

from collections.abc import Sequence

from dutchbook.domain.markets import KalshiFees
from dutchbook.domain.units import Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.servers.kalshi.formats import number, time_text

_ZERO_TIME = "0001-01-01T00:00:00Z"
_MODEL_TAKER_PPM = 70_000


def series_of(listed: QuestionListing) -> str:
    """The series ticker: the question's, or what stands before the first dash of the event ticker."""
    return listed.question.series or listed.question.id.partition("-")[0]


def listings_of(exchange: Exchange, listed: QuestionListing) -> list[Listing]:
    """The markets of an event that are listed, in the event's own order."""
    return [exchange.listings[market] for market in listed.question.markets if market in exchange.listings]


def event_body(listed: QuestionListing) -> dict[str, object]:
    """One event without its markets."""
    question = listed.question
    found: dict[str, object] = {
        "event_ticker": question.id,
        "series_ticker": series_of(listed),
        "title": question.title,
        "sub_title": listed.description,
        # Exclusive events are the ones whose markets can be netted for collateral.
        "collateral_return_type": "MECNET" if question.exclusive else "",
        "mutually_exclusive": question.exclusive,
        "category": question.category,
        "strike_period": "",
        "settlement_sources": sources(listed.settlement_sources),
        "product_metadata": {"cadence": listed.frequency},
        "last_updated_ts": _ZERO_TIME,
        "exchange_index": listed.shard,
    }
    if listed.ends is not None:
        found["strike_date"] = time_text(listed.ends)
    return found


def series_body(ticker: str, members: Sequence[tuple[QuestionListing, Sequence[Listing]]]) -> dict[str, object]:
    """A series, from its events; what they share is read from the newest one."""
    newest = max((listed for listed, _ in members), key=lambda listed: listed.created)
    category = newest.question.category
    return {
        "ticker": ticker,
        "frequency": newest.frequency,
        "title": newest.series_title or newest.question.title,
        "category": category,
        "categories": [category] if category else [],
        "tags": list(newest.tags),
        "settlement_sources": sources(newest.settlement_sources),
        "contract_url": f"https://kalshi-public-docs.s3.amazonaws.com/contract_terms/{ticker}.pdf",
        "contract_terms_url": f"https://kalshi-public-docs.s3.amazonaws.com/contract_terms/{ticker}.pdf",
        "fee_type": newest.fee_type,
        "fee_multiplier": fee_multiplier([listing for _, listings in members for listing in listings]),
        "additional_prohibitions": [],
        "last_updated_ts": time_text(Nanos(max(listed.created for listed, _ in members))),
        "exchange_index": newest.shard,
    }


def fee_multiplier(listings: Sequence[Listing]) -> int | float:
    """`fee_multiplier` from the markets' own schedules: their taker rate beside the model's 0.07."""
    rates = [listing.market.fees.taker_ppm for listing in listings if isinstance(listing.market.fees, KalshiFees)]
    return number(max(rates, default=0) * 1_000_000 // _MODEL_TAKER_PPM)


def sources(texts: Sequence[str]) -> list[dict[str, str]]:
    """`settlement_sources`: a text that is an address names itself."""
    return [{"name": text, "url": text if "://" in text else ""} for text in texts]
