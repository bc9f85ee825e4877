"""Events, series and tags as Gamma writes them (protocol section 5), with the fields and order of captures."""

from collections.abc import Sequence

from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import Nanos
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.servers.polymarket.gamma_values import number, rfc3339, slug_of, small_id
from dutchbook.exchange.servers.polymarket.gamma_wire import (
    Activity,
    Body,
    closeness,
    event_start,
    market_body,
    neg_risk_id,
)

type Listed = tuple[Listing, Activity]
"""A market and what is happening in it."""


def event_body(listing: QuestionListing, markets: Sequence[Listed], *, nested: bool = True) -> Body:
    """An event; with `nested` all its markets stand in it, closed ones too."""
    closed = bool(markets) and all(one.market.status is MarketStatus.RESOLVED for one, _ in markets)
    question = listing.question
    ends = [one.market.closes for one, _ in markets if one.market.closes is not None]
    end = listing.ends if listing.ends is not None else max(ends, default=None)
    body: Body = {
        "id": listing.number,
        "ticker": listing.slug,
        "slug": listing.slug,
        "title": question.title,
        "description": listing.description,
        "resolutionSource": next((one.resolution_source for one, _ in markets), ""),
        "startDate": rfc3339(listing.created),
        "creationDate": rfc3339(listing.created),
        **({"endDate": rfc3339(end)} if end is not None else {}),
        "image": "",
        "icon": "",
        "active": True,
        "closed": closed,
        "archived": False,
        "new": False,
        "featured": False,
        "restricted": True,
        **_event_totals([activity for _, activity in markets], closed=closed),
        "createdAt": rfc3339(listing.created),
        "updatedAt": rfc3339(max((activity.updated for _, activity in markets), default=listing.created)),
        "competitive": max((closeness(activity, one.market) for one, activity in markets), default=0.0),
        **_event_rolling([activity for _, activity in markets]),
        "enableOrderBook": True,
        **({} if closed else {"liquidityClob": number(sum(a.liquidity for _, a in markets), 6)}),
        "negRisk": question.convertible,
        **({"negRiskMarketID": neg_risk_id(listing)} if question.convertible else {}),
        "commentCount": 0,
    }
    if nested:
        body["markets"] = [market_body(one, listing, activity) for one, activity in markets]
    if question.series:
        body["series"] = [series_body(listing)]
    body |= {
        **({"tags": [tag_body(name, listing.created) for name in tags_of(listing)]} if nested else {}),
        "cyom": False,
        "showAllOutcomes": True,
        "showMarketImages": False,
        "enableNegRisk": question.convertible,
        "automaticallyActive": True,
        **({"startTime": rfc3339(starts)} if (starts := _starts(listing, markets)) is not None else {}),
        **({"seriesSlug": slug_of(question.series)} if question.series else {}),
        "negRiskAugmented": listing.augmented,
        "pendingDeployment": False,
        "deploying": False,
        "requiresTranslation": False,
    }
    return body


def tags_of(listing: QuestionListing) -> list[str]:
    """The labels of an event, its category first."""
    named = [listing.question.category, *listing.tags]
    return list(dict.fromkeys(name for name in named if name))


def tag_body(label: str, created: Nanos) -> Body:
    """A tag."""
    return {
        "id": small_id("tag", slug_of(label)),
        "label": label,
        "slug": slug_of(label),
        "forceShow": False,
        "createdAt": rfc3339(created),
        "updatedAt": rfc3339(created),
        "requiresTranslation": False,
    }


def series_body(listing: QuestionListing) -> Body:
    """The series that an event belongs to."""
    slug = slug_of(listing.question.series)
    return {
        "id": small_id("series", slug),
        "ticker": slug,
        "slug": slug,
        "title": listing.series_title or listing.question.series,
        "seriesType": "single",
        "recurrence": listing.frequency,
        "image": "",
        "icon": "",
        "active": True,
        "closed": False,
        "archived": False,
        "createdAt": rfc3339(listing.created),
        "updatedAt": rfc3339(listing.created),
        "commentCount": 0,
        "requiresTranslation": False,
    }


def _event_totals(activities: Sequence[Activity], *, closed: bool) -> Body:
    return {
        **({} if closed else {"liquidity": number(sum(a.liquidity for a in activities), 6)}),
        "volume": number(sum(a.volume for a in activities), 6),
        "openInterest": number(sum(a.open_interest for a in activities), 6),
    }


def _event_rolling(activities: Sequence[Activity]) -> Body:
    whole = number(sum(a.volume for a in activities), 6)
    of_day = number(sum(a.volume_day for a in activities), 6)
    return {"volume24hr": of_day, "volume1wk": whole, "volume1mo": whole, "volume1yr": whole}


def _starts(question: QuestionListing, markets: Sequence[Listed]) -> Nanos | None:
    starts = (event_start(one, question) for one, _ in markets)
    return min((start for start in starts if start is not None), default=None)
