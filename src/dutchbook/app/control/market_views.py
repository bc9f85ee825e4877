"""Markets, books and bundles of a running desk, as rows."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from dutchbook.app.assembly import Parts
from dutchbook.app.control.wire import ShowBook, ShowBundle, ShowMarkets
from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import BundleId, BundleLeg
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import Nanos, Price, Size, complement
from dutchbook.evaluation.desk_rows import BookDepth, BundleDetail, BundleLegRow, MarketRow
from dutchbook.strategies.index import Standing
from dutchbook.strategies.near_miss import ratio_ppm


def market_rows(parts: Parts, request: ShowMarkets) -> tuple[tuple[MarketRow, ...], int]:
    """The markets that are asked for, those held or with orders first, and how many there are in all."""
    desk, wanted = parts.desk, request.search.strip().casefold()
    found = [
        market
        for market in desk.catalogue.markets()
        if (request.over or market.payout is None)
        and (not request.venue or market.venue == request.venue)
        and (not wanted or _contains(parts, market, wanted))
    ]
    working = Counter(order.leg.market for order in desk.execution.orders.working())
    ours = {position.market for position in desk.ledger.positions.values()} | working.keys()
    found.sort(key=lambda market: market.id not in ours)
    rows = (_market_row(parts, market, working) for market in islice(found, request.limit))
    return tuple(rows), len(found)


def market_row(parts: Parts, market: MarketId) -> MarketRow:
    """One market, with its rules. Raises UsageError if nobody listed it."""
    known = _known(parts, market)
    working = Counter(order.leg.market for order in parts.desk.execution.orders.working())
    return _market_row(parts, known, working, rules=known.rules)


def books_of(parts: Parts, request: ShowBook) -> tuple[BookDepth, BookDepth]:
    """The books of YES and NO. Raises UsageError for a market that nobody listed."""
    market = _known(parts, MarketId(request.market))
    yes, no = (_depth(parts, market, outcome, request.depth) for outcome in (market.yes, market.no))
    return yes, no


def bundle_detail(parts: Parts, request: ShowBundle) -> BundleDetail:
    """A bundle leg by leg. Raises UsageError for one that is not watched."""
    tracked = parts.strategy.index.get(BundleId(request.bundle))
    if tracked is None:
        raise UsageError(f"no bundle {request.bundle} is watched - its markets may be over; look at the list again")
    bundle, priced = tracked.bundle, tracked.standing is not Standing.UNPRICED
    return BundleDetail(
        bundle=bundle.id,
        kind=bundle.kind,
        title=bundle.title,
        payoff=bundle.payoff,
        cost=Price(tracked.cost) if priced else None,
        ratio=ratio_ppm(bundle, tracked.cost) if priced else None,
        standing=tracked.standing.name.lower(),
        declined=tracked.declined,
        releases=bundle.releases,
        legs=tuple(
            _leg_row(parts, leg, top, request.depth) for leg, top in zip(bundle.legs, tracked.tops(), strict=True)
        ),
    )


def _known(parts: Parts, market: MarketId) -> Market:
    known = parts.desk.catalogue.market(market)
    if known is None:
        raise UsageError(f"no market {market} is known to this desk - search the list of markets for it")
    return known


def _contains(parts: Parts, market: Market, wanted: str) -> bool:
    if wanted in market.title.casefold() or wanted in market.id.casefold():
        return True
    question = parts.desk.catalogue.question(market.question)
    return question is not None and wanted in question.title.casefold()


def _market_row(parts: Parts, market: Market, working: Counter[MarketId], rules: str = "") -> MarketRow:
    desk = parts.desk
    question, view = desk.catalogue.question(market.question), desk.book(market.yes)
    bid = None if view is None else next(view.bids(), None)
    ask = None if view is None else next(view.asks(), None)
    return MarketRow(
        id=market.id,
        venue=market.venue,
        question=market.question,
        question_title=question.title if question else "",
        title=market.title,
        labels=market.labels,
        category=question.category if question else "",
        status=market.status,
        closes=market.closes,
        payout=market.payout,
        rules=rules,
        bid=bid.price if bid else None,
        bid_size=bid.size if bid else None,
        ask=ask.price if ask else None,
        ask_size=ask.size if ask else None,
        age=_age(parts, None if view is None else view.received),
        usable=view is not None and view.usable,
        held=desk.ledger.held(market.yes),
        held_no=desk.ledger.held(market.no),
        working=working[market.id],
        bundles=_bundles(parts, market),
    )


def _bundles(parts: Parts, market: Market) -> int:
    """How many bundles read a book of this market for a leg in it."""
    watches = (parts.strategy.index.watches.get(outcome) for outcome in (market.yes, market.no))
    return len({id(tracked) for watch in watches if watch is not None for tracked in watch.readers()})


def _depth(parts: Parts, market: Market, outcome: OutcomeId, depth: int) -> BookDepth:
    view = parts.desk.book(outcome)
    return BookDepth(
        outcome=outcome,
        market=market.id,
        title=market.title,
        label=market.labels[outcome == market.no],
        bids=() if view is None else tuple(islice(view.bids(), depth)),
        asks=() if view is None else tuple(islice(view.asks(), depth)),
        age=_age(parts, None if view is None else view.received),
        usable=view is not None and view.usable,
    )


def _leg_row(parts: Parts, leg: BundleLeg, top: Price | None, depth: int) -> BundleLegRow:
    market, view = parts.desk.catalogue.market(leg.market), parts.desk.book(leg.published or leg.outcome)
    return BundleLegRow(
        outcome=leg.outcome,
        market=leg.market,
        title=market.title if market else leg.market,
        label=market.labels[leg.outcome == market.no] if market else "",
        side=leg.side,
        top=top,
        levels=tuple(islice(_levels(parts, leg), depth)),
        age=_age(parts, None if view is None else view.received),
        usable=view is not None and view.usable,
    )


def _levels(parts: Parts, leg: BundleLeg) -> Iterator[Level]:
    """What a leg trades against, best first. Where the venue publishes one book for both outcomes it is the mirror."""
    view = parts.desk.book(leg.published or leg.outcome)
    if view is None:
        return
    mirrored = leg.published is not None
    asks = (leg.side is Side.BUY) is not mirrored
    for level in view.asks() if asks else view.bids():
        yield Level(complement(level.price), Size(level.size)) if mirrored else level


def _age(parts: Parts, received: Nanos | None) -> Nanos | None:
    return None if not received else Nanos(max(0, parts.desk.now - received))
