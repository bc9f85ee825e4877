"""What a basket holds while it works, and the ledger operations that turn it into cash."""

from collections.abc import Iterable, Sequence

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleKind
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.orders import Leg
from dutchbook.domain.units import Size, complement
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.portfolio.entries import Claim, Convert, Merge, Split


class Holding(msgspec.Struct):
    """One leg and how much of it is filled, less what was given back."""

    leg: Leg
    filled: int = 0


def whole_sets(holdings: Sequence[Holding]) -> Size:
    """How many full sets there are."""
    return Size(min(holding.filled for holding in holdings))


def most(holdings: Sequence[Holding]) -> Size:
    """How much of the leg that filled most."""
    return Size(max(holding.filled for holding in holdings))


def split_of(bundle: Bundle, size: Size, desk: ExecutionDesk) -> Split | None:
    """What has to be split before the legs of this bundle can be sold."""
    market = desk.market(bundle.legs[0].market)
    if bundle.kind is not BundleKind.SPLIT_SELL or market is None:
        return None
    return Split(market.id, market.yes, market.no, size)


def merge_of(market: Market, size: Size) -> Merge:
    """YES and NO of a market back into dollars."""
    return Merge(market.id, market.yes, market.no, size)


def due_at_once(bundle: Bundle, holdings: Sequence[Holding], desk: ExecutionDesk) -> Merge | Convert | None:
    """The operation that turns whole sets into cash now; None if they wait for settlement."""
    sets = whole_sets(holdings)
    market = desk.market(bundle.legs[0].market)
    match bundle.kind:
        case BundleKind.BUY_BOTH if market is not None and sets:
            return merge_of(market, sets)
        case BundleKind.SPLIT_SELL if market is not None:
            # What was split and not sold; a leg that is sold alone leaves its twin held.
            unsold = Size(max(holding.leg.size for holding in holdings) - most(holdings))
            return merge_of(market, unsold) if unsold else None
        case BundleKind.ALL_NO if bundle.releases is None and sets:
            return convert_of(bundle, [holding.leg for holding in holdings], sets, desk)
        case _:
            return None


def convert_of(bundle: Bundle, gives: Iterable[Leg], size: Size, desk: ExecutionDesk) -> Convert | None:
    """NO of the given legs into cash and YES of all other markets of the question; None if one of them is not known."""
    question = desk.question(bundle.question)
    given = tuple(Claim(leg.outcome, leg.market) for leg in gives)
    if question is None or not question.convertible:
        return None
    takes = _others(question, {claim.market for claim in given}, desk)
    if takes is None:
        return None
    return Convert(bundle.question, given, takes, size, question.conversion_fee_ppm)


def received(convert: Convert) -> Size:
    """How much YES of each other market a conversion brings, and how many dollars for each NO but one."""
    return Size(convert.size * (1_000_000 - convert.fee_ppm) // 1_000_000)


def converted(holdings: Sequence[Holding], desk: ExecutionDesk, size: Size) -> list[Holding]:
    """What a basket holds of its own markets after a conversion: `size` YES of each missing leg."""
    after: list[Holding] = []
    for holding in holdings:
        market = desk.market(holding.leg.market)
        if holding.filled or market is None:
            continue
        leg = msgspec.structs.replace(
            holding.leg, outcome=market.yes, side=Side.BUY, expected=complement(holding.leg.expected)
        )
        after.append(Holding(leg, size))
    return after


def bought(leg: Leg) -> bool:
    """Whether the leg is a purchase: what is excess of it can be sold, or merged with its twin."""
    return leg.side is Side.BUY


def _others(question: Question, given: set[MarketId], desk: ExecutionDesk) -> tuple[Claim, ...] | None:
    claims: list[Claim] = []
    for market_id in question.markets:
        market = desk.market(market_id)
        if market_id in given:
            continue
        if market is None:
            return None
        claims.append(Claim(market.yes, market.id))
    return tuple(claims)
