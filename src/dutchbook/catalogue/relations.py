"""From what a venue promises of a question to the bundles that pay in every state; and why others do not exist.

Only promises count: `exclusive` makes ALL_NO, `exhaustive` makes ALL_YES, strikes make ladders. What could void a
question as a whole (a 50-50 resolution, a fair-price settlement) is in no flag and not covered.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.ladders import Pair, implied_pairs, rungs_by_subject
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind, BundleLeg
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, MarketStatus, Question
from dutchbook.domain.units import ONE, Nanos, Price

FEW_RUNGS = 8
"""Ladders up to this length give all their pairs, longer ones only the adjacent."""

_MIRRORED = frozenset({Venue.POLYMARKET, Venue.KALSHI})
"""Venues where YES and NO of a market are one book (protocol polymarket.md section 8, kalshi.md section 4.3)."""


class Unusable(msgspec.Struct, frozen=True):
    """Why a question yields no bundle of a kind; of any kind, where `kind` is None."""

    question: QuestionId
    reason: str
    kind: BundleKind | None = None


class Relations(msgspec.Struct, frozen=True):
    """All that follows from one question."""

    bundles: tuple[Bundle, ...]
    unusable: tuple[Unusable, ...]


class _Members(msgspec.Struct, frozen=True):
    """The markets of a question that is still undecided."""

    question: Question
    live: tuple[Market, ...]
    """Not resolved, whether one can trade now or not."""
    unlisted: tuple[MarketId, ...]

    @property
    def tradable(self) -> tuple[Market, ...]:
        return tuple(m for m in self.live if m.status is MarketStatus.OPEN and not m.placeholder)

    @property
    def placeholders(self) -> int:
        return sum(m.placeholder for m in self.live)


def bundles_of(question: Question, catalogue: Catalogue) -> tuple[Bundle, ...]:
    """The bundles of a question, as `relate` finds them."""
    return relate(question, catalogue).bundles


def relate(question: Question, catalogue: Catalogue, *, few_rungs: int = FEW_RUNGS) -> Relations:
    """All bundles that a question's promises support now, and for each kind without one the reason.

    Markets resolved NO drop out; one resolved YES, or to anything between, closes the question for bundles of several
    markets. Placeholders are in no bundle.
    """
    found: list[Bundle] = list(_of_single_markets(question, catalogue))
    members = _members(question, catalogue)
    if isinstance(members, str):
        return Relations(tuple(found), (Unusable(question.id, members),))
    unusable: list[Unusable] = []
    makers: tuple[tuple[BundleKind, Callable[[_Members], Bundle | str]], ...] = (
        (BundleKind.ALL_YES, _all_yes),
        (BundleKind.ALL_NO, _all_no),
    )
    for kind, make in makers:
        made = make(members)
        if isinstance(made, str):
            unusable.append(Unusable(question.id, made, kind))
        else:
            found.append(made)
    ladder = _ladder(members, few_rungs)
    if isinstance(ladder, str):
        unusable.append(Unusable(question.id, ladder, BundleKind.LADDER))
    else:
        found.extend(ladder)
    return Relations(tuple(found), tuple(unusable))


def _members(question: Question, catalogue: Catalogue) -> _Members | str:
    live: list[Market] = []
    unlisted: list[MarketId] = []
    for market_id in question.markets:
        market = catalogue.market(market_id)
        if market is None:
            unlisted.append(market_id)
        elif market.status is not MarketStatus.RESOLVED:
            live.append(market)
        elif market.payout is None:
            return f"market {market_id} is resolved, but its payout is not known yet"
        elif market.payout == ONE and question.exclusive:
            return f"market {market_id} is resolved YES: the question is closed"
        elif market.payout and (question.exclusive or question.exhaustive):
            return f"market {market_id} is resolved to something else than NO: the promises no longer hold"
    return _Members(question, tuple(live), tuple(unlisted))


def _of_single_markets(question: Question, catalogue: Catalogue) -> Iterator[Bundle]:
    for market_id in question.markets:
        market = catalogue.market(market_id)
        if market is None or market.status is not MarketStatus.OPEN or market.placeholder:
            continue
        for kind, side, payoff in (
            (BundleKind.BUY_BOTH, Side.BUY, ONE),
            (BundleKind.SPLIT_SELL, Side.SELL, Price(-ONE)),
        ):
            yield Bundle(
                id=BundleId(f"{kind}:{market.id}"),
                kind=kind,
                question=question.id,
                title=market.title,
                legs=(leg_of(market, market.yes, side), leg_of(market, market.no, side)),
                payoff=payoff,
                mirrored=market.venue in _MIRRORED,
            )


def _all_yes(members: _Members) -> Bundle | str:
    question, markets = members.question, members.live
    if not question.exhaustive:
        return "the venue does not promise that one of its markets resolves YES"
    if members.unlisted:
        return f"market {members.unlisted[0]} is not listed yet: what is missing may be the one that pays"
    if members.placeholders:
        return f"{members.placeholders} unnamed placeholders: the named outcomes alone are not exhaustive"
    if closed := [m for m in markets if m.status is not MarketStatus.OPEN]:
        return f"market {closed[0].id} is {closed[0].status}: the set cannot be bought whole"
    if len(markets) < 2:
        return "fewer than two markets are undecided"
    releases = settled_by(markets)
    if releases is None:
        return "no market says when it settles: the lock-up is unknown"
    return Bundle(
        id=BundleId(f"{BundleKind.ALL_YES}:{question.id}"),
        kind=BundleKind.ALL_YES,
        question=question.id,
        title=question.title,
        legs=tuple(leg_of(m, m.yes, Side.BUY) for m in markets),
        payoff=ONE,
        releases=releases,
    )


def _all_no(members: _Members) -> Bundle | str:
    """Any part of an exclusive set is exclusive: what cannot be traded is left out, and n counts what is left."""
    question, markets = members.question, members.tradable
    if not question.exclusive:
        return "the venue does not promise that at most one of its markets resolves YES"
    if len(markets) < 2:
        return "fewer than two named markets can be traded"
    releases = None if question.convertible else settled_by(markets)
    if releases is None and not question.convertible:
        return "no market says when it settles: the lock-up is unknown"
    return Bundle(
        id=BundleId(f"{BundleKind.ALL_NO}:{question.id}"),
        kind=BundleKind.ALL_NO,
        question=question.id,
        title=question.title,
        legs=tuple(leg_of(m, m.no, Side.BUY) for m in markets),
        payoff=Price((len(markets) - 1) * ONE),
        releases=releases,
        conversion_ppm=question.conversion_fee_ppm if question.convertible else 0,
    )


def _ladder(members: _Members, few_rungs: int) -> list[Bundle] | str:
    markets = members.tradable
    if not markets:
        return "none of its markets can be traded now"
    if not any(m.strike for m in markets):
        return "its markets have no structured strikes"
    pairs = [pair for rungs in rungs_by_subject(markets) for pair in implied_pairs(rungs, all_up_to=few_rungs)]
    if not pairs:
        return "no market's strike implies another's under the same rules"
    if members.question.exclusive:
        # One resolving YES would make a second one resolve YES: one of the two statements is wrong.
        return "its strikes imply each other, yet the venue says that at most one resolves YES"
    bundles = [bundle for pair in pairs if (bundle := _rung(members.question, pair)) is not None]
    return bundles or "no market says when it settles: the lock-up is unknown"


def _rung(question: Question, pair: Pair) -> Bundle | None:
    wide, narrow = pair
    releases = settled_by(pair)
    if releases is None:
        return None
    return Bundle(
        id=BundleId(f"{BundleKind.LADDER}:{wide.id}>{narrow.id}"),
        kind=BundleKind.LADDER,
        question=question.id,
        title=f"{question.title}: {wide.title} / not {narrow.title}",
        legs=(leg_of(wide, wide.yes, Side.BUY), leg_of(narrow, narrow.no, Side.BUY)),
        payoff=ONE,
        releases=releases,
    )


def settled_by(markets: Sequence[Market]) -> Nanos | None:
    """When the last of them is expected to pay; None if one of them does not say."""
    last = Nanos(0)
    for market in markets:
        settles = market.closes if market.settles is None else market.settles
        if settles is None:
            return None
        last = max(last, settles)
    return last


def leg_of(market: Market, outcome: OutcomeId, side: Side) -> BundleLeg:
    """A bundle's leg in a market as it is now."""
    return BundleLeg(
        outcome=outcome,
        market=market.id,
        side=side,
        fees=market.fees,
        grid=market.grid,
        min_size=market.min_size,
        min_notional=market.min_notional,
        published=market.yes if market.shared_book and outcome == market.no else None,
    )
